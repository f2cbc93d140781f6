/* graphql_answer - data and errors told apart, whatever a server sends. */
#include "graphql_answer.h"
#include "unit.h"

static struct graphql_answer
answer(const char *text)
{
	struct graphql_answer a = {.text = text, .len = strlen(text)};

	graphql_answer_read(&a);
	return a;
}

static void
test_data(void)
{
	struct graphql_answer a = answer("{\"data\":{\"a\":1},\"extensions\":{}}");

	EXPECT(a.verdict == GRAPHQL_OK && a.data.len == 7 && a.errors.type == JSON_NONE);
	a = answer("{\"errors\":[],\"data\":{}}");
	EXPECT(a.verdict == GRAPHQL_OK);
	a = answer("{\"errors\":null,\"data\":{}}");
	EXPECT(a.verdict == GRAPHQL_OK);
}

static void
test_errors(void)
{
	struct graphql_answer a =
		answer("{\"errors\":[{\"message\":\"no\",\"path\":[\"a\",0,\"b\"],"
		       "\"extensions\":{\"code\":\"X\"}},{\"message\":\"2\"}],"
		       "\"data\":{\"a\":null}}");

	EXPECT(a.verdict == GRAPHQL_REFUSED);
	EXPECT_STR(a.error, "the server says: no (X) at a.0.b; and 1 more");
	EXPECT(graphql_refers_to(&a, "a") && graphql_refers_to(&a, "b"));
	EXPECT(!graphql_refers_to(&a, "c"));
	a = answer(
		"{\"errors\":[{\"message\":\"Unknown argument \\\"order\\\" on field \\\"T.list\\\".\"}]}");
	EXPECT(graphql_refers_to(&a, "order") && graphql_refers_to(&a, "list"));
	EXPECT(!graphql_refers_to(&a, "lis") && !graphql_refers_to(&a, "rder"));
	EXPECT_STR(answer("{\"errors\":[{\"message\":7}]}").error,
		"errors[0].message: expected a string, not a number");
	EXPECT_STR(answer("{\"errors\":[\"no\"]}").error,
		"errors[0]: expected an object, not a string");
	EXPECT_STR(answer("{\"errors\":{}}").error,
		"answer.errors: expected an array, not an object");
}

static void
test_neither(void)
{
	EXPECT_STR(answer("{}").error, "the answer has neither data nor errors");
	EXPECT_STR(answer("{\"data\":null}").error, "the answer has neither data nor errors");
	EXPECT_STR(answer("{\"data\":[]}").error, "answer.data: expected an object, not an array");
	EXPECT(answer("<html>").verdict == GRAPHQL_FAILED);
	EXPECT(answer("{\"data\":{\"a\":1}").verdict == GRAPHQL_FAILED);
	EXPECT(answer("").verdict == GRAPHQL_FAILED);
}

static void
test_long_message(void)
{
	static char text[5000] = "{\"errors\":[{\"message\":\"";

	memset(text + strlen(text), 'm', 4000);
	strcat(text, "\"}]}");
	EXPECT(strlen(answer(text).error) < 500);
	EXPECT(strstr(answer(text).error, "mmm...") != NULL);
}

int
main(void)
{
	RUN(test_data, "graphql_answer: data");
	RUN(test_errors, "graphql_answer: errors, and what they are about");
	RUN(test_neither, "graphql_answer: neither of them, or no GraphQL");
	RUN(test_long_message, "graphql_answer: a message that is too long is cut");
	UNIT_DONE();
}
