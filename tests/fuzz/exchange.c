/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Command lines of the exchange: each has a reply that is an object, and nothing is left at the end. No span: no call goes
 * out. */
#include <jansson.h>
#include <string.h>

#include "core/clock.h"
#include "core/loop.h"
#include "core/random.h"
#include "exchange/command.h"
#include "exchange/exchange.h"
#include "tests/fuzz/fuzz.h"

/* Commands that write where they are told to, or end the program. */
static int forbidden(const char *line)
{
	return strstr(line, "record") || strstr(line, "trace") || strstr(line, "play");
}

static void line_run(struct exchange *x, const char *line)
{
	json_t *reply;
	int err = 0;

	if (forbidden(line))
		return;
	reply = xcommand_run(x, line, &err);
	FUZZ_CHECK(reply == NULL || json_is_object(reply));
	FUZZ_CHECK(err == 0 || reply == NULL || json_object_get(reply, "error") != NULL);
	json_decref(reply);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct counter_registry counters = { 0 };
	struct exchange *x;
	struct loop *l;
	char *text = strndup((const char *)data, size), *rest = text;

	if (!clock_is_virtual()) {
		clock_virtual_start(1772416800000000);
		random_seed(1);
	}
	FUZZ_CHECK(text && loop_alloc(&l) == 0 && exchange_alloc(&x, l, &counters) == 0 && exchange_start(x) == 0);
	for (char *line; (line = strsep(&rest, "\n")) != NULL;)
		line_run(x, line);
	exchange_close(x);
	exchange_free(x);
	loop_free(l);
	free(text);
	return 0;
}
