/*
 * json - the scanner: its two speeds agree, walking a text and skipping it agree, what it accepts
 * libjq accepts, and what json_text makes of strings is what libjq makes of them.
 */
#include <jq.h>
#include <string.h>

#include "fuzz.h"
#include "json.h"
#include "json_run.h"
#include "json_text.h"

#define STARTS 48 /* alignments, and lengths of the rest, that are tried */

static void
check_runs(const char *text, size_t len)
{
	const char *end = text + len;

	for (size_t i = 0; i <= len && i < STARTS; i++) {
		const char *p = text + i, *stop = p;

		while (stop < end && !json_run_ends((unsigned char)*stop))
			stop++;
		REQUIRE(json_run_swar(p, end) == stop);
		REQUIRE(json_run(p, end) == stop);
	}
}

/* What libjq makes of a text; it wants a NUL behind it for its messages. */
static jv
parse(const char *text, size_t len)
{
	char *copy = malloc(len + 1);
	jv value;

	REQUIRE(copy != NULL);
	memcpy(copy, text, len);
	copy[len] = '\0';
	value = jv_parse_sized(copy, (int)len);
	free(copy);
	return value;
}

/* Whether libjq accepted it. It may refuse, of what is JSON, deep nesting and lone surrogates. */
static bool
is_accepted(jv value)
{
	jv message;

	if (jv_is_valid(value))
		return true;
	message = jv_invalid_get_msg(jv_copy(value));
	REQUIRE(jv_get_kind(message) == JV_KIND_STRING);
	REQUIRE(strstr(jv_string_value(message), "Exceeds depth limit") != NULL ||
		strstr(jv_string_value(message), "surrogate pair") != NULL);
	jv_free(message);
	return false;
}

static void
check_string(const struct json_span *string)
{
	struct strbuf decoded, quoted;
	const char *bytes;
	jv value = parse(string->p - 1, string->len + 2);
	struct json_span again;
	struct json js;

	strbuf_init(&decoded, string->len + 1);
	strbuf_init(&quoted, string->len * 6 + 16);
	json_decode(&decoded, string);
	REQUIRE(!strbuf_failed(&decoded));
	bytes = decoded.buf != NULL ? decoded.buf : "";
	if (is_accepted(value)) {
		REQUIRE((size_t)jv_string_length_bytes(jv_copy(value)) == decoded.len);
		REQUIRE(memcmp(jv_string_value(value), bytes, decoded.len) == 0);
	}
	json_quote_bytes(&quoted, bytes, decoded.len);
	REQUIRE(!strbuf_failed(&quoted));
	json_init(&js, quoted.buf, quoted.len);
	REQUIRE(json_value(&js, &again) && json_end(&js) && again.type == JSON_STRING);
	REQUIRE(json_equal(&again, bytes, decoded.len));
	jv_free(value);
	strbuf_release(&decoded);
	strbuf_release(&quoted);
}

/* Read the next value member by member. Recursion is bounded by the scanner. */
static void
walk(struct json *js)
{
	struct json_span key, value;

	switch (json_peek(js)) {
	case JSON_OBJECT:
		json_open_object(js);
		while (json_next_member(js, &key)) {
			check_string(&key);
			walk(js);
		}
		break;
	case JSON_ARRAY:
		json_open_array(js);
		while (json_next_item(js))
			walk(js);
		break;
	default:
		if (json_value(js, &value) && value.type == JSON_STRING)
			check_string(&value);
	}
}

static void
check_accepted(const char *text, size_t len)
{
	jv value = parse(text, len), again;
	struct strbuf compact, twice;
	const char *error;
	size_t at;

	strbuf_init(&compact, len);
	strbuf_init(&twice, len);
	json_compact(&compact, text, len);
	REQUIRE(!strbuf_failed(&compact));
	REQUIRE(json_validate(compact.buf, compact.len, &error, &at));
	json_compact(&twice, compact.buf, compact.len);
	REQUIRE(twice.len == compact.len && memcmp(twice.buf, compact.buf, compact.len) == 0);
	again = parse(compact.buf, compact.len);
	REQUIRE(is_accepted(value) == is_accepted(again));
	if (jv_is_valid(value))
		REQUIRE(jv_equal(jv_copy(value), jv_copy(again)));
	jv_free(value);
	jv_free(again);
	strbuf_release(&compact);
	strbuf_release(&twice);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *error = NULL;
	size_t at = 0;
	bool accepted = json_validate(text, size, &error, &at);
	struct json js;

	check_runs(text, size);
	REQUIRE(accepted == (error == NULL) && at <= size);
	json_init(&js, text, size);
	walk(&js);
	REQUIRE(json_end(&js) == accepted);
	if (accepted)
		check_accepted(text, size);
	else
		REQUIRE(js.error == error && js.error_at == at);
	return 0;
}
