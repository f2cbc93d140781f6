/* sample, regex_sample - texts that expressions match, and events that set automations off. */
#include "regex_sample.h"
#include "guard.h"
#include "sample.h"
#include "unit.h"

#include <unistd.h>

static const char *
sample_of(const char *regex)
{
	static struct strbuf sb;
	const size_t len = strlen(regex);

	strbuf_release(&sb);
	strbuf_init(&sb, 1024);
	regex_sample(&sb, guard_copy(regex, len), len);
	return strbuf_str(&sb);
}

static void
texts(void)
{
	EXPECT_STR(sample_of(""), "");
	EXPECT_STR(sample_of("^production$"), "production");
	EXPECT_STR(sample_of("^(staging|production)(-[0-9]+)?$"), "staging");
	EXPECT_STR(sample_of("(?i)^prod(?:uction)?\\b"), "prod");
	EXPECT_STR(sample_of("v\\d{3}\\.\\w+?[^a-z].*"), "v000.a_");
	EXPECT_STR(sample_of("[]x]{2}[[:digit:]][a\\]b]\\t"), "]]0a\t");
	EXPECT_STR(sample_of("a|b|c"), "a");
	EXPECT_STR(sample_of("(?=x)(?!y)(?<z)a"), "a");
	EXPECT_STR(sample_of("(ab){2,}{"), "abab{");
	EXPECT_STR(sample_of("\xc3\xa9+"), "\xc3\xa9");
	/* what is broken, or without end, comes to an end, too */
	EXPECT_STR(sample_of("(a[b"), "ab");
	EXPECT_STR(sample_of("a\\"), "a\\");
	EXPECT_STR(sample_of("[[:"), "a");
	EXPECT_STR(sample_of("a{999999999999999999999}"),
		"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
	EXPECT(sample_of("((((((((a{64}){64}){64}){64}){64}){64}){64}){64})") == NULL);
}

static const struct sample anything;
static struct event event;

static void
no_report(void *ctx, const struct config_place *place, const char *message)
{
	(void)ctx;
	printf("# %zu:%zu: %s\n", place->line, place->column, message);
}

/*
 * Make an event for an automation with the conditions ${on}, which must match. Returns the error,
 * or "".
 */
static const char *
try(const char *on, const struct sample *wanted)
{
	static char error[SAMPLE_ERROR_MAX];
	static struct strbuf sb;
	char path[] = "/tmp/wb-unit.XXXXXX", *paths[] = {path};
	const int fd = mkstemp(path);
	struct config *config;
	struct json js;
	size_t n;

	error[0] = '\0';
	EXPECT(fd >= 0 && dprintf(fd,
				  "{\"automations\":[{\"name\":\"a\",\"on\":%s,\"action\":"
				  "{\"type\":\"none\"}}]}",
				  on) > 0);
	config = config_load(paths, 1, no_report, NULL);
	close(fd);
	unlink(path);
	if (config == NULL)
		return "no configuration";
	strbuf_release(&sb);
	strbuf_init(&sb, 65536);
	if (sample_event(wanted, config_automations(config, &n), config_regexes(config), &sb,
		    error) == 0) {
		json_init(&js, sb.buf, sb.len);
		EXPECT(event_read(&js, &event) && json_end(&js));
		EXPECT(rule_failing(&config_automations(config, &n)->rule, config_regexes(config),
			       &event) < 0);
	}
	config_free(config);
	return error;
}

static bool
is(enum event_member member, const char *want)
{
	const struct json_span *value = &event.member[member];

	return want == NULL ? value->type == JSON_NONE
			    : value->len == strlen(want) && memcmp(value->p, want, value->len) == 0;
}

static void
events(void)
{
	EXPECT_STR(try("{}", &anything), "");
	EXPECT(is(EVENT_TYPE, "LINK_ARTIFACT") && is(EVENT_ALIAS, NULL) && is(EVENT_TAG, NULL));
	EXPECT(is(EVENT_VERSION_STRING, "test-entity/test-project/test-collection:v0"));
	EXPECT(is(EVENT_METADATA, "{}") && is(EVENT_VERSION_INDEX, "0"));
	EXPECT_STR(
		try("{\"entity\":\"a\\\"\",\"project\":[\"p\",\"q\"],\"author\":\"x\"}", &anything),
		"");
	EXPECT(is(EVENT_ENTITY, "a\\\"") && is(EVENT_PROJECT, "p") && is(EVENT_AUTHOR, "x"));
	EXPECT_STR(try("{\"alias\":\"z\",\"collection\":\"c\"}", &anything), "");
	EXPECT(is(EVENT_TYPE, "ADD_ARTIFACT_ALIAS") && is(EVENT_ALIAS, "z"));
	EXPECT(is(EVENT_VERSION_STRING, "test-entity/test-project/c:z"));
	EXPECT_STR(try("{\"tag\":\"t\"}", &anything), "");
	EXPECT(is(EVENT_TYPE, "ADD_ARTIFACT_TAG") && is(EVENT_TAG, "t") && is(EVENT_ALIAS, NULL));
	EXPECT_STR(
		try("{\"event_type\":[\"LINK_ARTIFACT\",\"REMOVE_COLLECTION_TAG\"],\"tag\":\"t\"}",
			&anything),
		"");
	EXPECT(is(EVENT_TYPE, "REMOVE_COLLECTION_TAG"));
	EXPECT_STR(try("{\"event_type\":\"CREATE_ARTIFACT\"}", &anything), "");
	EXPECT(is(EVENT_TYPE, "CREATE_ARTIFACT"));
}

static void
expressions(void)
{
	EXPECT_STR(try("{\"alias_regex\":\"^(staging|production)(-[0-9]+)?$\"}", &anything), "");
	EXPECT(is(EVENT_ALIAS, "staging"));
	EXPECT_STR(try("{\"alias\":[\"a\",\"b1\"],\"alias_regex\":\"[0-9]$\"}", &anything), "");
	EXPECT(is(EVENT_ALIAS, "b1"));
	EXPECT_STR(try("{\"event_type\":\"ADD_COLLECTION_TAG\",\"tag_regex\":\"\\\\w{3}\"}",
			   &anything),
		"");
	EXPECT(is(EVENT_TAG, "aaa"));
	EXPECT_STR(try("{\"alias_regex\":\"^(a)\\\\1$\"}", &anything),
		"no alias is known that alias_regex matches; give one with --alias");
	EXPECT_STR(try("{\"tag\":\"a\",\"tag_regex\":\"b\"}", &anything),
		"no tag is known that tag_regex matches; give one with --tag");
}

static void
wanted(void)
{
	const struct sample all = {.id = "1",
		.time = "t",
		.values = {[RULE_ENTITY] = "e", [RULE_ALIAS] = "aa", [RULE_AUTHOR] = "w"},
		.metadata = " { \"a\" : 1.10 } "};

	EXPECT_STR(try("{\"alias_regex\":\"^(a)\\\\1$\"}", &all), "");
	EXPECT(is(EVENT_ID, "1") && is(EVENT_TIME, "t") && is(EVENT_ENTITY, "e"));
	EXPECT(is(EVENT_ALIAS, "aa") && is(EVENT_AUTHOR, "w") &&
		is(EVENT_METADATA, "{\"a\":1.10}"));
	EXPECT_STR(try("{}", &all), "");
	EXPECT(is(EVENT_TYPE, "ADD_ARTIFACT_ALIAS"));
}

int
main(void)
{
	RUN(texts, "texts for expressions");
	RUN(events, "events that match");
	RUN(expressions, "events for expressions");
	RUN(wanted, "events as they are wanted");
	UNIT_DONE();
}
