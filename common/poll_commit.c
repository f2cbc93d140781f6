#include "poll_commit.h"

#include <string.h>

#include "diag.h"
#include "json_text.h"
#include "poll_head.h"
#include "state_file.h"

/* Read the head, the first line of ${text}. Returns why it is none, or NULL. */
static const char *
read_head(const struct strbuf *text, struct poll_head *head)
{
	const char *end = text->len > 0 ? memchr(text->buf, '\n', text->len) : NULL;
	struct json js;

	if (end == NULL)
		return "it has no whole line";
	json_init(&js, text->buf, (size_t)(end - text->buf));
	if (!poll_head_read(&js, head) || !json_end(&js))
		return js.error;
	if (head->version <= POLL_HEAD_VERSION && !poll_head_is_whole(head))
		return "not the head of a state";
	return NULL;
}

/* Whether ${text} has the lines that ${head} says, and ends with the last of them. */
static bool
has_all_lines(const struct strbuf *text, const struct poll_head *head)
{
	const char *p = text->buf, *const end = text->buf + text->len;
	int64_t n = 0;

	while (p < end && (p = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		p++;
		n++;
	}
	/* Counts of a damaged head may be anything. */
	return p == end && head->collections < n && n - 1 - head->collections == head->events;
}

static bool
same(const struct json_span *a, const struct json_span *b)
{
	return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

static int
damaged(const char *name, const char *why)
{
	diag("cannot commit '%s': '%s.next' is damaged: %s; remove that and poll again", name, name,
		why);
	return EXIT_USAGE;
}

/* Whether ${next} is of the registry that ${file}, the text of FILE, is of. */
static int
check_registry(const char *name, const struct poll_head *next, const struct strbuf *file)
{
	struct poll_head head;

	if (read_head(file, &head) == NULL && head.version <= POLL_HEAD_VERSION &&
		same(&head.server, &next->server) && same(&head.scope, &next->scope))
		return EXIT_DONE;
	diag("cannot commit '%s': '%s.next' is of %.*s on %.*s, and '%s' is not", name, name,
		(int)next->scope.len, next->scope.p, (int)next->server.len, next->server.p, name);
	return EXIT_USAGE;
}

/* Whether ${next} is of the run ${run}, or of any, if that is NULL. */
static int
check_run(const char *name, const struct poll_head *next, const char *run)
{
	const bool has_name = next->run.type == JSON_STRING;

	if (run == NULL || (has_name && json_equal(&next->run, run, strlen(run))))
		return EXIT_DONE;
	diag("cannot commit '%s': '%s.next' is of %s%.*s, not of run %s: a poll since then has told all of it again; leave the commit to that run, or poll again if it has failed",
		name, name, has_name ? "run " : "a run without --run",
		has_name ? (int)next->run.len : 0, has_name ? next->run.p : "", run);
	return EXIT_USAGE;
}

/* Whether ${next}, the text of FILE.next, may become FILE for ${run}. */
static int
check_next(const struct state_file *s, const struct strbuf *next, const char *run)
{
	char digest[POLL_HEAD_DIGEST] = "";
	struct strbuf file;
	struct poll_head head;
	const char *wrong = read_head(next, &head);
	int status = EXIT_IO, there;

	if (wrong != NULL)
		return damaged(s->name, wrong);
	if (head.version > POLL_HEAD_VERSION) {
		diag("cannot commit '%s': '%s.next' is of version %lld, made by a newer wb-event; this one knows version %d",
			s->name, s->name, (long long)head.version, POLL_HEAD_VERSION);
		return EXIT_USAGE;
	}
	if (!has_all_lines(next, &head))
		return damaged(s->name, "it has not the lines that its head tells of");
	if (check_run(s->name, &head, run) != EXIT_DONE)
		return EXIT_USAGE;
	strbuf_init(&file, POLL_HEAD_FILE_MAX);
	if ((there = state_file_read(s, STATE_FILE, &file)) > 0)
		poll_head_digest(&file, digest);
	if (there >= 0)
		status = there > 0 ? check_registry(s->name, &head, &file) : EXIT_DONE;
	if (status == EXIT_DONE && !json_equal(&head.base, digest, strlen(digest))) {
		diag("cannot commit '%s': '%s.next' does not follow from '%s'; poll again", s->name,
			s->name, s->name);
		status = EXIT_USAGE;
	}
	strbuf_release(&file);
	return status;
}

int
poll_commit(const char *name, const char *run)
{
	struct state_file s;
	struct strbuf next;
	int there, status = state_file_open(&s, name);

	strbuf_init(&next, POLL_HEAD_FILE_MAX);
	if (status == EXIT_DONE && (there = state_file_read(&s, STATE_NEXT, &next)) != 0)
		status = there < 0 ? EXIT_IO : check_next(&s, &next, run);
	if (status == EXIT_DONE)
		status = state_file_commit(&s);
	strbuf_release(&next);
	state_file_close(&s);
	return status;
}
