/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * tests/unit/money_two_nodes_test.c - twenty accounts with little money, each with a call on either of two nodes, eight legs at
 * once, for ten minutes of virtual time; legs come and go, small recharges arrive. The nodes know of each other by the database
 * alone. No balance is ever below zero, nothing is ever booked to the operator's loss, and no call is ended while what is due was
 * covered: at each end this test counts what the account has, and what all its legs begin within the next seconds
 * (billing/charge_hold.c: what a call holds for its next six seconds it does not give back).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/billing_bench.h"

#define ACCOUNTS  20
#define NODES     2
#define LEGS      4           /* of a call */
#define TOGETHER  (NODES * LEGS)
#define RUN_S     600
#define SURE_US   CLOCK_SEC(7) /* six seconds held, and the way to the database */
#define NOTICE_US CLOCK_SEC(5) /* a recharge, and what a leg leaves, is known to all by then */

struct two;

struct leg {
	char              id[ID_SIZE];
	struct rate_quote quote;
	bool              live, reserving;
	int64_t           answer_us, answer_utc_us, ended_us, amount_e4;
};

struct call {
	struct two    *w;
	unsigned       account, node;
	struct charge *charge;
	struct leg     leg[LEGS];
	int64_t        opening_e4;  /* until the host has answered */
	bool           exhausted, closed;
};

struct purse {
	char    number[32];
	int64_t funds_e4;           /* in, less what ended legs cost */
	int64_t fresh_e4, fresh_us; /* the last recharge */
	struct leg left;            /* the last that ended: what it held may not be free yet */
};

struct two {
	struct bench    bench;
	struct billing *node[NODES];
	struct store   *store[NODES];
	struct worker_pool *workers[NODES];
	struct purse  account[ACCOUNTS];
	struct call     call[ACCOUNTS][NODES];
	int64_t         until_us;
	unsigned        running, calls, ended_by_money, refused, together;
};

/* ---- what the account must cover: this test's own account of it ---- */

static int64_t leg_needs(const struct leg *l, int64_t at_us)
{
	if (l->reserving)
		return rating_quote_first_e4(&l->quote, clock_utc_us());
	if (!l->live && (l->ended_us == 0 || clock_mono_us() - l->ended_us > NOTICE_US))
		return 0;
	return rating_amount_e4(rate_quote_at(&l->quote, l->answer_utc_us), (at_us - l->answer_us) / 1000 + 1, l->answer_utc_us);
}

static int64_t account_needs(const struct two *w, unsigned a, int64_t at_us)
{
	int64_t need = leg_needs(&w->account[a].left, at_us);

	for (unsigned n = 0; n < NODES; n++) {
		const struct call *c = &w->call[a][n];

		need += c->opening_e4;
		for (unsigned i = 0; i < LEGS; i++)
			need += leg_needs(&c->leg[i], at_us);
	}
	return need;
}

static void check_end(struct call *c)
{
	const struct purse *a = &c->w->account[c->account];
	int64_t now = clock_mono_us(), funds = a->funds_e4;

	if (now - a->fresh_us < NOTICE_US)
		funds -= a->fresh_e4;
	if (account_needs(c->w, c->account, now + SURE_US) <= funds)
		fail_msg("at %lld s the call of account %u on node %u was ended: %lld there, %lld due within %d s",
		         (long long)(now / 1000000), c->account, c->node, (long long)funds,
		         (long long)account_needs(c->w, c->account, now + SURE_US), (int)(SURE_US / 1000000));
}

/* ---- calls ---- */

static void end_leg(struct call *c, struct leg *l)
{
	struct purse *a = &c->w->account[c->account];

	if (!l->live)
		return;
	charge_leg_ended(c->charge, l->id, clock_mono_us(), &l->amount_e4);
	l->live = false;
	l->ended_us = clock_mono_us();
	a->funds_e4 -= l->amount_e4;
	a->left = *l;
}

static void money_ends(void *arg)
{
	struct call *c = arg;

	check_end(c);
	c->w->ended_by_money++;
	c->exhausted = true;
	for (unsigned i = 0; i < LEGS; i++)
		end_leg(c, &c->leg[i]);
}

static const struct charge_handlers on_money = { NULL, NULL, money_ends };

struct ask {
	struct call           *c;
	struct billing_trigger trigger;
	struct charge_account  account;
	const char            *called;
	struct rate_quote      quote;
};

static int ask_trigger(void *arg)
{
	struct ask *q = arg;

	return billing_trigger_check(q->c->w->node[q->c->node], q->c->w->account[q->c->account].number, NULL, clock_utc_us(),
	                             &q->trigger);
}

static int ask_rate(void *arg)
{
	struct ask *q = arg;

	return billing_rate_leg(q->c->w->node[q->c->node], &q->account, q->called, clock_utc_us(), &q->quote);
}

static bool add_leg(struct call *c, struct ask *q, unsigned i)
{
	struct leg *l = &c->leg[i];
	int err;

	q->called = i == 0 ? c->w->account[c->account].number : random_below(2) ? "861084110001" : "8613900000001";
	assert_int_equal(worker_call(c->w->workers[c->node], ask_rate, q), 0);
	if (c->exhausted)
		return false;
	memset(l, 0, sizeof(*l));
	l->quote = q->quote;
	l->reserving = true;
	random_id(l->id);
	err = charge_leg_reserve_wait(c->charge, l->id, &l->quote);
	if (!err && !c->exhausted)
		coro_sleep(CLOCK_MS(1 + random_below(3000))); /* it rings */
	l->reserving = false;
	if (err) {
		assert_int_equal(err, -EDQUOT);
		c->w->refused++;
		l->answer_us = l->ended_us = clock_mono_us(); /* it has asked for some until now */
		l->answer_utc_us = clock_utc_us();
		return false;
	}
	if (c->exhausted) {
		charge_leg_ended(c->charge, l->id, clock_mono_us(), NULL);
		return false;
	}
	l->live = true;
	l->answer_us = clock_mono_us();
	l->answer_utc_us = clock_utc_us();
	charge_leg_answered(c->charge, l->id, l->answer_us, l->answer_utc_us);
	return true;
}

static void is_closed(void *arg, int64_t total_e4)
{
	(void)total_e4;
	((struct call *)arg)->closed = true;
}

static void count_together(struct two *w, unsigned a)
{
	unsigned live = 0;

	for (unsigned n = 0; n < NODES; n++)
		for (unsigned i = 0; i < LEGS; i++)
			live += w->call[a][n].leg[i].live;
	w->together += live == TOGETHER;
}

/* A call: the host, three parties; who leaves is replaced; until the money or the talk is over. */
static void one_call(struct call *c)
{
	struct ask *q = calloc(1, sizeof(*q));
	char id[ID_SIZE];
	int64_t end_us = clock_mono_us() + CLOCK_SEC(30 + random_below(150));
	int err;

	assert_non_null(q);
	q->c = c;
	memset(c->leg, 0, sizeof(c->leg));
	c->exhausted = c->closed = false;
	random_id(id);
	err = worker_call(c->w->workers[c->node], ask_trigger, q);
	if (!err) {
		q->account = q->trigger.account;
		c->opening_e4 = q->trigger.hold_e4;
		err = charge_open(&c->charge, c->w->node[c->node], id, &q->account, q->trigger.hold_e4);
	}
	if (err) {
		assert_int_equal(err, -EDQUOT);
		c->opening_e4 = 0;
		c->w->refused++;
		free(q);
		coro_sleep(CLOCK_SEC(15));
		return;
	}
	c->w->calls++;
	charge_set_owner(c->charge, &on_money, c);
	if (add_leg(c, q, 0)) {
		c->opening_e4 = 0;
		while (!c->exhausted && clock_mono_us() < end_us && clock_mono_us() < c->w->until_us) {
			unsigned i = 1 + random_below(LEGS - 1);

			if (c->leg[i].live && random_below(20) == 0)
				end_leg(c, &c->leg[i]);
			else if (!c->leg[i].live && !add_leg(c, q, i))
				coro_sleep(CLOCK_SEC(5)); /* told that there is not enough money */
			count_together(c->w, c->account);
			coro_sleep(CLOCK_MS(200 + random_below(1000)));
		}
	}
	c->opening_e4 = 0;
	for (unsigned i = 0; i < LEGS; i++)
		end_leg(c, &c->leg[i]);
	charge_close(c->charge, is_closed, c);
	while (!c->closed)
		coro_sleep(CLOCK_MS(50));
	free(q);
}

static void calls(void *arg)
{
	struct call *c = arg;

	while (clock_mono_us() < c->w->until_us) {
		coro_sleep(CLOCK_MS(random_below(5000)));
		one_call(c);
	}
	c->w->running--;
}

/* ---- recharges, and a look at the accounts each second ---- */

struct recharge {
	struct two *w;
	unsigned    account;
	int64_t     amount_e4;
};

static int recharge_run(void *arg)
{
	struct recharge *r = arg;
	char id[ID_SIZE];

	random_id(id);
	return account_topup(r->w->bench.store, id, r->w->account[r->account].number, r->amount_e4, "test", clock_utc_us());
}

static void recharges(void *arg)
{
	struct two *w = arg;

	while (clock_mono_us() < w->until_us) {
		struct recharge r = { w, random_below(ACCOUNTS), 100 * (1 + random_below(60)) };
		struct purse *a = &w->account[r.account];

		coro_sleep(CLOCK_MS(random_below(1200)));
		assert_int_equal(worker_call(w->bench.workers, recharge_run, &r), 0);
		a->funds_e4 += r.amount_e4;
		a->fresh_e4 = r.amount_e4 + (clock_mono_us() - a->fresh_us < NOTICE_US ? a->fresh_e4 : 0);
		a->fresh_us = clock_mono_us();
	}
	w->running--;
}

static int look(void *arg)
{
	struct two *w = arg;

	assert_int_equal(
		database_int(w->bench.store, "SELECT COUNT(*) FROM account WHERE balance_e4 < 0 OR balance_e4 < held_e4"), 0);
	assert_int_equal(database_int(w->bench.store, "SELECT COUNT(*) FROM loss"), 0);
	return 0;
}

static void looks(void *arg)
{
	struct two *w = arg;

	while (clock_mono_us() < w->until_us) {
		coro_sleep(CLOCK_SEC(1));
		(void)worker_call(w->bench.workers, look, w);
	}
	w->running--;
}

/* ---- the two nodes ---- */

static void two_open(struct two *w)
{
	memset(w, 0, sizeof(*w));
	/* by the minute for most, by the second far away; a set-up fee there */
	bench_open(&w->bench, 0, "local,,0.20,0,60,60,0\ndomestic,,0.60,0.05,0,1,0\n");
	for (unsigned n = 0; n < NODES; n++) {
		struct billing_config c = { .home_area = "10" };
		struct store_config k;
		char name[32];

		(void)snprintf(name, sizeof(name), "t%u", database_count);
		k = database_config(name);
		(void)snprintf(c.node, sizeof(c.node), "node%u", n + 1);
		(void)snprintf(c.journal_dir, sizeof(c.journal_dir), "%s/two", database_dir);
		assert_int_equal(store_open(&w->store[n], &k), 0);
		assert_int_equal(worker_pool_alloc(&w->workers[n], w->bench.loop, "n", 4), 0);
		assert_int_equal(billing_open(&w->node[n], w->bench.loop, w->store[n], w->workers[n], &w->bench.counters, &c), 0);
	}
	for (unsigned a = 0; a < ACCOUNTS; a++) {
		struct purse *k = &w->account[a];
		struct account_new add = { .number = k->number, .language = "en", .tariff = "standard", .who = "test" };

		(void)snprintf(k->number, sizeof(k->number), "86138000010%02u", a);
		k->funds_e4 = add.opening_e4 = 8000 + random_below(30000);
		k->fresh_us = -NOTICE_US;
		add.at_utc_us = clock_utc_us();
		assert_int_equal(account_add(w->bench.store, &add), 0);
	}
}

static void two_close(struct two *w)
{
	for (unsigned n = 0; n < NODES; n++) {
		for (int i = 0; !billing_idle(w->node[n]) && i < 1000; i++)
			bench_run(&w->bench, 0.1);
		billing_close(w->node[n]);
		store_close(w->store[n]);
		worker_pool_free(w->workers[n]);
	}
	bench_close(&w->bench);
}

static void test_two_nodes_on_little_money(void **state)
{
	static struct two w;
	int64_t funds = 0;

	(void)state;
	two_open(&w);
	if (getenv("SEED"))
		random_seed(strtoull(getenv("SEED"), NULL, 10));
	w.until_us = clock_mono_us() + CLOCK_SEC(RUN_S);
	for (unsigned a = 0; a < ACCOUNTS; a++)
		for (unsigned n = 0; n < NODES; n++) {
			w.call[a][n] = (struct call){ .w = &w, .account = a, .node = n };
			assert_int_equal(coro_spawn(w.bench.loop, "calls", calls, &w.call[a][n]), 0);
			w.running++;
		}
	assert_int_equal(coro_spawn(w.bench.loop, "recharges", recharges, &w), 0);
	assert_int_equal(coro_spawn(w.bench.loop, "looks", looks, &w), 0);
	w.running += 2;
	for (int i = 0; w.running > 0 && i < RUN_S + 300; i++)
		bench_run(&w.bench, 1);
	assert_int_equal(w.running, 0);
	print_message("%u calls, %u of them ended by the money, %u times eight legs on an account, %u refused\n", w.calls,
	              w.ended_by_money, w.together, w.refused);
	assert_true(w.ended_by_money > 50);
	assert_true(w.together > 50);
	for (unsigned a = 0; a < ACCOUNTS; a++)
		funds += w.account[a].funds_e4;
	assert_int_equal(database_int(w.bench.store, "SELECT SUM(balance_e4) FROM account"), funds);
	assert_int_equal(database_int(w.bench.store, "SELECT COUNT(*) FROM loss"), 0);
	two_close(&w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_two_nodes_on_little_money),
	};

	return cmocka_run_group_tests_name("money_two_nodes", tests, database_start, database_stop);
}
