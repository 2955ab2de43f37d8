/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A configuration file: it is taken, or every mistake is told with the file's name. */
#include <string.h>

#include "node/config.h"
#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct node_config *c = NULL;
	char *text = NULL;
	size_t len = 0;
	FILE *errors = open_memstream(&text, &len);
	int err;

	if (errors == NULL)
		return 0;
	err = node_config_parse("fuzz.yaml", (const char *)data, size, &c, errors);
	(void)fclose(errors);
	FUZZ_CHECK(err ? strstr(text, "fuzz.yaml") != NULL : c != NULL);
	if (!err)
		node_config_free(c);
	free(text);
	return 0;
}
