/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The settings of partylined: where each goes, its default, its range, and a sentence for the operator. Tables only; longer than
 * other files for that. */
#include "core/clock.h"
#include "core/worker.h"
#include "node/config_internal.h"
#include "prompts/catalogue.h"

#define IN_NODE(member)    CONFIG_AT(struct node_config, member)
#define IN_SERVICE(member) CONFIG_AT(struct ivr_service, member)
#define IN_SPAN(member)    CONFIG_AT(struct node_span, member)
#define SECTION_OF_CONFIG  .offset = 0, .size = sizeof(struct node_config)
/* A list of words: the size of one. */
#define WORDS(s, member) .offset = offsetof(s, member), .size = sizeof(((s *)NULL)->member[0])

#define S  CLOCK_SEC(1)
#define MS CLOCK_MS(1)

static const struct config_choice levels[] = {
	{ "error", LOG_ERROR }, { "warn", LOG_WARN }, { "info", LOG_INFO }, { "debug", LOG_DEBUG }, { .name = NULL }
};
static const struct config_choice languages[] = { { "zh-CN", PROMPT_ZH_CN }, { "en", PROMPT_EN }, { .name = NULL } };
static const struct config_choice refuse_use[] = { { "refuse", false }, { "use", true }, { .name = NULL } };
static const struct config_choice transports[] = { { "pseudowire", E1_PSEUDOWIRE }, { "dahdi", E1_DAHDI }, { .name = NULL } };
static const struct config_choice echoes[] = {
	{ "auto", E1_ECHO_AUTO }, { "off", E1_ECHO_OFF }, { "card", E1_ECHO_CARD }, { "ours", E1_ECHO_OURS }, { .name = NULL }
};
static const struct config_choice roles[] = { { "cpe", E1_CPE }, { "network", E1_NETWORK }, { .name = NULL } };
static const struct config_choice ends[] = { { "low", false }, { "high", true }, { .name = NULL } };
static const struct config_choice shown[] = { { "service", false }, { "host", true }, { .name = NULL } };
static const struct config_choice unanswered[] = {
	{ "alerting", UNANSWERED_ALERTING },
	{ "progress", UNANSWERED_PROGRESS },
	{ "alerting+progress", UNANSWERED_ALERTING_PROGRESS },
	{ "silent", UNANSWERED_SILENT },
	{ .name = NULL },
};

static const struct config_field node_table[] = {
	{ "name", CONFIG_STRING, IN_NODE(options.name), .preset = "node1", .min = 1,
	  .text = "The node's name in records, holds and the log. Each node of one database needs its own." },
	{ "workers", CONFIG_INT, IN_NODE(options.workers), .preset = "4", .min = 1, .max = WORKER_MAX,
	  .text = "Threads for the database and files. Each has a connection to the database." },
	{ .name = NULL },
};

static const struct config_field log_table[] = {
	{ "file", CONFIG_STRING, IN_NODE(log_file), .preset = "", .text = "The log, reopened on SIGHUP. Empty: standard error." },
	{ "level", CONFIG_ENUM, IN_NODE(log_level), .preset = "info", .choices = levels,
	  .text = "How much is logged. Changed while running by `partyline log`." },
	{ .name = NULL },
};

static const struct config_field journal_table[] = {
	{ "dir", CONFIG_STRING, IN_NODE(options.journal_dir), .preset = "/var/lib/partyline", .min = 1,
	  .text = "Where answers, talk and records are kept until the database has them. On a disk that survives a crash; one "
	          "node's alone." },
	{ "checkpoint_ms", CONFIG_INT, IN_NODE(options.checkpoint_ms), .preset = "5000", .min = 500, .max = 60000,
	  .text = "How often the talk so far is written down: what a crash may lose of a leg's charge, milliseconds." },
	{ "hold_life_s", CONFIG_INT, IN_NODE(options.hold_life_s), .preset = "60", .min = 10, .max = 3600,
	  .text = "Money held for a call is free again so many seconds after its node was last heard of; and so long, or less, "
	          "legs go "
	          "on without the database, beyond what the account is trusted for." },
	{ "disk_percent", CONFIG_INT, IN_NODE(options.disk_percent), .preset = "90", .min = 1, .max = 100,
	  .text = "When so much of the journal's disk is used, traces and recordings stop; new calls are refused only when the "
	          "journal "
	          "itself cannot be written." },
	{ .name = NULL },
};

static const struct config_field sounds_table[] = {
	{ "dir", CONFIG_STRING, IN_NODE(options.sounds_dir), .preset = "",
	  .text = "The prompts. Empty: build/sounds where the node is started when that is there, else "
	          "/usr/local/share/partyline/sounds, else "
	          "/usr/share/partyline/sounds." },
	{ "music", CONFIG_STRINGS, WORDS(struct node_config, options.music), .max = NODE_MUSIC_MAX,
	  .count_offset = offsetof(struct node_config, options.music_count),
	  .preset = "/usr/share/asterisk/moh/macroform-cold_day.wav /usr/share/asterisk/moh/macroform-robot_dity.wav "
	            "/usr/share/asterisk/moh/macroform-the_simplicity.wav /usr/share/asterisk/moh/manolo_camp-morning_coffee.wav "
	            "/usr/share/asterisk/moh/reno_project-system.wav",
	  .text = "WAV files of the waiting and background music. Of the default, those of the package asterisk-moh-opsound-wav, "
	          "what is not there is left out." },
	{ "music_under_talk", CONFIG_BOOL, IN_NODE(options.music_under_talk), .preset = "yes",
	  .text = "While the host invites, the others hear the music under their talk." },
	{ "music_under_db", CONFIG_INT, IN_NODE(options.music_under_db10), .preset = "-20", .min = -60, .max = 0, .scale = 10,
	  .text = "How loud the music under talk is, in dB." },
	{ "tones", CONFIG_STRING, IN_NODE(options.country), .preset = "cn", .min = 1,
	  .text = "The country of the ring-back tone, as libtonezone names it." },
	{ .name = NULL },
};

static const struct config_field span_table[] = {
	{ "name", CONFIG_STRING, IN_SPAN(e1.name), .preset = "pstn", .min = 1,
	  .text = "The span's name: e1/pstn:17 in the log and in records." },
	{ "transport", CONFIG_ENUM, IN_SPAN(e1.transport), .preset = "pseudowire", .choices = transports,
	  .text = "pseudowire: RFC 5086 CESoPSN over UDP. dahdi: an E1 card." },
	{ "role", CONFIG_ENUM, IN_SPAN(e1.role), .preset = "cpe", .choices = roles,
	  .text = "The node's side of the line; cpe when the other end is an exchange." },
	{ "local", CONFIG_ADDRESS, IN_SPAN(e1.local), .preset = "", .text = "pseudowire: our address and UDP port." },
	{ "peer", CONFIG_ADDRESS, IN_SPAN(e1.peer), .preset = "", .text = "pseudowire: the other end's address and UDP port." },
	{ "frames_per_packet", CONFIG_INT, IN_SPAN(e1.frames_per_packet), .preset = "8", .min = 1, .max = 40,
	  .text = "pseudowire: E1 frames of 125 us in a packet; both ends the same. 8 is 1 ms; 40 costs the least." },
	{ "dahdi_span", CONFIG_INT, IN_SPAN(e1.dahdi_span), .preset = "0", .min = 0, .max = 128,
	  .text = "dahdi: the number of the span, from 1." },
	{ "echo", CONFIG_ENUM, IN_SPAN(e1.echo), .preset = "auto", .choices = echoes,
	  .text = "dahdi: who takes the echo of our sound out of what comes back. card: the canceller that system.conf names, "
	          "the "
	          "card's own or the kernel's. ours: partylined's. auto: the driver's where there is one, else ours." },
	{ "reopen_ms", CONFIG_INT, IN_SPAN(e1.reopen_ms), .preset = "3000", .min = 10, .max = 600000,
	  .text = "dahdi: a span that cannot be opened, or has failed, is tried again so often." },
	{ "unanswered", CONFIG_ENUM, IN_SPAN(unanswered), .preset = "alerting", .choices = unanswered,
	  .text = "How the unanswered announcement reaches the caller through this exchange: after ALERTING or PROGRESS with "
	          "in-band information; silent when it "
	          "lets nothing through before the answer." },
	{ "hunt", CONFIG_ENUM, IN_SPAN(e1.hunt_from_high), .preset = "high", .choices = ends,
	  .text = "Outgoing calls take timeslots from this end: the one opposite to the exchange." },
	{ "overlap", CONFIG_BOOL, IN_SPAN(e1.overlap), .preset = "no",
	  .text = "The exchange sends called numbers digit by digit." },
	{ "shown_number", CONFIG_ENUM, IN_SPAN(show_host), .preset = "service", .choices = shown,
	  .text = "What invited parties see: the service number, or the host's where the operator lets it pass." },
	{ "provider", CONFIG_STRING, IN_SPAN(provider), .preset = "",
	  .text = "Whose it is: calls of this provider's accounts alone go over it, and who calls over it is known only if he is "
	          "one of them. "
	          "Empty: everybody's." },
	{ "los_alarm_ms", CONFIG_INT, IN_SPAN(e1.los_alarm_ms), .preset = "100", .min = 20, .max = 10000,
	  .text = "Loss of signal so long mutes and raises the alarm." },
	{ "los_clear_ms", CONFIG_INT, IN_SPAN(e1.los_clear_ms), .preset = "2500", .min = 100, .max = 60000,
	  .text = "Loss of signal so long clears the calls." },
	{ "restore_ms", CONFIG_INT, IN_SPAN(e1.restore_ms), .preset = "10000", .min = 0, .max = 600000,
	  .text = "The span is used again after so much clean signal." },
	{ "numbers", CONFIG_SECTION, IN_SPAN(numbers), .preset = "numbers", .table = number_rules_table,
	  .text = "The form of numbers on this span, where it differs: the same settings as in the section numbers, from which "
	          "those not given come." },
	{ "debug", CONFIG_INT, IN_SPAN(e1.debug), .preset = "0", .min = 0, .max = 65535,
	  .text = "libpri's debug bits, into the log at level debug." },
	{ .name = NULL },
};

#define IN_WAY(member)   CONFIG_AT(struct route_way, member)
#define IN_GROUP(member) CONFIG_AT(struct route_group_config, member)
#define IN_ROUTE(member) CONFIG_AT(struct node_route, member)

static const struct config_choice shown_by[] = {
	{ "trunk", ROUTE_SHOWN_TRUNK }, { "service", ROUTE_SHOWN_SERVICE }, { "host", ROUTE_SHOWN_HOST }, { .name = NULL }
};

static const struct config_field way_table[] = {
	{ "name", CONFIG_STRING, IN_WAY(name), .preset = NULL, .min = 1,
	  .text = "A span or trunk, pstn or e1/pstn; in a route also a group." },
	{ "order", CONFIG_INT, IN_WAY(order), .preset = "1", .min = 1, .max = 100,
	  .text = "Those of the lowest order that can carry a call are used; the next order only when none of them can." },
	{ "percent", CONFIG_INT, IN_WAY(percent), .preset = "0", .min = 0, .max = 100,
	  .text = "Its share of the calls of its order, 100 together. 0, all of an order alike: hunted as they are written "
	          "here." },
	{ .name = NULL },
};

static const struct config_field group_table[] = {
	{ "name", CONFIG_STRING, IN_GROUP(name), .preset = NULL, .min = 1, .text = "The group's name, no trunk's." },
	{ "trunks", CONFIG_LIST, WORDS(struct route_group_config, way), .max = ROUTE_WAYS_MAX, .table = way_table,
	  .count_offset = offsetof(struct route_group_config, way_count), .preset = NULL, .text = "Its spans and trunks." },
	{ .name = NULL },
};

static const struct config_field route_table[] = {
	{ "name", CONFIG_STRING, IN_ROUTE(route.name), .preset = NULL, .min = 1,
	  .text = "The route's name in counters, the log and `partyline routes`." },
	{ "prefixes", CONFIG_STRINGS, WORDS(struct node_route, route.prefix), .max = ROUTE_PREFIXES_MAX, .preset = NULL,
	  .count_offset = offsetof(struct node_route, route.prefix_count),
	  .text = "Numbers that begin so take this route; the longest prefix decides. As they are dialled, 021 or 00852, or "
	          "from the country code on, 8621; s: for short codes, s:100 for one; empty for all others." },
	{ "trunks", CONFIG_LIST, WORDS(struct node_route, route.way), .max = ROUTE_WAYS_MAX, .table = way_table,
	  .count_offset = offsetof(struct node_route, route.way_count), .preset = NULL,
	  .text = "The ways that it has: spans, trunks, groups." },
	{ "capacity", CONFIG_INT, IN_ROUTE(route.capacity), .preset = "0", .min = 0, .max = 100000,
	  .text = "So many calls at once over this route, callbacks that are promised included. 0: as many as there are "
	          "channels." },
	{ "reserve", CONFIG_INT, IN_ROUTE(route.reserve), .preset = "0", .min = 0, .max = 10000,
	  .text = "So many channels of its trunks together are kept for callbacks: no party is called when fewer would be "
	          "left." },
	{ "failover", CONFIG_STRINGS, WORDS(struct node_route, failover), .max = ROUTE_CAUSES_MAX,
	  .preset = ROUTE_FAILOVER_DEFAULT,
	  .text = "Q.850 causes with which a call that has not rung is tried at once over the next trunk, each trunk once." },
	{ "shown_number", CONFIG_ENUM, IN_ROUTE(route.shown), .preset = "trunk", .choices = shown_by,
	  .text = "What invited parties see: the service number, the host's, or as the span or trunk says that is taken." },
	{ .name = NULL },
};

static const struct config_choice rated_free[] = { { "rated", false }, { "free", true }, { .name = NULL } };
static const struct config_choice kinds[] = {
	{ "multiparty", IVR_MULTIPARTY }, { "selfcare", IVR_SELFCARE_NUMBER }, { .name = NULL } };

static const struct config_field service_table[] = {
	{ "number", CONFIG_STRING, IN_SERVICE(number), .preset = "12599", .min = 1,
	  .text = "The number that is dialled, as the exchange sends it." },
	{ "kind", CONFIG_ENUM, IN_SERVICE(kind), .preset = "multiparty", .choices = kinds,
	  .text = "multiparty: the callback multi-party call, never answered. selfcare: answered, a menu: recharge, balance, "
	          "password, "
	          "language, recent calls, bookings." },
	{ "language", CONFIG_ENUM, IN_SERVICE(language), .preset = "zh-CN", .choices = languages,
	  .text = "What is spoken to callers whose account does not tell." },
	{ "callback_delay_s", CONFIG_INT, IN_SERVICE(callback_delay_us), .preset = "3", .min = 0, .max = 600, .scale = S,
	  .text = "The subscriber is called back so long after his call has ended." },
	{ "retries", CONFIG_INT, IN_SERVICE(retries), .preset = "2", .min = 0, .max = 10,
	  .text = "How many more times a busy or unanswered callback is tried." },
	{ "retry_interval_s", CONFIG_INT, IN_SERVICE(retry_interval_us), .preset = "30", .min = 1, .max = 3600, .scale = S,
	  .text = "From the end of a failed callback to the next." },
	{ "ask_host", CONFIG_BOOL, IN_SERVICE(ask_host), .preset = "no",
	  .text = "Who is called back presses 1 first: it may be another phone, or a voicemail. "
	          "If he does not, it was no answer." },
	{ "ask_parties", CONFIG_BOOL, IN_SERVICE(ask_parties), .preset = "no",
	  .text = "Who is called in presses 1 to come in. His leg is charged from the answer all the same." },
	{ "private_first", CONFIG_BOOL, IN_SERVICE(private_first), .preset = "no",
	  .text = "The host talks alone to who is added: * brings both in, ## drops the new party." },
	{ "callback", CONFIG_ENUM, IN_SERVICE(callback_free), .preset = "rated", .choices = rated_free,
	  .text = "The leg to the host himself is rated like others, or free." },
	{ "say_rate", CONFIG_BOOL, IN_SERVICE(say_rate), .preset = "no",
	  .text = "Before somebody is called the host hears what a minute costs, and for how many minutes there is money; * goes "
	          "back without a "
	          "call." },
	{ "sounds", CONFIG_STRING, IN_SERVICE(sounds), .preset = "",
	  .text = "A folder of this service's own recordings, LANGUAGE/PROMPT.wav as in sounds.dir: what is in it is said "
	          "instead "
	          "of the node's. So a provider's service speaks with his voice. Empty: none." },
	{ "restricted_numbers", CONFIG_ENUM, IN_SERVICE(use_restricted), .preset = "refuse", .choices = refuse_use,
	  .text = "Calls whose number is withheld from display, but known to the node, are refused or used." },
	{ .name = NULL },
};

static const struct config_field timers_table[] = {
	{ "setup_to_alerting_s", CONFIG_INT, IN_NODE(options.timers.setup_to_alerting_us), .preset = "60", .min = 5, .max = 300,
	  .scale = S, .text = "An outgoing call that does not ring by then is given up." },
	{ "alerting_to_answer_s", CONFIG_INT, IN_NODE(options.timers.alerting_to_answer_us), .preset = "45", .min = 5, .max = 300,
	  .scale = S, .text = "An outgoing call rings no longer." },
	{ "overlap_digit_s", CONFIG_INT, IN_NODE(options.t302_us), .preset = "15", .min = 1, .max = 30, .scale = S,
	  .text = "T302: overlap receiving ends when no digit comes for so long." },
	{ "announcement_max_s", CONFIG_INT, IN_NODE(options.ivr.announcement_max_us), .preset = "15", .min = 3, .max = 170,
	  .scale = S, .text = "A caller who stays on after the unanswered announcement is cleared." },
	{ "progress_clear_s", CONFIG_INT, IN_NODE(options.ivr.progress_clear_us), .preset = "8", .min = 2, .max = 170, .scale = S,
	  .text = "The same on spans with unanswered: progress; before the exchange's T310." },
	{ "silent_clear_s", CONFIG_INT, IN_NODE(options.ivr.silent_clear_us), .preset = "2", .min = 1, .max = 170, .scale = S,
	  .text = "The same on spans with unanswered: silent." },
	{ "congestion_retry_s", CONFIG_INT, IN_NODE(options.ivr.congestion_retry_us), .preset = "5", .min = 1, .max = 300,
	  .scale = S, .text = "A callback that met congestion is tried again after so long, without using up a retry." },
	{ "congestion_retries", CONFIG_INT, IN_NODE(options.ivr.congestion_retries), .preset = "12", .min = 0, .max = 1000,
	  .text = "How often, at most." },
	{ .name = NULL },
};

static const struct config_field prompts_table[] = {
	{ "first_key_s", CONFIG_INT, IN_NODE(options.ivr.first_key_us), .preset = "8", .min = 2, .max = 60, .scale = S,
	  .text = "After a prompt, without a key for so long, it is said again." },
	{ "next_key_s", CONFIG_INT, IN_NODE(options.ivr.next_key_us), .preset = "6", .min = 1, .max = 60, .scale = S,
	  .text = "A number ends without # when no key follows for so long." },
	{ "without_key", CONFIG_INT, IN_NODE(options.ivr.prompts_without_key), .preset = "3", .min = 1, .max = 10,
	  .text = "A prompt is said so often without a key, then goodbye." },
	{ "wrong_numbers", CONFIG_INT, IN_NODE(options.ivr.wrong_numbers), .preset = "5", .min = 1, .max = 100,
	  .text = "After so many in a row, goodbye." },
	{ "announce_host", CONFIG_BOOL, IN_NODE(options.ivr.announce_host), .preset = "yes",
	  .text = "Who is called in hears who invites him, softly over the talk." },
	{ "hash_guard_ms", CONFIG_INT, IN_NODE(options.ivr.hash_guard_us), .preset = "1500", .min = 0, .max = 10000, .scale = MS,
	  .text = "A second # within this time of the one that ended a number is ignored." },
	{ "hash_alone_s", CONFIG_INT, IN_NODE(options.ivr.hash_alone_us), .preset = "4", .min = 1, .max = 60, .scale = S,
	  .text = "A # with no second key for so long is nothing." },
	{ .name = NULL },
};

static const struct config_field limits_table[] = {
	{ "members", CONFIG_INT, IN_NODE(options.members_max), .preset = "32", .min = 2, .max = MEDIA_ROOM_PORTS_MAX,
	  .text = "Parties in one call, host included." },
	{ "rooms", CONFIG_INT, IN_NODE(options.ivr.rooms_max), .preset = "0", .min = 0, .max = 100000,
	  .text = "Multi-party calls at once on this node, those ordered by telephone included; 0: as many as there are "
	          "channels." },
	{ "calls_per_day", CONFIG_INT, IN_NODE(options.calls_per_day), .preset = "0", .min = 0, .max = 100000,
	  .text = "Multi-party calls of an account within 24 hours, on all nodes; 0: no limit." },
	{ "call_min", CONFIG_INT, IN_NODE(options.limits.limit_us[CALL_TOO_LONG]), .preset = "240", .min = 1, .max = 10080,
	  .scale = 60 * S, .text = "A multi-party call lasts so many minutes at most." },
	{ "silence_min", CONFIG_INT, IN_NODE(options.limits.limit_us[CALL_SILENT]), .preset = "10", .min = 0, .max = 1440,
	  .scale = 60 * S, .text = "One in which nobody speaks ends after so many minutes; 0: it does not." },
	{ "warning_s", CONFIG_INT, IN_NODE(options.limits.warn_us), .preset = "60", .min = 0, .max = 600, .scale = S,
	  .text = "The host is told so long before." },
	{ "password_tries", CONFIG_INT, IN_NODE(options.passwords.tries), .preset = "3", .min = 1, .max = 10,
	  .text = "So many wrong passwords lock an account's." },
	{ "password_lock_min", CONFIG_INT, IN_NODE(options.passwords.window_us), .preset = "30", .min = 1, .max = 10080,
	  .scale = 60 * S, .text = "For so many minutes; also how long a wrong one is remembered." },
	{ .name = NULL },
};

static const struct config_field bookings_table[] = {
	{ "claim_s", CONFIG_INT, IN_NODE(options.booked.claim_us), .preset = "1", .min = 0, .max = 3600, .scale = S,
	  .text = "How often is looked for booked conferences whose time has come. 0: this node begins none." },
	{ "lease_s", CONFIG_INT, IN_NODE(options.booked.lease_us), .preset = "60", .min = 15, .max = 3600, .scale = S,
	  .text = "A booked conference under way is this node's for so long, renewed four times as often; of a dead node another "
	          "takes "
	          "it up then, and calls nobody before. Longer than an exchange holds the calls of a dead node." },
	{ "reserve_channels", CONFIG_INT, IN_NODE(options.booked.reserve), .preset = "2", .min = 0, .max = 1000,
	  .text = "Channels that booked conferences leave free, for incoming calls and callbacks." },
	{ "late_max_min", CONFIG_INT, IN_NODE(options.booked.late_max_us), .preset = "1440", .min = 0, .max = 10080,
	  .scale = 60 * S,
	  .text = "A booked conference that could not be begun for so many minutes is given up as missed; 0: never." },
	{ "zone", CONFIG_STRING, IN_NODE(booking_zone), .preset = "Asia/Shanghai", .min = 1,
	  .text = "The time zone in which times of bookings are meant when none is given: a name of zoneinfo." },
	{ .name = NULL },
};

const struct config_field node_config_table[] = {
	{ "node", CONFIG_SECTION, SECTION_OF_CONFIG, .table = node_table, .text = "The node itself." },
	{ "log", CONFIG_SECTION, SECTION_OF_CONFIG, .table = log_table, .text = "The log." },
	{ "control", CONFIG_SECTION, IN_NODE(settings.control), .table = settings_control_table, .text = "The control socket." },
	{ "database", CONFIG_SECTION, IN_NODE(settings.database), .table = settings_database_table, .text = "The database." },
	{ "journal", CONFIG_SECTION, SECTION_OF_CONFIG, .table = journal_table, .text = "The journal." },
	{ "sounds", CONFIG_SECTION, SECTION_OF_CONFIG, .table = sounds_table, .text = "What callers hear." },
	{ "numbers", CONFIG_SECTION, IN_NODE(options.numbers), .table = number_rules_table, .text = "The dialling plan." },
	{ "spans", CONFIG_LIST, WORDS(struct node_config, options.span), .max = NODE_SPANS_MAX, .table = span_table,
	  .count_offset = offsetof(struct node_config, options.span_count), .preset = "0",
	  .text = "The E1 spans. A node has at least a span or a trunk." },
	{ "trunks", CONFIG_LIST, WORDS(struct node_config, options.trunk), .max = NODE_TRUNKS_MAX, .table = node_trunk_table,
	  .count_offset = offsetof(struct node_config, options.trunk_count), .preset = "0", .text = "The SIP trunks." },
	{ "groups", CONFIG_LIST, WORDS(struct node_config, options.group), .max = ROUTE_GROUPS_MAX, .table = group_table,
	  .count_offset = offsetof(struct node_config, options.group_count), .preset = "0",
	  .text = "Spans and trunks under one name, for routes. None by default." },
	{ "routes", CONFIG_LIST, WORDS(struct node_config, options.route), .max = ROUTE_ROUTES_MAX, .table = route_table,
	  .count_offset = offsetof(struct node_config, options.route_count), .preset = "0",
	  .text = "Which trunks outgoing calls take. By default one route for all numbers, over all spans and trunks as they are "
	          "written." },
	{ "services", CONFIG_LIST, WORDS(struct node_config, options.service), .max = NODE_SERVICES_MAX, .table = service_table,
	  .count_offset = offsetof(struct node_config, options.service_count), .preset = "1",
	  .text = "The service numbers, each with its kind of service." },
	{ "timers", CONFIG_SECTION, SECTION_OF_CONFIG, .table = timers_table, .text = "How long the network is waited for." },
	{ "prompts", CONFIG_SECTION, SECTION_OF_CONFIG, .table = prompts_table, .text = "How long people are waited for." },
	{ "limits", CONFIG_SECTION, SECTION_OF_CONFIG, .table = limits_table, .text = "Limits of one call, and of guessing." },
	{ "bookings", CONFIG_SECTION, SECTION_OF_CONFIG, .table = bookings_table, .text = "Booked conferences." },
	{ "cards", CONFIG_SECTION, IN_NODE(settings.cards), .table = settings_cards_table, .text = "Recharge cards." },
	{ .name = NULL },
};
