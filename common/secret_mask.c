#include "secret_mask.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "utf8.h"

/*
 * What is undone of a text: first the escapes of JSON, then those of HTML, then those of URLs.
 * Those of JSON up to three times: a body is JSON, an answer repeats it in a string, and a gateway
 * may do so with the answer.
 */
enum { UNDO_JSON = 1, UNDO_JSON_MAX = 3, UNDO_HTML = 4, UNDO_URL = 8, UNDO_ALL = 15 };

#define ENTITY_MAX 10 /* characters between & and ; */
#define ESCAPE_MAX 12 /* characters of an escape of JSON: two halves of a code point */

/* One character of a text, undone. */
struct piece {
	unsigned char bytes[4];
	size_t n;
	size_t len;  /* bytes that it takes in the text */
	bool is_cut; /* the text ends within an escape, of which this is the first byte */
};

/* What is looked for, and where. */
struct search {
	const struct secret_mask *const *masks;
	size_t n;
	const char *end;
	bool cut;
	unsigned kinds; /* of escapes that there may be, to be undone */
};

static struct piece piece_at(const char *p, const char *end, unsigned undo);

static struct piece
raw(const char *p)
{
	return (struct piece){{(unsigned char)*p}, 1, 1, false};
}

static struct piece
code_point(unsigned long code, size_t len, struct piece otherwise)
{
	struct piece piece = {{0}, 0, len, false};

	if (code == 0 || code > 0x10ffff || (code >= 0xd800 && code < 0xe000))
		return otherwise;
	piece.n = utf8_encode(piece.bytes, (uint32_t)code);
	return piece;
}

/* The beginning of an escape of JSON, which may itself be spelled with escapes. */
struct escape {
	char text[ESCAPE_MAX];
	size_t ends[ESCAPE_MAX]; /* of each character in the text that was read */
	size_t n;
	bool is_cut; /* the text ends here */
};

/* Read ${e} on, which begins at ${p}, with ${below} undone, until it has ${n} characters. */
static void
read_escape(struct escape *e, size_t n, const char *p, const char *end, unsigned below)
{
	while (e->n < n && !e->is_cut) {
		const size_t at = e->ends[e->n - 1];
		struct piece next = {.is_cut = true};

		if (p + at < end)
			next = piece_at(p + at, end, below);
		e->is_cut = next.is_cut;
		if (next.is_cut || next.n != 1)
			return;
		e->ends[e->n] = at + next.len;
		e->text[e->n++] = (char)next.bytes[0];
	}
}

static bool
are_hex(const struct escape *e, size_t from)
{
	while (from < e->n && isxdigit((unsigned char)e->text[from]))
		from++;
	return from >= e->n;
}

/* Whether there is a backslash that was escaped ${below} times, and once more. Those are many. */
static bool
is_doubled(const char *p, const char *end, unsigned below)
{
	const size_t len = (size_t)2 << below;

	return (size_t)(end - p) >= len && memcmp(p, "\\\\\\\\\\\\\\\\", len) == 0;
}

static struct piece
json_piece(const char *p, const char *end, unsigned below)
{
	struct piece plain, piece;
	struct escape e = {.n = 0};
	struct json_char c;
	size_t need;

	if (is_doubled(p, end, below))
		return (struct piece){{'\\'}, 1, (size_t)2 << below, false};
	plain = piece_at(p, end, below);
	if (plain.is_cut || plain.bytes[0] != '\\')
		return plain;
	e.text[e.n] = '\\';
	e.ends[e.n++] = plain.len;
	read_escape(&e, 2, p, end, below);
	need = e.n == 2 && e.text[1] == 'u' ? 6 : 2;
	read_escape(&e, need, p, end, below);
	if (!are_hex(&e, 2))
		return plain;
	if (e.n < need) {
		plain.is_cut = e.is_cut;
		return plain;
	}
	c = json_char_at(e.text, e.text + need);
	if (need == 6 && c.code >= 0xd800 && c.code < 0xdc00) {
		/* Of a pair of surrogates the second one may be missing. */
		read_escape(&e, ESCAPE_MAX, p, end, below);
		plain.is_cut = e.is_cut;
		if (e.n == ESCAPE_MAX && are_hex(&e, 8))
			c = json_char_at(e.text, e.text + e.n);
	}
	piece = code_point(c.code, e.ends[c.len - 1], plain);
	if (c.code == 0)
		piece = (struct piece){{0}, 1, e.ends[c.len - 1], false};
	return piece;
}

/* The code point that ${name}, which stood between & and ;, means; 0 if it is none of those. */
static unsigned long
entity(const char *name)
{
	static const struct {
		const char *name;
		unsigned long code;
	} names[] = {{"amp", '&'}, {"lt", '<'}, {"gt", '>'}, {"quot", '"'}, {"apos", '\''}};
	const bool is_hex = name[0] == '#' && (name[1] | 0x20) == 'x';
	char *end;
	unsigned long code;

	if (name[0] == '#') {
		code = strtoul(name + 1 + is_hex, &end, is_hex ? 16 : 10);
		return *end == '\0' && isxdigit((unsigned char)name[1 + is_hex]) ? code : 0;
	}
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(name, names[i].name) == 0)
			return names[i].code;
	return 0;
}

static struct piece
html_piece(const char *p, const char *end, unsigned undo)
{
	struct piece first = piece_at(p, end, undo), next;
	char name[ENTITY_MAX + 1] = "";
	const char *at = p + first.len;

	if (first.is_cut || first.bytes[0] != '&')
		return first;
	for (size_t n = 0; n <= ENTITY_MAX; n++, at += next.len) {
		if (at < end)
			next = piece_at(at, end, undo);
		if (at >= end || next.is_cut) {
			first.is_cut = true;
			return first;
		}
		if (next.bytes[0] == ';')
			return code_point(entity(name), (size_t)(at - p) + next.len, first);
		if (n == ENTITY_MAX || (!isalnum(next.bytes[0]) && next.bytes[0] != '#'))
			break;
		name[n] = (char)next.bytes[0];
	}
	return first;
}

static unsigned char
hex_value(unsigned char c)
{
	return (unsigned char)(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
}

static struct piece
url_piece(const char *p, const char *end, unsigned undo)
{
	struct piece first = piece_at(p, end, undo), digits[2];
	const char *at = p + first.len;

	if (first.is_cut || first.bytes[0] != '%')
		return first;
	for (int i = 0; i < 2; i++) {
		if (at < end)
			digits[i] = piece_at(at, end, undo);
		if (at >= end || digits[i].is_cut) {
			first.is_cut = true;
			return first;
		}
		if (!isxdigit(digits[i].bytes[0]))
			return first;
		at += digits[i].len;
	}
	first.bytes[0] =
		(unsigned char)(hex_value(digits[0].bytes[0]) << 4 | hex_value(digits[1].bytes[0]));
	first.len = (size_t)(at - p);
	return first;
}

static struct piece
piece_at(const char *p, const char *end, unsigned undo)
{
	if (undo & UNDO_URL)
		return url_piece(p, end, undo & ~(unsigned)UNDO_URL);
	if (undo & UNDO_HTML)
		return html_piece(p, end, undo & ~(unsigned)UNDO_HTML);
	return undo != 0 ? json_piece(p, end, undo - UNDO_JSON) : raw(p);
}

static bool
is_escape(char c)
{
	return c == '\\' || c == '&' || c == '%' || c == '+';
}

/* How the alphabet of base64 for URLs has the digit ${c}. */
static unsigned char
other_digit(unsigned char c)
{
	return c == '+' ? '-' : c == '/' ? '_' : c;
}

/* Whether ${c} is a control character, or a byte of one of U+0080 to U+009F. */
static bool
is_control(unsigned char c)
{
	return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xc2;
}

/* Whether ${got}, read from a text, stands for the byte ${want} of ${s}. */
static bool
is_same(const struct secret_pattern *s, unsigned char got, unsigned char want, unsigned undo)
{
	if (got == want)
		return true;
	/* Messages have one line, with a blank for each byte of a control character. */
	if (got == ' ' && is_control(want))
		return true;
	/* Forms write a space as +. */
	if ((want == ' ' && got == '+' && undo & UNDO_URL) ||
		(want == '+' && got == ' ' && s->kind == MASK_URL))
		return true;
	if (s->kind == MASK_BASE64)
		return got == other_digit(want);
	return s->kind == MASK_HOST && tolower(got) == tolower(want);
}

/*
 * How many bytes at the start of ${text} are ${s} when ${undo} is done to them, and ${own} to ${s}
 * itself; 0 if they are not.
 */
static size_t
match(const char *text, const char *end, const struct secret_pattern *s, bool cut, unsigned undo,
	unsigned own)
{
	const char *p = text, *want = s->p, *last = s->p + s->len;

	while (want < last) {
		struct piece piece;

		if (p >= end)
			return cut ? (size_t)(p - text) : 0;
		piece = piece_at(p, end, undo);
		if (piece.is_cut && cut)
			return (size_t)(end - text);
		for (size_t i = 0; i < piece.n; i++) {
			struct piece byte;

			if (want >= last)
				return 0;
			byte = piece_at(want, last, own);
			if (!is_same(s, piece.bytes[i], byte.bytes[0], undo))
				return 0;
			want += byte.len;
		}
		p += piece.len;
	}
	return (size_t)(p - text);
}

/* The same, in whatever way the text spells it. */
static size_t
match_any(const struct search *search, const char *text, const struct secret_pattern *s)
{
	const unsigned owns = s->kind == MASK_URL ? UNDO_URL : 0;
	const char *end = search->end;
	bool has_escape = false;
	size_t len = 0, best = 0;

	/* Nearly all that is not the secret differs soon, and without any escape. */
	while (len < s->len && text + len < end &&
		is_same(s, (unsigned char)text[len], (unsigned char)s->p[len], 0))
		has_escape |= is_escape(text[len++]);
	if (len == s->len || (search->cut && text + len == end))
		best = len;
	if (text + len < end)
		has_escape |= is_escape(text[len]);
	if (owns != 0 && len < s->len)
		has_escape |= is_escape(s->p[len]);
	for (unsigned undo = 0; has_escape && undo <= UNDO_ALL; undo++) {
		for (unsigned own = 0; (undo & ~search->kinds) == 0 && own <= owns;
			own += UNDO_URL) {
			len = match(text, end, s, search->cut, undo, own);
			best = len > best ? len : best;
		}
	}
	return best;
}

void
secret_mask_add(struct secret_mask *mask, struct secret_pattern *pattern)
{
	unsigned char bytes[2] = {(unsigned char)*pattern->p, (unsigned char)*pattern->p};

	if (pattern->kind == MASK_URL)
		bytes[1] = piece_at(pattern->p, pattern->p + pattern->len, UNDO_URL).bytes[0];
	if (pattern->kind == MASK_URL && bytes[0] == '+')
		bytes[1] = ' ';
	if (pattern->kind == MASK_BASE64)
		bytes[1] = other_digit(bytes[0]);
	if (pattern->kind == MASK_HOST)
		bytes[1] = (unsigned char)toupper(bytes[0]);
	if (is_control(bytes[0]))
		bytes[1] = ' ';
	for (int i = 0; i < 2 && (i == 0 || bytes[1] != bytes[0]); i++) {
		struct secret_place **first = &mask->first[bytes[i]];

		pattern->places[i] = (struct secret_place){*first, pattern};
		*first = &pattern->places[i];
	}
}

/* How long the longest secret at ${text} is that begins with ${byte}; at least ${best}. */
static size_t
longest(const struct search *search, unsigned char byte, const char *text, size_t best)
{
	for (size_t i = 0; i < search->n; i++) {
		const struct secret_place *place = search->masks[i]->first[byte];

		for (; place != NULL; place = place->next) {
			size_t len = match_any(search, text, place->pattern);

			best = len > best ? len : best;
		}
	}
	return best;
}

/* The same with what the escape at ${text} stands for, which may begin another one. */
static size_t
longest_undone(const struct search *search, const char *text, size_t best)
{
	unsigned undo = *text == '\\' ? UNDO_JSON : *text == '&' ? UNDO_HTML : UNDO_URL;

	if (*text == '+')
		return longest(search, ' ', text, best);
	for (;;) {
		const struct piece piece = piece_at(text, search->end, undo);

		if (piece.is_cut && search->cut)
			return (size_t)(search->end - text);
		/* With that the caller has begun. */
		if (piece.bytes[0] != (unsigned char)*text)
			best = longest(search, piece.bytes[0], text, best);
		if (piece.bytes[0] == '\\' && undo < UNDO_JSON_MAX)
			undo += UNDO_JSON;
		else if (piece.bytes[0] == '&' && !(undo & UNDO_HTML))
			undo |= UNDO_HTML;
		else if (piece.bytes[0] == '%' && !(undo & UNDO_URL))
			undo |= UNDO_URL;
		else
			return best;
	}
}

/* Which escapes may be undone in a text: those that are there, and what those may stand for. */
static unsigned
find_kinds(const char *text, size_t len)
{
	if (memmem(text, len, "\\\\", 2) != NULL || memmem(text, len, "u005", 4) != NULL)
		return UNDO_ALL;
	/* Nothing is escaped twice without a backslash that is escaped. */
	if (memchr(text, '\\', len) != NULL)
		return UNDO_JSON | UNDO_HTML | UNDO_URL;
	if (memchr(text, '&', len) != NULL)
		return UNDO_HTML | UNDO_URL;
	return memchr(text, '%', len) != NULL || memchr(text, '+', len) != NULL ? UNDO_URL : 0;
}

void
secret_mask_apply(const struct secret_mask *const *masks, size_t n, char *text, size_t len,
	size_t shown, bool cut)
{
	const struct search search = {masks, n, text + len, cut, find_kinds(text, len)};
	const char *until = text;

	/* They may overlap: a byte is masked when all that starts up to it was looked for. */
	for (char *p = text; p < text + shown || p < until; p++) {
		size_t found = 0;

		if (p < text + shown)
			found = longest(&search, (unsigned char)*p, p, 0);
		if (p < text + shown && is_escape(*p))
			found = longest_undone(&search, p, found);
		if (until < p + found)
			until = p + found;
		if (p < until)
			*p = '*';
	}
}
