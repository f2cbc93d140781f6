/*
 * cooldown - a state is taken or refused with a reason; what was taken comes out again, and is then
 * taken the same way.
 */
#include <string.h>

#include "cooldown.h"
#include "fuzz.h"

/* Write what ${len} bytes at ${text} are read as to ${out}. False if they are refused. */
static int
rewrite(const char *text, size_t len, struct strbuf *out)
{
	struct cooldowns *c = cooldowns_new();
	const char *why = NULL;
	size_t line = 0;
	int result;

	REQUIRE(c != NULL);
	result = cooldowns_read(c, text, len, &line, &why);
	REQUIRE((result == 0) == (why == NULL) || result == 0);
	REQUIRE(line > 0 && line <= len + 1);
	if (result == 0)
		cooldowns_write(c, out);
	REQUIRE(!strbuf_failed(out));
	cooldowns_free(c);
	return result == 0;
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	struct strbuf first, second;

	strbuf_init(&first, COOLDOWN_TEXT_MAX);
	strbuf_init(&second, COOLDOWN_TEXT_MAX);
	if (rewrite((const char *)data, size, &first)) {
		REQUIRE(rewrite(first.buf, first.len, &second));
		REQUIRE(first.len == second.len && memcmp(first.buf, second.buf, first.len) == 0);
	}
	strbuf_release(&first);
	strbuf_release(&second);
	return 0;
}
