/* verbatim - references replaced by what stands in the document, byte for byte but for white space;
 * everything else, whatever it looks like, left alone. */
#include "unit.h"
#include "verbatim.h"

static const char document[] =
	" { \"a\" : 1.10 , \"b\" : [ 1e400 , { \"c d\" : \"\\u00e9\\/\" } , [ ] , null ] ,"
	" \"\\u00e9\" : true , \"twice\" : 1 , \"twice\" : 2 , \"\" : \"x \" , \"o\" : { } }\n";

/* What ${text} becomes, or the error. */
static const char *
expand(const char *text)
{
	static struct strbuf out;
	const char *wrong;

	strbuf_release(&out);
	strbuf_init(&out, 1000);
	wrong = verbatim_expand(&out, text, strlen(text), "mark", document, sizeof(document) - 1);
	return wrong != NULL ? wrong : strbuf_str(&out);
}

static void
test_found(void)
{
	static const char *const list[][2] = {
		{"{\"mark\":[\"a\"]}", "1.10"},
		{"{\"x\":{\"mark\":[\"a\"]},\"y\":[{\"mark\":[\"b\",0]},2]}",
			"{\"x\":1.10,\"y\":[1e400,2]}"},
		{"{\"mark\":[\"b\",1]}", "{\"c d\":\"\\u00e9\\/\"}"},
		{"{\"mark\":[\"b\",1,\"c d\"]}", "\"\\u00e9\\/\""},
		{"{\"mark\":[\"b\",2]}", "[]"},
		{"{\"mark\":[\"b\",3]}", "null"},
		{"{\"mark\":[\"\xc3\xa9\"]}", "true"},
		{"{\"mark\":[\"twice\"]}", "2"},
		{"{\"mark\":[\"\"]}", "\"x \""},
		{"{\"mark\":[\"o\"]}", "{}"},
		{"[{\"mark\":[\"a\"]},{\"mark\":[\"a\"]}]", "[1.10,1.10]"},
	};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		EXPECT_STR(expand(list[i][0]), list[i][1]);
	EXPECT(strncmp(expand("{\"mark\":[]}"), "{\"a\":1.10,\"b\":[1e400,", 21) == 0);
}

static void
test_others(void)
{
	static const char *const list[] = {"", "1", "{}", "{\"marks\":[\"a\"]}",
		"{\"mar\":[\"a\"]}", "\"{\\\"mark\\\":[\\\"a\\\"]}\"",
		"{\"a\":1.1,\"mark\":[\"a\"]}"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		EXPECT_STR(expand(list[i]), list[i]);
}

static void
test_wrong(void)
{
	static const char *const list[] = {"{\"mark\":[\"nosuch\"]}", "{\"mark\":[\"a\",\"b\"]}",
		"{\"mark\":[\"b\",4]}", "{\"mark\":[\"b\",-1]}", "{\"mark\":[\"b\",1.5]}",
		"{\"mark\":[\"b\",99999999999999999999]}", "{\"mark\":[0]}",
		"{\"mark\":[\"b\",\"0\"]}", "{\"mark\":[null]}", "{\"mark\":1}",
		"{\"mark\":[\"a\"],\"x\":1}", "{\"mark\":[\"a\"", "{\"mark\":", "{\"mark\":[{}]}"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		EXPECT_STR(expand(list[i]), "verbatim: no such place in the document");
}

int
main(void)
{
	RUN(test_found, "verbatim: values as they are spelled");
	RUN(test_others, "verbatim: what is no reference stays");
	RUN(test_wrong, "verbatim: references that lead nowhere");
	UNIT_DONE();
}
