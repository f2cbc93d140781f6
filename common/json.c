#include "json.h"

#include "json_run.h"
#include "utf8.h"

static const char end_of_text[] = "unexpected end of JSON text";
static const char too_deep[] = "nested deeper than 512 levels";

void
json_init(struct json *js, const char *text, size_t len)
{
	js->start = js->p = text;
	js->end = text + len;
	js->error = NULL;
	js->error_at = 0;
	js->depth = 0;
	js->first = true;
}

void
json_init_within(struct json *js, const char *text, size_t len, unsigned levels)
{
	json_init(js, text, len);
	js->depth = levels;
}

bool
json_fail(struct json *js, const char *at, const char *message)
{
	if (js->error == NULL) {
		js->error = message;
		js->error_at = (size_t)(at - js->start);
		js->end = js->p; /* every later call finds the end of the text at once */
	}
	return false;
}

static inline const char *
skip_space(const char *p, const char *end)
{
	while (p < end && (*p == ' ' || *p == '\t' || *p == '\n' || *p == '\r'))
		p++;
	return p;
}

static bool
is_hex4(const char *p)
{
	for (int i = 0; i < 4; i++) {
		char c = p[i];

		if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')))
			return false;
	}
	return true;
}

/* Past one escape sequence at ${p}, or NULL with the error set. */
static const char *
skip_escape(struct json *js, const char *p, const char *end)
{
	if (end - p < 2) {
		json_fail(js, end, end_of_text);
		return NULL;
	}
	switch (p[1]) {
	case '"':
	case '\\':
	case '/':
	case 'b':
	case 'f':
	case 'n':
	case 'r':
	case 't':
		return p + 2;
	case 'u':
		if (end - p >= 6 && is_hex4(p + 2))
			return p + 6;
		json_fail(js, p, "\\u without four hexadecimal digits");
		return NULL;
	default:
		json_fail(js, p, "unknown escape sequence");
		return NULL;
	}
}

/*
 * Past the string whose opening quote is at ${p}, or NULL with the error set.
 * ${escaped} may be NULL.
 */
static inline const char *
skip_string(struct json *js, const char *p, const char *end, bool *escaped)
{
	uint32_t code;
	size_t n;

	for (p++;;) {
		p = json_run(p, end);
		if (p >= end) {
			json_fail(js, end, "string without closing quote");
			return NULL;
		}
		if (*p == '"')
			return p + 1;
		if (*p == '\\') {
			if (escaped != NULL)
				*escaped = true;
			if ((p = skip_escape(js, p, end)) == NULL)
				return NULL;
		} else if ((n = utf8_decode((const unsigned char *)p, (size_t)(end - p), &code)) >
			   1) {
			p += n;
		} else {
			json_fail(js, p,
				(unsigned char)*p < 0x20 ? "control character in string"
							 : "not UTF-8");
			return NULL;
		}
	}
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static const char *
skip_number(struct json *js, const char *p, const char *end)
{
	const char *at = p;

	if (*p == '-')
		p++;
	if (p >= end || !is_digit(*p))
		goto bad;
	if (*p == '0') {
		p++;
		if (p < end && is_digit(*p)) {
			json_fail(js, at, "number with a leading zero");
			return NULL;
		}
	} else {
		while (p < end && is_digit(*p))
			p++;
	}
	if (p < end && *p == '.') {
		p++;
		if (p >= end || !is_digit(*p))
			goto bad;
		while (p < end && is_digit(*p))
			p++;
	}
	if (p < end && (*p == 'e' || *p == 'E')) {
		p++;
		if (p < end && (*p == '+' || *p == '-'))
			p++;
		if (p >= end || !is_digit(*p))
			goto bad;
		while (p < end && is_digit(*p))
			p++;
	}
	return p;
bad:
	json_fail(js, at, "malformed number");
	return NULL;
}

static const char *
skip_word(struct json *js, const char *p, const char *end, const char *word, size_t len)
{
	if ((size_t)(end - p) >= len && memcmp(p, word, len) == 0)
		return p + len;
	json_fail(js, p, "not a JSON value");
	return NULL;
}

/* Past the scalar at ${p}. Not for containers. */
static inline const char *
skip_scalar(struct json *js, const char *p, const char *end, struct json_span *value)
{
	const char *at = p;
	bool escaped = false;
	enum json_type type;

	switch (*p) {
	case '"':
		if ((p = skip_string(js, p, end, &escaped)) != NULL && value != NULL)
			*value = (struct json_span){at + 1, (size_t)(p - at) - 2, JSON_STRING,
				escaped};
		return p;
	case 't':
		type = JSON_TRUE;
		p = skip_word(js, p, end, "true", 4);
		break;
	case 'f':
		type = JSON_FALSE;
		p = skip_word(js, p, end, "false", 5);
		break;
	case 'n':
		type = JSON_NULL;
		p = skip_word(js, p, end, "null", 4);
		break;
	default:
		type = JSON_NUMBER;
		if (*p != '-' && !is_digit(*p)) {
			json_fail(js, p, "not a JSON value");
			return NULL;
		}
		p = skip_number(js, p, end);
	}
	if (p != NULL && value != NULL)
		*value = (struct json_span){at, (size_t)(p - at), type, false};
	return p;
}

static inline bool
push(struct json *js, const char *p, bool is_array)
{
	uint64_t bit = (uint64_t)1 << (js->depth & 63);

	if (js->depth >= JSON_DEPTH_MAX)
		return json_fail(js, p, too_deep);
	if (is_array)
		js->arrays[js->depth >> 6] |= bit;
	else
		js->arrays[js->depth >> 6] &= ~bit;
	js->depth++;
	return true;
}

static inline bool
in_array(const struct json *js)
{
	return js->arrays[(js->depth - 1) >> 6] >> ((js->depth - 1) & 63) & 1;
}

/* Past a member's name and colon; ${p} is at what should be its opening quote. */
static inline const char *
skip_name(struct json *js, const char *p, const char *end, struct json_span *key)
{
	const char *at = p;
	bool escaped = false;

	if (p >= end || *p != '"') {
		json_fail(js, p, p >= end ? end_of_text : "expected a member name in quotes");
		return NULL;
	}
	if ((p = skip_string(js, p, end, &escaped)) == NULL)
		return NULL;
	if (key != NULL)
		*key = (struct json_span){at + 1, (size_t)(p - at) - 2, JSON_STRING, escaped};
	p = skip_space(p, end);
	if (p >= end || *p != ':') {
		json_fail(js, p, p >= end ? end_of_text : "expected ':'");
		return NULL;
	}
	return skip_space(p + 1, end);
}

/*
 * Past the container at ${p} and all that is in it. An explicit stack of bits, since a line from a
 * stranger must not choose how deep this program recurses.
 */
static const char *
skip_container(struct json *js, const char *p, const char *end)
{
	const unsigned base = js->depth;

open:
	if (!push(js, p, *p == '['))
		return NULL;
	p = skip_space(p + 1, end);
	if (p < end && *p == (in_array(js) ? ']' : '}'))
		goto close;
next:
	if (!in_array(js) && (p = skip_name(js, p, end, NULL)) == NULL)
		return NULL;
	if (p >= end)
		goto short_text;
	if (*p == '{' || *p == '[')
		goto open;
	if ((p = skip_scalar(js, p, end, NULL)) == NULL)
		return NULL;
after:
	p = skip_space(p, end);
	if (p >= end)
		goto short_text;
	if (*p == ',') {
		p = skip_space(p + 1, end);
		goto next;
	}
	if (*p != (in_array(js) ? ']' : '}')) {
		json_fail(js, p, in_array(js) ? "expected ',' or ']'" : "expected ',' or '}'");
		return NULL;
	}
close:
	p++;
	if (--js->depth > base)
		goto after;
	return p;
short_text:
	json_fail(js, end, end_of_text);
	return NULL;
}

enum json_type
json_peek(struct json *js)
{
	js->p = skip_space(js->p, js->end);
	if (js->p >= js->end) {
		json_fail(js, js->p, end_of_text);
		return JSON_NONE;
	}
	switch (*js->p) {
	case '{':
		return JSON_OBJECT;
	case '[':
		return JSON_ARRAY;
	case '"':
		return JSON_STRING;
	case 't':
		return JSON_TRUE;
	case 'f':
		return JSON_FALSE;
	case 'n':
		return JSON_NULL;
	default:
		if (*js->p == '-' || is_digit(*js->p))
			return JSON_NUMBER;
		json_fail(js, js->p, "not a JSON value");
		return JSON_NONE;
	}
}

static bool
open_container(struct json *js, enum json_type type, const char *otherwise)
{
	enum json_type found = json_peek(js);

	if (found != type)
		return found != JSON_NONE && json_fail(js, js->p, otherwise);
	if (!push(js, js->p, type == JSON_ARRAY))
		return false;
	js->p++;
	js->first = true;
	return true;
}

bool
json_open_object(struct json *js)
{
	return open_container(js, JSON_OBJECT, "not a JSON object");
}

bool
json_open_array(struct json *js)
{
	return open_container(js, JSON_ARRAY, "not a JSON array");
}

/* Whether the open container goes on; leaves js->p at the first byte of what comes. */
static inline bool
goes_on(struct json *js, char closing, const char *otherwise)
{
	const char *p = skip_space(js->p, js->end);

	if (p >= js->end)
		return json_fail(js, p, end_of_text);
	if (*p == closing) {
		js->p = p + 1;
		js->depth--;
		js->first = false;
		return false;
	}
	if (!js->first) {
		if (*p != ',')
			return json_fail(js, p, otherwise);
		p = skip_space(p + 1, js->end);
	}
	js->p = p;
	js->first = false;
	return true;
}

bool
json_next_member(struct json *js, struct json_span *key)
{
	const char *p;

	if (!goes_on(js, '}', "expected ',' or '}'"))
		return false;
	if ((p = skip_name(js, js->p, js->end, key)) == NULL)
		return false;
	js->p = p;
	return true;
}

bool
json_next_item(struct json *js)
{
	return goes_on(js, ']', "expected ',' or ']'");
}

bool
json_value(struct json *js, struct json_span *value)
{
	const char *at = skip_space(js->p, js->end), *p;

	if (at >= js->end)
		return json_fail(js, at, end_of_text);
	if (*at == '{' || *at == '[') {
		if ((p = skip_container(js, at, js->end)) == NULL)
			return false;
		if (value != NULL)
			*value = (struct json_span){at, (size_t)(p - at),
				*at == '{' ? JSON_OBJECT : JSON_ARRAY, false};
	} else if ((p = skip_scalar(js, at, js->end, value)) == NULL) {
		return false;
	}
	js->p = p;
	js->first = false;
	return true;
}

bool
json_end(struct json *js)
{
	if (js->error != NULL)
		return false;
	js->p = skip_space(js->p, js->end);
	if (js->p != js->end)
		return json_fail(js, js->p, "more after the JSON value");
	return true;
}

bool
json_validate(const char *text, size_t len, const char **error, size_t *error_at)
{
	struct json js;

	json_init(&js, text, len);
	json_value(&js, NULL);
	if (json_end(&js))
		return true;
	*error = js.error;
	*error_at = js.error_at;
	return false;
}

const char *
json_type_name(enum json_type type)
{
	switch (type) {
	case JSON_NONE:
		return "nothing";
	case JSON_NULL:
		return "null";
	case JSON_FALSE:
		return "false";
	case JSON_TRUE:
		return "true";
	case JSON_NUMBER:
		return "a number";
	case JSON_STRING:
		return "a string";
	case JSON_OBJECT:
		return "an object";
	case JSON_ARRAY:
		return "an array";
	}
	return "nothing";
}
