/* target - each limit of GitHub, Slack and Teams at it and one over, counted in the unit that the
 * receiver counts in. */
#include "unit.h"
#include "target.h"

#include "strbuf.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define MAX ((size_t)1024 * 1024)

/* What ${target} says of the body in ${sb}, which is emptied: a copy, to find reads past the end.
 */
static const char *
judge(enum target target, struct strbuf *sb)
{
	static char error[TARGET_ERROR_MAX];
	char *copy = malloc(sb->len);
	bool takes;

	if (copy == NULL || strbuf_failed(sb))
		return "out of memory";
	memcpy(copy, sb->buf, sb->len);
	takes = target_check(target, copy, sb->len, error);
	free(copy);
	strbuf_reset(sb);
	return takes ? "fine" : error;
}

static const char *
judge_text(enum target target, const char *body)
{
	struct strbuf sb;
	const char *verdict;

	strbuf_init(&sb, MAX);
	strbuf_adds(&sb, body);
	verdict = judge(target, &sb);
	strbuf_release(&sb);
	return verdict;
}

static void
repeat(struct strbuf *sb, const char *text, size_t n)
{
	for (size_t i = 0; i < n; i++)
		strbuf_adds(sb, text);
}

/* ${before}, then ${text} ${n} times, then ${after}, judged. */
static const char *
judge_repeated(enum target target, const char *before, const char *text, size_t n,
	const char *after)
{
	struct strbuf sb;
	const char *verdict;

	strbuf_init(&sb, MAX);
	strbuf_adds(&sb, before);
	repeat(&sb, text, n);
	strbuf_adds(&sb, after);
	verdict = judge(target, &sb);
	strbuf_release(&sb);
	return verdict;
}

/* The same for a body of ${len} bytes in all. */
static const char *
judge_length(enum target target, const char *before, size_t len, const char *after)
{
	return judge_repeated(target, before, "x", len - strlen(before) - strlen(after), after);
}

/* One character each, in every spelling: one to four bytes, escapes, a pair of surrogates. */
static const char *const characters[] = {"x", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\\n",
	"\\u00e9", "\\ud83d\\ude00"};

static void
test_find(void)
{
	EXPECT(target_find("github", 6) == TARGET_GITHUB);
	EXPECT(target_find("slack", 5) == TARGET_SLACK);
	EXPECT(target_find("teams", 5) == TARGET_TEAMS);
	EXPECT(target_find("Slack", 5) == TARGET_NONE);
	EXPECT(target_find("slac", 4) == TARGET_NONE);
	EXPECT(target_find("slacks", 6) == TARGET_NONE);
	EXPECT(target_find("", 0) == TARGET_NONE);
	EXPECT(target_has_entities(TARGET_SLACK));
	EXPECT(!target_has_entities(TARGET_GITHUB));
	EXPECT(!target_has_entities(TARGET_TEAMS));
	EXPECT(!target_has_entities(TARGET_NONE));
}

static void
test_none(void)
{
	EXPECT_STR(judge_text(TARGET_NONE, "5"), "fine");
	EXPECT_STR(judge_length(TARGET_NONE, "\"", 100000, "\""), "fine");
}

static void
test_github_type(void)
{
	for (size_t i = 0; i < COUNT(characters); i++) {
		EXPECT_STR(judge_repeated(TARGET_GITHUB, "{\"event_type\":\"", characters[i], 100,
				   "\"}"),
			"fine");
		EXPECT_STR(judge_repeated(TARGET_GITHUB, "{\"event_type\":\"", characters[i], 101,
				   "\"}"),
			"github: characters in \"event_type\": 101, the limit is 100");
	}
	EXPECT_STR(judge_text(TARGET_GITHUB, "{\"event_type\":\"a\"}"), "fine");
	EXPECT_STR(judge_text(TARGET_GITHUB, "{\"event_type\":\"\"}"),
		"github: \"event_type\" is empty");
	EXPECT_STR(judge_text(TARGET_GITHUB, "{\"event_type\":5}"),
		"github: the body has no string \"event_type\"");
	EXPECT_STR(judge_text(TARGET_GITHUB, "{}"),
		"github: the body has no string \"event_type\"");
	EXPECT_STR(judge_text(TARGET_GITHUB, "\"a\""),
		"github: the body has no string \"event_type\"");
	EXPECT_STR(judge_text(TARGET_GITHUB, "[{\"event_type\":\"a\"}]"),
		"github: the body has no string \"event_type\"");
	/* a receiver's JSON parser takes the last of two */
	EXPECT_STR(judge_text(TARGET_GITHUB, "{\"event_type\":\"a\",\"event\\u005ftype\":\"\"}"),
		"github: \"event_type\" is empty");
}

static void
test_github_payload(void)
{
	static const char before[] = "{\"event_type\":\"a\",\"client_payload\":{";

	EXPECT_STR(judge_repeated(TARGET_GITHUB, before, "\"a\":[1,2],", 9, "\"b\":{}}}"), "fine");
	EXPECT_STR(judge_repeated(TARGET_GITHUB, before, "\"a\":[1,2],", 10, "\"b\":{}}}"),
		"github: top-level members of \"client_payload\": 11, the limit is 10");
	/* only the top level counts */
	EXPECT_STR(judge_repeated(TARGET_GITHUB,
			   "{\"event_type\":\"a\",\"client_payload\":{\"x\":{", "\"a\":1,", 20,
			   "\"b\":2}}}"),
		"fine");
	EXPECT_STR(judge_text(TARGET_GITHUB, "{\"event_type\":\"a\",\"client_payload\":{}}"),
		"fine");
	EXPECT_STR(judge_text(TARGET_GITHUB, "{\"event_type\":\"a\",\"client_payload\":[1]}"),
		"github: \"client_payload\" is an array, not an object");
	EXPECT_STR(judge_text(TARGET_GITHUB, "{\"event_type\":\"a\",\"client_payload\":null}"),
		"github: \"client_payload\" is null, not an object");
}

static void
test_github_bytes(void)
{
	static const char before[] = "{\"event_type\":\"a\",\"client_payload\":{\"a\":\"",
			  after[] = "\"}}";

	EXPECT_STR(judge_length(TARGET_GITHUB, before, 65535, after), "fine");
	EXPECT_STR(judge_length(TARGET_GITHUB, before, 65536, after),
		"github: bytes: 65536, the limit is 65535");
}

static void
test_slack_blocks(void)
{
	static const char block[] = ",{\"type\":\"divider\"}";

	EXPECT_STR(judge_repeated(TARGET_SLACK, "{\"blocks\":[{}", block, 49, "]}"), "fine");
	EXPECT_STR(judge_repeated(TARGET_SLACK, "{\"blocks\":[{}", block, 50, "]}"),
		"slack: blocks: 51, the limit is 50");
	EXPECT_STR(
		judge_text(TARGET_SLACK, "{\"blocks\":[1,null,\"a\",[],{\"type\":\"section\"}]}"),
		"fine");
	EXPECT_STR(judge_text(TARGET_SLACK, "{\"blocks\":5}"), "fine");
	EXPECT_STR(judge_text(TARGET_SLACK, "5"), "fine");
}

static void
test_slack_section(void)
{
	static const char section[] =
		"{\"blocks\":[{\"type\":\"divider\"},{\"text\":{\"type\":\"mrkdwn\",\"text\":\"";
	static const char header[] = "{\"blocks\":[{\"type\":\"header\",\"text\":{\"text\":\"";

	for (size_t i = 0; i < COUNT(characters); i++) {
		EXPECT_STR(judge_repeated(TARGET_SLACK, section, characters[i], 3000,
				   "\"},\"type\":\"section\"}]}"),
			"fine");
		EXPECT_STR(judge_repeated(TARGET_SLACK, section, characters[i], 3001,
				   "\"},\"type\":\"section\"}]}"),
			"slack: characters in a section's text: 3001, the limit is 3000");
	}
	EXPECT_STR(judge_repeated(TARGET_SLACK, header, "x", 3001, "\"}}]}"), "fine");
}

static void
test_slack_text(void)
{
	for (size_t i = 0; i < COUNT(characters); i++) {
		EXPECT_STR(
			judge_repeated(TARGET_SLACK, "{\"text\":\"", characters[i], 40000, "\"}"),
			"fine");
		EXPECT_STR(
			judge_repeated(TARGET_SLACK, "{\"text\":\"", characters[i], 40001, "\"}"),
			"slack: characters in \"text\": 40001, the limit is 40000");
	}
}

static void
test_teams_bytes(void)
{
	EXPECT_STR(judge_length(TARGET_TEAMS, "{\"text\":\"", 28672, "\"}"), "fine");
	EXPECT_STR(judge_length(TARGET_TEAMS, "{\"text\":\"", 28673, "\"}"),
		"teams: bytes: 28673, the limit is 28672");
	/* bytes, not characters */
	EXPECT_STR(judge_repeated(TARGET_TEAMS, "{\"text\":\"", "\xc3\xa9", 14336, "\"}"),
		"teams: bytes: 28683, the limit is 28672");
}

int
main(void)
{
	RUN(test_find, "target: names, and who wants entities");
	RUN(test_none, "target: none has no limits");
	RUN(test_github_type, "target: GitHub's event_type, 1 to 100 characters");
	RUN(test_github_payload, "target: GitHub's client_payload, an object of 10 members");
	RUN(test_github_bytes, "target: GitHub, under 64 KiB");
	RUN(test_slack_blocks, "target: Slack, 50 blocks");
	RUN(test_slack_section, "target: Slack, 3,000 characters a section");
	RUN(test_slack_text, "target: Slack, 40,000 characters of text");
	RUN(test_teams_bytes, "target: Teams, 28 KiB");
	UNIT_DONE();
}
