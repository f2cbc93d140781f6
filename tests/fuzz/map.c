/*
 * map - what a program made of a document: references are expanded to what is JSON again, and an
 * event of it is a line that reads the same when it is made once more, here or of a document with
 * other white space.
 *
 * The document, a NUL, and a line of the program's output.
 */
#include <string.h>

#include "event.h"
#include "fuzz.h"
#include "json_text.h"
#include "map_event.h"
#include "verbatim.h"

#define MARK "wb:0"
#define BYTES_MAX ((size_t)64 * 1024 * 1024)

static bool
is_json(const char *text, size_t len)
{
	const char *why;
	size_t at;

	return json_validate(text, len, &why, &at);
}

/* Whether ${text} is JSON, as far as anything is that is nested too deep. */
static bool
may_be_json(const char *text, size_t len)
{
	const char *why;
	size_t at;

	return json_validate(text, len, &why, &at) || strstr(why, "nested deeper") != NULL;
}

/* The event of ${text} once more is the same ${line}. */
static void
check_again(const struct strbuf *line, const char *text, size_t len, const struct map_document *doc)
{
	char error[MAP_EVENT_ERROR_MAX];
	struct strbuf again;

	strbuf_init(&again, BYTES_MAX);
	REQUIRE(map_event_add(&again, text, len, doc, 1, error) == 0);
	REQUIRE(again.len == line->len && memcmp(again.buf, line->buf, line->len) == 0);
	strbuf_release(&again);
}

static void
check_event(const struct strbuf *line)
{
	struct event event;
	struct json js;

	REQUIRE(line->len > 2 && memchr(line->buf, '\n', line->len) == line->buf + line->len - 1);
	json_init(&js, line->buf, line->len);
	REQUIRE(event_read(&js, &event) && json_end(&js));
	REQUIRE(event.member[EVENT_ID].len > 0);
	REQUIRE(event_type_find(event.member[EVENT_TYPE].p, event.member[EVENT_TYPE].len) >= 0);
}

static void
make_event(const struct strbuf *text, const struct map_document *doc)
{
	char error[MAP_EVENT_ERROR_MAX] = "";
	struct map_document other = *doc;
	struct strbuf line, dense;

	strbuf_init(&line, BYTES_MAX);
	strbuf_init(&dense, BYTES_MAX);
	if (map_event_add(&line, text->buf, text->len, doc, 1, error) == 0) {
		check_event(&line);
		check_again(&line, text->buf, text->len, doc);
		check_again(&line, line.buf, line.len - 1, doc);
		json_compact(&dense, doc->p, doc->len);
		other.p = dense.buf;
		other.len = dense.len;
		check_again(&line, text->buf, text->len, &other);
	} else {
		REQUIRE(error[0] != '\0');
	}
	strbuf_release(&line);
	strbuf_release(&dense);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	const char *document = (const char *)data, *text = memchr(data, '\0', size);
	const struct map_document doc = {document, text != NULL ? (size_t)(text - document) : 0,
		"fuzz"};
	char error[VERBATIM_ERROR_MAX] = "";
	struct strbuf out;
	size_t len;

	if (text == NULL || document[0] != '{' || !is_json(document, doc.len))
		return 0;
	len = size - doc.len - 1;
	text++;
	if (memchr(text, '\n', len) != NULL)
		return 0;
	strbuf_init(&out, BYTES_MAX);
	if (verbatim_expand(&out, text, len, MARK, document, doc.len, error) == 0) {
		REQUIRE(!strbuf_failed(&out));
		REQUIRE(!is_json(text, len) || may_be_json(out.buf, out.len));
		if (out.len > 0)
			make_event(&out, &doc);
	} else {
		REQUIRE(error[0] != '\0');
	}
	strbuf_release(&out);
	return 0;
}
