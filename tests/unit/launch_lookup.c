/* launch_lookup - what is asked of queues and jobs, and what answers say. */
#include "launch_lookup.h"
#include "guard.h"
#include "unit.h"

static struct launch launch;

static struct json_span
string(const char *text)
{
	return (struct json_span){text, strlen(text), JSON_STRING, strchr(text, '\\') != NULL};
}

/* The variables, or "" if there is nothing to ask. */
static const char *
variables(enum launch_lookup kind)
{
	static char out[1024];
	struct strbuf sb;

	strbuf_init(&sb, sizeof(out) - 1);
	out[0] = '\0';
	if (launch_lookup_variables(&sb, kind, &launch))
		snprintf(out, sizeof(out), "%s", strbuf_str(&sb));
	strbuf_release(&sb);
	return out;
}

static const char *
job(const char *name)
{
	launch.member[LAUNCH_JOB] = string(name);
	return variables(LAUNCH_LOOKUP_JOB);
}

static void
asked(void)
{
	static const char *const wrong[] = {"a", "a/b", "/b/c", "a//c", "a/b/", "a/b/c/d", "//"};
	static const char queue[] = "\"g\\u0070u\"";

	EXPECT_STR(job("a/b/c:v1"), "{\"entity\":\"a\",\"project\":\"b\",\"name\":\"c:v1\"}");
	EXPECT_STR(job("a/b/c"), "{\"entity\":\"a\",\"project\":\"b\",\"name\":\"c:latest\"}");
	EXPECT_STR(job("a\\/b/\\u0063"),
		"{\"entity\":\"a\",\"project\":\"b\",\"name\":\"c:latest\"}");
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		EXPECT_STR(job(wrong[i]), "");
	launch.member[LAUNCH_PROJECT] = string("acme/evals");
	launch.member[LAUNCH_QUEUE] =
		(struct json_span){queue + 1, sizeof(queue) - 3, JSON_STRING, true};
	EXPECT_STR(variables(LAUNCH_LOOKUP_QUEUE),
		"{\"entity\":\"acme\",\"project\":\"model-registry\",\"name\":\"g\\u0070u\"}");
	launch.member[LAUNCH_QUEUE_ENTITY] = string("ops");
	EXPECT_STR(variables(LAUNCH_LOOKUP_PRIORITIES),
		"{\"entity\":\"ops\",\"project\":\"model-registry\",\"name\":\"g\\u0070u\"}");
}

static char error[LAUNCH_LOOKUP_ERROR_MAX];

static enum launch_lookup_result
reads(enum launch_lookup kind, const char *text)
{
	const size_t len = strlen(text);
	const struct json_span data = {guard_copy(text, len), len, JSON_OBJECT, false};

	return launch_lookup_read(kind, &data, error);
}

#define QUEUE(text) reads(LAUNCH_LOOKUP_QUEUE, "{\"project\":" text "}")
#define JOB(text) reads(LAUNCH_LOOKUP_JOB, "{\"project\":{\"artifact\":" text "}}")
#define PRIORITIES(mode)                                                                           \
	reads(LAUNCH_LOOKUP_PRIORITIES,                                                            \
		"{\"project\":{\"runQueue\":{\"id\":\"x\",\"prioritizationMode\":" mode "}}}")

static void
answered(void)
{
	EXPECT(QUEUE("{\"runQueue\":{\"id\":\"x\"}}") == LAUNCH_LOOKUP_FOUND);
	EXPECT(QUEUE("{\"runQueue\":null}") == LAUNCH_LOOKUP_MISSING);
	EXPECT(QUEUE("null") == LAUNCH_LOOKUP_MISSING);
	EXPECT(PRIORITIES("\"V0\"") == LAUNCH_LOOKUP_FOUND);
	EXPECT(PRIORITIES("\"DISABLED\"") == LAUNCH_LOOKUP_OTHER);
	EXPECT(JOB("{\"id\":\"x\",\"artifactType\":{\"name\":\"job\"}}") == LAUNCH_LOOKUP_FOUND);
	EXPECT(JOB("null") == LAUNCH_LOOKUP_MISSING);
	EXPECT(JOB("{\"id\":\"x\",\"artifactType\":{\"name\":\"model\"}}") == LAUNCH_LOOKUP_OTHER);
	EXPECT_STR(error, "model");
}

static void
unreadable(void)
{
	EXPECT(QUEUE("[]") == LAUNCH_LOOKUP_UNREADABLE);
	EXPECT(QUEUE("{\"runQueue\":{}}") == LAUNCH_LOOKUP_UNREADABLE);
	EXPECT(strstr(error, "data.project.runQueue") != NULL);
	EXPECT(PRIORITIES("1") == LAUNCH_LOOKUP_UNREADABLE);
	EXPECT(JOB("{\"id\":\"x\",\"artifactType\":null}") == LAUNCH_LOOKUP_UNREADABLE);
	EXPECT(reads(LAUNCH_LOOKUP_JOB, "{}") == LAUNCH_LOOKUP_UNREADABLE);
}

int
main(void)
{
	RUN(asked, "what is asked");
	RUN(answered, "what is answered");
	RUN(unreadable, "answers that are not as they must be");
	UNIT_DONE();
}
