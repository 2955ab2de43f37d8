/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * fail_nth - every call to the driver fails once, and each kind of call for a while, on the real /dev/dahdi. Inside the virtual
 * machine: span 1 is ours and fails, span 2 is the other end and never does; a call is up on them.
 *
 * The program's own open, read, write and ioctl stand before the C library's and fail the n-th of those on files that span 1
 * opened, without asking the kernel. Each time: a line in the log that names the call, a counter, the span without signal, no
 * crash; and when the cause is gone the span is back by itself, at once with the call that was up.
 */
#undef _FORTIFY_SOURCE /* whose read() would be an inline function */
#include <dahdi/user.h>
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/clock.h"
#include "core/log.h"
#include "core/random.h"
#include "e1/e1.h"
#include "e1/transport.h"

#define REOPEN_MS 20
#define RUNNING   (tests_quick ? 40 : 420) /* calls after an opening: the queues are filled, and three ticks more */

static bool tests_quick;
static int passed, failed;

static bool check(const char *what, bool good)
{
	if (good)
		passed++;
	else
		failed++;
	printf("%s %s\n", good ? "ok  " : "FAIL", what);
	(void)fflush(stdout);
	return good;
}

/* ---- calls that fail ---- */

enum whose { NOBODY, CONTROL, MEDIA };

static struct {
	atomic_bool ours[4096];  /* files that span 1 opened */
	atomic_bool watching;    /* what is opened now is span 1's */
	pthread_t   control;
	_Atomic int whose;       /* calls of this thread are counted */
	_Atomic long count, at;  /* the at-th fails; 0: none */
	_Atomic int err;
	atomic_bool again;       /* after it the count begins anew: `next` is at then */
	_Atomic long next;
	_Atomic(const char *) always; /* all calls of this name fail */
	_Atomic(const char *) failed; /* the name of the last that did */
	_Atomic long hits;
	atomic_bool swallow;     /* writes of blocks succeed, and go nowhere */
	bool        loops;       /* the card has maintenance loops, which DAHDI's cable has not */
	int         loop;        /* what it was told last */
} fault;

static const char *name_of(unsigned long request)
{
	switch (request) {
	case DAHDI_SPECIFY: return "SPECIFY";
	case DAHDI_GET_PARAMS: return "GET_PARAMS";
	case DAHDI_SPANSTAT: return "SPANSTAT";
	case DAHDI_AUDIOMODE: return "AUDIOMODE";
	case DAHDI_SETLAW: return "SETLAW";
	case DAHDI_SET_BLOCKSIZE: return "SET_BLOCKSIZE";
	case DAHDI_SET_BUFINFO: return "SET_BUFINFO";
	case DAHDI_BUFFER_EVENTS: return "BUFFER_EVENTS";
	case DAHDI_GETEVENT: return "GETEVENT";
	case DAHDI_FLUSH: return "FLUSH";
	case DAHDI_ECHOCANCEL: return "ECHOCANCEL";
	case DAHDI_MAINT: return "MAINT";
	default: return "an unknown ioctl";
	}
}

/* Must this call fail? errno is set then. */
static bool fails(const char *name)
{
	bool control = pthread_equal(pthread_self(), fault.control);
	const char *always = fault.always;
	bool hit = always && strcmp(always, name) == 0;

	if (fault.whose == (control ? CONTROL : MEDIA)) {
		long n = ++fault.count;

		if (fault.at && n == fault.at) {
			hit = true;
			fault.count = 0;
			fault.at = fault.again ? fault.next : 0;
			fault.again = false;
		}
	}
	if (!hit)
		return false;
	fault.failed = name;
	fault.hits++;
	errno = fault.err;
	return true;
}

static void *real(const char *name)
{
	return dlsym(RTLD_NEXT, name);
}

int open(const char *path, int flags, ...)
{
	int (*next)(const char *, int, ...) = (int (*)(const char *, int, ...))real("open");
	bool dahdi = strncmp(path, "/dev/dahdi/", 11) == 0;
	int mode = 0, fd;
	va_list ap;

	va_start(ap, flags);
	if (flags & O_CREAT)
		mode = va_arg(ap, int);
	va_end(ap);
	if (dahdi && fault.watching && fails("open"))
		return -1;
	fd = next(path, flags, mode);
	if (dahdi && fault.watching && fd >= 0)
		fault.ours[fd] = true;
	return fd;
}

int close(int fd)
{
	int (*next)(int) = (int (*)(int))real("close");

	if (fd >= 0)
		fault.ours[fd] = false;
	return next(fd);
}

int ioctl(int fd, unsigned long request, ...)
{
	int (*next)(int, unsigned long, void *) = (int (*)(int, unsigned long, void *))real("ioctl");
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	if (fd >= 0 && fault.ours[fd] && fails(name_of(request)))
		return -1;
	if (fault.loops && request == DAHDI_MAINT) {
		fault.loop = ((struct dahdi_maintinfo *)arg)->command;
		return 0;
	}
	return next(fd, request, arg);
}

ssize_t read(int fd, void *buf, size_t len)
{
	ssize_t (*next)(int, void *, size_t) = (ssize_t(*)(int, void *, size_t))real("read");

	return fd >= 0 && fault.ours[fd] && fails("read") ? -1 : next(fd, buf, len);
}

ssize_t write(int fd, const void *buf, size_t len)
{
	ssize_t (*next)(int, const void *, size_t) = (ssize_t(*)(int, const void *, size_t))real("write");

	if (fd >= 0 && fault.ours[fd] && fails("write"))
		return -1;
	return fd >= 0 && fault.ours[fd] && fault.swallow && len == E1_FRAMES ? (ssize_t)len : next(fd, buf, len);
}

/* ---- two spans and what they say ---- */

static struct {
	struct loop            *loop;
	struct loop_timer       timer;
	struct media           *media;
	struct counter_registry counters;
	struct e1_span         *span[2];
	struct e1_call         *call;
	unsigned                answers, lost, gone;
	int                     cause;
	int64_t                 lost_us;
	char                    complaint[512]; /* the last error in the log */
	unsigned                complaints;
} w;

static void on_log(enum log_level level, const char *line, void *arg)
{
	(void)arg;
	if (level != LOG_ERROR)
		return;
	w.complaints++;
	(void)snprintf(w.complaint, sizeof(w.complaint), "%s", line);
}

static void on_timer(struct loop_timer *t)
{
	loop_stop(t->loop);
}

static void run_ms(int64_t ms)
{
	loop_timer_start(&w.timer, CLOCK_MS(ms));
	loop_run(w.loop);
}

static void on_event(struct e1_span *s, const struct e1_event *ev, void *arg)
{
	bool far = arg != NULL;

	(void)s;
	if (far && ev->type == E1_RING) {
		(void)e1_call_proceeding(ev->call);
		(void)e1_call_answer(ev->call);
	} else if (far && ev->type == E1_HANGUP) {
		(void)e1_call_hangup(ev->call, 16);
	} else if (!far && ev->type == E1_ANSWER) {
		w.answers++;
		media_port_open(e1_call_port(ev->call), NULL, NULL);
	} else if (!far && ev->type == E1_HANGUP) {
		w.lost++;
		w.cause = ev->cause;
		w.lost_us = ev->at_us;
	} else if (!far && ev->type == E1_GONE) {
		w.gone++;
	}
}

static int open_span(unsigned i)
{
	struct e1_span_config c;
	int err;

	e1_span_config_default(&c);
	(void)snprintf(c.name, sizeof(c.name), i ? "far" : "ours");
	c.transport = E1_DAHDI;
	c.role = i ? E1_NETWORK : E1_CPE;
	c.dahdi_span = i + 1;
	c.reopen_ms = REOPEN_MS;
	c.echo = i ? E1_ECHO_OFF : E1_ECHO_AUTO;
	c.restore_ms = 100;
	fault.watching = i == 0;
	err = e1_span_alloc(&w.span[i], w.loop, w.media, &w.counters, &c, on_event, i ? &w : NULL);
	return err;
}

static uint64_t counter(const char *name)
{
	for (struct counter_group *g = w.counters.first; g; g = g->next)
		for (unsigned i = 0; i < g->count && strcmp(g->name, "span.ours") == 0; i++)
			if (strcmp(g->desc[i].name, name) == 0)
				return counter_get(&g->values[i]);
	return 0;
}

static bool card_present(void)
{
	struct e1_card c;

	e1_span_card(w.span[0], &c);
	return c.present;
}

static bool signal_good(void)
{
	struct e1_span_info i;

	e1_span_info(w.span[0], &i);
	return card_present() && !i.los && !i.rai;
}

static bool span_up(void)
{
	return e1_span_up(w.span[0]) && e1_span_up(w.span[1]);
}

static bool call_up(void)
{
	return w.answers > w.gone;
}

static bool call_over(void)
{
	return w.answers == w.gone;
}

static bool card_failed(void)
{
	return fault.hits > 0 && fault.at == 0;
}

static bool until(int64_t ms, bool (*good)(void))
{
	for (int64_t end = clock_mono_us() + CLOCK_MS(ms); !good(); run_ms(10))
		if (clock_mono_us() > end)
			return false;
	return true;
}

static unsigned open_files(void)
{
	DIR *d = opendir("/proc/self/fd");
	unsigned n = 0;

	/* cppcheck-suppress readdirCalled; a stream of its own, and readdir_r is deprecated */
	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

/* ---- the first opening: each of its calls fails ---- */

static void opening(void)
{
	long calls, good = 0, back = 0;
	unsigned files;

	fault.whose = CONTROL;
	fault.count = 0;
	check("the span opens", open_span(0) == 0);
	calls = fault.count;
	check("and gets blocks", until(1000, signal_good));
	e1_span_free(w.span[0]);
	run_ms(30);
	files = open_files();
	printf("== opening takes %ld calls\n", calls);
	for (long n = 1; n <= calls; n++) {
		bool right;

		fault.count = 0;
		fault.err = EIO;
		fault.at = n;
		w.complaints = 0;
		right = open_span(0) == 0 && !card_present() && w.complaints == 1 && counter("card_refused") == 1 &&
		        strstr(w.complaint, strerror(EIO));
		right = right && (strstr(w.complaint, fault.failed) || strstr(w.complaint, "/dev/dahdi/"));
		if (!right)
			printf("| call %ld, %s: \"%s\"\n", n, fault.failed, w.complaint);
		good += right;
		back += until(1000, signal_good) && w.complaints == 1;
		e1_span_free(w.span[0]);
		run_ms(30);
	}
	printf("== %ld said what failed, %ld came back\n", good, back);
	check("each failure is one line that names the call, and counted", good == calls);
	check("and the span opens by itself when it is over", back == calls);
	check("no file stays open", open_files() == files);
	fault.whose = NOBODY;
}

/* ---- running: each call fails once, with a call up ---- */

/* In service, and the RESTARTs with which a CPE begins are over. */
static bool ready(void)
{
	return span_up() && e1_span_free_channels(w.span[0]) == E1_TIMESLOTS - 1;
}

static bool dial(void)
{
	struct e1_setup setup = { .bearer = E1_BEARER_3K1, .sending_complete = true };

	(void)snprintf(setup.called.digits, sizeof(setup.called.digits), "12599");
	setup.called.present = true;
	return until(8000, ready) && e1_call_dial(w.span[0], &setup, false, NULL, &w.call) == 0 && until(3000, call_up);
}

static void hang_up(void)
{
	(void)e1_call_hangup(w.call, 16);
	check("the call is ended", until(3000, call_over));
}

/* The first call of the media thread fails, and the n-th after the opening that follows. */
static bool fail_running(long n, int err)
{
	uint64_t failed_before = counter("card_failed"), echo_before = counter("echo_refused");
	bool right;

	w.complaints = 0;
	fault.hits = 0;
	fault.err = err;
	fault.count = 0;
	fault.next = n;
	fault.again = true;
	fault.at = 1;
	right = until(1000, card_failed);
	run_ms(20); /* control is on its way to it */
	right = right && until(1000, signal_good) && call_up();
	if (n % 5 == 0)
		(void)until(3000, span_up); /* layer 2 has its poll */
	if (err != ENODEV && strcmp(fault.failed, "ECHOCANCEL") == 0) /* the call goes on with its echo */
		right = right && counter("echo_refused") == echo_before + 1;
	else
		right = right && counter("card_failed") == failed_before + 2 && strstr(w.complaint, fault.failed) &&
		        strstr(w.complaint, strerror(err));
	if (!right)
		printf("| call %ld, %s: \"%s\", card_failed %d, %s\n", n, fault.failed, w.complaint,
		       (int)(counter("card_failed") - failed_before), call_up() ? "the call is up" : "the call is lost");
	return right;
}

static void running(void)
{
	static const char *const names[] = { "FLUSH", "SPANSTAT", "ECHOCANCEL", "read", "write" };
	bool seen[sizeof(names) / sizeof(names[0])] = { false };
	long good = 0, tried = 0, gone = 0;

	check("a call is up", open_span(0) == 0 && dial());
	fault.whose = MEDIA;
	for (long n = 1; n <= RUNNING; n++) {
		good += fail_running(n, EIO);
		tried++;
		for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
			seen[i] |= strcmp(fault.failed, names[i]) == 0;
		if (n % 10 == 0) {
			gone += fail_running(n, ENODEV);
			tried++;
		}
	}
	fault.whose = NOBODY;
	printf("== %ld of %ld failures were named and counted, the signal came back each time with the call\n", good + gone,
	       tried);
	check("each call of the running span failed once; the call lived on", good + gone == tried);
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		char text[64];

		(void)snprintf(text, sizeof(text), "among them %s", names[i]);
		check(text, seen[i]);
	}
	check("the span is in service again", until(8000, span_up));
}

static bool event_failed(void)
{
	return fault.hits > 0;
}

/* An event is asked for when there is one: the kernel runs out of blocks to send. */
static void event(void)
{
	bool said;

	w.complaints = 0;
	fault.hits = 0;
	fault.always = "GETEVENT";
	fault.swallow = true;
	said = until(1000, event_failed);
	fault.swallow = false;
	fault.always = NULL;
	run_ms(50);
	check("so did GETEVENT", said && strstr(w.complaint, "GETEVENT"));
	check("the call lived on", until(1000, signal_good) && call_up());
	check("the span is in service again", until(8000, span_up));
}

/* ---- a call that goes on failing: the calls are lost, since then; said once; back when it is over ---- */

static void lasting(const char *name)
{
	char text[120];
	int64_t began, lost_before = w.lost;

	if (!call_up() && !dial()) {
		check("a call is up", false);
		return;
	}
	w.complaints = 0;
	fault.hits = 0;
	fault.err = EIO;
	began = clock_mono_us();
	fault.always = name;
	/* of what is open none is asked */
	if (strcmp(name, "open") == 0 || strcmp(name, "SPECIFY") == 0 || strcmp(name, "FLUSH") == 0) {
		fault.whose = MEDIA;
		fault.count = 0;
		fault.at = 1;
	}
	(void)snprintf(text, sizeof(text), "%s fails for long: the call is lost after 2.5 s, cause 27", name);
	if (!check(text, until(4000, call_over) && w.lost == lost_before + 1 && w.cause == 27))
		printf("| lost %u, cause %d, \"%s\"\n", w.lost - (unsigned)lost_before, w.cause, w.complaint);
	check("  to the beginning of the loss", w.lost_us >= began - CLOCK_MS(20) && w.lost_us < began + CLOCK_MS(200));
	check("  the span takes none", !e1_span_up(w.span[0]));
	if (!check("  it is said once or twice, not at each attempt", w.complaints >= 1 && w.complaints <= 2 && fault.hits > 10))
		printf("| %u lines, %ld failures\n", w.complaints, (long)fault.hits);
	fault.always = NULL;
	fault.whose = NOBODY;
	check("  and calls pass when it is over", dial());
}

static bool signal_lost(void)
{
	return !signal_good();
}

/* With a card that has loops: only that the span is out meanwhile is ours to see. */
static void loops(void)
{
	struct e1_card c;

	check("no maintenance loop while a call is up", e1_span_loop(w.span[0], E1_LOOP_LOCAL) == -EBUSY);
	hang_up();
	check("none where the driver has none", e1_span_loop(w.span[0], E1_LOOP_LOCAL) == -ENOTSUP);
	fault.loops = true;
	check("a local loop", e1_span_loop(w.span[0], E1_LOOP_LOCAL) == 0 && fault.loop == DAHDI_MAINT_LOCALLOOP);
	check("  takes the signal away", until(100, signal_lost));
	run_ms(300);
	check("  and the span out of service", !e1_span_up(w.span[0]));
	check("a remote loop", e1_span_loop(w.span[0], E1_LOOP_REMOTE) == 0 && fault.loop == DAHDI_MAINT_REMOTELOOP);
	e1_span_card(w.span[0], &c);
	check("  is shown", c.loop == E1_LOOP_REMOTE && signal_lost());
	check("off again", e1_span_loop(w.span[0], E1_LOOP_OFF) == 0 && fault.loop == DAHDI_MAINT_NONE);
	check("  calls pass", dial());
	hang_up();
	check("a loop that is on", e1_span_loop(w.span[0], E1_LOOP_LOCAL) == 0);
}

int main(int argc, char **argv)
{
	tests_quick = argc > 1 && strcmp(argv[1], "quick") == 0;
	fault.control = pthread_self();
	log_set_sink(on_log, NULL);
	random_seed(1);
	if (loop_alloc(&w.loop) || media_alloc(&w.media, w.loop, &w.counters, "media") || media_start(w.media))
		return 2;
	loop_timer_init(w.loop, &w.timer, on_timer);
	check("the other end opens", open_span(1) == 0);
	opening();
	running();
	event();
	lasting("read");
	lasting("write");
	lasting("FLUSH");
	lasting("SPANSTAT");
	lasting("open");
	lasting("SPECIFY");
	loops();
	e1_span_free(w.span[0]);
	e1_span_free(w.span[1]);
	media_stop(w.media);
	run_ms(50);
	check("ends with the span", fault.loop == DAHDI_MAINT_NONE);
	media_free(w.media);
	loop_free(w.loop);
	printf("%d passed, %d failed\n", passed, failed);
	return failed != 0;
}
