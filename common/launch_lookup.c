#include "launch_lookup.h"

#include <stdio.h>
#include <string.h>

#include "answer.h"
#include "json_text.h"
#include "launch_request.h"

#define NAME_MAX_LEN ((size_t)4096) /* bytes of a job's name, as spelled */
#define LATEST ":latest"            /* what a job without an alias is */

const char *
launch_lookup_query(enum launch_lookup kind)
{
	switch (kind) {
	case LAUNCH_LOOKUP_QUEUE:
		return "query WbQueue($entity:String!,$project:String!,$name:String!){"
		       "project(entityName:$entity,name:$project){runQueue(name:$name){id}}}";
	case LAUNCH_LOOKUP_PRIORITIES:
		return "query WbQueue($entity:String!,$project:String!,$name:String!){"
		       "project(entityName:$entity,name:$project){"
		       "runQueue(name:$name){id prioritizationMode}}}";
	default:
		return "query WbJob($entity:String!,$project:String!,$name:String!){"
		       "project(entityName:$entity,name:$project){"
		       "artifact(name:$name){id artifactType{name}}}}";
	}
}

static void
add_variable(struct strbuf *sb, const char *before, const char *p, size_t len)
{
	strbuf_adds(sb, before);
	json_quote_bytes(sb, p, len);
}

static bool
job_variables(struct strbuf *sb, const struct json_span *job)
{
	const char *entity, *end, *project, *name;
	struct strbuf text;
	bool whole;

	strbuf_init(&text, NAME_MAX_LEN);
	json_decode(&text, job);
	sb->failed |= strbuf_failed(&text);
	entity = text.len > 0 ? text.buf : "";
	end = entity + text.len;
	project = memchr(entity, '/', text.len);
	name = project != NULL ? memchr(project + 1, '/', (size_t)(end - project - 1)) : NULL;
	whole = name != NULL && project > entity && name > project + 1 && end > name + 1 &&
		memchr(name + 1, '/', (size_t)(end - name - 1)) == NULL;
	if (whole) {
		add_variable(sb, "{\"entity\":", entity, (size_t)(project - entity));
		add_variable(sb, ",\"project\":", project + 1, (size_t)(name - project - 1));
		if (memchr(name, ':', (size_t)(end - name)) == NULL) {
			strbuf_lit(&text, LATEST);
			sb->failed |= strbuf_failed(&text);
			/* it may have moved */
			name = text.buf + (name - entity);
			end = text.buf + text.len;
		}
		add_variable(sb, ",\"name\":", name + 1, (size_t)(end - name - 1));
		strbuf_addc(sb, '}');
	}
	strbuf_release(&text);
	return whole;
}

bool
launch_lookup_variables(struct strbuf *sb, enum launch_lookup kind, const struct launch *l)
{
	struct json_span entity;

	if (kind == LAUNCH_LOOKUP_JOB)
		return job_variables(sb, &l->member[LAUNCH_JOB]);
	entity = launch_queue_entity(l);
	strbuf_lit(sb, "{\"entity\":\"");
	strbuf_add(sb, entity.p, entity.len);
	strbuf_lit(sb, "\",\"project\":\"" LAUNCH_QUEUE_PROJECT "\",\"name\":");
	json_raw(sb, &l->member[LAUNCH_QUEUE]);
	strbuf_addc(sb, '}');
	return true;
}

/* ---- what is answered ---- */

struct found {
	bool is_there;
	struct json_span mode, type;
};

static bool
read_mode(struct answer *a, void *ctx)
{
	return answer_string(a, &((struct found *)ctx)->mode);
}

static bool
read_type_name(struct answer *a, void *ctx)
{
	return answer_string(a, &((struct found *)ctx)->type);
}

static bool
read_type(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_type_name, false},
		{NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

/* A queue, or an artifact. */
static bool
read_thing(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"id", answer_skip, false},
		{"prioritizationMode", read_mode, true}, {"artifactType", read_type, true},
		{NULL, NULL, false}};

	if (answer_is_null(a))
		return true;
	((struct found *)ctx)->is_there = true;
	return answer_object(a, fields, ctx);
}

static bool
read_project(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"runQueue", read_thing, true},
		{"artifact", read_thing, true}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

enum launch_lookup_result
launch_lookup_read(enum launch_lookup kind, const struct json_span *data,
	char error[LAUNCH_LOOKUP_ERROR_MAX])
{
	static const struct answer_field fields[] = {{"project", read_project, false},
		{NULL, NULL, false}};
	struct found found = {.is_there = false};
	struct answer a;

	error[0] = '\0';
	answer_init(&a, data->p, data->len, "data");
	if (!answer_object(&a, fields, &found) || !answer_end(&a)) {
		snprintf(error, LAUNCH_LOOKUP_ERROR_MAX,
			"the server's answer is not as it must be: %s", a.error);
		return LAUNCH_LOOKUP_UNREADABLE;
	}
	if (!found.is_there)
		return LAUNCH_LOOKUP_MISSING;
	if (kind == LAUNCH_LOOKUP_PRIORITIES && json_equal(&found.mode, "DISABLED", 8))
		return LAUNCH_LOOKUP_OTHER;
	if (kind == LAUNCH_LOOKUP_JOB && !json_equal(&found.type, "job", 3)) {
		snprintf(error, LAUNCH_LOOKUP_ERROR_MAX, "%.*s",
			(int)(found.type.len < 100 ? found.type.len : 100), found.type.p);
		return LAUNCH_LOOKUP_OTHER;
	}
	return LAUNCH_LOOKUP_FOUND;
}
