/* jq_env - what looks at the environment, and what only has its name. */
#include <string.h>

#include "jq_env.h"
#include "unit.h"

static const char *
found(const char *program)
{
	const char *at = jq_env_at(program, strlen(program));

	return at != NULL ? at : "";
}

static void
environment(void)
{
	EXPECT_STR(found("env"), "env");
	EXPECT_STR(found("$ENV.HOME == \"x\""), "ENV.HOME == \"x\"");
	EXPECT_STR(found(".a | env | .b"), "env | .b");
	EXPECT_STR(found("{a: env}"), "env}");
	EXPECT_STR(found("{a: [1, env, 2]}"), "env, 2]}");
	EXPECT_STR(found("{a: f(1, env), b: 2}"), "env), b: 2}");
	EXPECT_STR(found("[((1)), env]"), "env]");
	EXPECT_STR(found("\"a \\(env) b\""), "env) b\"");
	EXPECT_STR(found("\"\\(\"\\((.a), env)\")\""), "env)\")\"");
	EXPECT_STR(found("# env\nenv"), "env");
}

static void
names(void)
{
	EXPECT_STR(found(".env"), "");
	EXPECT_STR(found("$env"), "");
	EXPECT_STR(found("@env"), "");
	EXPECT_STR(found("environment, xenv"), "");
	EXPECT_STR(found("\"env $ENV\""), "");
	EXPECT_STR(found("# env"), "");
	EXPECT_STR(found("{env}"), "");
	EXPECT_STR(found("{env: 1}"), "");
	EXPECT_STR(found("{env, a}"), "");
	EXPECT_STR(found("{a, env}"), "");
	EXPECT_STR(found("{a, env, b}"), "");
	EXPECT_STR(found("{a: (1), env, b: 2}"), "");
	EXPECT_STR(found(""), "");
	EXPECT_STR(found(")]}"), "");
}

int
main(void)
{
	RUN(environment, "env and $ENV, wherever they stand");
	RUN(names, "members, variables, keys, texts and comments of that name");
	UNIT_DONE();
}
