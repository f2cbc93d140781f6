/*
 * json_differential - random texts, valid and changed, read by the scanner and by libjq: do they
 * accept the same, and read the same out of it?
 *
 * usage: json_differential [TEXTS [SEED]]
 */
#include <float.h>
#include <math.h>

#include "json_compare.h"
#include "json_generate.h"
#include "unit.h"

#define CHANGED 10 /* texts made of each valid one */
#define MEMBERS_MAX 16384

static unsigned long long texts = 10000, seed = 1;

/* A span as a text of its own, a string with its quotes. */
static void
reopen(struct json *js, const struct json_span *span)
{
	size_t quote = span->type == JSON_STRING;

	json_init(js, span->p - quote, span->len + 2 * quote);
}

static bool same_value(const struct json_span *span, jv value);

static bool
same_string(const struct json_span *span, jv value)
{
	struct strbuf text, other;
	bool same;

	strbuf_init(&text, GENERATE_MAX);
	strbuf_init(&other, GENERATE_MAX);
	json_decode(&text, span);
	portable_json_decode(&other, span);
	same = text.len == (size_t)jv_string_length_bytes(jv_copy(value)) &&
	       (text.len == 0 || memcmp(text.buf, jv_string_value(value), text.len) == 0) &&
	       other.len == text.len &&
	       (text.len == 0 || memcmp(text.buf, other.buf, text.len) == 0);
	/* json_equal holds a lone surrogate for equal to nothing, so it may not answer yes too
	 * often, nor no elsewhere */
	if (json_equal(span, jv_string_value(value), text.len) != same &&
		(text.len == 0 || memmem(text.buf, text.len, "\xef\xbf\xbd", 3) == NULL))
		same = false;
	strbuf_release(&text);
	strbuf_release(&other);
	return same;
}

static bool
same_number(const struct json_span *span, jv value)
{
	double got = jv_number_value(value), want;
	char *text = strndup(span->p, span->len);

	if (text == NULL)
		return false;
	want = strtod(text, NULL);
	free(text);
	/* beyond what a double holds, libjq's versions differ */
	return got == want ||
	       (fabs(want) >= DBL_MAX && fabs(got) >= DBL_MAX && (got > 0) == (want > 0));
}

static bool
same_array(const struct json_span *span, jv value)
{
	struct json_span item;
	struct json js;
	int n = 0;
	bool same = true;

	reopen(&js, span);
	json_open_array(&js);
	for (; same && json_next_item(&js) && json_value(&js, &item); n++)
		same = same_value(&item, jv_array_get(jv_copy(value), n));
	return same && json_end(&js) && n == jv_array_length(jv_copy(value));
}

/* The last one of duplicate members counts, as in libjq: names compare decoded. */
static bool
same_object(const struct json_span *span, jv value)
{
	struct json_span key, item;
	struct json js;
	jv last = jv_object();
	bool same = true;
	size_t n = 0;

	reopen(&js, span);
	json_open_object(&js);
	/* which member is the last of its name */
	for (; json_next_member(&js, &key) && json_value(&js, NULL) && n < MEMBERS_MAX; n++) {
		struct strbuf name;

		strbuf_init(&name, GENERATE_MAX);
		json_decode(&name, &key);
		last = jv_object_set(last,
			jv_string_sized(name.len == 0 ? "" : name.buf, (int)name.len),
			jv_number((double)n));
		strbuf_release(&name);
	}
	same = json_end(&js) && jv_object_length(jv_copy(last)) == jv_object_length(jv_copy(value));
	reopen(&js, span);
	json_open_object(&js);
	for (n = 0; same && json_next_member(&js, &key) && json_value(&js, &item); n++) {
		struct strbuf name;
		jv name_value;

		strbuf_init(&name, GENERATE_MAX);
		json_decode(&name, &key);
		name_value = jv_string_sized(name.len == 0 ? "" : name.buf, (int)name.len);
		if (jv_number_value(jv_object_get(jv_copy(last), jv_copy(name_value))) == (double)n)
			same = same_value(&item,
				jv_object_get(jv_copy(value), jv_copy(name_value)));
		jv_free(name_value);
		strbuf_release(&name);
	}
	jv_free(last);
	return same;
}

/* Whether ${span} is what ${value}, which this frees, says. */
static bool
same_value(const struct json_span *span, jv value)
{
	static const jv_kind kinds[] = {
		[JSON_NONE] = JV_KIND_INVALID,
		[JSON_NULL] = JV_KIND_NULL,
		[JSON_FALSE] = JV_KIND_FALSE,
		[JSON_TRUE] = JV_KIND_TRUE,
		[JSON_NUMBER] = JV_KIND_NUMBER,
		[JSON_STRING] = JV_KIND_STRING,
		[JSON_OBJECT] = JV_KIND_OBJECT,
		[JSON_ARRAY] = JV_KIND_ARRAY,
	};
	bool same = jv_get_kind(value) == kinds[span->type];

	if (same && span->type == JSON_STRING)
		same = same_string(span, value);
	else if (same && span->type == JSON_NUMBER)
		same = same_number(span, value);
	else if (same && span->type == JSON_ARRAY)
		same = same_array(span, value);
	else if (same && span->type == JSON_OBJECT)
		same = same_object(span, value);
	jv_free(value);
	return same;
}

/* Whether a text that the scanner accepts means the same to libjq, if that accepts it, too. */
static void
check_values(const char *text, size_t len)
{
	jv value = jv_parse_sized(text, (int)len);
	struct json_span span;
	struct json js;

	if (!jv_is_valid(value)) {
		jv_free(value);
		return;
	}
	json_init(&js, text, len);
	if (!json_value(&js, &span) || !same_value(&span, value))
		differs("libjq reads other values", text, len);
}

static void
valid_texts(void)
{
	unsigned long long bytes = 0;
	struct generated g;

	generate_init(&g);
	for (unsigned long long i = 0; i < texts; i++) {
		const struct strbuf *text = i % 2 ? &g.spaced : &g.compact;

		random_seed(seed << 32 | i);
		generate(&g);
		EXPECT(!strbuf_failed(text));
		if (!compare_only(text->buf, text->len))
			differs("a valid text is refused", text->buf, text->len);
		if (!g.lone_high && !jq_accepts(text->buf, text->len))
			differs("libjq refuses it", text->buf, text->len);
		check_values(text->buf, text->len);
		bytes += text->len;
	}
	printf("# %llu valid texts, %llu bytes, seed %llu\n", texts, bytes, seed);
	generate_release(&g);
}

static void
changed_texts(void)
{
	unsigned long long accepted = 0, n = 0;
	struct generated g;

	generate_init(&g);
	for (unsigned long long i = 0; i < texts * CHANGED; i++) {
		size_t changes;

		/* the text number i / CHANGED again, and other changes each time */
		random_seed(seed << 32 | i / CHANGED);
		generate(&g);
		random_seed(~(seed << 32 | i));
		changes = 1 + random_below(3);
		while (changes-- > 0)
			generate_change(&g.spaced);
		if (compare_only(g.spaced.buf, g.spaced.len)) {
			check_values(g.spaced.buf, g.spaced.len);
			accepted++;
		}
		n++;
	}
	printf("# %llu changed texts, of which %llu are still valid\n", n, accepted);
	/* or else the changes are too rough, or too gentle, to show anything */
	EXPECT(accepted > n / 50 && accepted < n - n / 5);
	generate_release(&g);
}

int
main(int argc, char **argv)
{
	if (argc > 1)
		texts = strtoull(argv[1], NULL, 10);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 10);
	RUN(valid_texts, "valid texts, as libjq reads them");
	RUN(changed_texts, "changed texts, as libjq reads or refuses them");
	UNIT_DONE();
}
