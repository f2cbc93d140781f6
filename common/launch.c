#include "launch.h"

#include <stdio.h>
#include <string.h>

#include "json_text.h"
#include "secret_ref.h"
#include "url.h"

#define NAME_MAX_LEN 512 /* bytes of a name, as spelled */

const char *const launch_members[LAUNCH_MEMBERS] = {LAUNCH_MEMBER_NAMES};

/* What each must be; strings are not empty. */
static const enum json_type types[LAUNCH_MEMBERS] = {
	[LAUNCH_QUEUE] = JSON_STRING,
	[LAUNCH_QUEUE_ENTITY] = JSON_STRING,
	[LAUNCH_JOB] = JSON_STRING,
	[LAUNCH_DOCKER_IMAGE] = JSON_STRING,
	[LAUNCH_PROJECT] = JSON_STRING,
	[LAUNCH_NAME] = JSON_STRING,
	[LAUNCH_RESOURCE] = JSON_STRING,
	[LAUNCH_RESOURCE_ARGS] = JSON_OBJECT,
	[LAUNCH_OVERRIDES] = JSON_OBJECT,
	[LAUNCH_TEMPLATE_VARIABLES] = JSON_OBJECT,
	[LAUNCH_PRIORITY] = JSON_NUMBER,
	[LAUNCH_KEY] = JSON_STRING,
	[LAUNCH_URL] = JSON_STRING,
};

/* Those of "overrides". */
static const struct {
	const char *name;
	enum json_type type;
} overrides[] = {
	{"run_config", JSON_OBJECT},
	{"args", JSON_ARRAY}, /* of strings */
	{"entry_point", JSON_ARRAY},
	{"artifacts", JSON_OBJECT},
	{"files", JSON_OBJECT},
	{"dockerfile", JSON_STRING},
	{"working_dir", JSON_STRING},
};
#define OVERRIDES (sizeof(overrides) / sizeof(overrides[0]))

/* Where ${value} begins, its quote included. */
static const char *
start_of(const struct json_span *value)
{
	return value->p - (value->type == JSON_STRING);
}

static bool
fail(const char **at, const char *where, char error[LAUNCH_ERROR_MAX], const char *fmt,
	const char *name)
{
	*at = where;
	snprintf(error, LAUNCH_ERROR_MAX, fmt, name);
	return false;
}

static bool
has(const struct launch *l, enum launch_member member)
{
	return l->member[member].type != JSON_NONE;
}

size_t
launch_member_find(const struct json_span *key)
{
	size_t i = 0;

	while (i < LAUNCH_MEMBERS && !json_equal(key, launch_members[i], strlen(launch_members[i])))
		i++;
	return i;
}

static const char *
type_name(enum json_type type)
{
	return type == JSON_STRING   ? "a string"
	       : type == JSON_OBJECT ? "an object"
	       : type == JSON_ARRAY  ? "an array of strings"
				     : "a number";
}

static bool
check_type(const struct json_span *value, enum json_type type, const char *name, const char **at,
	char error[LAUNCH_ERROR_MAX])
{
	if (value->type == type)
		return true;
	*at = start_of(value);
	snprintf(error, LAUNCH_ERROR_MAX, "\"%s\" must be %s", name, type_name(type));
	return false;
}

/* A name of something on the server: it has no variables. */
static bool
check_name(const struct json_span *value, const char *name, const char **at,
	char error[LAUNCH_ERROR_MAX])
{
	const char *variable = memmem(value->p, value->len, "${", 2);

	if (value->len == 0 || value->len > NAME_MAX_LEN)
		return fail(at, start_of(value), error, "\"%s\" must have 1 to 512 bytes", name);
	if (variable != NULL)
		return fail(at, variable, error,
			"\"%s\" has no variables: those are for name and overrides", name);
	return true;
}

/* An item that is a variable's value may be no string then. */
static bool
is_json_variable(const struct json_span *item)
{
	static const char end[] = ":json}";
	const size_t len = sizeof(end) - 1;

	return item->len > len && memcmp(item->p, "${", 2) == 0 &&
	       memcmp(item->p + item->len - len, end, len) == 0;
}

static bool
check_strings(const struct json_span *array, const char *name, const char **at,
	char error[LAUNCH_ERROR_MAX])
{
	struct json_span item;
	struct json js;

	json_init(&js, array->p, array->len);
	json_open_array(&js);
	while (json_next_item(&js) && json_value(&js, &item))
		if (item.type != JSON_STRING || is_json_variable(&item))
			return fail(at, start_of(&item), error,
				"\"%s\" must be an array of strings", name);
	return true;
}

static bool
check_overrides(const struct json_span *object, const char **at, char error[LAUNCH_ERROR_MAX])
{
	struct json_span key, value;
	struct json js;

	json_init(&js, object->p, object->len);
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, &value)) {
		size_t i = 0;

		while (i < OVERRIDES &&
			!json_equal(&key, overrides[i].name, strlen(overrides[i].name)))
			i++;
		if (i == OVERRIDES)
			return fail(at, key.p - 1, error, "\"overrides\" has %s",
				"run_config, args, entry_point, artifacts, files, dockerfile and working_dir only");
		if (!check_type(&value, overrides[i].type, overrides[i].name, at, error))
			return false;
		if (value.type == JSON_ARRAY &&
			!check_strings(&value, overrides[i].name, at, error))
			return false;
	}
	return true;
}

/* "ENTITY/PROJECT" */
static bool
check_project(const struct json_span *project, const char **at, char error[LAUNCH_ERROR_MAX])
{
	const char *slash = memchr(project->p, '/', project->len), *end = project->p + project->len;

	if (slash == NULL || slash == project->p || slash + 1 == end ||
		memchr(slash + 1, '/', (size_t)(end - slash - 1)) != NULL || project->escaped)
		return fail(at, start_of(project), error,
			"\"project\" must be where the run goes, as \"ENTITY/PROJECT\"%s", "");
	return true;
}

static bool
check_priority(const struct json_span *priority, const char **at, char error[LAUNCH_ERROR_MAX])
{
	bool digits = priority->len <= 9; /* LAUNCH_PRIORITY_MAX */

	for (size_t i = 0; i < priority->len; i++)
		digits &= priority->p[i] >= '0' && priority->p[i] <= '9';
	return digits || fail(at, start_of(priority), error,
				 "\"priority\" must be a whole number from 0 up%s", "");
}

/* /graphql is put behind it. */
static bool
check_url(const struct json_span *span, const char **at, char error[LAUNCH_ERROR_MAX])
{
	const char *why = "it has a query";
	struct url url;

	if (!span->escaped && url_parse(span->p, span->len, &url, &why) == 0 &&
		memchr(span->p, '?', span->len) == NULL)
		return true;
	return fail(at, start_of(span), error, "not the URL of a server: %s",
		span->escaped ? "it has escapes" : why);
}

bool
launch_check_server(const char *url, char error[LAUNCH_ERROR_MAX])
{
	const struct json_span span = {url, strlen(url), JSON_STRING, false};
	const char *at;

	return check_url(&span, &at, error);
}

static bool
check_key(const struct json_span *key, const char **at, char error[LAUNCH_ERROR_MAX])
{
	if (!key->escaped && secret_ref_name(key->p, key->len) != 0)
		return true;
	return fail(at, start_of(key), error,
		"\"api_key\" must be the name of a secret, such as \"%s\", never its value",
		LAUNCH_API_KEY);
}

/* Whether it is ENTITY/PROJECT/NAME with or without :ALIAS, or names an artifact by its id. */
static bool
is_job(const char *p, size_t len)
{
	static const char by_id[] = "wandb-artifact://";
	const char *end = p + len, *project, *name, *alias;

	if (len >= sizeof(by_id) && memcmp(p, by_id, sizeof(by_id) - 1) == 0)
		return true;
	project = memchr(p, '/', len);
	name = project != NULL ? memchr(project + 1, '/', (size_t)(end - project - 1)) : NULL;
	if (name == NULL || project == p || name == project + 1 ||
		memchr(name + 1, '/', (size_t)(end - name - 1)) != NULL)
		return false;
	alias = memchr(name + 1, ':', (size_t)(end - name - 1));
	return alias != NULL ? alias > name + 1 && alias + 1 < end : name + 1 < end;
}

static bool
check_job(const struct json_span *job, const char **at, char error[LAUNCH_ERROR_MAX])
{
	struct strbuf text;
	bool is_one;

	strbuf_init(&text, NAME_MAX_LEN + 1);
	json_decode(&text, job);
	/* If memory runs out, the server will tell. */
	is_one = strbuf_failed(&text) || is_job(text.len > 0 ? text.buf : "", text.len);
	strbuf_release(&text);
	return is_one ||
	       fail(at, start_of(job), error,
		       "\"job\" must be ENTITY/PROJECT/NAME, with or without :ALIAS%s", "");
}

/* What needs what. */
static bool
check_together(const struct launch *l, const char **at, char error[LAUNCH_ERROR_MAX])
{
	if (!has(l, LAUNCH_QUEUE) || !has(l, LAUNCH_PROJECT))
		return fail(at, NULL, error, "a launch action needs \"%s\"",
			launch_members[has(l, LAUNCH_QUEUE) ? LAUNCH_PROJECT : LAUNCH_QUEUE]);
	if (has(l, LAUNCH_JOB) == has(l, LAUNCH_DOCKER_IMAGE))
		return fail(at, NULL, error,
			"a launch action needs one of \"job\" and \"docker_image\"%s", "");
	if (has(l, LAUNCH_RESOURCE_ARGS) && has(l, LAUNCH_TEMPLATE_VARIABLES))
		return fail(at, l->member[LAUNCH_RESOURCE_ARGS].p, error,
			"\"resource_args\" and \"template_variables\" exclude each other%s", "");
	return true;
}

bool
launch_check(const struct launch *l, const char **at, char error[LAUNCH_ERROR_MAX])
{
	static const enum launch_member names[] = {LAUNCH_QUEUE, LAUNCH_QUEUE_ENTITY, LAUNCH_JOB,
		LAUNCH_DOCKER_IMAGE, LAUNCH_PROJECT, LAUNCH_RESOURCE};

	for (size_t i = 0; i < LAUNCH_MEMBERS; i++)
		if (has(l, (enum launch_member)i) &&
			!check_type(&l->member[i], types[i], launch_members[i], at, error))
			return false;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (has(l, names[i]) &&
			!check_name(&l->member[names[i]], launch_members[names[i]], at, error))
			return false;
	if (has(l, LAUNCH_NAME) && l->member[LAUNCH_NAME].len == 0)
		return fail(at, start_of(&l->member[LAUNCH_NAME]), error, "\"%s\" is empty",
			"name");
	return (!has(l, LAUNCH_PROJECT) || check_project(&l->member[LAUNCH_PROJECT], at, error)) &&
	       (!has(l, LAUNCH_OVERRIDES) ||
		       check_overrides(&l->member[LAUNCH_OVERRIDES], at, error)) &&
	       (!has(l, LAUNCH_PRIORITY) ||
		       check_priority(&l->member[LAUNCH_PRIORITY], at, error)) &&
	       (!has(l, LAUNCH_KEY) || check_key(&l->member[LAUNCH_KEY], at, error)) &&
	       (!has(l, LAUNCH_URL) || check_url(&l->member[LAUNCH_URL], at, error)) &&
	       check_together(l, at, error) &&
	       (!has(l, LAUNCH_JOB) || check_job(&l->member[LAUNCH_JOB], at, error));
}

void
launch_run_place(const struct launch *l, struct json_span *entity, struct json_span *project)
{
	const struct json_span *both = &l->member[LAUNCH_PROJECT];
	const char *slash = memchr(both->p, '/', both->len);

	*entity = *project = *both;
	entity->len = (size_t)(slash - both->p);
	project->p = slash + 1;
	project->len = both->len - entity->len - 1;
}

struct json_span
launch_queue_entity(const struct launch *l)
{
	struct json_span entity, project;

	if (has(l, LAUNCH_QUEUE_ENTITY))
		return l->member[LAUNCH_QUEUE_ENTITY];
	launch_run_place(l, &entity, &project);
	return entity;
}

/* A JSON text without variables, even if it looks as if it had some. */
static void
add_literal(struct strbuf *sb, const char *text, size_t len)
{
	const char *end = text + len, *variable;

	while ((variable = memmem(text, (size_t)(end - text), "${", 2)) != NULL) {
		strbuf_add(sb, text, (size_t)(variable - text));
		strbuf_lit(sb, "$${");
		text = variable + 2;
	}
	strbuf_add(sb, text, (size_t)(end - text));
}

static void
add_string(struct strbuf *sb, const char *before, const struct json_span *value)
{
	strbuf_adds(sb, before);
	strbuf_addc(sb, '"');
	add_literal(sb, value->p, value->len);
	strbuf_addc(sb, '"');
}

/* Any value, with its variables. */
static void
add_template(struct strbuf *sb, const char *before, const struct json_span *value)
{
	strbuf_adds(sb, before);
	json_raw(sb, value);
}

void
launch_spec_template(struct strbuf *sb, const struct launch *l)
{
	const struct json_span *m = l->member;
	struct json_span entity, project;

	launch_run_place(l, &entity, &project);
	add_string(sb, "{\"entity\":", &entity);
	add_string(sb, ",\"project\":", &project);
	if (has(l, LAUNCH_JOB))
		add_string(sb, ",\"job\":", &m[LAUNCH_JOB]);
	if (has(l, LAUNCH_NAME))
		add_template(sb, ",\"name\":", &m[LAUNCH_NAME]);
	if (has(l, LAUNCH_RESOURCE))
		add_string(sb, ",\"resource\":", &m[LAUNCH_RESOURCE]);
	else
		strbuf_lit(sb, ",\"resource\":null");
	/* Where the server fills in variables of its own, ${run_id} and others. */
	if (has(l, LAUNCH_RESOURCE_ARGS)) {
		strbuf_lit(sb, ",\"resource_args\":");
		add_literal(sb, m[LAUNCH_RESOURCE_ARGS].p, m[LAUNCH_RESOURCE_ARGS].len);
	}
	strbuf_lit(sb, ",\"docker\":{");
	if (has(l, LAUNCH_DOCKER_IMAGE))
		add_string(sb, "\"docker_image\":", &m[LAUNCH_DOCKER_IMAGE]);
	strbuf_lit(sb, "},\"git\":{}");
	if (has(l, LAUNCH_OVERRIDES))
		add_template(sb, ",\"overrides\":", &m[LAUNCH_OVERRIDES]);
	else
		strbuf_lit(sb, ",\"overrides\":{}");
	strbuf_addc(sb, '}');
}
