#include "poll_state.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "json.h"
#include "json_text.h"
#include "registry_line.h"
#include "sha256.h"

static const char *const names[] =
	{[STATE_FILE] = "", [STATE_PART] = ".part", [STATE_NEXT] = ".next"};

/* What the head of a file says. */
struct head {
	int64_t version, collections, events, floor_ms, read_ms;
	struct json_span server, scope, first, base;
};

/* One file while it is read. */
struct loading {
	struct poll_state *state;
	enum state_path file;
	struct strbuf text;
	size_t at, line; /* of the next line */
	struct head head;
	struct registry *registry;
};

static void
digest(const struct strbuf *text, char out[POLL_STATE_DIGEST])
{
	unsigned char sum[SHA256_SIZE];
	struct sha256 hash;

	sha256_init(&hash);
	if (text->len > 0)
		sha256_update(&hash, text->buf, text->len);
	sha256_final(&hash, sum);
	sha256_hex16(sum, out);
}

/* ---- reading ---- */

static int
damaged(const struct loading *l, const char *why, size_t byte)
{
	diag("state '%s%s': line %zu: byte %zu: %s; it was not written by wb-event",
		l->state->file.name, names[l->file], l->line, byte + 1, why);
	return EXIT_USAGE;
}

/* The next line, without its newline. Returns whether there is a whole one. */
static bool
next_line(struct loading *l, const char **line, size_t *len)
{
	const char *start = l->text.buf + l->at,
		   *end = l->at < l->text.len ? memchr(start, '\n', l->text.len - l->at) : NULL;

	l->line++;
	if (end == NULL)
		return false;
	*line = start;
	*len = (size_t)(end - start);
	l->at += *len + 1;
	return true;
}

static bool
read_time(struct json *js, int64_t *ms)
{
	struct json_span span;
	char text[24], *end;

	if (!json_value(js, &span))
		return false;
	if (span.type != JSON_NUMBER || span.len >= sizeof(text))
		return json_fail(js, span.p, "not a time");
	memcpy(text, span.p, span.len);
	text[span.len] = '\0';
	*ms = strtoll(text, &end, 10);
	return *end == '\0' || json_fail(js, span.p, "not a time");
}

static bool
read_count(struct json *js, int64_t *count)
{
	struct json_span span;
	char text[20], *end;

	if (!json_value(js, &span))
		return false;
	if (span.type != JSON_NUMBER || span.len >= sizeof(text))
		return json_fail(js, span.p, "not a count");
	memcpy(text, span.p, span.len);
	text[span.len] = '\0';
	*count = strtoll(text, &end, 10);
	return (*end == '\0' && *count >= 0) || json_fail(js, span.p, "not a count");
}

static bool
read_head(struct json *js, struct head *head)
{
	struct json_span key;

	*head = (struct head){.version = -1,
		.collections = -1,
		.events = -1,
		.floor_ms = REGISTRY_NO_TIME,
		.read_ms = REGISTRY_NO_TIME};
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (json_equal(&key, "wb_event_state", 14)    ? !read_count(js, &head->version)
			: json_equal(&key, "collections", 11) ? !read_count(js, &head->collections)
			: json_equal(&key, "floor", 5)        ? !read_time(js, &head->floor_ms)
			: json_equal(&key, "read", 4)         ? !read_time(js, &head->read_ms)
			: json_equal(&key, "events", 6)       ? !read_count(js, &head->events)
			: json_equal(&key, "server", 6)       ? !json_value(js, &head->server)
			: json_equal(&key, "scope", 5)        ? !json_value(js, &head->scope)
			: json_equal(&key, "first", 5)        ? !json_value(js, &head->first)
			: json_equal(&key, "base", 4)         ? !json_value(js, &head->base)
							      : !json_value(js, NULL))
			return false;
	}
	return js->error == NULL;
}

static bool
is(const struct json_span *span, const char *text)
{
	return span->type == JSON_STRING && json_equal(span, text, strlen(text));
}

static int
check_head(const struct loading *l)
{
	const struct poll_identity *id = &l->state->identity;
	const struct head *head = &l->head;
	const char *name = l->state->file.name;

	if (head->version > POLL_STATE_VERSION) {
		diag("state '%s%s' is of version %lld, made by a newer wb-event; this one knows version %d",
			name, names[l->file], (long long)head->version, POLL_STATE_VERSION);
		return EXIT_USAGE;
	}
	if (head->version < 1 || head->collections < 0 || head->events < 0 ||
		head->server.type != JSON_STRING || head->scope.type != JSON_STRING ||
		head->base.type != JSON_STRING || head->first.type != JSON_STRING)
		return damaged(l, "not the head of a state", 0);
	if (is(&head->server, id->server) && is(&head->scope, id->scope))
		return EXIT_DONE;
	diag("state '%s%s' is of %.*s on %.*s, not of %s on %s: each needs a state of its own",
		name, names[l->file], (int)head->scope.len, head->scope.p, (int)head->server.len,
		head->server.p, id->scope, id->server);
	return EXIT_USAGE;
}

static int
read_collections(struct loading *l)
{
	const char *line;
	struct json js;
	size_t len;

	if ((l->registry = registry_new()) == NULL) {
		diag("out of memory");
		return EXIT_IO;
	}
	l->registry->floor_ms = l->head.floor_ms;
	l->registry->read_ms = l->head.read_ms;
	for (int64_t i = 0; i < l->head.collections; i++) {
		if (!next_line(l, &line, &len))
			return damaged(l, "the end is missing", 0);
		json_init(&js, line, len);
		if (!registry_line_read(&js, l->registry) || !json_end(&js))
			return damaged(l, js.error, js.error_at);
	}
	if (!l->registry->failed)
		return EXIT_DONE;
	diag("out of memory");
	return EXIT_IO;
}

/* Read all but the events, which are from l->at on. */
static int
load(struct loading *l)
{
	const int there = state_file_read(&l->state->file, l->file, &l->text);
	const char *line;
	struct json js;
	size_t len;
	int status;

	if (there <= 0)
		return there < 0 ? EXIT_IO : EXIT_DONE;
	if (!next_line(l, &line, &len))
		return damaged(l, "the end is missing", 0);
	json_init(&js, line, len);
	if (!read_head(&js, &l->head) || !json_end(&js))
		return damaged(l, js.error, js.error_at);
	if ((status = check_head(l)) != EXIT_DONE)
		return status;
	return read_collections(l);
}

/* Take over the events of ${l}. */
static int
take_events(struct loading *l)
{
	struct poll_state *s = l->state;
	const size_t from = l->at;
	const char *line;
	size_t len;

	for (int64_t i = 0; i < l->head.events; i++)
		if (!next_line(l, &line, &len))
			return damaged(l, "the end is missing", 0);
	if (l->at != l->text.len)
		return damaged(l, "more than there should be", 0);
	strbuf_add(&s->told, l->text.buf + from, l->text.len - from);
	s->nevents = (size_t)l->head.events;
	if (!strbuf_failed(&s->told))
		return EXIT_DONE;
	diag("out of memory");
	return EXIT_IO;
}

/* What was found since FILE and is not committed, if anything was. */
static int
load_pending(struct poll_state *s)
{
	int status = EXIT_DONE;

	for (enum state_path file = STATE_PART; file <= STATE_NEXT; file++) {
		struct loading l = {.state = s, .file = file};

		strbuf_init(&l.text, POLL_STATE_MAX);
		status = load(&l);
		if (status == EXIT_DONE && l.registry != NULL && !is(&l.head.base, s->base)) {
			diag("'%s%s' does not follow from '%s': it is passed over", s->file.name,
				names[file], s->file.name);
			registry_free(l.registry);
			l.registry = NULL;
		} else if (status == EXIT_DONE && l.registry != NULL &&
			   (s->base[0] != '\0' || is(&l.head.first, s->identity.first))) {
			status = take_events(&l);
			registry_free(s->registry);
			s->registry = l.registry;
			strbuf_release(&l.text);
			return status;
		}
		registry_free(l.registry);
		strbuf_release(&l.text);
		if (status != EXIT_DONE)
			return status;
	}
	return status;
}

int
poll_state_open(struct poll_state *s, const char *name, const struct poll_identity *identity)
{
	struct loading l = {.state = s, .file = STATE_FILE};
	int status;

	*s = (struct poll_state){.identity = *identity};
	strbuf_init(&s->told, POLL_STATE_MAX);
	strbuf_init(&s->text, POLL_STATE_MAX);
	if ((status = state_file_open(&s->file, name)) != EXIT_DONE)
		return status;
	strbuf_init(&l.text, POLL_STATE_MAX);
	status = load(&l);
	s->registry = l.registry;
	if (status == EXIT_DONE && l.registry != NULL)
		digest(&l.text, s->base);
	strbuf_release(&l.text);
	return status == EXIT_DONE ? load_pending(s) : status;
}

void
poll_state_close(struct poll_state *s)
{
	state_file_close(&s->file);
	registry_free(s->registry);
	s->registry = NULL;
	strbuf_release(&s->told);
	strbuf_release(&s->text);
}

/* ---- writing ---- */

void
poll_state_tell(struct poll_state *s, const char *line, size_t len)
{
	strbuf_add(&s->told, line, len);
	s->nevents++;
}

int
poll_state_write(struct poll_state *s, const struct registry *next)
{
	struct strbuf *sb = &s->text;

	strbuf_reset(sb);
	strbuf_printf(sb, "{\"wb_event_state\":%d,\"server\":", POLL_STATE_VERSION);
	json_quote(sb, s->identity.server);
	strbuf_lit(sb, ",\"scope\":");
	json_quote(sb, s->identity.scope);
	strbuf_lit(sb, ",\"first\":");
	json_quote(sb, s->identity.first);
	if (next->floor_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"floor\":%lld", (long long)next->floor_ms);
	if (next->read_ms != REGISTRY_NO_TIME)
		strbuf_printf(sb, ",\"read\":%lld", (long long)next->read_ms);
	strbuf_printf(sb, ",\"base\":\"%s\",\"collections\":%zu,\"events\":%zu}\n", s->base,
		next->collections.n, s->nevents);
	for (size_t i = 0; i < next->collections.n; i++) {
		registry_line_write(sb, next->collections.v[i]);
		strbuf_addc(sb, '\n');
	}
	strbuf_add(sb, s->told.buf, s->told.len);
	if (!strbuf_failed(sb) && !strbuf_failed(&s->told) && !next->failed)
		return state_file_write(&s->file, STATE_PART, sb) == 0
			       ? state_file_remove(&s->file, STATE_NEXT)
			       : -1;
	diag("out of memory for the state");
	return -1;
}

int
poll_state_finish(struct poll_state *s, struct registry *next)
{
	if (state_file_move(&s->file, STATE_PART, STATE_NEXT) != 0)
		return -1;
	registry_free(s->registry);
	s->registry = next;
	return 0;
}

int
poll_state_advance(struct poll_state *s)
{
	if (state_file_move(&s->file, STATE_NEXT, STATE_FILE) != 0)
		return -1;
	digest(&s->text, s->base);
	strbuf_reset(&s->told);
	s->nevents = 0;
	return 0;
}
