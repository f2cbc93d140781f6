#include "target.h"

#include <stdio.h>
#include <string.h>

#include "json.h"
#include "json_find.h"
#include "json_text.h"

#define GITHUB_TYPE_CHARS 100
#define GITHUB_PROPERTIES 10
#define GITHUB_BYTES 65536 /* less than */
#define SLACK_BLOCKS 50
#define SLACK_SECTION_CHARS 3000
#define SLACK_TEXT_CHARS 40000
#define TEAMS_BYTES (28 * 1024)

enum target
target_find(const char *name, size_t len)
{
	static const char *const names[] = {"github", "slack", "teams"};

	for (int i = 0; i < 3; i++)
		if (strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return (enum target)i;
	return TARGET_NONE;
}

bool
target_has_entities(enum target target)
{
	return target == TARGET_SLACK;
}

static size_t
count_chars(const struct json_span *string)
{
	const char *p = string->p, *end = p + string->len;
	size_t n = 0;

	for (; p < end; n++)
		p += json_char_at(p, end).len;
	return n;
}

static size_t
count_members(const struct json_span *object)
{
	struct json_span key;
	struct json js;
	size_t n = 0;

	json_init(&js, object->p, object->len);
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, NULL))
		n++;
	return n;
}

static bool
refuse(char error[TARGET_ERROR_MAX], const char *what, size_t got, size_t limit)
{
	snprintf(error, TARGET_ERROR_MAX, "%s: %zu, the limit is %zu", what, got, limit);
	return false;
}

static bool
check_github(const struct json_span *body, char error[TARGET_ERROR_MAX])
{
	struct json_span type = json_find(body, "event_type"),
			 payload = json_find(body, "client_payload");
	size_t n;

	if (type.type != JSON_STRING) {
		snprintf(error, TARGET_ERROR_MAX, "github: the body has no string \"event_type\"");
		return false;
	}
	if ((n = count_chars(&type)) == 0) {
		snprintf(error, TARGET_ERROR_MAX, "github: \"event_type\" is empty");
		return false;
	}
	if (n > GITHUB_TYPE_CHARS)
		return refuse(error, "github: characters in \"event_type\"", n, GITHUB_TYPE_CHARS);
	if (payload.type != JSON_NONE && payload.type != JSON_OBJECT) {
		snprintf(error, TARGET_ERROR_MAX, "github: \"client_payload\" is %s, not an object",
			json_type_name(payload.type));
		return false;
	}
	if (payload.type == JSON_OBJECT && (n = count_members(&payload)) > GITHUB_PROPERTIES)
		return refuse(error, "github: top-level members of \"client_payload\"", n,
			GITHUB_PROPERTIES);
	if (body->len >= GITHUB_BYTES)
		return refuse(error, "github: bytes", body->len, GITHUB_BYTES - 1);
	return true;
}

static bool
check_slack(const struct json_span *body, char error[TARGET_ERROR_MAX])
{
	struct json_span text = json_find(body, "text"), blocks = json_find(body, "blocks"), block;
	size_t n, nblocks = 0;
	struct json js;

	if (text.type == JSON_STRING && (n = count_chars(&text)) > SLACK_TEXT_CHARS)
		return refuse(error, "slack: characters in \"text\"", n, SLACK_TEXT_CHARS);
	if (blocks.type != JSON_ARRAY)
		return true;
	json_init(&js, blocks.p, blocks.len);
	json_open_array(&js);
	while (json_next_item(&js) && json_value(&js, &block)) {
		struct json_span type = json_find(&block, "type"),
				 section = json_find(&block, "text");

		nblocks++;
		if (!json_equal(&type, "section", 7))
			continue;
		section = json_find(&section, "text");
		if (section.type == JSON_STRING &&
			(n = count_chars(&section)) > SLACK_SECTION_CHARS)
			return refuse(error, "slack: characters in a section's text", n,
				SLACK_SECTION_CHARS);
	}
	if (nblocks > SLACK_BLOCKS)
		return refuse(error, "slack: blocks", nblocks, SLACK_BLOCKS);
	return true;
}

bool
target_check(enum target target, const char *body, size_t len, char error[TARGET_ERROR_MAX])
{
	struct json_span span = {body, len, JSON_NONE, false};
	struct json js;

	json_init(&js, body, len);
	if (target == TARGET_NONE || !json_value(&js, &span))
		return true;
	span.len = len;
	if (target == TARGET_GITHUB)
		return check_github(&span, error);
	if (target == TARGET_SLACK)
		return check_slack(&span, error);
	if (len > TEAMS_BYTES)
		return refuse(error, "teams: bytes", len, TEAMS_BYTES);
	return true;
}
