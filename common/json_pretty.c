#include "json_pretty.h"

#include "json.h"
#include "json_text.h"

static void
new_line(struct strbuf *sb, unsigned level)
{
	strbuf_addc(sb, '\n');
	for (; level > 0; level--)
		strbuf_lit(sb, "  ");
}

/* The value that comes next. Recursion is bounded by the scanner: JSON_DEPTH_MAX. */
static void
add_value(struct strbuf *sb, struct json *js, unsigned level)
{
	const enum json_type type = json_peek(js);
	const bool is_object = type == JSON_OBJECT;
	struct json_span span;
	bool first = true;

	if (type != JSON_OBJECT && type != JSON_ARRAY) {
		if (json_value(js, &span))
			json_raw(sb, &span);
		return;
	}
	strbuf_addc(sb, is_object ? '{' : '[');
	if (is_object ? !json_open_object(js) : !json_open_array(js))
		return;
	while (is_object ? json_next_member(js, &span) : json_next_item(js)) {
		if (!first)
			strbuf_addc(sb, ',');
		first = false;
		new_line(sb, level + 1);
		if (is_object) {
			json_raw(sb, &span);
			strbuf_lit(sb, ": ");
		}
		add_value(sb, js, level + 1);
	}
	if (!first)
		new_line(sb, level);
	strbuf_addc(sb, is_object ? '}' : ']');
}

void
json_pretty(struct strbuf *sb, const char *text, size_t len)
{
	struct json js;

	json_init(&js, text, len);
	add_value(sb, &js, 0);
	strbuf_addc(sb, '\n');
}
