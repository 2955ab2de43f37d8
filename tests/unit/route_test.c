/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Which trunk a leg takes: prefixes, orders, exact percentages, groups, capacity, what is kept for callbacks, failing over. The
 * trunks are small ones of this file, with as many channels as a test says; calls over real spans are tests/worlds/route.c. */
#include "route/route.h"

#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/clock.h"

struct line {
	struct trunk trunk;
	struct loop *loop;
	bool         up;
	unsigned     channels, reserved;
	int          refuses;  /* what dial returns */
	unsigned     dialled;
	char         shown[LEG_NUMBER_MAX + 1];
};

struct fixture {
	struct loop            *loop;
	struct counter_registry counters;
	struct route_table     *routes;
	struct line       trunk[4]; /* a b c d */
};

static struct line *of(struct trunk *t)
{
	return container_of(t, struct line, trunk);
}

static int leg_op_hangup(struct leg *l, int cause)
{
	(void)l;
	(void)cause;
	return 0;
}

static void leg_op_free(struct leg *l)
{
	free(l);
}

static int line_dial(struct trunk *trunk, const struct leg_dial *d, struct leg **lp)
{
	static const struct leg_ops ops = { .hangup = leg_op_hangup, .free = leg_op_free };
	struct line *t = of(trunk);
	struct leg *l;

	if (t->refuses)
		return t->refuses;
	assert_true(t->up);
	assert_true(d->reserved ? t->reserved > 0 : t->channels > t->reserved);
	t->reserved -= d->reserved;
	t->channels--;
	t->dialled++;
	(void)snprintf(t->shown, sizeof(t->shown), "%s", d->calling);
	l = calloc(1, sizeof(*l));
	leg_init(l, t->loop, &ops, true);
	*lp = leg_ref(l);
	return 0;
}

static bool line_up(const struct trunk *t)
{
	return of((struct trunk *)(uintptr_t)t)->up;
}

static unsigned line_free(const struct trunk *t)
{
	const struct line *tt = of((struct trunk *)(uintptr_t)t);

	return tt->channels - tt->reserved;
}

static int line_reserve(struct trunk *t)
{
	if (line_free(t) == 0)
		return -EBUSY;
	of(t)->reserved++;
	return 0;
}

static void line_release(struct trunk *t)
{
	assert_true(of(t)->reserved > 0);
	of(t)->reserved--;
}

static const struct trunk_ops line_ops = { line_dial, line_up, line_free, line_reserve, line_release };

static int setup(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));

	clock_virtual_start(0);
	if (loop_alloc(&f->loop) != 0 || route_table_alloc(&f->routes, &f->counters) != 0)
		return -1;
	for (unsigned i = 0; i < 4; i++) {
		f->trunk[i] = (struct line){ .trunk.ops = &line_ops, .loop = f->loop, .up = true, .channels = 1000 };
		(void)snprintf(f->trunk[i].trunk.name, sizeof(f->trunk[i].trunk.name), "e1/%c", 'a' + (int)i);
		if (route_trunk_add(f->routes, &f->trunk[i].trunk) != 0)
			return -1;
	}
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	route_table_free(f->routes);
	assert_null(f->counters.first);
	loop_free(f->loop);
	free(f);
	return 0;
}

/* "a 1 60, b 1 40": name, order, percent. */
static unsigned ways(const char *text, struct route_way *way)
{
	unsigned n = 0, used;

	for (; *text; n++) {
		int len = 0;

		used = (unsigned)sscanf(text, "%23[^ ,] %u %u%n", way[n].name, &way[n].order, &way[n].percent, &len);
		assert_int_equal(used, 3);
		text += len;
		text += strspn(text, ", ");
	}
	return n;
}

static struct route_config config(const char *name, const char *prefix, const char *text)
{
	struct route_config c;

	route_config_default(&c);
	(void)snprintf(c.name, sizeof(c.name), "%s", name);
	(void)snprintf(c.prefix[0], sizeof(c.prefix[0]), "%s", prefix);
	c.prefix_count = 1;
	c.way_count = ways(text, c.way);
	return c;
}

static void add(struct fixture *f, const char *name, const char *prefix, const char *text)
{
	struct route_config c = config(name, prefix, text);

	assert_int_equal(route_add(f->routes, &c), 0);
}

static struct leg *dial_as(struct fixture *f, struct route_attempt *a, const char *called, int want)
{
	struct leg_dial d = { .called = called, .calling = "s:12599" };
	struct leg *l = NULL;
	int err = route_dial(f->routes, a, &d, NULL, &l);

	assert_int_equal(err, want);
	return l;
}

/* The letter of the trunk that was taken; the leg is kept in *lp, or ended at once. */
static char dial(struct fixture *f, const char *called, struct leg **lp)
{
	struct route_attempt a = { 0 };
	struct leg *l = dial_as(f, &a, called, 0);

	if (lp)
		*lp = l;
	else {
		leg_got_end(l, 16, -1, true, clock_mono_us());
		leg_gone(l);
		leg_unref(l);
		of(a.trunk)->channels++;
	}
	return a.trunk->name[3];
}

static void end(struct leg *l, int cause, bool by_peer)
{
	leg_got_end(l, cause, -1, by_peer, clock_mono_us());
}

static void gone(struct leg *l)
{
	leg_gone(l);
	leg_unref(l);
}

/* ---- tests ---- */

static void the_longest_prefix_is_the_destination(void **state)
{
	struct fixture *f = *state;
	struct route_attempt at = { 0 };

	add(f, "far", "8621", "c 1 0");
	add(f, "all", "", "a 1 0, b 1 0");
	add(f, "short", "s:", "d 1 0");
	assert_int_equal(dial(f, "862184110001", NULL), 'c');
	assert_int_equal(dial(f, "861084110001", NULL), 'a');
	assert_int_equal(dial(f, "s:12599", NULL), 'd');
	f->trunk[2].up = false; /* the shorter prefix is no second choice */
	(void)dial_as(f, &at, "862184110001", -ENETDOWN);
	f->trunk[2].up = true;
	f->trunk[2].channels = 0;
	(void)dial_as(f, &at, "862184110001", -EBUSY);
	assert_int_equal(route_room(f->routes, NULL, "862184110001"), -EBUSY);
	assert_int_equal(route_room(f->routes, NULL, "861084110001"), 0);
}

/* Rule 24: a is one provider's, b another's, the others are everybody's. */
static void a_provider_s_trunk_carries_his_calls_alone(void **state)
{
	static const char *const provider[] = { "one", "two", NULL };
	struct fixture *f = *state;

	add(f, "all", "", "a 1 0, b 1 0, c 2 0");
	(void)snprintf(f->trunk[0].trunk.provider, sizeof(f->trunk[0].trunk.provider), "one");
	(void)snprintf(f->trunk[1].trunk.provider, sizeof(f->trunk[1].trunk.provider), "two");
	for (unsigned i = 0; i < 3; i++) {
		struct route_attempt at = { .provider = provider[i] };
		struct route_place p = { 0 };
		struct leg *l = dial_as(f, &at, "861084110001", 0);

		assert_ptr_equal(at.trunk, &f->trunk[i].trunk);
		end(l, CAUSE_NORMAL_CLEARING, true);
		gone(l);
		assert_int_equal(route_reserve(f->routes, provider[i], "861084110001", &p), 0);
		assert_ptr_equal(p.trunk, &f->trunk[i].trunk);
		route_release(&p);
	}
	f->trunk[2].up = false; /* what is left is others' */
	assert_int_equal(route_room(f->routes, NULL, "861084110001"), -ENETDOWN);
	assert_int_equal(route_room(f->routes, "three", "861084110001"), -ENETDOWN);
	assert_int_equal(route_room(f->routes, "two", "861084110001"), 0);
	f->trunk[1].channels = 0; /* not those of his rival */
	assert_int_equal(route_room(f->routes, "two", "861084110001"), -EBUSY);
}

static void no_route_at_all(void **state)
{
	struct fixture *f = *state;
	struct route_attempt at = { 0 };
	struct route_place p = { 0 };

	add(f, "far", "8621", "c 1 0");
	(void)dial_as(f, &at, "861084110001", -ENOENT);
	assert_int_equal(route_reserve(f->routes, NULL, "861084110001", &p), -ENOENT);
	assert_int_equal(route_room(f->routes, NULL, "s:110"), -ENOENT);
}

static void the_default_hunts_all_trunks_in_their_order(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(route_add_default(f->routes), 0);
	assert_int_equal(dial(f, "1", NULL), 'a');
	f->trunk[0].up = false;
	f->trunk[1].channels = 0;
	assert_int_equal(dial(f, "1", NULL), 'c');
}

static void a_hundred_calls_are_split_exactly(void **state)
{
	struct fixture *f = *state;
	unsigned count[4] = { 0 };

	add(f, "all", "", "a 1 50, b 1 33, c 1 17");
	for (unsigned i = 1; i <= 300; i++) {
		count[dial(f, "1", NULL) - 'a']++;
		if (i % 100 == 0) {
			assert_int_equal(count[0], i / 100 * 50);
			assert_int_equal(count[1], i / 100 * 33);
			assert_int_equal(count[2], i / 100 * 17);
		}
		/* evenly spread: never further than one call from its share */
		for (unsigned j = 0; j < 3; j++) {
			static const unsigned percent[] = { 50, 33, 17 };
			int off = (int)(count[j] * 100) - (int)(i * percent[j]);

			assert_in_range(off + 100, 0, 200);
		}
	}
}

static void who_is_down_is_left_out_and_the_others_share(void **state)
{
	struct fixture *f = *state;
	unsigned count[4] = { 0 };

	add(f, "all", "", "a 1 50, b 1 30, c 1 20");
	f->trunk[0].up = false;
	for (unsigned i = 0; i < 100; i++)
		count[dial(f, "1", NULL) - 'a']++;
	assert_int_equal(count[0], 0);
	assert_int_equal(count[1], 60);
	assert_int_equal(count[2], 40);
}

static void the_next_order_when_none_of_the_first_can(void **state)
{
	struct fixture *f = *state;

	add(f, "all", "", "d 3 0, b 2 50, c 2 50, a 1 0"); /* as written; the orders decide */
	assert_int_equal(dial(f, "1", NULL), 'a');
	f->trunk[0].channels = 0;
	assert_int_equal(dial(f, "1", NULL), 'b');
	assert_int_equal(dial(f, "1", NULL), 'c');
	f->trunk[1].up = f->trunk[2].up = false;
	assert_int_equal(dial(f, "1", NULL), 'd');
}

static void a_group_is_one_way(void **state)
{
	struct fixture *f = *state;
	struct route_group_config g = { .name = "lines" };
	unsigned count[4] = { 0 };

	g.way_count = ways("e1/a 1 0, b 1 0", g.way);
	assert_int_equal(route_group_add(f->routes, &g), 0);
	assert_int_equal(route_group_add(f->routes, &g), -EEXIST);
	add(f, "all", "", "lines 1 80, c 1 20");
	for (unsigned i = 0; i < 100; i++) {
		f->trunk[0].up = i < 50; /* hunted within: b only while a is down */
		count[dial(f, "1", NULL) - 'a']++;
	}
	assert_int_equal(count[0], 40);
	assert_int_equal(count[1], 40);
	assert_int_equal(count[2], 20);
}

static void a_group_shares_within(void **state)
{
	struct fixture *f = *state;
	struct route_group_config g = { .name = "lines" };
	unsigned count[4] = { 0 };

	g.way_count = ways("a 1 75, b 1 25", g.way);
	assert_int_equal(route_group_add(f->routes, &g), 0);
	add(f, "near", "1", "lines 1 0"); /* what counts is the group's share, whichever route a call takes */
	add(f, "far", "2", "lines 1 0, c 2 0");
	for (unsigned i = 0; i < 100; i++)
		count[dial(f, i % 3 ? "1" : "2", NULL) - 'a']++;
	assert_int_equal(count[0], 75);
	assert_int_equal(count[1], 25);
	f->trunk[0].up = f->trunk[1].up = false;
	assert_int_equal(dial(f, "2", NULL), 'c');
}

static void what_cannot_be_added(void **state)
{
	struct fixture *f = *state;
	struct route_config c = config("all", "", "nobody 1 0");
	struct route_group_config g = { .name = "a" };
	struct trunk same = f->trunk[0].trunk;

	assert_int_equal(route_add(f->routes, &c), -ENOENT);
	c.way_count = 0;
	assert_int_equal(route_add(f->routes, &c), -EINVAL);
	g.way_count = ways("b 1 0", g.way);
	assert_int_equal(route_group_add(f->routes, &g), -EEXIST); /* a trunk's name */
	assert_int_equal(route_trunk_add(f->routes, &same), -EEXIST);
	add(f, "all", "", "a 1 0");
	c = config("all", "8621", "b 1 0");
	assert_int_equal(route_add(f->routes, &c), -EEXIST);
}

static void capacity_counts_calls_and_places(void **state)
{
	struct fixture *f = *state;
	struct route_config c = config("all", "", "a 1 0, b 1 0");
	struct route_place p = { 0 }, q = { 0 };
	struct route_attempt at = { 0 };
	struct route_info info;
	struct leg *l;

	c.capacity = 2;
	assert_int_equal(route_add(f->routes, &c), 0);
	assert_int_equal(route_free_channels(f->routes), 2); /* of 2000 */
	assert_int_equal(dial(f, "1", &l), 'a');
	assert_int_equal(route_reserve(f->routes, NULL, "1", &p), 0);
	assert_int_equal(route_free_channels(f->routes), 0);
	(void)dial_as(f, &at, "1", -EBUSY);
	assert_int_equal(route_reserve(f->routes, NULL, "1", &q), -EBUSY);
	route_info(f->routes, 0, &info);
	assert_int_equal(info.calls, 1);
	assert_int_equal(info.reserved, 1);
	assert_int_equal(info.full, 2);
	end(l, 16, true); /* at the end, not when it is released: what comes next may need it */
	assert_int_equal(route_reserve(f->routes, NULL, "1", &q), 0);
	gone(l);
	route_release(&p);
	route_release(&p); /* nothing any more */
	route_release(&q);
	route_info(f->routes, 0, &info);
	assert_int_equal(info.calls, 0);
	assert_int_equal(info.reserved, 0);
	assert_int_equal(f->trunk[0].reserved, 0);
}

static void a_place_is_used_up_by_its_leg(void **state)
{
	struct fixture *f = *state;
	struct leg_dial d = { .called = "1", .calling = "s:12599" };
	struct route_attempt at = { .kept = true }, again = { .kept = true };
	struct route_place p = { 0 };
	struct leg *l;

	add(f, "all", "", "a 1 0, b 1 0");
	f->trunk[0].channels = 1;
	assert_int_equal(route_reserve(f->routes, NULL, "1", &p), 0);
	assert_ptr_equal(p.trunk, &f->trunk[0].trunk);
	assert_int_equal(dial(f, "1", NULL), 'b'); /* a's only one is promised */
	assert_int_equal(route_dial(f->routes, &at, &d, &p, &l), 0);
	assert_ptr_equal(at.trunk, &f->trunk[0].trunk);
	assert_null(p.trunk);
	end(l, 16, true);
	gone(l);
	/* the trunk of the place has gone: released, and another one taken */
	f->trunk[0].channels = 1;
	assert_int_equal(route_reserve(f->routes, NULL, "1", &p), 0);
	f->trunk[0].up = false;
	assert_int_equal(route_dial(f->routes, &again, &d, &p, &l), 0);
	assert_ptr_equal(again.trunk, &f->trunk[1].trunk);
	assert_null(p.trunk);
	assert_int_equal(f->trunk[0].reserved, 0);
	end(l, 16, true);
	gone(l);
}

static void channels_kept_for_callbacks(void **state)
{
	struct fixture *f = *state;
	struct route_config c = config("all", "", "a 1 0, b 1 0");
	struct route_attempt party = { 0 }, callback = { .kept = true };
	struct route_place p = { 0 };
	struct leg *l;

	c.reserve = 3;
	assert_int_equal(route_add(f->routes, &c), 0);
	f->trunk[0].channels = f->trunk[1].channels = 2;
	assert_int_equal(dial(f, "1", NULL), 'a'); /* four are free */
	f->trunk[0].channels = 1;
	(void)dial_as(f, &party, "1", -EBUSY);
	assert_int_equal(route_room(f->routes, NULL, "1"), -EBUSY);
	assert_int_equal(route_reserve(f->routes, NULL, "1", &p), 0);
	route_release(&p);
	l = dial_as(f, &callback, "1", 0);
	end(l, 16, true);
	gone(l);
}

/* The leg of an attempt over a and b ends so: is b tried? */
static bool tried_again(struct fixture *f, bool rings, bool answers, int cause, bool by_peer)
{
	struct route_attempt at = { 0 };
	struct leg *l = dial_as(f, &at, "1", 0);
	bool again;

	assert_int_equal(at.trunk->name[3], 'a');
	leg_got_proceeding(l);
	leg_got_progress(l, true); /* an announcement is no ringing */
	if (rings)
		leg_got_alerting(l, false);
	if (answers)
		leg_got_answer(l, clock_mono_us());
	end(l, cause, by_peer);
	again = route_again(f->routes, &at, l);
	gone(l);
	return again;
}

static void which_ends_are_tried_again(void **state)
{
	struct fixture *f = *state;

	add(f, "all", "", "a 1 0, b 1 0");
	for (int cause = 1; cause <= 127; cause++)
		assert_int_equal(tried_again(f, false, false, cause, true),
		                 cause == 34 || cause == 38 || cause == 41 || cause == 42 || cause == 44 || cause == 47);
	assert_false(tried_again(f, true, false, 41, true)); /* it rang */
	assert_false(tried_again(f, false, true, 41, true));
	assert_true(tried_again(f, false, false, 27, false));  /* our line was lost */
	assert_true(tried_again(f, false, false, 18, false));  /* T303: the exchange is dead */
	assert_false(tried_again(f, false, false, 16, false)); /* dropped */
	assert_false(tried_again(f, false, false, 102, false)); /* our patience: it may have rung */
	f->trunk[1].up = false;
	assert_false(tried_again(f, false, false, 34, true)); /* nowhere to go */
}

static void a_route_s_own_causes(void **state)
{
	struct fixture *f = *state;
	struct route_config c = config("all", "", "a 1 0, b 1 0");

	memset(c.failover, 0, sizeof(c.failover));
	c.failover[0] = 3;
	assert_int_equal(route_add(f->routes, &c), 0);
	assert_true(tried_again(f, false, false, 3, true));
	assert_false(tried_again(f, false, false, 34, true));
}

static void each_trunk_once_and_the_figures(void **state)
{
	struct fixture *f = *state;
	struct route_way_info way[ROUTE_TRUNKS_MAX];
	struct route_config c = config("all", "", "a 1 0, b 1 0, c 2 0");
	struct route_attempt at = { 0 };
	struct route_info info;
	struct leg *l;

	c.capacity = 1; /* the one that failed does not stand in the way of the next */
	assert_int_equal(route_add(f->routes, &c), 0);
	f->trunk[1].refuses = -EINVAL; /* it cannot write this number: passed over */
	l = dial_as(f, &at, "1", 0);
	end(l, 34, true);
	assert_true(route_again(f->routes, &at, l));
	gone(l);
	l = dial_as(f, &at, "1", 0);
	assert_ptr_equal(at.trunk, &f->trunk[2].trunk);
	end(l, 34, true);
	assert_false(route_again(f->routes, &at, l));
	gone(l);
	(void)dial_as(f, &at, "1", -EBUSY);
	assert_int_equal(f->trunk[0].dialled + f->trunk[1].dialled + f->trunk[2].dialled, 2);
	route_info(f->routes, 0, &info);
	assert_int_equal(info.attempts, 2);
	assert_int_equal(info.failovers, 1);
	assert_int_equal(info.calls, 0);
	assert_int_equal(route_ways(f->routes, 0, way), 3);
	assert_int_equal(way[0].attempts, 1);
	assert_int_equal(way[0].failed, 1);
	assert_int_equal(way[1].attempts, 0);
	assert_int_equal(way[2].order, 2);
	assert_int_equal(way[2].failed, 1);
}

static void avoided_unless_it_is_the_only_one(void **state)
{
	struct fixture *f = *state;
	struct route_attempt at = { .avoid = &f->trunk[0].trunk }, only = at;
	struct leg *l;

	add(f, "all", "", "a 1 0, b 1 0");
	l = dial_as(f, &at, "1", 0);
	assert_ptr_equal(at.trunk, &f->trunk[1].trunk);
	end(l, 16, true);
	gone(l);
	f->trunk[1].up = false;
	l = dial_as(f, &only, "1", 0);
	assert_ptr_equal(only.trunk, &f->trunk[0].trunk);
	end(l, 16, true);
	gone(l);
}

static void what_is_shown(void **state)
{
	struct fixture *f = *state;
	struct route_config c = config("host", "1", "a 1 0");
	struct route_attempt party = { .host = "8613800000001" }, more = party, third = party, callback = { .kept = true };
	struct leg *l[4];

	c.shown = ROUTE_SHOWN_HOST;
	assert_int_equal(route_add(f->routes, &c), 0);
	c = config("service", "2", "b 1 0");
	c.shown = ROUTE_SHOWN_SERVICE;
	assert_int_equal(route_add(f->routes, &c), 0);
	add(f, "trunk", "3", "c 1 0");
	f->trunk[1].trunk.show_host = f->trunk[2].trunk.show_host = true;
	l[0] = dial_as(f, &party, "1", 0);
	l[1] = dial_as(f, &more, "2", 0);
	l[2] = dial_as(f, &third, "3", 0);
	assert_string_equal(f->trunk[0].shown, "8613800000001");
	assert_string_equal(f->trunk[1].shown, "s:12599");
	assert_string_equal(f->trunk[2].shown, "8613800000001");
	l[3] = dial_as(f, &callback, "1", 0);
	assert_string_equal(f->trunk[0].shown, "s:12599");
	for (unsigned i = 0; i < 4; i++) {
		end(l[i], 16, true);
		gone(l[i]);
	}
}

/* The table may go while legs are there: they tell it nothing any more. */
static void the_table_goes_first(void **state)
{
	struct fixture *f = *state;
	struct leg *l;

	add(f, "all", "", "a 1 0");
	(void)dial(f, "1", &l);
	route_table_free(f->routes);
	end(l, 16, true);
	gone(l);
	assert_int_equal(route_table_alloc(&f->routes, &f->counters), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(the_longest_prefix_is_the_destination),
		TEST(a_provider_s_trunk_carries_his_calls_alone),
		TEST(no_route_at_all),
		TEST(the_default_hunts_all_trunks_in_their_order),
		TEST(a_hundred_calls_are_split_exactly),
		TEST(who_is_down_is_left_out_and_the_others_share),
		TEST(the_next_order_when_none_of_the_first_can),
		TEST(a_group_is_one_way),
		TEST(a_group_shares_within),
		TEST(what_cannot_be_added),
		TEST(capacity_counts_calls_and_places),
		TEST(a_place_is_used_up_by_its_leg),
		TEST(channels_kept_for_callbacks),
		TEST(which_ends_are_tried_again),
		TEST(a_route_s_own_causes),
		TEST(each_trunk_once_and_the_figures),
		TEST(avoided_unless_it_is_the_only_one),
		TEST(what_is_shown),
		TEST(the_table_goes_first),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
