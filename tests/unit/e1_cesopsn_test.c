/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "core/random.h"
#include "e1/cesopsn.h"

/* RFC 5086 4.3, bit by bit: 0000 L R MM FRG LEN, sequence number. */
static void control_word(void **state)
{
	uint8_t w[4];

	(void)state;
	cesopsn_encode(w, &(struct cesopsn){ .seq = 0x1234 }, 248);
	assert_memory_equal(w, ((uint8_t[]){ 0x00, 0x00, 0x12, 0x34 }), 4);
	cesopsn_encode(w, &(struct cesopsn){ .l = true, .seq = 0xffff }, 248);
	assert_memory_equal(w, ((uint8_t[]){ 0x08, 0x00, 0xff, 0xff }), 4);
	cesopsn_encode(w, &(struct cesopsn){ .r = true }, 248);
	assert_memory_equal(w, ((uint8_t[]){ 0x04, 0x00, 0, 0 }), 4);
	cesopsn_encode(w, &(struct cesopsn){ .m = 2 }, 248);
	assert_memory_equal(w, ((uint8_t[]){ 0x02, 0x00, 0, 0 }), 4);
	cesopsn_encode(w, &(struct cesopsn){ .seq = 1 }, 31); /* shorter than 64 octets: LEN counts the word */
	assert_memory_equal(w, ((uint8_t[]){ 0x00, 35, 0, 1 }), 4);
}

static void decoding(void **state)
{
	uint8_t p[CESOPSN_MAX + 1] = { 0x06, 0x00, 0xab, 0xcd };
	struct cesopsn h;

	(void)state;
	assert_int_equal(cesopsn_decode(&h, p, 252, 8), 0);
	assert_true(!h.l && h.r && h.m == 2 && h.seq == 0xabcd);
	assert_int_equal(cesopsn_decode(&h, p, 251, 8), -EBADMSG);
	assert_int_equal(cesopsn_decode(&h, p, 253, 8), -EBADMSG);
	assert_int_equal(cesopsn_decode(&h, p, 252, 9), -EBADMSG);
	assert_int_equal(cesopsn_decode(&h, p, 4, 8), -EBADMSG);
	assert_int_equal(cesopsn_decode(&h, p, 3, 8), -EBADMSG);
	assert_int_equal(cesopsn_decode(&h, p, 0, 8), -EBADMSG);
	p[0] = 0x08; /* L: the payload may be missing */
	assert_int_equal(cesopsn_decode(&h, p, 252, 8), 0);
	assert_int_equal(cesopsn_decode(&h, p, 4, 8), 1);
	p[1] = 4;
	assert_int_equal(cesopsn_decode(&h, p, 4, 8), 1);
	p[1] = 5;
	assert_int_equal(cesopsn_decode(&h, p, 4, 8), -EBADMSG);
	p[0] = 0x10; /* not a pseudowire control word (RFC 4385: 0001 is the associated channel) */
	p[1] = 0;
	assert_int_equal(cesopsn_decode(&h, p, 252, 8), -EBADMSG);
	p[0] = 0;
	p[1] = 0x40; /* a fragment */
	assert_int_equal(cesopsn_decode(&h, p, 252, 8), -EBADMSG);
	p[1] = 35;
	assert_int_equal(cesopsn_decode(&h, p, 35, 1), 0);
}

static void round_trip(void **state)
{
	(void)state;
	random_seed(5);
	for (int i = 0; i < 10000; i++) {
		unsigned k = 1 + random_below(CESOPSN_K_MAX);
		struct cesopsn h = { .l = random_below(2),
			             .r = random_below(2),
			             .m = (uint8_t)random_below(4),
			             .seq = (uint16_t)random_u64() },
			       got;
		uint8_t p[CESOPSN_MAX];

		cesopsn_encode(p, &h, k * CESOPSN_TIMESLOTS);
		assert_int_equal(cesopsn_decode(&got, p, 4 + k * CESOPSN_TIMESLOTS, k), 0);
		assert_true(got.l == h.l && got.r == h.r && got.m == h.m && got.seq == h.seq);
		random_bytes(p, 4);
		(void)cesopsn_decode(&got, p, random_below(sizeof(p)), k);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(control_word),
		cmocka_unit_test(decoding),
		cmocka_unit_test(round_trip),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
