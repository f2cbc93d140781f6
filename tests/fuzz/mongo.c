/*
 * mongo - whatever filter is taken makes conditions that configuration takes: expressions that
 * compile, and a program that does, and that gives true or false for any event.
 */
#include <string.h>

#include "fuzz.h"
#include "jq_program.h"
#include "mongo_rule.h"
#include "regexes.h"

/* Needed by nothing here but its message. */
static const char event[] =
	"{\"event_type\":\"ADD_ARTIFACT_ALIAS\",\"alias\":\"prod\",\"tag\":null,"
	"\"artifact_version_index\":3,\"artifact_metadata\":{\"a\":[1,{\"b\":\"x\"}],"
	"\"b\":{\"0\":true},\"c\":null}}";

static void
check_program(const struct strbuf *when)
{
	char error[JQ_PROGRAM_ERROR_MAX];
	struct jq_program *program;
	struct strbuf out;

	REQUIRE((program = jq_program_new(when->buf, when->len, error)) != NULL);
	strbuf_init(&out, 4096);
	REQUIRE(jq_program_run(program, event, sizeof(event) - 1, &out, error) == 1);
	REQUIRE((out.len == 5 && memcmp(out.buf, "true\n", 5) == 0) ||
		(out.len == 6 && memcmp(out.buf, "false\n", 6) == 0));
	strbuf_release(&out);
	jq_program_free(program);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	char error[MONGO_ERROR_MAX], why[REGEXES_ERROR_MAX];
	struct mongo_rule rule = {.regex = {{NULL, 0}, {NULL, 0}}};
	struct regexes *regexes = regexes_new();
	const struct mongo_node *filter;
	unsigned members;
	struct arena arena;

	arena_init(&arena);
	strbuf_init(&rule.when, (size_t)1024 * 1024);
	filter = mongo_filter_read(&arena, (const char *)data, size, &members, error);
	REQUIRE((filter == NULL) == (error[0] != '\0'));
	if (filter != NULL && mongo_rule_make(&arena, filter, &rule) == 0) {
		for (int i = 0; i < RULE_FIELDS - RULE_VALUES; i++)
			REQUIRE(rule.regex[i].p == NULL ||
				(rule.regex[i].len > 0 && regexes_add(regexes, rule.regex[i].p,
								  rule.regex[i].len, why) >= 0));
		for (int f = 0; f < RULE_VALUES; f++)
			for (size_t i = 0; i < rule.values[f].n; i++)
				REQUIRE(rule.values[f].list[i].len > 0);
		if (rule.when.len > 0 && rule.when.len <= JQ_PROGRAM_MAX)
			check_program(&rule.when);
	}
	strbuf_release(&rule.when);
	regexes_free(regexes);
	arena_release(&arena);
	return 0;
}
