#include "imported_payload.h"

#include <stdio.h>
#include <string.h>

#include "json_text.h"

#define LEVELS 4 /* of a configuration file around a payload */

/* What W&B has variables for; ours has more, which W&B would not replace. */
static const char *const variables[] = {"event_type", "event_author", "alias", "tag",
	"artifact_version", "artifact_version_string", "artifact_collection_name", "project_name",
	"entity_name"};

struct checker {
	const char *subject; /* of messages */
	bool is_fixed;       /* there must be no variables */
	const struct template_secrets *secrets;
	char *error;
	bool no_memory;
};

static bool
fail(struct checker *c, const char *what, const char *name, size_t len)
{
	snprintf(c->error, IMPORTED_PAYLOAD_ERROR_MAX, "%s %s%.*s", c->subject, what,
		(int)(len < 80 ? len : 80), name);
	return false;
}

static bool
is_variable(const struct checker *c, const char *name, size_t len)
{
	static const char metadata[] = "artifact_metadata.";

	if (len > sizeof(metadata) - 1 && memcmp(name, metadata, sizeof(metadata) - 1) == 0)
		return len < 5 || memcmp(name + len - 5, ":json", 5) != 0;
	if (len == 12 && memcmp(name, "ACCESS_TOKEN", 12) == 0)
		return c->secrets->access_token.type != JSON_NONE;
	for (size_t i = 0; i < sizeof(variables) / sizeof(variables[0]); i++)
		if (strlen(variables[i]) == len && memcmp(variables[i], name, len) == 0)
			return true;
	for (size_t i = 0; i < c->secrets->nrefs; i++)
		if (c->secrets->refs[i].len == len + 1 &&
			memcmp(c->secrets->refs[i].p + 1, name, len) == 0)
			return true;
	return false;
}

/* The variables in a string, decoded. */
static bool
check_text(struct checker *c, const char *p, size_t len)
{
	const char *start = p, *end = p + len, *close;

	while ((p = memmem(p, (size_t)(end - p), "${", 2)) != NULL) {
		if (c->is_fixed) {
			close = memchr(p, '}', (size_t)(end - p));
			if (close != NULL && is_variable(c, p + 2, (size_t)(close - p) - 2))
				return fail(c, "has a variable where there are none here: ", p,
					(size_t)(close + 1 - p));
			p += 2;
			continue;
		}
		if (p > start && p[-1] == '$')
			return fail(c, "has $${, which is ${ here", "", 0);
		if ((close = memchr(p, '}', (size_t)(end - p))) == NULL)
			return fail(c, "has ${ without }", "", 0);
		if (!is_variable(c, p + 2, (size_t)(close - p) - 2))
			return fail(c, "has a variable that is none of W&B's: ", p,
				(size_t)(close + 1 - p));
		p = close;
	}
	return true;
}

static bool
check_string(struct checker *c, const struct json_span *string)
{
	struct strbuf sb;
	bool ok;

	if (!string->escaped)
		return check_text(c, string->p, string->len);
	strbuf_init(&sb, string->len + 16);
	json_decode(&sb, string);
	c->no_memory |= strbuf_failed(&sb);
	ok = !c->no_memory && check_text(c, sb.len > 0 ? sb.buf : "", sb.len);
	strbuf_release(&sb);
	return ok;
}

/* All strings of the value that comes next. Recursion is bounded by the scanner. */
static bool
check_value(struct checker *c, struct json *js)
{
	struct json_span span;

	switch (json_peek(js)) {
	case JSON_OBJECT:
		json_open_object(js);
		while (json_next_member(js, &span))
			if (!check_string(c, &span) || !check_value(c, js))
				return false;
		break;
	case JSON_ARRAY:
		json_open_array(js);
		while (json_next_item(js))
			if (!check_value(c, js))
				return false;
		break;
	case JSON_STRING:
		return json_value(js, &span) && check_string(c, &span);
	default:
		json_value(js, NULL);
	}
	return js->error == NULL;
}

bool
imported_payload_check(const char *what, const struct text *payload,
	const struct template_secrets *secrets, char error[IMPORTED_PAYLOAD_ERROR_MAX])
{
	struct checker c = {.subject = what, .secrets = secrets, .error = error};
	struct template_error wrong;
	struct template *template;
	struct json js;

	error[0] = '\0';
	json_init_within(&js, payload->p, payload->len, LEVELS);
	if (!check_value(&c, &js) || !json_end(&js)) {
		if (error[0] == '\0' && !c.no_memory && !json_end(&js))
			snprintf(error, IMPORTED_PAYLOAD_ERROR_MAX, "%s is not JSON: byte %zu: %s",
				what, js.error_at + 1, js.error);
		return false;
	}
	/* Ours says no to what W&B may know another meaning of. */
	template = template_compile(payload->p, payload->len, secrets, &wrong);
	if (template == NULL && strcmp(wrong.message, "out of memory") != 0)
		snprintf(error, IMPORTED_PAYLOAD_ERROR_MAX, "%s: %s", what, wrong.message);
	template_free(template);
	return template != NULL;
}

bool
imported_payload_check_fixed(const char *what, const struct text *value,
	char error[IMPORTED_PAYLOAD_ERROR_MAX])
{
	const struct template_secrets none = {.refs = NULL};
	struct checker c = {.subject = what, .is_fixed = true, .secrets = &none, .error = error};
	struct json js;

	error[0] = '\0';
	json_init(&js, value->p, value->len);
	return check_value(&c, &js);
}
