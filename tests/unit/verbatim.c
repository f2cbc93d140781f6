/* verbatim - references replaced by what stands in the document, byte for byte but for white space;
 * everything else, whatever it looks like, left alone. */
#include "unit.h"
#include "verbatim.h"

static const char document[] =
	" { \"a\" : 1.10 , \"b\" : [ 1e400 , { \"c d\" : \"\\u00e9\\/\" } , [ ] , null ] ,"
	" \"\\u00e9\" : true , \"twice\" : 1 , \"twice\" : 2 , \"\" : \"x \" , \"o\" : { } ,"
	" \"json\" : \" { \\\"a\\\" : [ 1.10 , \\\"\\\\u00e9\\\" ] , \\u0022b\\u0022 : \\\"{}\\\" }\\n\" ,"
	" \"number\" : \"1e400\" , \"nan\" : \"{\\\"a\\\":NaN}\" , \"two\" : \"1 2\" , \"e\" : \"\" }\n";

/* What ${text} becomes, or the error. */
static const char *
expand(const char *text)
{
	static char error[VERBATIM_ERROR_MAX];
	static struct strbuf out;

	strbuf_release(&out);
	strbuf_init(&out, 1000);
	if (verbatim_expand(&out, text, strlen(text), "mark", document, sizeof(document) - 1,
		    error) != 0)
		return error;
	return strbuf_str(&out);
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
		/* in the text of a string */
		{"{\"mark\":[\"json\",null]}", "{\"a\":[1.10,\"\\u00e9\"],\"b\":\"{}\"}"},
		{"{\"mark\":[\"json\",null,\"a\",0]}", "1.10"},
		{"[{\"mark\":[\"json\",null,\"a\",1]},1]", "[\"\\u00e9\",1]"},
		{"{\"mark\":[\"number\",null]}", "1e400"},
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
test_no_text(void)
{
	EXPECT_STR(expand("{\"mark\":[\"nan\",null]}"),
		"the string at [\"nan\"] is no JSON text: not a JSON value at byte 6");
	EXPECT_STR(expand("{\"mark\":[\"two\",null]}"),
		"the string at [\"two\"] is no JSON text: more after the JSON value at byte 3");
	EXPECT_STR(expand("{\"mark\":[\"e\",null]}"),
		"the string at [\"e\"] is no JSON text: unexpected end of JSON text at byte 1");
}

static void
test_wrong(void)
{
	static const char *const list[] = {"{\"mark\":[\"nosuch\"]}", "{\"mark\":[\"a\",\"b\"]}",
		"{\"mark\":[\"b\",4]}", "{\"mark\":[\"b\",-1]}", "{\"mark\":[\"b\",1.5]}",
		"{\"mark\":[\"b\",99999999999999999999]}", "{\"mark\":[0]}",
		"{\"mark\":[\"b\",\"0\"]}", "{\"mark\":[null]}", "{\"mark\":1}",
		"{\"mark\":[\"a\"],\"x\":1}", "{\"mark\":[\"a\"", "{\"mark\":", "{\"mark\":[{}]}",
		"{\"mark\":[\"a\",null]}", "{\"mark\":[\"json\",null,\"a\",2]}",
		"{\"mark\":[\"json\",null,\"b\",null]}"};

	for (size_t i = 0; i < sizeof(list) / sizeof(list[0]); i++)
		EXPECT_STR(expand(list[i]), "verbatim: no such place in the document");
}

int
main(void)
{
	RUN(test_found, "verbatim: values as they are spelled");
	RUN(test_others, "verbatim: what is no reference stays");
	RUN(test_no_text, "verbatim: strings that are no JSON text");
	RUN(test_wrong, "verbatim: references that lead nowhere");
	UNIT_DONE();
}
