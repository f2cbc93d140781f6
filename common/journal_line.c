#include "journal_line.h"

#include <string.h>

#include "json.h"
#include "json_text.h"
#include "timestamp.h"

#define LAST_MS 253402300799999 /* 9999-12-31T23:59:59.999Z */
#define AT_LEN 24               /* bytes of a time as we write it */

static const char head[] = "{\"delivery_id\":\"";
static const char middle[] = "\",\"status\":\"finished\",\"at\":\"";
static const char before_status[] = "\",\"status\":\"", before_at[] = "\",\"at\":\"";

#define HEAD_LEN (sizeof(head) - 1)
#define MIDDLE_LEN (sizeof(middle) - 1)
#define FIXED_LEN (HEAD_LEN + MIDDLE_LEN + AT_LEN + 2) /* all but the id */

_Static_assert(FIXED_LEN + JOURNAL_ID_MAX + 1 <= JOURNAL_SHORT_MAX, "a line must fit");

/* clang-format off */
static const unsigned char id_chars[256] = {
	['-'] = 1, ['_'] = 1,
	['0'] = 1, ['1'] = 1, ['2'] = 1, ['3'] = 1, ['4'] = 1, ['5'] = 1, ['6'] = 1, ['7'] = 1,
	['8'] = 1, ['9'] = 1,
	['A'] = 1, ['B'] = 1, ['C'] = 1, ['D'] = 1, ['E'] = 1, ['F'] = 1, ['G'] = 1, ['H'] = 1,
	['I'] = 1, ['J'] = 1, ['K'] = 1, ['L'] = 1, ['M'] = 1, ['N'] = 1, ['O'] = 1, ['P'] = 1,
	['Q'] = 1, ['R'] = 1, ['S'] = 1, ['T'] = 1, ['U'] = 1, ['V'] = 1, ['W'] = 1, ['X'] = 1,
	['Y'] = 1, ['Z'] = 1,
	['a'] = 1, ['b'] = 1, ['c'] = 1, ['d'] = 1, ['e'] = 1, ['f'] = 1, ['g'] = 1, ['h'] = 1,
	['i'] = 1, ['j'] = 1, ['k'] = 1, ['l'] = 1, ['m'] = 1, ['n'] = 1, ['o'] = 1, ['p'] = 1,
	['q'] = 1, ['r'] = 1, ['s'] = 1, ['t'] = 1, ['u'] = 1, ['v'] = 1, ['w'] = 1, ['x'] = 1,
	['y'] = 1, ['z'] = 1,
};
/* clang-format on */

bool
journal_id_is_valid(const char *id, size_t len)
{
	unsigned all = 1;

	/* Without a branch a character: random ones cannot be foreseen. */
	for (size_t i = 0; i < len; i++)
		all &= id_chars[(unsigned char)id[i]];
	return all != 0 && len >= 1 && len <= JOURNAL_ID_MAX;
}

/*
 * A line of a finished delivery as it is made here: most are, and what it says beside only has to
 * be JSON.
 */
static bool
read_own(struct journal_line *line, const char *text, size_t len)
{
	const char *quote, *at, *why;
	size_t where;

	if (len <= FIXED_LEN || memcmp(text, head, HEAD_LEN) != 0)
		return false;
	line->id = text + HEAD_LEN;
	quote = memchr(line->id, '"', len - FIXED_LEN + 1);
	if (quote == NULL || memcmp(quote, middle, MIDDLE_LEN) != 0)
		return false;
	line->id_len = (size_t)(quote - line->id);
	at = quote + MIDDLE_LEN;
	if (!journal_id_is_valid(line->id, line->id_len) || at[AT_LEN] != '"' ||
		timestamp_parse(at, AT_LEN, &line->at_ms) != 0)
		return false;
	line->finished = line->has_at = true;
	line->attempted = false;
	if (len == FIXED_LEN + line->id_len)
		return text[len - 1] == '}';
	return at[AT_LEN + 1] == ',' && json_validate(text, len, &why, &where);
}

static bool
is(const struct json_span *key, const char *name)
{
	return json_equal(key, name, strlen(name));
}

static bool
read_string(struct json *js, struct json_span *string, const char *message)
{
	if (json_peek(js) != JSON_STRING)
		return json_fail(js, js->p, message);
	return json_value(js, string);
}

static void
read_id(struct json *js, struct journal_line *line)
{
	struct json_span id;

	if (!read_string(js, &id, "\"delivery_id\" is not a string"))
		return;
	if (!journal_id_is_valid(id.p, id.len))
		json_fail(js, id.p, "\"delivery_id\" is not 1 to 64 of [A-Za-z0-9_-]");
	line->id = id.p;
	line->id_len = id.len;
}

static void
read_at(struct json *js, struct journal_line *line)
{
	struct json_span at;

	if (!read_string(js, &at, "\"at\" is not a string"))
		return;
	if (timestamp_parse(at.p, at.len, &line->at_ms) != 0)
		json_fail(js, at.p, "\"at\" is no RFC 3339 time");
	line->has_at = true;
}

static bool
is_status(const struct json_span *status)
{
	static const char *const names[] = {"finished", "failed", "deferred", "skipped",
		"attempted"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (is(status, names[i]))
			return true;
	return false;
}

static void
read_object(struct json *js, struct journal_line *line)
{
	struct json_span key, status = {.type = JSON_NONE};

	if (!json_open_object(js))
		return;
	while (json_next_member(js, &key)) {
		if (is(&key, "delivery_id"))
			read_id(js, line);
		else if (is(&key, "status"))
			read_string(js, &status, "\"status\" is not a string");
		else if (is(&key, "at"))
			read_at(js, line);
		else
			json_value(js, NULL);
	}
	if (js->error != NULL)
		return;
	if (line->id == NULL)
		json_fail(js, js->p, "there is no \"delivery_id\"");
	else if (status.type == JSON_NONE)
		json_fail(js, js->p, "there is no \"status\"");
	else if (!is_status(&status))
		json_fail(js, status.p, "\"status\" is none that wb-send writes");
	line->finished = is(&status, "finished");
	line->failed = is(&status, "failed");
	line->attempted = is(&status, "attempted");
}

bool
journal_line_read(struct journal_line *line, const char *text, size_t len, const char **error,
	size_t *error_at)
{
	struct json js;

	if (read_own(line, text, len))
		return true;
	*line = (struct journal_line){0};
	json_init(&js, text, len);
	read_object(&js, line);
	if (json_end(&js))
		return true;
	*error = js.error;
	*error_at = js.error_at;
	return false;
}

bool
journal_line_is_old(const struct journal_line *line, int64_t keep_from_ms)
{
	return line->has_at && line->at_ms < keep_from_ms;
}

static char *
put(char *to, const char *from, size_t len)
{
	if (len > 0)
		memcpy(to, from, len);
	return to + len;
}

size_t
journal_line_make(char out[JOURNAL_LINE_MAX], const struct journal_entry *e)
{
	const int64_t ms = e->at_ms < 0 ? 0 : e->at_ms > LAST_MS ? LAST_MS : e->at_ms;
	char at[TIMESTAMP_MAX], *p = out;

	/* Always with a fraction, so that times sort as text. */
	timestamp_format_ms(ms, at);
	p = put(p, head, HEAD_LEN);
	p = put(p, e->id, e->id_len);
	p = put(p, before_status, sizeof(before_status) - 1);
	p = put(p, e->status, strlen(e->status));
	p = put(p, before_at, sizeof(before_at) - 1);
	p = put(p, at, AT_LEN);
	*p++ = '"';
	if (e->more_len <= JOURNAL_MORE_MAX)
		p = put(p, e->more, e->more_len);
	*p++ = '}';
	*p++ = '\n';
	return (size_t)(p - out);
}

bool
journal_line_may_begin(const char *text, size_t len)
{
	for (size_t i = 0; i < len && i < HEAD_LEN && text[i] != '\0'; i++)
		if (text[i] != head[i])
			return false;
	return true;
}
