/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * media/engine.h - what the files of media/ share. For nobody else.
 *
 *   media.c     control side: commands out, notes in, the thread's life
 *   tick.c      media thread: commands in, the three phases, notes out
 *   port.c      a port: its control functions, its work in a tick
 *   room.c      the set of ports on the tick that hear each other
 *   keys.c      DTMF receivers, eight ports beside each other
 *   digits.c    which of what is heard and what is told is a digit to be reported
 *   player.c    play lists
 *   recorder.c  frames out of the tick
 *
 * Each field belongs to one side; (C) control, (M) media thread. What control allocates it hands over in a command and gets back
 * in a note; the media thread keeps what does not fit into the ring of notes on a list inside the things themselves, so nothing
 * handed over is ever lost. The ring of commands never loses any either: what does not fit waits on control, in order.
 *
 * Phases. read: trunks write rx of their ports; ports make `inside` of it. mix: rooms write `sum`. write: ports make tx of sum,
 * inside and players; trunks read it. Within a phase each field is written by the owner of the port (through its trunk) or of the
 * room, and read across only in a later phase. So the loops over ports, rooms and trunks may be divided among threads with a
 * barrier after each phase.
 */
#ifndef MEDIA_ENGINE_H
#define MEDIA_ENGINE_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/list.h"
#include "core/magic.h"
#include "core/ring.h"
#include "dsp/clamp.h"
#include "dsp/dtmf_bank.h"
#include "dsp/mix.h"
#include "media/media.h"
#include "media/recorder.h"
#include "media/trunk.h"

#define MEDIA_MAGIC      0x3ed1a001u
#define MEDIA_PORT_MAGIC 0x3ed1a002u
#define MEDIA_ROOM_MAGIC 0x3ed1a003u

#define MEDIA_COMMANDS     4096   /* ring; beyond it a list on control */
#define MEDIA_NOTES        8192   /* ring: at ten digits a second on each of 100 ports control may sleep for 8 s */
/* ticks missed are made good up to here, as the pseudowire does; the rest is skipped and counted */
#define MEDIA_CATCH_UP_US  100000
#define MEDIA_LATE_US      5000   /* a tick begun so late is counted: half of what the far end's buffer is sure to bear */
#define MEDIA_PUMP_MIN_US  100    /* no trunk makes the thread spin */

enum media_counter {
	MC_TICKS,
	MC_LATE,
	MC_SKIPPED,
	MC_MAX_TICK_US,
	MC_LOST_FRAMES,
	MC_BAD_FRAMES,
	MC_COMMANDS,
	MC_COMMANDS_HELD,
	MC_EVENTS,
	MC_EVENTS_LOST,
	MC_RETURNS_DELAYED,
	MC_RECORDER_DROPPED,
	MC_COUNT
};

/* ---- control -> media thread ---- */

enum media_cmd_type {
	CMD_PORT_OPEN, CMD_PORT_CLOSE, CMD_PORT_FREE, CMD_GATE, CMD_GAIN, CMD_PLAY, CMD_PLAY_STOP, CMD_RECORD,
	CMD_ROOM_ADD, CMD_ROOM_FREE, CMD_ROOM_JOIN, CMD_ROOM_LEAVE, CMD_ROOM_PLAY, CMD_ROOM_STOP, CMD_TRUNK_ADD, CMD_TRUNK_REMOVE,
	CMD_KEYS_ADD,
};

struct media_cmd {
	enum media_cmd_type  type;
	uint32_t             value;  /* generation, direction, tap, source, flags, gates */
	int32_t              gain;
	struct media_port   *port;
	struct media_room   *room;
	struct play_list    *list;
	struct recorder     *recorder;
	struct media_trunk  *trunk;
	struct media_keys   *keys;
};

void media_command(struct media *m, const struct media_cmd *c);  /* (C) */

/* ---- media thread -> control ---- */

enum media_note_type { NOTE_DIGIT_BEGIN, NOTE_DIGIT, NOTE_LIST, NOTE_PORT, NOTE_ROOM, NOTE_TRUNK, NOTE_RECORDER };

struct media_note {
	enum media_note_type type;
	char     digit;
	uint32_t gen;
	uint32_t value;   /* duration in ms; how many references of a recorder */
	int64_t  at_us;
	void    *what;    /* the port of a digit, or what is given back */
};

/* struct media_return (media/trunk.h) is in everything that is given back, and waits in a queue while the ring of notes is
 * full. */
void media_give_back(struct media *m, struct media_return *r, enum media_note_type type);  /* (M) */
void media_note_digit(struct media *m, struct media_port *p, const struct dtmf_event *ev); /* (M) */
static inline void media_count(struct media *m, enum media_counter c, uint64_t n);

/* ---- play lists (player.c) ---- */

struct play_item {
	struct clip *clip;     /* a reference of control's */
	size_t       samples;  /* of the clip */
	size_t       silence;  /* after it */
};

struct play_list {
	struct media_return ret;
	struct play_list   *next;        /* (M) */
	struct media_port  *port;        /* who is told of its end; NULL: a room's, nobody */
	uint32_t gen, id;
	unsigned times;                  /* (M) rounds left; meaningless when endless */
	bool     endless, stop_on_digit, append, cut;
	int32_t  gain;
	int64_t  ended_us;
	unsigned at;                     /* (M) item, */
	size_t   offset;                 /* (M) samples into it */
	unsigned count;
	struct play_item item[];
};

struct player { /* (M) */
	struct play_list *first;
};

struct play_list *play_list_make(const struct media_play *play);  /* (C) NULL: no memory */
void play_list_free(struct play_list *l);                          /* (C) drops its clips */

void player_play(struct media *m, struct player *p, struct play_list *l);
void player_stop(struct media *m, struct player *p, bool only_stop_on_digit);
void player_mix(struct media *m, struct player *p, int32_t sum[MEDIA_FRAME]);  /* adds a frame of what is playing */

/* ---- ports, rooms, recorders ---- */

struct port_digits { /* (M) digits.c */
	bool     told;        /* the trunk has told of a key since the port was opened: what sounds like one is none */
	uint32_t keys;        /* slot.rx_keys that have been seen */
	char     key;         /* told of and under way; 0: none */
	bool     reported;    /* its end already */
	char     heard;       /* the last one heard in the sound, that may come again as told of; 0: none */
	bool     heard_down;
	int64_t  heard_us;    /* when it began, or ended */
};

#define PORT_FAILED_MAX 4

struct media_port {
	unsigned magic;
	struct media *media;
	char name[32];

	/* (C) */
	media_event_h   *h;
	void            *arg;
	bool             open, freed;
	uint32_t         gen;                      /* counts openings and closings; events of an earlier one vanish */
	uint32_t         failed[PORT_FAILED_MAX];  /* plays for which there was no memory: told of by failed_task */
	unsigned         failed_count;
	struct loop_task failed_task;

	/* between */
	_Atomic int64_t heard_us;

	/* (M) */
	struct media_return   ret;
	struct media_slot     slot;
	struct list           link;       /* in media.open_ports */
	uint32_t              tick_gen;
	bool                  from_line, to_line;
	int32_t               gain;
	struct media_keys    *keys;       /* its receiver: this bank's */
	unsigned              lane;
	struct port_digits    digits;
	struct clamp          clamp;
	struct player         player[2];  /* enum media_direction */
	struct recorder      *tap[2];     /* enum media_tap */
	struct media_room    *room;
	struct list           room_link;
	unsigned              room_flags;
	int32_t               inside[MEDIA_FRAME]; /* what the port gives to its room, and to who listens inside */
};

void port_command(struct media *m, const struct media_cmd *c);
void port_hear(struct media *m, struct media_port *p);     /* phase read, after the trunks: the line to its receiver */
void port_receive(struct media *m, struct media_port *p);  /* phase read, after the receivers */
void port_send(struct media *m, struct media_port *p);     /* phase write, before the trunks */
void port_deliver(struct media_port *p, uint32_t gen, const struct media_event *ev);  /* (C) */
void port_release(struct media_port *p);                   /* (C) the memory */

/* ---- receivers of DTMF (keys.c) ---- */

/* A bank of them. Control sees to it that there are as many lanes as ports; an open port has one. */
struct media_keys {
	struct media_keys *next;                     /* (C) */
	struct list        link;                     /* (M) in media.all_keys */
	struct dtmf_bank  *bank;                     /* (M) from here on */
	uint32_t           taken;                    /* a bit for each lane */
	struct dtmf_result found[DTMF_BANK_LANES];   /* in this tick */
};

int  keys_provide(struct media *m, unsigned ports);             /* (C) -ENOMEM */
void keys_free(struct media *m);                                /* (C) no thread runs */
void keys_add(struct media *m, struct media_keys *k);
void keys_take(struct media *m, struct media_port *p);
void keys_leave(struct media_port *p);
void keys_find(struct media *m);                                /* phase read, after port_hear of all */

/* ---- digits of a port (digits.c) ---- */

/* A gateway that tells of a key and lets it sound too does so within this time (it has to hear it first, or its jitter buffer
 * holds the sound back). Nobody presses the same key twice so fast: Q.24's fastest, 40 ms and a pause of 40, is not what people
 * do. */
#define DIGITS_SAME_US 200000

void digits_init(struct media_port *p);
void digits_find(struct media *m, struct media_port *p, const struct dtmf_result *found); /* phase read */

struct media_room {
	unsigned magic;
	struct media *media;
	bool          freed;        /* (C) */
	struct media_return ret;    /* (M) from here on */
	struct list   link;         /* in media.rooms */
	struct list   members;
	struct player source[2];    /* enum media_room_source */
	int32_t       sum[MEDIA_FRAME];
};

void room_command(struct media *m, const struct media_cmd *c);
void room_leave(struct media_port *p);
void room_mix(struct media *m, struct media_room *r);                         /* phase mix */
void room_listen(const struct media_port *p, int32_t sum[MEDIA_FRAME]);      /* phase write: what the port's room has for it */
void room_release(struct media_room *r);                                       /* (C) the memory */

struct recorder_frame {
	int64_t tick_us;
	int16_t s[MEDIA_FRAME];
};

struct recorder {
	unsigned magic;
	/* (C) */
	struct loop_timer timer;
	bool     freed;
	unsigned attached;          /* media_record() calls not yet given back */
	int64_t  start_us;
	int16_t *s;
	size_t   samples, space;
	unsigned dropped;
	/* between */
	struct ring *ring;          /* struct recorder_frame */
	/* (M) */
	struct media_return ret;
	unsigned giving_back;       /* references on their way through ret */
};

bool recorder_push(struct recorder *r, int64_t tick_us, const int16_t s[MEDIA_FRAME]);  /* (M) false: dropped */
void recorder_let_go(struct media *m, struct recorder *r);                               /* (M) */
void recorder_release(struct recorder *r, unsigned references);                          /* (C) */

/* ---- the engine ---- */

enum media_state { MEDIA_NEW, MEDIA_RUNNING, MEDIA_STOPPED };

struct media_held { /* a command that found the ring full */
	struct media_held *next;
	struct media_cmd   cmd;
};

struct media {
	unsigned magic;
	/* (C) */
	struct loop          *loop;
	char                  name[16];
	enum media_state      state;
	bool                  threaded, draining;
	unsigned              ports, rooms, trunks;  /* alive, until given back */
	struct media_keys    *first_keys;
	unsigned              lanes;       /* of all of them */
	uint32_t              next_play;
	struct media_held    *held_first, **held_last;
	struct loop_timer     held_timer;
	struct loop_task      drain_task;  /* notes that came up on control itself */
	struct loop_timer     tick_timer;  /* virtual clock */
	pthread_t             thread;
	struct counter_registry *registry;
	struct counter_group  group;
	/* between */
	counter_t             counters[MC_COUNT];
	struct ring          *commands, *notes;
	int                   wake_fd;     /* eventfd */
	atomic_bool           stop;
	/* (M) */
	int64_t               next_us;     /* the next tick */
	int64_t               tick_us;     /* the present one */
	struct media_trunk   *first_trunk;
	struct list           open_ports, all_rooms, all_keys;
	struct media_return  *returns_first, **returns_last;
	bool                  noted;       /* in this tick */
};

void    media_run_commands(struct media *m);  /* (M), or control while no thread runs */
bool    media_flush_returns(struct media *m); /* (M) something has been noted since the last call */
int64_t media_step(struct media *m);          /* (M) the tick, if it is due, and the pumps; when to be called again */

static inline void media_count(struct media *m, enum media_counter c, uint64_t n) { counter_add(&m->counters[c], n); }

#endif
