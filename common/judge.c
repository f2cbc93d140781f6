#include "judge.h"

#include <stdio.h>
#include <stdlib.h>

#include "clock.h"
#include "json_text.h"

#define REST_MS 1000 /* before one that could not be judged is tried again */

#define STRIKES 3 /* in a row until a program is not run again */

struct judge {
	struct jq_worker *worker;
	struct judge_case *asked; /* the worker about, or NULL */
	struct link waiting;
	struct strbuf text, other; /* of the program that is asked, and of another one */
	int64_t rest_ms;           /* until when nothing is asked */
};

struct judge *
judge_new(void)
{
	const struct jq_worker_options options = {JQ_WORKER_MS, JQ_WORKER_MEMORY, STRIKES};
	struct judge *j = calloc(1, sizeof(*j));

	if (j == NULL)
		return NULL;
	list_init(&j->waiting);
	strbuf_init(&j->text, JQ_PROGRAM_MAX);
	strbuf_init(&j->other, JQ_PROGRAM_MAX);
	if ((j->worker = jq_worker_new(&options)) != NULL)
		return j;
	free(j);
	return NULL;
}

void
judge_free(struct judge *j)
{
	if (j == NULL)
		return;
	jq_worker_free(j->worker);
	strbuf_release(&j->text);
	strbuf_release(&j->other);
	free(j);
}

/* Write ${program} into ${text}; false when memory runs out. */
static bool
spell(struct strbuf *text, const struct json_span *program)
{
	strbuf_reset(text);
	json_decode(text, program);
	return !strbuf_failed(text) && text->len > 0;
}

bool
judge_has_checked(struct judge *j, const struct json_span *program)
{
	return spell(&j->other, program) &&
	       jq_worker_has_checked(j->worker, j->other.buf, j->other.len);
}

void
judge_add(struct judge *j, struct judge_case *c, const struct json_span *program,
	const struct strbuf *response)
{
	c->program = program;
	c->response = response;
	list_append(&j->waiting, &c->link);
}

void
judge_again(struct judge *j, struct judge_case *c)
{
	list_append(j->waiting.next, &c->link); /* before the first one */
	j->rest_ms = clock_ms() + REST_MS;
}

void
judge_drop(struct judge *j, struct judge_case *c)
{
	if (j->asked != c) {
		list_remove(&c->link);
		return;
	}
	jq_worker_cancel(j->worker);
	j->asked = NULL;
}

/* Ask the worker about ${c}. False, with a verdict, when memory runs out. */
static bool
ask(struct judge *j, struct judge_case *c)
{
	const struct strbuf *r = c->response;

	if (!spell(&j->text, c->program)) {
		c->verdict = JQ_WORKER_UNABLE;
		snprintf(c->why, sizeof(c->why), "out of memory");
		return false;
	}
	jq_worker_submit(j->worker, r == NULL ? JQ_CHECK : JQ_TEST, j->text.buf, j->text.len,
		r != NULL && r->len > 0 ? r->buf : "", r != NULL ? r->len : 0);
	j->asked = c;
	return true;
}

struct judge_case *
judge_next(struct judge *j)
{
	struct judge_case *c = j->asked;
	struct link *link;

	if (c == NULL) {
		if (clock_ms() < j->rest_ms || (link = list_take(&j->waiting)) == NULL)
			return NULL;
		c = CONTAINER(link, struct judge_case, link);
		if (!ask(j, c))
			return c;
	}
	if (!jq_worker_go_on(j->worker))
		return NULL;
	c->verdict = jq_worker_take(j->worker, NULL, c->why);
	j->asked = NULL;
	return c;
}

bool
judge_poll(const struct judge *j, struct pollfd *fd, int64_t *until_ms)
{
	*until_ms = -1;
	if (j->asked != NULL) {
		*until_ms = jq_worker_poll(j->worker, fd);
		return true;
	}
	if (!list_is_empty(&j->waiting))
		*until_ms = j->rest_ms;
	return false;
}
