/* template - what becomes of variables, literals, escapes and late secrets; what is refused, and at
 * which byte. */
#include "unit.h"
#include "template.h"

#include "json_text.h"

#define DELIVERY_ID "272a5fd42e32001b0ab2d46be830b188"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX ((size_t)4 * 1024 * 1024)

static const char event_text[] =
	"{\"event_id\":\"id-1\",\"event_time\":\"2026-01-02T03:04:05Z\",\"event_type\":\"ADD_"
	"ARTIFACT_ALIAS\","
	"\"event_author\":\"ann \\\"x\\\" "
	"\\u00e9\",\"entity_name\":\"acme\",\"project_name\":\"model-registry\","
	"\"artifact_collection_name\":\"fraud\",\"artifact_version\":\"wandb-artifact://_id/QQ==\","
	"\"artifact_version_string\":\"acme/model-registry/"
	"fraud:production\",\"artifact_version_index\":3,"
	"\"alias\":\"production\",\"source\":null,\"artifact_metadata\":{\"accuracy\":1.10,\"a.b\":"
	"\"dot\","
	"\"a-b\":\"dash\",\"big\":12345678901234567890,\"on\":true,\"off\":null,\"list\":[1, "
	"\"\\\"\"],"
	"\"obj\":{ \"k\" : \"<v>&\" },\"k\\u0065y\":\"first\",\"key\":\"last\",\"\":\"nameless\"}}";

static struct event event; /* of event_text */

static void
read_event(const char *text, struct event *out)
{
	struct json js;

	json_init(&js, text, strlen(text));
	if (!event_read(&js, out) || !json_end(&js)) {
		printf("# %s\n", js.error);
		exit(1);
	}
}

static struct json_span
ref(const char *text)
{
	return (struct json_span){text, strlen(text), JSON_STRING, false};
}

static struct template *
compile(const char *text, size_t len, struct template_error *error)
{
	const struct json_span refs[] = {ref("$TOKEN"), ref("$KEY")};
	const struct template_secrets secrets = {ref("$TOKEN"), refs, COUNT(refs)};
	char *copy = malloc(
		len + (len == 0)); /* to find reads past the end, and that the text is copied */
	struct template *t;

	if (copy == NULL)
		exit(1);
	memcpy(copy, text, len);
	t = template_compile(copy, len, &secrets, error);
	free(copy);
	return t;
}

/* What ${text} renders to, with " @PLACE:NAME" behind it for each secret; or "byte N: why". */
static const char *
render(const char *text, bool entities)
{
	static char out[65536];
	struct template_late late[TEMPLATE_LATE_MAX];
	struct template_error error;
	struct template *t = compile(text, strlen(text), &error);
	struct strbuf body;
	size_t nlate, used;

	if (t == NULL) {
		snprintf(out, sizeof(out), "byte %zu: %s", error.at, error.message);
		return out;
	}
	strbuf_init(&body, sizeof(out) / 2);
	template_render(t, &event, DELIVERY_ID, entities, &body, late, &nlate);
	used = (size_t)snprintf(out, sizeof(out), "%s",
		strbuf_failed(&body) ? "failed" : strbuf_str(&body));
	for (size_t i = 0; i < nlate; i++)
		used += (size_t)snprintf(out + used, sizeof(out) - used, " @%zu:%.*s", late[i].at,
			(int)late[i].len, late[i].ref);
	strbuf_release(&body);
	template_free(t);
	return out;
}

struct pair {
	const char *text, *want;
};

static void
check(const struct pair *pairs, size_t n, bool entities)
{
	for (size_t i = 0; i < n; i++) {
		const char *got = render(pairs[i].text, entities);

		if (strcmp(got, pairs[i].want) != 0)
			printf("# for %s\n", pairs[i].text);
		EXPECT_STR(got, pairs[i].want);
	}
}

#define CHECK(pairs) check(pairs, COUNT(pairs), false)

static void
test_literals(void)
{
	static const struct pair pairs[] = {
		{"{}", "{}"},
		{" [ ] ", "[]"},
		{"\t{ \"b\" : 1.10 ,\r\n\"a\":[ 1e400 , -0.0,true , false,null ] , \"b\" : 2 }\n",
			"{\"b\":1.10,\"a\":[1e400,-0.0,true,false,null],\"b\":2}"},
		{"\" a  b\\t\\u00e9\\/\xc3\xa9 \"", "\" a  b\\t\\u00e9\\/\xc3\xa9 \""},
		{"12345678901234567890", "12345678901234567890"},
		{"[[[{\"a\":{}}]]]", "[[[{\"a\":{}}]]]"},
		{"\"\"", "\"\""},
	};

	CHECK(pairs);
}

static void
test_variables(void)
{
	static const struct pair pairs[] = {
		{"\"${event_id}|${event_time}|${event_type}\"",
			"\"id-1|2026-01-02T03:04:05Z|ADD_ARTIFACT_ALIAS\""},
		{"\"${event_author}\"", "\"ann \\\"x\\\" \\u00e9\""},
		{"\"${entity_name}/${project_name}/${artifact_collection_name}\"",
			"\"acme/model-registry/fraud\""},
		{"\"${artifact_version}\"", "\"wandb-artifact://_id/QQ==\""},
		{"\"${artifact_version_string}\"", "\"acme/model-registry/fraud:production\""},
		{"\"v${artifact_version_index}\"", "\"v3\""},
		{"[\"${alias}\",\"<${tag}>\",\"<${source}>\"]", "[\"production\",\"<>\",\"<>\"]"},
		{"\"${event_type}${alias}\"", "\"ADD_ARTIFACT_ALIASproduction\""},
		{"{\"${alias}\":{\"x-${entity_name}-${tag}\":1}}",
			"{\"production\":{\"x-acme-\":1}}"},
		{"\"${event_id} ${event_id}\"", "\"id-1 id-1\""},
		{"\"eval-${delivery_id}\"", "\"eval-" DELIVERY_ID "\""},
		{"{\"${delivery_id}\":\"${delivery_id:json}\"}",
			"{\"" DELIVERY_ID "\":\"" DELIVERY_ID "\"}"},
	};

	CHECK(pairs);
}

static void
test_metadata(void)
{
	static const struct pair pairs[] = {
		{"\"${artifact_metadata.accuracy}\"", "\"1.10\""},
		{"\"${artifact_metadata.a.b} ${artifact_metadata.a-b}\"", "\"dot dash\""},
		{"\"${artifact_metadata.big}\"", "\"12345678901234567890\""},
		{"\"${artifact_metadata.on} ${artifact_metadata.off}\"", "\"true null\""},
		{"\"${artifact_metadata.list}\"", "\"[1, \\\"\\\\\\\"\\\"]\""},
		{"\"${artifact_metadata.obj}\"", "\"{ \\\"k\\\" : \\\"<v>&\\\" }\""},
		{"\"${artifact_metadata.key}\"", "\"last\""},
		{"\"<${artifact_metadata.none}>\"", "\"<>\""},
		{"\"<${artifact_metadata.obj.k}>\"", "\"<>\""},
	};

	CHECK(pairs);
}

static void
test_json(void)
{
	static const struct pair pairs[] = {
		{"\"${alias:json}\"", "\"production\""},
		{"{\"a\":\"${event_author:json}\"}", "{\"a\":\"ann \\\"x\\\" \\u00e9\"}"},
		{"[\"${artifact_version_index:json}\",\"\"]", "[3,\"\"]"},
		{"[\"${tag:json}\",\"${artifact_metadata.none:json}\",\"${source:json}\"]",
			"[null,null,null]"},
		{"[\"\",\"${artifact_metadata.accuracy:json}\",\"x\"]", "[\"\",1.10,\"x\"]"},
		{"{\"a\":\"${artifact_metadata.obj:json}\",\"b\":\"${artifact_metadata.list:json}"
		 "\"}",
			"{\"a\":{ \"k\" : \"<v>&\" },\"b\":[1, \"\\\"\"]}"},
		{"[\"${artifact_metadata.off:json}\",\"${artifact_metadata.on:json}\"]",
			"[null,true]"},
	};

	CHECK(pairs);
}

static void
test_escapes(void)
{
	static const struct pair pairs[] = {
		{"\"$${alias}\"", "\"${alias}\""},
		{"\"$$${alias}\"", "\"$${alias}\""},
		{"\"$${${alias}}\"", "\"${production}\""},
		{"\"$\"", "\"$\""},
		{"\"$$\"", "\"$$\""},
		{"\"a$b {c} $ {d} }${alias}\"", "\"a$b {c} $ {d} }production\""},
		{"\"\\u0024{alias}\"", "\"production\""},
		{"\"$\\u007balias\\u007D\"", "\"production\""},
		{"\"\\u0024\\u007b\\u0061lias\\u007d\"", "\"production\""},
		{"\"\\u0024{alias:json}\"", "\"production\""},
		{"\"\\u0024\\u0024{alias}\"", "\"${alias}\""},
		{"\"$\\u0024\\u007balias}\"", "\"${alias}\""},
		{"\"\\\\${alias}\"", "\"\\\\production\""},
		{"\"\\\\u0024{alias}\"", "\"\\\\u0024{alias}\""},
		{"\"${artifact_metadata.a\\u002eb}\"", "\"dot\""},
		{"{\"\\u0024{alias}\":\"\\n\"}", "{\"production\":\"\\n\"}"},
	};

	CHECK(pairs);
}

static void
test_late(void)
{
	static const struct pair pairs[] = {
		{"\"${ACCESS_TOKEN}\"", "\"\" @1:$TOKEN"},
		{"[\"${TOKEN}\",\"${KEY}\"]", "[\"\",\"\"] @2:$TOKEN @5:$KEY"},
		{"\"${KEY}${ACCESS_TOKEN}${KEY}\"", "\"\" @1:$KEY @1:$TOKEN @1:$KEY"},
		{"\"a${KEY}b${KEY}\"", "\"ab\" @2:$KEY @3:$KEY"},
		{"\"\xc3\xa9\xf0\x9f\x98\x80${KEY}\"", "\"\xc3\xa9\xf0\x9f\x98\x80\" @7:$KEY"},
		{"\"${event_author}${KEY}\"", "\"ann \\\"x\\\" \\u00e9\" @17:$KEY"},
		{"{\"${KEY}\":1}", "{\"\":1} @2:$KEY"},
		{"\"$${ACCESS_TOKEN}\"", "\"${ACCESS_TOKEN}\""},
		{"\"\\u0024{KEY}\"", "\"\" @1:$KEY"},
	};

	CHECK(pairs);
}

static void
test_no_late_data(void)
{
	static const char text[] = "{\"event_type\":\"${ACCESS_TOKEN}\",\"alias\":\"$${KEY}\","
				   "\"artifact_metadata\":{\"k\":\"\\u0024{KEY}\",\"${KEY}\":1}}";
	const struct event before = event;

	read_event(text, &event);
	EXPECT_STR(render("[\"${event_type}\",\"${alias}\",\"${artifact_metadata.k}\",\"${artifact_"
			  "metadata}\"]",
			   false),
		"[\"${ACCESS_TOKEN}\",\"$${KEY}\",\"\\u0024{KEY}\","
		"\"{\\\"k\\\":\\\"\\\\u0024{KEY}\\\",\\\"${KEY}\\\":1}\"]");
	event = before;
}

static void
test_entities(void)
{
	static const char text[] =
		"{\"event_type\":\"a&b\",\"event_author\":\"<!channel>\","
		"\"alias\":\"\\u003c!here\\u003E \\u0026 \\\"\","
		"\"artifact_metadata\":{\"<k>\":\"&\",\"n\":1,\"s\":\"\\u003cx\"}}";
	static const struct pair pairs[] = {
		{"\"<https://a/|${event_author}> & ${event_type}\"",
			"\"<https://a/|&lt;!channel&gt;> & a&amp;b\""},
		{"\"${alias}\"", "\"&lt;!here&gt; &amp; \\\"\""},
		{"\"${alias:json}\"", "\"&lt;!here&gt; &amp; \\\"\""},
		{"\"${artifact_metadata.s} ${artifact_metadata.n}\"", "\"&lt;x 1\""},
		{"\"${artifact_metadata}\"", "\"{\\\"&lt;k&gt;\\\":\\\"&amp;\\\",\\\"n\\\":1,"
					     "\\\"s\\\":\\\"&lt;x\\\"}\""},
		{"\"${artifact_metadata:json}\"",
			"{\"&lt;k&gt;\":\"&amp;\",\"n\":1,\"s\":\"&lt;x\"}"},
		{"{\"${event_author}\":1}", "{\"&lt;!channel&gt;\":1}"},
	};
	const struct event before = event;

	read_event(text, &event);
	check(pairs, COUNT(pairs), true);
	event = before;
}

static void
test_refused(void)
{
	static const struct pair pairs[] = {
		{"\"a ${colour}\"", "byte 3: unknown variable ${colour}"},
		{"{\"a\":[\"${event_typ}\"]}",
			"byte 7: unknown variable ${event_typ}; did you mean ${event_type}?"},
		{"{ \"${nope}\" : 1}", "byte 3: unknown variable ${nope}"},
		{"\"${}\"", "byte 1: unknown variable ${}"},
		{"\"${ alias }\"", "byte 1: unknown variable ${ alias }; did you mean ${alias}?"},
		{"\"${artifact_metadata.}\"", "byte 1: unknown variable ${artifact_metadata.}; did "
					      "you mean ${artifact_metadata}?"},
		{"\"${OTHER}\"", "byte 1: unknown variable ${OTHER}"},
		{"\"${alias\"", "byte 1: '${' without '}'; write '$${' for the two characters"},
		{"\"ab${\"", "byte 3: '${' without '}'; write '$${' for the two characters"},
		{"\"\\u0024{alias\"",
			"byte 1: '${' without '}'; write '$${' for the two characters"},
		{"\" ${alias:json}\"",
			"byte 2: only a value that is nothing else can be ${alias:json}"},
		{"\"${alias:json} \"",
			"byte 1: only a value that is nothing else can be ${alias:json}"},
		{"{\"${alias:json}\":1}",
			"byte 2: only a value that is nothing else can be ${alias:json}"},
		{"\"${KEY:json}\"", "byte 1: a secret goes inside a string, not as :json: ${KEY}"},
		{"\"${ACCESS_TOKEN:json}\"",
			"byte 1: a secret goes inside a string, not as :json: ${ACCESS_TOKEN}"},
		{"\"${:json}\"", "byte 1: unknown variable ${:json}"},
		{"", "byte 0: unexpected end of JSON text"},
		{"{\"a\":1,}", "byte 7: expected a member name in quotes"},
		{"[1 2]", "byte 3: expected ',' or ']'"},
		{"{} x", "byte 3: more after the JSON value"},
		{"\"\\x\"", "byte 1: unknown escape sequence"},
		{"01", "byte 0: number with a leading zero"},
	};

	CHECK(pairs);
}

static void
test_refused_secrets(void)
{
	static const char text[] = "\"${ACCESS_TOKEN}\"";
	const struct template_secrets none = {.refs = NULL};
	struct template_error error = {0};

	EXPECT(template_compile(text, strlen(text), &none, &error) == NULL);
	EXPECT_STR(error.message, "the webhook has no access_token for ${ACCESS_TOKEN}");
	EXPECT(error.at == 1);
	template_free(NULL);
}

/* A template of ${n} places for secrets. */
static const char *
render_places(size_t n)
{
	static char text[1024];

	strcpy(text, "\"");
	for (size_t i = 0; i < n; i++)
		strcat(text, "${KEY}");
	strcat(text, "\"");
	return render(text, false);
}

static void
test_limits(void)
{
	char text[8192];

	EXPECT(strncmp(render_places(TEMPLATE_LATE_MAX), "\"\" @1:$KEY", 9) == 0);
	EXPECT_STR(render_places(TEMPLATE_LATE_MAX + 1),
		"byte 193: more than 32 secrets in one payload");
	memset(text, 'a', sizeof(text));
	memcpy(text, "\"${", 3);
	memcpy(text + 5000, "}\"", 3);
	EXPECT_STR(render(text, false), "byte 1: variable name longer than 4096 bytes");
	/* as deep as the scanner goes, and one level deeper */
	memset(text, '[', 512);
	memset(text + 512, ']', 512);
	text[1024] = '\0';
	EXPECT_STR(render(text, false), text);
	memset(text, '[', 513);
	EXPECT_STR(render(text, false), "byte 512: nested deeper than 512 levels");
}

/* A body's cap is noticed, wherever it is reached. */
static void
test_full(void)
{
	static const char text[] =
		"[\"${event_author:json}\",\"${artifact_metadata}\",\"${KEY}${alias}\"]";
	struct template_late late[TEMPLATE_LATE_MAX];
	struct template_error error;
	struct template *t = compile(text, strlen(text), &error);
	struct strbuf body;
	size_t nlate, len;

	strbuf_init(&body, MAX);
	template_render(t, &event, DELIVERY_ID, true, &body, late, &nlate);
	len = body.len;
	EXPECT(len > 100 && !strbuf_failed(&body));
	strbuf_release(&body);
	for (size_t max = 0; max < len; max++) {
		strbuf_init(&body, max);
		template_render(t, &event, DELIVERY_ID, true, &body, late, &nlate);
		EXPECT(strbuf_failed(&body));
		strbuf_release(&body);
	}
	template_free(t);
}

/* Whether ${body} is an object whose member "j" is spelled like ${value}. */
static bool
holds(const struct strbuf *body, const struct json_span *value)
{
	struct json_span key, got;
	bool is_same = false;
	struct json js;

	json_init(&js, body->buf, body->len);
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, &got))
		is_same = json_equal(&key, "j", 1) && got.len == value->len &&
			  memcmp(got.p, value->p, got.len) == 0;
	return json_end(&js) && is_same;
}

/* Whatever characters an event holds, what comes out is JSON, and the value that was put in comes
 * out of it. */
static void
test_any_text(void)
{
	static const char text[] = "{\"${event_author}\":\"<${event_author}> "
				   "${artifact_metadata}\",\"j\":\"${event_author:json}\"}";
	struct template_late late[TEMPLATE_LATE_MAX];
	struct template_error error;
	struct template *t = compile(text, strlen(text), &error);
	char line[4096];
	uint32_t seed = 1;
	struct event other;
	struct strbuf body;
	size_t nlate;

	strbuf_init(&body, MAX);
	for (int round = 0; round < 2000; round++) {
		char value[256] = "";

		for (int i = 0; i < 8; i++) {
			static const char *const parts[] = {"\\\"", "\\\\", "\\u0000", "\\n", "${",
				"}", "{", "$", "\\u0024{", "<", "&", ">", "\xc3\xa9", "\\ud800",
				"\\ud83d\\ude00", "a", "\\/", ",", ":", "'"};

			seed = seed * 1103515245 + 12345;
			strcat(value, parts[(seed >> 16) % COUNT(parts)]);
		}
		snprintf(line, sizeof(line),
			"{\"event_type\":\"x\",\"event_author\":\"%s\",\"artifact_metadata\":{\"%"
			"s\":\"%s\"}}",
			value, value, value);
		read_event(line, &other);
		for (int entities = 0; entities < 2; entities++) {
			strbuf_reset(&body);
			template_render(t, &other, DELIVERY_ID, entities != 0, &body, late, &nlate);
			EXPECT(!strbuf_failed(&body) && nlate == 0);
			EXPECT(entities != 0 ? json_validate(body.buf, body.len,
						       &(const char *){NULL}, &(size_t){0})
					     : holds(&body, &other.member[EVENT_AUTHOR]));
		}
	}
	strbuf_release(&body);
	template_free(t);
}

/* All errors of ${text}, one after another, as "at:message\n". */
static const char *
all_errors(const char *text)
{
	static const struct template_secrets none = {{.type = JSON_NONE}, NULL, 0};
	static char got[1024];
	struct template_error error = {0, ""};
	struct template *t = template_compile(text, strlen(text), &none, &error);
	size_t n = 0;

	EXPECT(t == NULL);
	template_free(t);
	do
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%zu:%s\n", error.at,
			error.message);
	while (template_next_error(text, strlen(text), &none, &error) && n < sizeof(got));
	return got;
}

static void
test_all_errors(void)
{
	EXPECT_STR(all_errors("[\"${no}\",\"${aliass} ${\",\"${tag} ${tag:json}\",\"${TOKEN}\"]"),
		"2:unknown variable ${no}\n"
		"10:unknown variable ${aliass}; did you mean ${alias}?\n"
		"20:'${' without '}'; write '$${' for the two characters\n"
		"32:only a value that is nothing else can be ${tag:json}\n"
		"46:unknown variable ${TOKEN}\n");
	EXPECT_STR(all_errors("{\"${a}\":1,\"b\":\"${c}\""),
		"2:unknown variable ${a}\n15:unknown variable ${c}\n"
		"20:unexpected end of JSON text\n");
	EXPECT_STR(all_errors(""), "0:unexpected end of JSON text\n");
}

int
main(void)
{
	read_event(event_text, &event);
	RUN(test_literals,
		"template: white space outside strings goes, all else stays as it is spelled");
	RUN(test_variables,
		"template: variables, in values and names of members; absent ones are empty");
	RUN(test_metadata,
		"template: metadata keys with dots and dashes, values of every type as text");
	RUN(test_json, "template: :json inserts the value itself");
	RUN(test_escapes, "template: $${ and other spellings of dollars and braces");
	RUN(test_late, "template: secrets leave nothing in the body but their places");
	RUN(test_no_late_data, "template: data that looks like a secret's place stays data");
	RUN(test_entities, "template: inserted values have entities for Slack, the template's own "
			   "text has not");
	RUN(test_refused, "template: what is refused, and where");
	RUN(test_all_errors, "template: all that is wrong, one after another");
	RUN(test_refused_secrets, "template: ${ACCESS_TOKEN} of a webhook without access_token");
	RUN(test_limits, "template: places for secrets, length of a name, depth");
	RUN(test_full, "template: a full buffer is noticed");
	RUN(test_any_text, "template: whatever an event holds, the body is JSON");
	UNIT_DONE();
}
