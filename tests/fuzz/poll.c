/*
 * poll - what a server answers, a line of a state file, and ~/.netrc: any bytes are read or
 * refused; what is read as a collection, and compared with another, is written and read again the
 * same.
 */
#include <string.h>

#include "fuzz.h"
#include "graphql_answer.h"
#include "netrc.h"
#include "registry_diff.h"
#include "registry_line.h"
#include "registry_order.h"
#include "strbuf.h"
#include "wandb_answer.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)

static void
write_and_read(const struct registry_collection *c)
{
	struct registry *r = registry_new();
	struct strbuf line, again;
	struct json js;

	REQUIRE(r != NULL);
	strbuf_init(&line, TEXT_MAX);
	strbuf_init(&again, TEXT_MAX);
	registry_line_write(&line, c);
	json_init(&js, line.buf, line.len);
	REQUIRE(registry_line_read(&js, r) && json_end(&js));
	registry_line_write(&again, r->collections.v[0]);
	REQUIRE(line.len == again.len && memcmp(line.buf, again.buf, line.len) == 0);
	strbuf_release(&line);
	strbuf_release(&again);
	registry_free(r);
}

static void
compare(struct registry *r, const struct registry_collection *old,
	struct registry_collection *fresh)
{
	struct registry_changes changes = {.memory = r, .first = REGISTRY_NOT_FIRST, .now_ms = 1};

	registry_sort(fresh);
	(void)registry_diff(&changes, old, fresh);
	registry_order(&changes);
	write_and_read(fresh);
}

static void
try_answer(const char *text, size_t size)
{
	struct graphql_answer answer = {.text = text, .len = size};
	struct wandb_collections got = {.memory = registry_new()};
	struct answer a;

	REQUIRE(got.memory != NULL);
	graphql_answer_read(&answer);
	REQUIRE((answer.verdict == GRAPHQL_OK) == (answer.error[0] == '\0'));
	(void)graphql_refers_to(&answer, "tags");
	if (answer.verdict == GRAPHQL_OK) {
		answer_init(&a, answer.data.p, answer.data.len, "data");
		if (wandb_answer_collections(&a, &got)) {
			for (size_t i = 0; i < got.list.n; i++)
				compare(got.memory, i > 0 ? got.list.v[i - 1].c : NULL,
					got.list.v[i].c);
		} else {
			REQUIRE(a.error[0] != '\0');
		}
	}
	registry_free(got.memory);
}

static void
try_line(const char *text, size_t size)
{
	struct registry *r = registry_new();
	struct json js;

	REQUIRE(r != NULL);
	json_init(&js, text, size);
	if (registry_line_read(&js, r) && json_end(&js))
		write_and_read(r->collections.v[0]);
	registry_free(r);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct strbuf password;

	try_answer(text, size);
	try_line(text, size);
	strbuf_init_secret(&password, 1000);
	(void)netrc_password(text, size, "api.wandb.ai", &password);
	strbuf_release(&password);
	return 0;
}
