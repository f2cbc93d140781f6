#include "template.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "nearest.h"

#define NAME_BYTES_MAX 4096 /* of a variable, as it is spelled */
#define DELIVERY_ID "delivery_id"

enum piece_type {
	PIECE_LITERAL,  /* bytes of the body */
	PIECE_MEMBER,   /* an event member */
	PIECE_METADATA, /* a top-level key of artifact_metadata */
	PIECE_DELIVERY, /* the delivery's id */
	PIECE_LATE      /* a secret's place */
};

struct piece {
	enum piece_type type;
	bool as_json; /* the value itself, not its text inside a string */
	enum event_member member;
	size_t at, len; /* in bytes of the template's text: literal, key or reference */
};

/* To clang-format this is C++. */
/* clang-format off */
struct template {
	struct strbuf text; /* literals, keys and references, one behind the other */
	struct piece *pieces;
	size_t npieces, size, nlate;
};
/* clang-format on */

struct compiler {
	struct template *t;
	const struct template_secrets *secrets;
	struct template_error *error;
	const char *start; /* of the template's text */
	const char *from;  /* errors before it are passed over */
	size_t literal;    /* where in t->text the current literal began */
	bool failed;
};

static void
fail(struct compiler *c, const char *at, const char *fmt, const char *detail, size_t len)
{
	if (c->failed || at < c->from)
		return;
	c->failed = true;
	c->error->at = (size_t)(at - c->start);
	if (len > 80)
		len = 80;
	if (detail == NULL)
		snprintf(c->error->message, sizeof(c->error->message), "%s", fmt);
	else
		snprintf(c->error->message, sizeof(c->error->message), "%s${%.*s}", fmt, (int)len,
			detail);
}

static void
add_piece(struct compiler *c, const struct piece *piece)
{
	struct template *t = c->t;

	if (t->npieces == t->size) {
		size_t size = t->size == 0 ? 16 : t->size * 2;
		struct piece *pieces = realloc(t->pieces, size * sizeof(*pieces));

		if (pieces == NULL) {
			fail(c, c->start, "out of memory", NULL, 0);
			return;
		}
		t->pieces = pieces;
		t->size = size;
	}
	t->pieces[t->npieces++] = *piece;
}

static void
end_literal(struct compiler *c)
{
	size_t end = c->t->text.len;

	if (end > c->literal)
		add_piece(c, &(struct piece){.type = PIECE_LITERAL,
				     .at = c->literal,
				     .len = end - c->literal});
	c->literal = end;
}

/* Keep ${len} bytes beside the literals for ${piece}, and add it. */
static void
add_named(struct compiler *c, struct piece *piece, const char *name, size_t len)
{
	piece->at = c->t->text.len;
	piece->len = len;
	strbuf_add(&c->t->text, name, len);
	c->literal = c->t->text.len;
	add_piece(c, piece);
}

/* The reference that the late name stands for, or NULL. */
static const struct json_span *
find_late(const struct template_secrets *secrets, const char *name, size_t len)
{
	if (secrets->access_token.type != JSON_NONE && len == 12 &&
		memcmp(name, "ACCESS_TOKEN", len) == 0)
		return &secrets->access_token;
	for (size_t i = 0; i < secrets->nrefs; i++)
		if (secrets->refs[i].len == len + 1 &&
			memcmp(secrets->refs[i].p + 1, name, len) == 0)
			return &secrets->refs[i];
	return NULL;
}

static void
unknown_variable(struct compiler *c, const char *at, const char *name, size_t len)
{
	const char *names[EVENT_MEMBERS + 1] = {[EVENT_MEMBERS] = DELIVERY_ID}, *near;

	for (int i = 0; i < EVENT_MEMBERS; i++)
		names[i] = event_member_name((enum event_member)i);
	if (find_late(c->secrets, name, len) != NULL) {
		fail(c, at, "a secret goes inside a string, not as :json: ", name, len);
		return;
	}
	if (len == 12 && memcmp(name, "ACCESS_TOKEN", len) == 0) {
		fail(c, at, "the webhook has no access_token for ", name, len);
		return;
	}
	near = nearest_name(name, len, names, EVENT_MEMBERS + 1);
	fail(c, at, "unknown variable ", name, len);
	if (near != NULL && c->failed) {
		size_t used = strlen(c->error->message);

		snprintf(c->error->message + used, sizeof(c->error->message) - used,
			"; did you mean ${%s}?", near);
	}
}

/* The variable ${name}, found at ${at}; ${alone}: it is all that the string holds. */
static void
add_variable(struct compiler *c, const char *at, const char *name, size_t len, bool alone)
{
	static const char metadata[] = "artifact_metadata.";
	struct piece piece = {.as_json = len > 5 && memcmp(name + len - 5, ":json", 5) == 0};
	const struct json_span *ref;
	int member;

	if (piece.as_json)
		len -= 5;
	if (piece.as_json && !alone) {
		fail(c, at, "only a value that is nothing else can be ", name, len + 5);
		return;
	}
	if (piece.as_json)
		c->t->text.len--; /* the opening quote, already written */
	end_literal(c);
	if ((member = event_member_find(name, len)) >= 0) {
		piece.type = PIECE_MEMBER;
		piece.member = (enum event_member)member;
		add_piece(c, &piece);
	} else if (len > sizeof(metadata) - 1 &&
		   memcmp(name, metadata, sizeof(metadata) - 1) == 0) {
		piece.type = PIECE_METADATA;
		add_named(c, &piece, name + sizeof(metadata) - 1, len - (sizeof(metadata) - 1));
	} else if (len == sizeof(DELIVERY_ID) - 1 && memcmp(name, DELIVERY_ID, len) == 0) {
		piece.type = PIECE_DELIVERY;
		add_piece(c, &piece);
	} else if ((ref = find_late(c->secrets, name, len)) != NULL && !piece.as_json) {
		piece.type = PIECE_LATE;
		if (c->t->nlate++ == TEMPLATE_LATE_MAX)
			fail(c, at, "more than 32 secrets in one payload", NULL, 0);
		add_named(c, &piece, ref->p, ref->len);
	} else {
		unknown_variable(c, at, name, len);
	}
}

/*
 * Read the name of a variable from ${p}, behind its "${", into ${name}. Returns what follows the
 * brace, or NULL if there is none.
 */
static const char *
read_name(const char *p, const char *end, bool escaped, struct strbuf *name)
{
	const char *brace;

	strbuf_reset(name);
	if (!escaped) {
		if ((brace = memchr(p, '}', (size_t)(end - p))) == NULL)
			return NULL;
		strbuf_add(name, p, (size_t)(brace - p));
		return brace + 1;
	}
	while (p < end) {
		struct json_char c = json_char_at(p, end);

		if (c.code == '}')
			return p + c.len;
		json_decode(name, &(struct json_span){p, c.len, JSON_STRING, *p == '\\'});
		p += c.len;
	}
	return NULL;
}

/* Whether ${p} begins with "${", in whatever spelling; *${after} is then what follows. */
static bool
opens(const char *p, const char *end, const char **after)
{
	struct json_char c = json_char_at(p, end);

	if (c.code != '$' || p + c.len >= end)
		return false;
	p += c.len;
	c = json_char_at(p, end);
	*after = p + c.len;
	return c.code == '{';
}

/* The variable at ${p}, its name at ${after}. Returns what follows it. */
static const char *
compile_variable(struct compiler *c, const struct json_span *span, const char *p, const char *after,
	bool is_key, struct strbuf *name)
{
	const char *end = span->p + span->len, *next = read_name(after, end, span->escaped, name);

	if (next == NULL)
		fail(c, p, "'${' without '}'; write '$${' for the two characters", NULL, 0);
	else if (strbuf_failed(name))
		fail(c, p,
			next - after > NAME_BYTES_MAX ? "variable name longer than 4096 bytes"
						      : "out of memory",
			NULL, 0);
	else
		add_variable(c, p, name->buf != NULL ? name->buf : "", name->len,
			p == span->p && next == end && !is_key);
	return next != NULL ? next : end;
}

/*
 * One string, ${span}, its opening quote already written. Characters are decoded to find variables,
 * so that \u0024 is a dollar sign like any other, but literals keep their spelling.
 */
static void
compile_string(struct compiler *c, const struct json_span *span, bool is_key)
{
	const char *p = span->p, *end = p + span->len, *after;
	struct strbuf name;

	strbuf_init(&name, NAME_BYTES_MAX);
	while (p < end && !c->failed) {
		const char *dollar = span->escaped ? p : memchr(p, '$', (size_t)(end - p));
		struct json_char one;

		if (dollar == NULL)
			dollar = end;
		strbuf_add(&c->t->text, p, (size_t)(dollar - p));
		if ((p = dollar) == end)
			break;
		one = json_char_at(p, end);
		if (one.code == '$' && p + one.len < end && opens(p + one.len, end, &after)) {
			strbuf_lit(&c->t->text, "${"); /* $${ is a literal ${ */
			p = after;
		} else if (opens(p, end, &after)) {
			p = compile_variable(c, span, p, after, is_key, &name);
		} else {
			strbuf_add(&c->t->text, p, one.len);
			p += one.len;
		}
	}
	strbuf_release(&name);
}

/* A string value or a member name with its quotes, unless it is a ${NAME:json}. */
static void
add_string(struct compiler *c, const struct json_span *span, bool is_key)
{
	struct template *t = c->t;

	strbuf_addc(&t->text, '"');
	compile_string(c, span, is_key);
	if (t->npieces == 0 || !t->pieces[t->npieces - 1].as_json || t->text.len != c->literal)
		strbuf_addc(&t->text, '"');
}

/* The value that comes next. Recursion is bounded by the scanner: JSON_DEPTH_MAX. */
static void
compile_value(struct compiler *c, struct json *js)
{
	struct strbuf *text = &c->t->text;
	struct json_span span;
	bool first = true;

	switch (json_peek(js)) {
	case JSON_OBJECT:
		json_open_object(js);
		strbuf_addc(text, '{');
		while (!c->failed && json_next_member(js, &span)) {
			if (!first)
				strbuf_addc(text, ',');
			first = false;
			add_string(c, &span, true);
			strbuf_addc(text, ':');
			compile_value(c, js);
		}
		strbuf_addc(text, '}');
		break;
	case JSON_ARRAY:
		json_open_array(js);
		strbuf_addc(text, '[');
		while (!c->failed && json_next_item(js)) {
			if (!first)
				strbuf_addc(text, ',');
			first = false;
			compile_value(c, js);
		}
		strbuf_addc(text, ']');
		break;
	case JSON_STRING:
		if (json_value(js, &span))
			add_string(c, &span, false);
		break;
	default:
		if (json_value(js, &span))
			strbuf_add(text, span.p, span.len);
	}
}

/* Returns whether there was no error, or only such as are passed over. */
static bool
compile(struct compiler *c, size_t len)
{
	struct json js;

	strbuf_init(&c->t->text, len + 1024 * 1024);
	json_init(&js, c->start, len);
	compile_value(c, &js);
	if (!c->failed && !json_end(&js))
		fail(c, c->start + js.error_at, js.error, NULL, 0);
	end_literal(c);
	if (strbuf_failed(&c->t->text))
		fail(c, c->start + len, "out of memory", NULL, 0);
	return !c->failed;
}

struct template *
template_compile(const char *text, size_t len, const struct template_secrets *secrets,
	struct template_error *error)
{
	struct compiler c = {.secrets = secrets, .error = error, .start = text, .from = text};

	if ((c.t = calloc(1, sizeof(*c.t))) == NULL) {
		*error = (struct template_error){0, "out of memory"};
		return NULL;
	}
	if (compile(&c, len))
		return c.t;
	template_free(c.t);
	return NULL;
}

bool
template_next_error(const char *text, size_t len, const struct template_secrets *secrets,
	struct template_error *error)
{
	struct compiler c = {.secrets = secrets,
		.error = error,
		.start = text,
		.from = text + error->at + 1};
	bool good;

	if ((c.t = calloc(1, sizeof(*c.t))) == NULL)
		return false;
	good = compile(&c, len);
	template_free(c.t);
	return !good;
}

void
template_free(struct template *t)
{
	if (t == NULL)
		return;
	strbuf_release(&t->text);
	free(t->pieces);
	free(t);
}

/*
 * JSON text with & < > as entities, however they are spelled; all three stand only inside strings.
 */
static void
add_entities(struct strbuf *body, const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		struct json_char c = json_char_at(p, end);

		if (c.code == '&')
			strbuf_lit(body, "&amp;");
		else if (c.code == '<')
			strbuf_lit(body, "&lt;");
		else if (c.code == '>')
			strbuf_lit(body, "&gt;");
		else
			strbuf_add(body, p, c.len);
		p += c.len;
	}
}

/* Insert ${value} inside a string: its characters if it is one, else its JSON text. */
static void
insert_text(struct strbuf *body, const struct json_span *value, bool entities)
{
	struct strbuf text;

	if (value->type == JSON_NONE)
		return;
	if (value->type == JSON_STRING) {
		/* Already spelled for a JSON string. */
		if (entities)
			add_entities(body, value->p, value->len);
		else
			strbuf_add(body, value->p, value->len);
	} else if (!entities) {
		json_escape(body, value->p, value->len);
	} else {
		strbuf_init(&text, body->max);
		add_entities(&text, value->p, value->len);
		body->failed |= strbuf_failed(&text);
		json_escape(body, text.buf, text.len);
		strbuf_release(&text);
	}
}

static void
insert_json(struct strbuf *body, const struct json_span *value, bool entities)
{
	if (value->type == JSON_NONE) {
		strbuf_lit(body, "null");
	} else if (!entities) {
		json_raw(body, value);
	} else {
		if (value->type == JSON_STRING)
			strbuf_addc(body, '"');
		add_entities(body, value->p, value->len);
		if (value->type == JSON_STRING)
			strbuf_addc(body, '"');
	}
}

/* It is digits and letters. */
static void
insert_delivery(struct strbuf *body, const char *delivery_id, bool as_json)
{
	if (as_json)
		strbuf_addc(body, '"');
	strbuf_adds(body, delivery_id);
	if (as_json)
		strbuf_addc(body, '"');
}

bool
template_render(const struct template *t, const struct event *event, const char *delivery_id,
	bool entities, struct strbuf *body, struct template_late late[TEMPLATE_LATE_MAX],
	size_t *nlate)
{
	const size_t start = body->len;
	bool inserts_json = false;

	*nlate = 0;
	for (const struct piece *p = t->pieces; p < t->pieces + t->npieces; p++) {
		const char *text = t->text.buf + p->at;
		struct json_span value;

		if (p->type == PIECE_LITERAL) {
			strbuf_add(body, text, p->len);
			continue;
		}
		if (p->type == PIECE_LATE) {
			late[(*nlate)++] = (struct template_late){body->len - start, text, p->len};
			continue;
		}
		if (p->type == PIECE_DELIVERY) {
			insert_delivery(body, delivery_id, p->as_json);
			continue;
		}
		value = p->type == PIECE_MEMBER ? event->member[p->member]
						: event_metadata(event, text, p->len);
		if (p->as_json)
			insert_json(body, &value, entities);
		else
			insert_text(body, &value, entities);
		inserts_json |= p->as_json;
	}
	return inserts_json;
}
