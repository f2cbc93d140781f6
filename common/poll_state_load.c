/*
 * What the files of a state say: see poll_state.h.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "diag.h"
#include "json.h"
#include "json_text.h"
#include "poll_first.h"
#include "poll_head.h"
#include "poll_state.h"
#include "registry_line.h"

static const char *const names[] =
	{[STATE_FILE] = "", [STATE_PART] = ".part", [STATE_NEXT] = ".next"};

/* One file while it is read. */
struct loading {
	struct poll_state *state;
	enum state_path file;
	struct strbuf text;
	size_t at, line; /* of the next line */
	struct poll_head head;
	struct registry *registry;
};

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
is(const struct json_span *span, const char *text)
{
	return span->type == JSON_STRING && json_equal(span, text, strlen(text));
}

static int
check_head(const struct loading *l)
{
	const struct poll_identity *id = &l->state->identity;
	const struct poll_head *head = &l->head;
	const char *name = l->state->file.name;

	if (head->version > POLL_HEAD_VERSION) {
		diag("state '%s%s' is of version %lld, made by a newer wb-event; this one knows version %d",
			name, names[l->file], (long long)head->version, POLL_HEAD_VERSION);
		return EXIT_USAGE;
	}
	if (!poll_head_is_whole(head))
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
	if (!poll_head_read(&js, &l->head) || !json_end(&js))
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

/* ---- a first run that was not committed, and one that is asked otherwise ---- */

/*
 * Whether to go on from ${l}, of a first run. If that was asked otherwise, no event that was told
 * may be lost: one that now wants more begins anew, and one that wants less has to wait.
 */
static bool
goes_on(const struct loading *l)
{
	const struct poll_state *s = l->state;
	const char *name = s->file.name, *now = s->identity.first;
	const int64_t before_ms = poll_first_reach(l->head.first.p, l->head.first.len),
		      now_ms = poll_first_reach(now, strlen(now));
	char before_option[POLL_FIRST_OPTION_MAX], now_option[POLL_FIRST_OPTION_MAX];

	if (s->base[0] != '\0')
		return true;
	if (before_ms == now_ms) {
		diag("state '%s': the first run is not committed yet: what it told is told again",
			name);
		return true;
	}
	poll_first_option(before_ms, before_option);
	poll_first_option(now_ms, now_option);
	if (now_ms < before_ms)
		diag("state '%s': the first run, %s, was not committed: it begins anew, %s", name,
			before_option, now_option);
	else
		diag("state '%s': the first run, %s, was not committed: what it told is told again, and it goes on from there; to begin anew, %s, remove '%s%s'",
			name, before_option, now_option, name, names[l->file]);
	return now_ms > before_ms;
}

/* What was found since FILE and is not committed, if anything was. */
static int
load_pending(struct poll_state *s)
{
	int status = EXIT_DONE;

	for (enum state_path file = STATE_PART; file <= STATE_NEXT; file++) {
		struct loading l = {.state = s, .file = file};

		strbuf_init(&l.text, POLL_HEAD_FILE_MAX);
		status = load(&l);
		if (status == EXIT_DONE && l.registry != NULL && !is(&l.head.base, s->base)) {
			diag("'%s%s' does not follow from '%s': it is passed over", s->file.name,
				names[file], s->file.name);
		} else if (status == EXIT_DONE && l.registry != NULL && goes_on(&l)) {
			status = take_events(&l);
			snprintf(s->first, sizeof(s->first), "%.*s", (int)l.head.first.len,
				l.head.first.p);
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
	snprintf(s->first, sizeof(s->first), "%s", identity->first);
	strbuf_init(&s->told, POLL_HEAD_FILE_MAX);
	strbuf_init(&s->text, POLL_HEAD_FILE_MAX);
	if ((status = state_file_open(&s->file, name)) != EXIT_DONE)
		return status;
	strbuf_init(&l.text, POLL_HEAD_FILE_MAX);
	status = load(&l);
	s->registry = l.registry;
	if (status == EXIT_DONE && l.registry != NULL)
		poll_head_digest(&l.text, s->base);
	strbuf_release(&l.text);
	return status == EXIT_DONE ? load_pending(s) : status;
}
