/* statuses - lists of statuses, and what is none. */
#include "statuses.h"
#include "guard.h"
#include "unit.h"

static struct json_span
value_of(const char *text)
{
	struct json_span value = {.type = JSON_NONE};
	struct json js;

	json_init(&js, guard_copy(text, strlen(text)), strlen(text));
	json_value(&js, &value);
	return value;
}

static bool
checks(const char *text)
{
	const struct json_span value = value_of(text);

	return statuses_check(&value);
}

static bool
has(const char *text, long status)
{
	const struct json_span value = value_of(text);

	return statuses_has(&value, status);
}

static void
lists(void)
{
	EXPECT(checks("409") && checks("300") && checks("599"));
	EXPECT(checks("[409]") && checks("[ 409 , 410 ]"));
	EXPECT(checks("[300,300,300,300,300,300,300,300,300,300,300,300,300,300,300,300]"));
	EXPECT(has("409", 409) && !has("409", 410) && !has("409", 40));
	EXPECT(has("[409, 410]", 410) && has("[409, 410]", 409) && !has("[409, 410]", 411));
}

static void
none(void)
{
	static const struct json_span absent = {.type = JSON_NONE};
	static const char *const wrong[] = {"299", "600", "200", "40", "4090", "409.0", "4e2",
		"-40", "\"409\"", "null", "{}", "[]", "[409,\"410\"]", "[[409]]", "[409,200]",
		"[300,300,300,300,300,300,300,300,300,300,300,300,300,300,300,300,300]"};

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		if (checks(wrong[i]))
			printf("# %s\n", wrong[i]);
		EXPECT(!checks(wrong[i]));
	}
	EXPECT(!statuses_has(&absent, 409) && !statuses_has(&absent, 0));
}

int
main(void)
{
	RUN(lists, "one, or a list");
	RUN(none, "what is none");
	UNIT_DONE();
}
