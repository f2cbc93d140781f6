#include "triggers_read.h"

#include <string.h>

#include "diag.h"
#include "wandb_query.h"

#define QUERY_MAX ((size_t)1024 * 1024)
#define ITEMS_FIRST 100 /* of a page */

/* What of an entity is being read. */
enum part { TRIGGERS, INTEGRATIONS };

struct reading {
	struct graphql *g;
	struct text entity;
	struct wandb_triggers *out;
	struct wandb_trigger_features features;
	enum part part;
	unsigned items;
};

static const char *
what(const struct reading *rd)
{
	return rd->part == TRIGGERS ? "automations" : "webhooks";
}

static int
out_of_memory(void)
{
	diag("out of memory");
	return -1;
}

/* Ask for the page behind ${after}, and wait for the answer. */
static int
ask(struct reading *rd, const struct text *after, struct graphql_answer *answer)
{
	struct strbuf query, variables;
	int status = -1;

	strbuf_init(&query, QUERY_MAX);
	strbuf_init(&variables, QUERY_MAX);
	if (rd->part == TRIGGERS)
		wandb_query_triggers(&query, &rd->features, rd->items);
	else
		wandb_query_integrations(&query, rd->items);
	wandb_variable(&variables, "entity", &rd->entity);
	wandb_variable(&variables, "after", after);
	wandb_variables_end(&variables);
	if (strbuf_str(&query) != NULL && strbuf_str(&variables) != NULL)
		status = graphql_send(rd->g, query.buf, variables.buf, graphql_left(rd->g), NULL);
	strbuf_release(&query);
	strbuf_release(&variables);
	if (status != 0 || !graphql_next(rd->g, answer, -1))
		return out_of_memory();
	return 0;
}

/*
 * Whether the server complains of something that can be done without, which it then is. What it has
 * answered once it knows.
 */
static bool
do_without(struct reading *rd, const struct graphql_answer *answer)
{
	struct wandb_trigger_features *f = &rd->features;
	bool found = false;

	if (rd->part != TRIGGERS || answer->http_status != 400 || rd->out->page.is_there)
		return false;
	for (int i = 0; i < WANDB_TRIGGER_PIECES; i++) {
		const char *const *words = wandb_trigger_words((enum wandb_trigger_piece)i);

		if (!f->has[i] || !graphql_refers_to(answer, words[0]) ||
			(words[1] != NULL && !graphql_refers_to(answer, words[1])))
			continue;
		f->has[i] = false;
		found = true;
	}
	if (!f->by_project && graphql_refers_to(answer, "triggers"))
		found = f->by_project = true;
	return found;
}

/* Whether the page is to be asked for again, otherwise than before; if not, after a message. */
static bool
ask_again(struct reading *rd, const struct graphql_answer *answer)
{
	if (answer->verdict == GRAPHQL_REFUSED && do_without(rd, answer))
		return true;
	if (answer->verdict == GRAPHQL_TOO_MUCH && rd->items > 1) {
		rd->items = (rd->items + 3) / 4;
		return true;
	}
	if (graphql_left(rd->g) != NULL)
		return true;
	diag("%s: cannot read the %s of %s: %s%s", graphql_base_url(rd->g), what(rd), rd->entity.p,
		answer->error,
		answer->verdict == GRAPHQL_REFUSED && graphql_is_unknown(answer)
			? "; the server is older or newer than this program knows"
			: "");
	return false;
}

static int
take(struct reading *rd, const struct graphql_answer *answer, const struct text *after)
{
	struct wandb_triggers *out = rd->out;
	struct answer a;

	out->entity = (struct text){NULL, 0};
	answer_init(&a, answer->data.p, answer->data.len, "data");
	if (!wandb_answer_entity(&a, out)) {
		diag("%s: the answer about the %s of %s is not as it must be: %s; the server may be older or newer than this program knows",
			graphql_base_url(rd->g), what(rd), rd->entity.p, a.error);
		return -1;
	}
	if (out->memory->failed)
		return out_of_memory();
	if (out->entity.p == NULL) {
		diag("%s: there is no entity %s, or the key may not see it",
			graphql_base_url(rd->g), rd->entity.p);
		return -1;
	}
	if (out->page.next.p != NULL && text_equal(&out->page.next, after)) {
		diag("%s: the %s of %s: a page ends where it began: it would never end",
			graphql_base_url(rd->g), what(rd), rd->entity.p);
		return -1;
	}
	return 0;
}

static int
read_part(struct reading *rd, enum part part)
{
	struct graphql_answer answer;
	struct text after = {NULL, 0};

	rd->part = part;
	rd->items = ITEMS_FIRST;
	do {
		if (ask(rd, &after, &answer) != 0)
			return -1;
		if (answer.verdict != GRAPHQL_OK) {
			if (!ask_again(rd, &answer))
				return -1;
			continue;
		}
		if (take(rd, &answer, &after) != 0)
			return -1;
		after = rd->out->page.next;
	} while (answer.verdict != GRAPHQL_OK || after.p != NULL);
	return 0;
}

/* Pages that move show one twice. */
static int
drop_repeated(struct wandb_triggers *out)
{
	struct names triggers, integrations;
	size_t n = 0;
	bool failed = false;

	names_init(&triggers);
	names_init(&integrations);
	for (size_t i = 0; i < out->triggers.n; i++) {
		const struct wandb_trigger *trigger = &out->triggers.v[i];
		const int64_t number = names_add(&triggers, trigger->id.p, trigger->id.len);

		failed |= number < 0;
		if (number == (int64_t)n)
			out->triggers.v[n++] = *trigger;
	}
	out->triggers.n = n;
	n = 0;
	for (size_t i = 0; i < out->integrations.n; i++) {
		const struct wandb_integration *one = &out->integrations.v[i];
		const int64_t number = names_add(&integrations, one->id.p, one->id.len);

		failed |= number < 0;
		if (number == (int64_t)n)
			out->integrations.v[n++] = *one;
	}
	out->integrations.n = n;
	names_release(&triggers);
	names_release(&integrations);
	return failed ? out_of_memory() : 0;
}

int
triggers_read(struct graphql *g, const char *entity, struct wandb_triggers *out)
{
	struct reading rd = {.g = g, .entity = {entity, strlen(entity)}, .out = out};

	for (int i = 0; i < WANDB_TRIGGER_PIECES; i++)
		rd.features.has[i] = true;
	if (read_part(&rd, TRIGGERS) != 0 || read_part(&rd, INTEGRATIONS) != 0)
		return -1;
	if (out->hidden > 0)
		diag("%s: %zu automations or webhooks are hidden from the key", entity,
			out->hidden);
	return drop_repeated(out);
}
