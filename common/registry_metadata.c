#include "registry_metadata.h"

#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "json_text.h"
#include "strbuf.h"
#include "wandb_answer.h"

#define BATCH 50
#define LEVELS 2 /* around metadata: the event, and the record of a match that it stands in */
#define METADATA_MAX ((size_t)64 * 1024 * 1024)

bool
registry_metadata_init(struct registry_metadata *m, struct registry_changes *changes)
{
	*m = (struct registry_metadata){.memory = changes->memory,
		.changes = changes,
		.batch = BATCH};
	names_init(&m->numbers);
	for (size_t i = 0; i < changes->list.n; i++) {
		const struct text *artifact = &changes->list.v[i].artifact;
		struct text *place;
		int64_t number;

		if (artifact->p == NULL)
			continue;
		number = names_add(&m->numbers, artifact->p, artifact->len);
		if (number < 0)
			return false;
		if ((size_t)number < m->artifacts.n)
			continue;
		if ((place = registry_grow(m->memory, &m->artifacts)) == NULL)
			return false;
		*place = *artifact;
	}
	m->values = arena_alloc(&m->memory->arena, (m->artifacts.n + 1) * sizeof(*m->values));
	return m->values != NULL;
}

void
registry_metadata_release(struct registry_metadata *m)
{
	names_release(&m->numbers);
}

const char *
registry_metadata_name(const struct registry_change *change, char out[REGISTRY_METADATA_NAME_MAX])
{
	const struct registry_collection *c = change->collection;
	char version[24] = "";

	if (change->index != REGISTRY_NO_INDEX)
		snprintf(version, sizeof(version), ":v%lld", (long long)change->index);
	snprintf(out, REGISTRY_METADATA_NAME_MAX, "%.*s/%.*s/%.*s%s", (int)c->entity.len,
		c->entity.p, (int)c->project.len, c->project.p, (int)c->name.len, c->name.p,
		version);
	return out;
}

/* Of ${artifact}, by the first change that it is in. */
static const char *
name_of(const struct registry_metadata *m, const struct text *artifact,
	char out[REGISTRY_METADATA_NAME_MAX])
{
	for (size_t i = 0; i < m->changes->list.n; i++)
		if (text_equal(&m->changes->list.v[i].artifact, artifact))
			return registry_metadata_name(&m->changes->list.v[i], out);
	snprintf(out, REGISTRY_METADATA_NAME_MAX, "%.*s", (int)artifact->len, artifact->p);
	return out;
}

/* The JSON text in a string becomes JSON, byte for byte but for white space. */
static void
take_one(struct registry_metadata *m, size_t i, const struct json_span *string)
{
	const struct text *artifact = &m->artifacts.v[i];
	struct strbuf plain, compact;
	char name[REGISTRY_METADATA_NAME_MAX];
	enum json_type type;
	struct json js;

	strbuf_init(&plain, METADATA_MAX);
	strbuf_init(&compact, METADATA_MAX);
	json_decode(&plain, string);
	json_init_within(&js, plain.buf != NULL ? plain.buf : "", plain.len, LEVELS);
	type = json_peek(&js);
	if (strbuf_failed(&plain)) {
		m->memory->failed = true;
	} else if (!json_value(&js, NULL) || !json_end(&js)) {
		diag("the metadata of %s is left out: byte %zu: %s", name_of(m, artifact, name),
			js.error_at + 1, js.error);
	} else if (type == JSON_OBJECT) {
		json_compact(&compact, plain.buf, plain.len);
		if (strbuf_failed(&compact))
			m->memory->failed = true;
		else
			m->values[i] = registry_text(m->memory, compact.buf, compact.len);
	} else if (type != JSON_NULL) {
		diag("the metadata of %s is left out: it is no object", name_of(m, artifact, name));
	}
	strbuf_release(&plain);
	strbuf_release(&compact);
}

bool
registry_metadata_take(struct registry_metadata *m, struct answer *a, size_t first, size_t n)
{
	struct wandb_metadata got = {.n = n};

	got.v = arena_alloc(&m->memory->arena, (n + 1) * sizeof(*got.v));
	if (got.v == NULL)
		return answer_fail(a, "out of memory");
	if (!wandb_answer_metadata(a, &got))
		return false;
	for (size_t i = 0; i < n; i++)
		if (got.v[i].type == JSON_STRING)
			take_one(m, first + i, &got.v[i]);
	return true;
}

bool
registry_metadata_finish(struct registry_metadata *m, struct registry_news *news)
{
	const struct registry_changes *changes = news->changes;

	news->metadata =
		arena_alloc(&m->memory->arena, (changes->list.n + 1) * sizeof(*news->metadata));
	if (news->metadata == NULL)
		return false;
	for (size_t i = 0; i < changes->list.n; i++) {
		const struct text *artifact = &changes->list.v[i].artifact;
		int64_t number = -1;

		if (artifact->p != NULL)
			number = names_find(&m->numbers, artifact->p, artifact->len);
		if (number >= 0)
			news->metadata[i] = m->values[number];
	}
	return true;
}
