/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A request's headers, one a line, first to parties; each line then alone as an address and as a Reason. What comes out is
 * bounded, and a number that was understood is one in canonical form.
 */
#include "sip/identity.h"

#include <string.h>

#include "route/number.h"
#include "sip/cause.h"
#include "tests/fuzz/fuzz.h"

#define LINES 16

static void fuzz_party(const struct leg_party *p)
{
	FUZZ_CHECK(memchr(p->raw, '\0', sizeof(p->raw)) && memchr(p->canonical, '\0', sizeof(p->canonical)));
	FUZZ_CHECK(p->canonical[0] == '\0' || (number_is_canonical(p->canonical) && p->present));
	for (const char *c = p->raw; *c; c++)
		FUZZ_CHECK(*c > 0x20 && *c < 0x7f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1), *line, *next;
	struct sip_identity_headers h = { .count = { 0 } };
	struct leg_party calling, redirecting;
	struct number_rules rules;
	struct trunk_numbers n;
	unsigned count = 0;
	int location, cause;

	FUZZ_CHECK(text != NULL);
	memcpy(text, data, size);
	text[size] = '\0';
	number_rules_default(&rules);
	n = number_for_trunk(&rules);
	for (line = text; line && count < LINES; line = next, count++) {
		char *value;

		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		value = strchr(line, ':');
		if (value == NULL)
			continue;
		*value++ = '\0';
		value += strspn(value, " ");
		sip_identity_add(&h, line, value);
		(void)sip_identity_called(value, &n, &calling);
		fuzz_party(&calling);
		cause = sip_cause_of_response(503, value, &location);
		FUZZ_CHECK(cause >= 1 && cause <= 127 && location >= -1 && location <= 15);
		FUZZ_CHECK(sip_cause_of_request(value, NULL) >= 1);
	}
	for (int identity = SIP_IDENTITY_ASSERTED; identity <= SIP_IDENTITY_FROM; identity++) {
		sip_identity_read(&h, (enum sip_identity)identity, &n, &calling, &redirecting);
		fuzz_party(&calling);
		fuzz_party(&redirecting);
		FUZZ_CHECK(calling.screening != LEG_SCREEN_NETWORK || h.count[SIP_HEADER_ASSERTED]);
	}
	free(text);
	return 0;
}
