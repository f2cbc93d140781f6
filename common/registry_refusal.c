/*
 * What a server does not have, refuses, or finds too much: see registry_reading.h.
 */
#include <stdio.h>

#include "diag.h"
#include "registry_reading.h"

#define ITEMS_MIN 4

/* ---- what can be done without ---- */

/* Once a run: what follows from a history that is not told, of ${c} or (NULL) of any collection. */
static void
say_history(struct reading *rd, int i, const struct registry_collection *c,
	const struct graphql_answer *answer)
{
	char of[READING_WHAT_MAX] = "";

	if (rd->said->histories[i])
		return;
	rd->said->histories[i] = true;
	if (c != NULL)
		snprintf(of, sizeof(of), " of %.*s/%.*s/%.*s, and perhaps of others",
			(int)c->entity.len, c->entity.p, (int)c->project.len, c->project.p,
			(int)c->name.len, c->name.p);
	diag("%s: the server does not tell the history of %s%s: events of %s have no author%s, and what is undone again between two polls is not seen: %s",
		graphql_base_url(rd->g), i == REGISTRY_LINKS ? "links" : "aliases", of,
		i == REGISTRY_LINKS ? "links" : "aliases",
		i == REGISTRY_LINKS ? ", those of unlinks no time of their own"
				    : " and no time of their own",
		answer->error);
}

/* The same of tags. */
static void
say_tags(struct reading *rd, const char *whose, bool *said, const struct graphql_answer *answer)
{
	if (!*said)
		diag("%s: the server does not tell tags of %s, so they make no events: %s",
			graphql_base_url(rd->g), whose, answer->error);
	*said = true;
}

/* Nobody's history ${i} is to be had. */
static void
deny_history(struct reading *rd, int i, const struct graphql_answer *answer)
{
	rd->features.has[i] = false;
	say_history(rd, i, NULL, answer);
}

/* Parts whose histories are not to be had, by name; if it is all of them, nobody's is. */
static void
deny_parts(struct reading *rd, struct task *task, const struct graphql_answer *answer, int i)
{
	const struct registry_collection *first = NULL;
	size_t denied = 0;
	char name[32];

	for (size_t j = 0; j < task->n; j++) {
		snprintf(name, sizeof(name), "c%zu", j);
		if (!graphql_refers_to(answer, name))
			continue;
		task->works[j]->is_denied[i] = true;
		task->parts[j].wants[i] = false;
		if (denied++ == 0)
			first = task->works[j]->wc.c;
	}
	if (denied == 0 || denied == task->n)
		deny_history(rd, i, answer);
	else
		say_history(rd, i, first, answer);
}

/* The server complains of the history ${i}. */
static void
do_without_history(struct reading *rd, struct task *task, const struct graphql_answer *answer,
	int i)
{
	struct wandb_features *f = &rd->features;

	if (task->features.has_order[i] && graphql_refers_to(answer, "order"))
		f->has_order[i] = false;
	else if (answer->http_status == 400)
		deny_history(rd, i, answer);
	else if (task->kind == TASK_PARTS)
		deny_parts(rd, task, answer, i);
	else if (task->kind == TASK_COLLECTIONS && task->features.is_nested[i])
		f->is_nested[i] = false;
	else
		deny_history(rd, i, answer);
}

/* Whether what the server complains of can be done without. */
static bool
do_without(struct reading *rd, struct task *task, const struct graphql_answer *answer)
{
	struct wandb_features *f = &rd->features;

	for (int i = 0; i < REGISTRY_HISTORIES; i++) {
		if (!task->features.has[i] ||
			!graphql_refers_to(answer, wandb_connection_name((enum wandb_connection)i)))
			continue;
		do_without_history(rd, task, answer, i);
		return true;
	}
	if (!graphql_refers_to(answer, "tags"))
		return false;
	if (task->features.has_version_tags &&
		(graphql_refers_to(answer, "Artifact") || graphql_refers_to(answer, "artifact"))) {
		f->has_version_tags = false;
		say_tags(rd, "versions", &rd->said->version_tags, answer);
	} else if (task->features.has[WANDB_TAGS]) {
		f->has[WANDB_TAGS] = false;
		say_tags(rd, "collections", &rd->said->tags, answer);
	} else {
		return false;
	}
	return true;
}

/* ---- what can be asked for otherwise ---- */

/* Whether ${task}, of several that are under way, asks for more than would be asked for now. */
static bool
is_larger(const struct task *task, const struct wandb_sizes *now)
{
	const struct wandb_sizes *then = &task->sizes;

	switch (task->kind) {
	case TASK_COLLECTIONS:
		return then->collections > now->collections || then->items > now->items;
	case TASK_COLLECTION:
		return then->items > now->items;
	case TASK_PARTS:
		return task->n > now->batch || then->items > now->items;
	case TASK_METADATA:
	case TASK_REGISTRIES:
	case TASK_ENTITY:
		break;
	}
	return false;
}

static bool
halve_items(struct wandb_sizes *s)
{
	if (s->items <= ITEMS_MIN)
		return false;
	s->items /= 2;
	return true;
}

/* Whether it may be asked for in smaller pieces. What fails as large as before shrinks them. */
static bool
ask_for_less(struct reading *rd, const struct task *task, const struct graphql_answer *answer)
{
	struct wandb_sizes *s = &rd->sizes;

	if (answer->verdict == GRAPHQL_REFUSED &&
		(answer->http_status == 401 || answer->http_status == 403 ||
			answer->http_status == 404))
		return false;
	if (is_larger(task, s))
		return true;
	switch (task->kind) {
	case TASK_COLLECTIONS:
		if (s->collections > 1)
			s->collections = (s->collections + 3) / 4;
		else
			return halve_items(s);
		return true;
	case TASK_COLLECTION:
		return halve_items(s);
	case TASK_PARTS:
		if (task->n > 1)
			s->batch = (unsigned)((task->n + 3) / 4);
		else
			return halve_items(s);
		return true;
	case TASK_METADATA:
		return task->n > 1;
	case TASK_REGISTRIES:
	case TASK_ENTITY:
		break;
	}
	return false;
}

static void
send_again(struct reading *rd, struct task *task)
{
	if (task->kind == TASK_PARTS) {
		for (size_t i = 0; i < task->n; i++)
			reading_wait(rd, task->works[i], &task->parts[i], &task->effort);
		return;
	}
	reading_send(rd, task);
}

/* What is not wanted any more needs no query. */
static void
drop_empty_parts(struct reading *rd)
{
	for (size_t i = 0; i < rd->waiting.n; i++) {
		struct waiting *waiting = &rd->waiting.v[i];
		struct registry_work *w = waiting->work;
		bool is_wanted = false;

		for (int j = 0; j < WANDB_CONNECTIONS; j++)
			is_wanted |= waiting->part.wants[j] && rd->features.has[j];
		if (is_wanted)
			continue;
		*waiting = rd->waiting.v[--rd->waiting.n];
		i--;
		reading_go_on(rd, w);
	}
}

/* What was too much in one query goes into two. */
static void
halve_metadata(struct reading *rd, struct task *task)
{
	struct task *rest = reading_new_task(rd, TASK_METADATA);

	if (rest == NULL)
		return;
	rest->first = task->first + task->n / 2;
	rest->n = task->n - task->n / 2;
	rest->effort = task->effort;
	task->n /= 2;
	reading_send(rd, rest);
}

void
reading_take_refusal(struct reading *rd, struct task *task, const struct graphql_answer *answer)
{
	const struct graphql_effort *left = graphql_left(rd->g);
	char about[READING_WHAT_MAX];

	task->effort = left != NULL ? *left : (struct graphql_effort){.attempts = 0};
	if (answer->verdict == GRAPHQL_REFUSED && do_without(rd, task, answer)) {
		send_again(rd, task);
		drop_empty_parts(rd);
		return;
	}
	if (answer->verdict != GRAPHQL_FAILED && ask_for_less(rd, task, answer)) {
		if (task->kind == TASK_METADATA)
			halve_metadata(rd, task);
		send_again(rd, task);
		return;
	}
	if (left != NULL) {
		send_again(rd, task);
		return;
	}
	if (task->kind == TASK_ENTITY && answer->verdict == GRAPHQL_REFUSED) {
		reading_fail(rd, REGISTRY_FAILED,
			"there is no project %s, or the key may not see it",
			reading_what(rd, task, about));
		return;
	}
	/* A page for people, while the server is being mended, is a 200 at times. */
	reading_fail(rd,
		answer->is_transient || answer->http_status == 200 ? REGISTRY_FAILED_NOW
								   : REGISTRY_FAILED,
		"cannot read %s: %s%s", reading_what(rd, task, about), answer->error,
		answer->verdict == GRAPHQL_REFUSED && graphql_is_unknown(answer)
			? "; the server is older or newer than this program knows"
			: "");
}
