/*
 * Jobs for queues of W&B Launch: see imported_parts.h. What W&B keeps is a run spec, which has to
 * come out of ours again: wb-automations(5), LAUNCH.
 */
#include "imported_parts.h"

#include <string.h>

#include "imported_payload.h"
#include "json_find.h"
#include "json_text.h"
#include "launch.h"

#define ACTION_MAX ((size_t)256 * 1024 * 1024)
#define LEVELS 3 /* of a configuration file around an action */

/* A run spec's members; those from GIT on must be absent, null or empty, as they are in ours. */
enum {
	ENTITY,
	PROJECT,
	JOB,
	NAME,
	RESOURCE,
	RESOURCE_ARGS,
	OVERRIDES,
	DOCKER,
	GIT,
	URI,
	AUTHOR,
	RUN_ID,
	SWEEP_ID,
	MEMBERS
};
static const char *const names[MEMBERS] = {"entity", "project", "job", "name", "resource",
	"resource_args", "overrides", "docker", "git", "uri", "author", "run_id", "sweep_id"};

/* Those that an action has, too, by the same name. */
static const struct {
	int from;
	enum launch_member to;
} same[] = {{JOB, LAUNCH_JOB}, {NAME, LAUNCH_NAME}, {RESOURCE, LAUNCH_RESOURCE},
	{RESOURCE_ARGS, LAUNCH_RESOURCE_ARGS}, {OVERRIDES, LAUNCH_OVERRIDES}};

struct job {
	struct imported *out;
	struct imported_item *item;
	struct json_span member[MEMBERS]; /* JSON_NONE: absent, or null where that is the same */
	struct json_span image;
};

static bool
refuse(const struct job *job, const char *fmt, const char *name, size_t len)
{
	imported_refuse(job->out, job->item, true, fmt, (int)(len < 80 ? len : 80), name);
	return false;
}

static bool
refuse_member(const struct job *job, const struct json_span *key)
{
	return refuse(job, "its template has \"%.*s\", which launch actions here have not", key->p,
		key->len);
}

static bool
is_empty(const struct json_span *object)
{
	struct json_span key;
	struct json js;

	json_init(&js, object->p, object->len);
	return json_open_object(&js) && !json_next_member(&js, &key) && js.error == NULL;
}

/* Whether leaving it out says the same to the agent that runs the job. */
static bool
is_left_out(int member, const struct json_span *value)
{
	switch (member) {
	case NAME:
	case RESOURCE:
	case URI:
	case AUTHOR:
	case RUN_ID:
	case SWEEP_ID:
		return value->type == JSON_NULL;
	case GIT:
		return value->type == JSON_NULL || is_empty(value);
	default:
		return false;
	}
}

static int
find_member(const struct json_span *key)
{
	int i = 0;

	while (i < MEMBERS && !json_equal(key, names[i], strlen(names[i])))
		i++;
	return i;
}

/* Take a member of the template. False after a reason. */
static bool
take_member(struct job *job, const struct json_span *key, const struct json_span *value,
	unsigned *seen)
{
	const int i = find_member(key);

	if (i < MEMBERS && (*seen >> i & 1))
		return refuse(job, "its template has \"%.*s\" twice", key->p, key->len);
	if (i == MEMBERS || (i >= GIT && !is_left_out(i, value)))
		return refuse_member(job, key);
	*seen |= 1u << i;
	if (!is_left_out(i, value))
		job->member[i] = *value;
	return true;
}

/* The image of "docker", all that may be in it. */
static bool
take_docker(struct job *job)
{
	const struct json_span *docker = &job->member[DOCKER];
	struct json_span key, value;
	struct json js;

	if (docker->type == JSON_NONE)
		return true;
	json_init(&js, docker->p, docker->len);
	if (!json_open_object(&js))
		return refuse(job, "its template's \"%.*s\" is not an object", "docker", 6);
	while (json_next_member(&js, &key) && json_value(&js, &value)) {
		if (!json_equal(&key, "docker_image", 12) || job->image.type != JSON_NONE)
			return refuse_member(job, &key);
		job->image = value;
	}
	return true;
}

static bool
take_template(struct job *job, const struct text *template)
{
	struct json_span key, value;
	unsigned seen = 0;
	struct json js;

	json_init_within(&js, template->p, template->len, LEVELS);
	if (json_peek(&js) != JSON_OBJECT) {
		json_value(&js, NULL);
		if (json_end(&js))
			return refuse(job, "its template is not %.*s", "an object", 9);
	} else {
		json_open_object(&js);
	}
	while (js.error == NULL && json_next_member(&js, &key) && json_value(&js, &value))
		if (!take_member(job, &key, &value, &seen))
			return false;
	if (!json_end(&js)) {
		imported_refuse(job->out, job->item, true, "its template is not JSON: byte %zu: %s",
			js.error_at + 1, js.error);
		return false;
	}
	return take_docker(job);
}

/* ---- the action ---- */

static void
add_name(struct strbuf *sb, enum launch_member member)
{
	strbuf_printf(sb, ",\"%s\":", launch_members[member]);
}

static void
add_value(struct strbuf *sb, enum launch_member member, const struct json_span *value)
{
	if (value->type == JSON_NONE)
		return;
	add_name(sb, member);
	json_raw(sb, value);
}

static void
add_text(struct strbuf *sb, enum launch_member member, const char *text, size_t len)
{
	add_name(sb, member);
	json_quote_bytes(sb, text, len);
}

static bool
is_public(const char *server)
{
	const size_t len = strlen(LAUNCH_BASE_URL);

	return strncmp(server, LAUNCH_BASE_URL, len) == 0 &&
	       server[len + strspn(server + len, "/")] == '\0';
}

static void
write_action(struct strbuf *sb, const struct job *job, const struct wandb_trigger *trigger)
{
	const struct json_span *entity = &job->member[ENTITY], *project = &job->member[PROJECT];
	const struct text *queue = &trigger->action.queue, *owner = &trigger->action.queue_entity;

	strbuf_lit(sb, "{\"type\":\"launch\"");
	add_text(sb, LAUNCH_QUEUE, queue->p, queue->len);
	if (entity->type != JSON_STRING || !json_equal(entity, owner->p, owner->len))
		add_text(sb, LAUNCH_QUEUE_ENTITY, owner->p, owner->len);
	if (entity->type == JSON_STRING && project->type == JSON_STRING) {
		add_name(sb, LAUNCH_PROJECT);
		strbuf_addc(sb, '"');
		strbuf_add(sb, entity->p, entity->len);
		strbuf_addc(sb, '/');
		strbuf_add(sb, project->p, project->len);
		strbuf_addc(sb, '"');
	}
	add_value(sb, LAUNCH_DOCKER_IMAGE, &job->image);
	for (size_t i = 0; i < sizeof(same) / sizeof(same[0]); i++)
		add_value(sb, same[i].to, &job->member[same[i].from]);
	if (!is_public(job->out->server))
		add_text(sb, LAUNCH_URL, job->out->server, strlen(job->out->server));
	strbuf_addc(sb, '}');
}

/* ---- whether it says the same ---- */

static struct text
whole_text(const struct json_span *value)
{
	const bool quoted = value->type == JSON_STRING;

	return (struct text){value->p - quoted, value->len + 2 * quoted};
}

static bool
check_variables(const struct job *job, const struct launch *l)
{
	static const struct {
		enum launch_member member;
		bool has_variables;
	} checked[] = {{LAUNCH_NAME, true}, {LAUNCH_OVERRIDES, true},
		{LAUNCH_RESOURCE_ARGS, false}};
	const struct template_secrets none = {.refs = NULL};
	char error[IMPORTED_PAYLOAD_ERROR_MAX];

	for (size_t i = 0; i < sizeof(checked) / sizeof(checked[0]); i++) {
		const struct json_span *value = &l->member[checked[i].member];
		const struct text text = whole_text(value);

		if (value->type == JSON_NONE ||
			(checked[i].has_variables ? imported_payload_check("its template", &text,
							    &none, error)
						  : imported_payload_check_fixed("its template",
							    &text, error)))
			continue;
		job->out->memory->failed |= error[0] == '\0';
		imported_refuse(job->out, job->item, true, "%s", error);
		return false;
	}
	return true;
}

static bool
check_action(const struct job *job, const struct text *action)
{
	char error[LAUNCH_ERROR_MAX];
	struct launch l = {.member = {{.type = JSON_NONE}}};
	struct json_span key, value;
	struct json js;
	const char *at;

	json_init(&js, action->p, action->len);
	json_open_object(&js);
	while (json_next_member(&js, &key) && json_value(&js, &value)) {
		const size_t member = launch_member_find(&key);

		if (member < LAUNCH_MEMBERS)
			l.member[member] = value;
	}
	if (!launch_check(&l, &at, error)) {
		imported_refuse(job->out, job->item, true, "its template: %s", error);
		return false;
	}
	return check_variables(job, &l);
}

void
imported_job(struct imported *out, struct imported_item *item, const struct wandb_trigger *trigger)
{
	struct job job = {.out = out, .item = item};
	struct strbuf sb;
	struct text action;

	item->action = TEXT(IMPORTED_NOTHING);
	if (trigger->action.queue.p == NULL) {
		imported_refuse(out, item, true, "it puts a job on a queue that is no more");
		return;
	}
	if (trigger->action.queue_entity.p == NULL) {
		imported_refuse(out, item, true,
			"it puts a job on a queue, and the server does not say whose that is");
		return;
	}
	if (!take_template(&job, &trigger->action.template))
		return;
	strbuf_init(&sb, ACTION_MAX);
	write_action(&sb, &job, trigger);
	action = imported_keep(out, &sb);
	if (out->memory->failed || !check_action(&job, &action))
		return;
	item->action = action;
	if (!out->has_key)
		imported_refuse(out, item, false,
			"the value of the secret " LAUNCH_API_KEY " is not here");
}
