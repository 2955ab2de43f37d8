/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Numbers from the wire and from a keypad: what is canonical stays so through a trunk and back. First octet: type and plan. */
#include "route/number.h"

#include <string.h>

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char text[200], canonical[NUMBER_MAX + 1], out[NUMBER_MAX + 1], back[NUMBER_MAX + 1];
	struct number_rules rules;
	int ton, npi;

	if (size < 1 || size > sizeof(text))
		return 0;
	number_rules_default(&rules);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	if (number_canonical(&rules, text, data[0] & 7, data[0] >> 3 & 15, canonical) == 0) {
		FUZZ_CHECK(number_is_canonical(canonical));
		if (number_outgoing(&rules, canonical, out, &ton, &npi) == 0 &&
		    number_canonical(&rules, out, ton, npi, back) == 0)
			FUZZ_CHECK(strcmp(back, canonical) == 0);
	}
	if (number_dialled(&rules, text, "8613800000001", canonical) == 0)
		FUZZ_CHECK(number_is_canonical(canonical));
	if (number_prefix(&rules, text, canonical) == 0 && number_is_canonical(canonical)) /* read again it is the same */
		FUZZ_CHECK(number_prefix(&rules, canonical, out) == 0 && strcmp(out, canonical) == 0);
	return 0;
}
