/* answer - values of the shape that they must have, and what is said of all others. */
#include "answer.h"
#include "json_text.h"
#include "unit.h"

struct item {
	struct json_span name;
	int64_t n, ms;
	bool ok;
	size_t items;
};

static bool
read_name(struct answer *a, void *ctx)
{
	return answer_string_or_null(a, &((struct item *)ctx)->name);
}

static bool
read_n(struct answer *a, void *ctx)
{
	return answer_integer(a, &((struct item *)ctx)->n);
}

static bool
read_time(struct answer *a, void *ctx)
{
	return answer_time(a, &((struct item *)ctx)->ms);
}

static bool
read_ok(struct answer *a, void *ctx)
{
	return answer_bool(a, &((struct item *)ctx)->ok);
}

static bool
read_one(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"n", read_n, false}, {NULL, NULL, false}};

	((struct item *)ctx)->items++;
	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_list(struct answer *a, void *ctx)
{
	return answer_array(a, read_one, ctx);
}

static const struct answer_field all[] = {{"name", read_name, false}, {"n", read_n, true},
	{"time", read_time, true}, {"ok", read_ok, true}, {"list", read_list, true},
	{NULL, NULL, false}};

/* What is wrong with ${text}, or "fine". */
static const char *
judge(const char *text, struct item *item)
{
	static struct answer a;

	*item = (struct item){.n = -1};
	answer_init(&a, text, strlen(text), "data");
	return answer_object(&a, all, item) && answer_end(&a) ? "fine" : a.error;
}

static void
test_values(void)
{
	struct item item;

	EXPECT_STR(judge("{\"other\":[1,{\"name\":2}],\"name\":\"a\\u0062\",\"n\":-12,\"ok\":true,"
			 "\"time\":\"1970-01-01T00:00:01\",\"list\":[{\"n\":7},null]}",
			   &item),
		"fine");
	EXPECT(json_equal(&item.name, "ab", 2) && item.n == 7 && item.ok && item.ms == 1000 &&
		item.items == 2);
	EXPECT_STR(judge("{\"name\":null}", &item), "fine");
	EXPECT(item.name.type == JSON_NONE);
}

static void
test_wrong(void)
{
	struct item item;

	EXPECT_STR(judge("[]", &item), "data: expected an object, not an array");
	EXPECT_STR(judge("{}", &item), "data.name: is missing");
	EXPECT_STR(judge("{\"name\":7}", &item), "data.name: expected a string, not a number");
	EXPECT_STR(judge("{\"name\":\"a\",\"name\":\"b\"}", &item),
		"data.name: there are two of it");
	EXPECT_STR(judge("{\"list\":[{\"n\":1},{\"n\":1.5}]}", &item),
		"data.list[1].n: expected a whole number, not 1.5");
	EXPECT_STR(judge("{\"list\":[{\"n\":1},{}]}", &item), "data.list[1].n: is missing");
	EXPECT_STR(judge("{\"list\":{}}", &item), "data.list: expected an array, not an object");
	EXPECT_STR(judge("{\"ok\":null}", &item), "data.ok: expected true or false, not null");
	EXPECT_STR(judge("{\"time\":\"now\"}", &item),
		"data.time: expected a time such as 2026-03-24T01:00:00Z, not 'now'");
	EXPECT_STR(judge("{\"n\":99999999999999999999}", &item),
		"data.n: expected a whole number, not 99999999999999999999");
}

static void
test_malformed(void)
{
	struct item item;

	EXPECT(strstr(judge("{\"name\":\"\xff\"}", &item), "data.name: byte 10 of the answer: ") !=
		NULL);
	EXPECT_STR(judge("{\"x\":[1,}", &item), "data: byte 9 of the answer: not a JSON value");
	EXPECT(strstr(judge("", &item), "byte 1 of the answer: ") != NULL);
	EXPECT(strstr(judge("{\"name\":null} x", &item), "byte 15 of the answer: ") != NULL);
}

static void
test_long_path(void)
{
	struct answer a;
	char path[400];

	memset(path, 'p', sizeof(path) - 1);
	path[sizeof(path) - 1] = '\0';
	answer_init(&a, "1", 1, path);
	EXPECT(!answer_object(&a, all, NULL));
	EXPECT(strstr(a.error, "ppp...: expected an object, not a number") != NULL);
}

int
main(void)
{
	RUN(test_values, "answer: values of every type");
	RUN(test_wrong, "answer: what is missing, double or of another type is named by its path");
	RUN(test_malformed, "answer: what is no JSON is named by its byte");
	RUN(test_long_path, "answer: a path that is too long is cut");
	UNIT_DONE();
}
