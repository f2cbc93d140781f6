/*
 * jq_bundle - of programs that jq does not take alone none is taken because it is joined with
 * others: nothing reaches out of its parentheses.
 */
#include <string.h>

#include "fuzz.h"
#include "jq_bundle.h"

/* After some syntax errors libjq leaks what it has read. */
const char *__lsan_default_suppressions(void);

const char *
__lsan_default_suppressions(void)
{
	return "leak:libjq.so";
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	char error[JQ_PROGRAM_ERROR_MAX];
	const char *text = (const char *)data;
	struct jq_program *alone;
	struct jq_bundle *b;

	if (size == 0 || size > 4096 || !jq_bundle_joins(text, size))
		return 0;
	alone = jq_program_new(text, size, error);
	REQUIRE((b = jq_bundle_new()) != NULL);
	REQUIRE(jq_bundle_add(b, ".", 1) >= 0);
	REQUIRE(jq_bundle_add(b, text, size) >= 0);
	REQUIRE(jq_bundle_add(b, "1", 1) >= 0);
	REQUIRE(jq_bundle_compile(b) == 0);
	for (int64_t i = 0; i < (int64_t)jq_bundle_count(b); i++) {
		const char *wrong = jq_bundle_error(b, i);

		REQUIRE((wrong != NULL) == (alone == NULL && i == 1));
		REQUIRE(wrong == NULL || strcmp(wrong, error) == 0);
	}
	jq_program_free(alone);
	jq_bundle_free(b);
	return 0;
}
