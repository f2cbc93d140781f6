#include "wandb_trigger.h"

#include "wandb_text.h"

/* ---- what is asked ---- */

#define PAGE "pageInfo{endCursor hasNextPage}"
#define WEBHOOK                                                                                    \
	"...on GenericWebhookIntegration{name urlEndpoint accessTokenRef secretRef createdAt}"

static const struct {
	const char *text;
	const char *words[2];
} pieces[WANDB_TRIGGER_PIECES] = {
	[WANDB_ENTITY_SCOPE] = {" ...on Entity{name}", {"TriggerScope", "Entity"}},
	[WANDB_WEBHOOK_ACTION] =
		{" ...on GenericWebhookTriggeredAction{integration{__typename id " WEBHOOK
		 "} requestPayload}",
			{"GenericWebhookTriggeredAction", NULL}},
	[WANDB_NOTIFICATION_ACTION] = {" ...on NotificationTriggeredAction{title message severity}",
		{"NotificationTriggeredAction", NULL}},
	[WANDB_PUSH_ACTION] = {" ...on PushNotificationTriggeredAction{title body}",
		{"PushNotificationTriggeredAction", NULL}},
	[WANDB_SLACK] = {" ...on NotificationTriggeredAction{integration{__typename id"
			 " ...on SlackIntegration{teamName channelName}}}",
		{"SlackIntegration", NULL}},
	[WANDB_QUEUE_ENTITY] = {" ...on QueueJobTriggeredAction{queue{entityName}}",
		{"RunQueue", "entityName"}},
};

const char *const *
wandb_trigger_words(enum wandb_trigger_piece piece)
{
	return pieces[piece].words;
}

static void
add_piece(struct strbuf *query, const struct wandb_trigger_features *features,
	enum wandb_trigger_piece piece)
{
	if (features->has[piece])
		strbuf_adds(query, pieces[piece].text);
}

static void
add_trigger(struct strbuf *query, const struct wandb_trigger_features *features)
{
	strbuf_lit(query, "id name description enabled createdAt scope{__typename"
			  " ...on ArtifactPortfolio{name project{name entityName}}"
			  " ...on ArtifactSequence{name project{name entityName}}"
			  " ...on Project{name entityName}");
	add_piece(query, features, WANDB_ENTITY_SCOPE);
	strbuf_lit(query, "} triggeringCondition{__typename"
			  " ...on FilterEventTriggeringCondition{eventType filter}}"
			  " triggeredAction{__typename"
			  " ...on QueueJobTriggeredAction{queue{name} template}");
	for (int i = WANDB_WEBHOOK_ACTION; i < WANDB_TRIGGER_PIECES; i++)
		add_piece(query, features, (enum wandb_trigger_piece)i);
	strbuf_lit(query, "}");
}

void
wandb_query_triggers(struct strbuf *query, const struct wandb_trigger_features *features,
	unsigned items)
{
	strbuf_lit(query,
		"query WbTriggers($entity:String!,$after:String){entity(name:$entity){name ");
	strbuf_printf(query, "%s(first:%u after:$after){" PAGE " edges{node{",
		features->by_project ? "projects" : "triggers", items);
	strbuf_adds(query, features->by_project ? "triggers{" : "");
	add_trigger(query, features);
	strbuf_adds(query, features->by_project ? "}}}}}}" : "}}}}}");
}

void
wandb_query_integrations(struct strbuf *query, unsigned items)
{
	strbuf_printf(query,
		"query WbIntegrations($entity:String!,$after:String){entity(name:$entity){name"
		" integrations(first:%u after:$after){" PAGE " edges{node{__typename id " WEBHOOK
		"}}}}}",
		items);
}

/* ---- what is answered ---- */

/* What fields are read into, and where their texts are kept. */
struct place {
	struct registry *memory;
	void *value;
};

/* A function that takes a field by ${take}: a string, or one or null. */
#define READ_TEXT(function, type, field, take)                                                     \
	static bool function(struct answer *a, void *ctx)                                          \
	{                                                                                          \
		struct place *place = ctx;                                                         \
		struct json_span span;                                                             \
		const bool is_read = take(a, &span);                                               \
		if (is_read)                                                                       \
			((type *)place->value)->field = wandb_keep(place->memory, &span);          \
		return is_read;                                                                    \
	}
#define STRING answer_string
#define MAYBE answer_string_or_null

READ_TEXT(read_integration_id, struct wandb_integration, id, STRING)
READ_TEXT(read_integration_type, struct wandb_integration, type, STRING)
READ_TEXT(read_integration_name, struct wandb_integration, name, STRING)
READ_TEXT(read_url, struct wandb_integration, url, STRING)
READ_TEXT(read_access_token, struct wandb_integration, access_token, MAYBE)
READ_TEXT(read_secret, struct wandb_integration, secret, MAYBE)
READ_TEXT(read_team, struct wandb_integration, team, MAYBE)
READ_TEXT(read_channel, struct wandb_integration, channel, MAYBE)
READ_TEXT(read_id, struct wandb_trigger, id, STRING)
READ_TEXT(read_name, struct wandb_trigger, name, STRING)
READ_TEXT(read_description, struct wandb_trigger, description, MAYBE)
READ_TEXT(read_scope_type, struct wandb_trigger, scope.type, STRING)
READ_TEXT(read_scope_name, struct wandb_trigger, scope.name, STRING)
READ_TEXT(read_project_name, struct wandb_trigger, scope.project, STRING)
READ_TEXT(read_entity_name, struct wandb_trigger, scope.entity, STRING)
READ_TEXT(read_condition_type, struct wandb_trigger, condition.type, STRING)
READ_TEXT(read_event_type, struct wandb_trigger, condition.event_type, STRING)
READ_TEXT(read_filter, struct wandb_trigger, condition.filter, STRING)
READ_TEXT(read_action_type, struct wandb_trigger, action.type, STRING)
READ_TEXT(read_payload, struct wandb_trigger, action.payload, MAYBE)
READ_TEXT(read_template, struct wandb_trigger, action.template, STRING)
READ_TEXT(read_queue_name, struct wandb_trigger, action.queue, STRING)
READ_TEXT(read_queue_entity, struct wandb_trigger, action.queue_entity, STRING)

/* Read an object by ${fields} into ${value}, and its bytes into ${original}. */
static bool
read_whole(struct answer *a, const struct answer_field *fields, struct registry *memory,
	void *value, struct text *original)
{
	struct place place = {memory, value};
	const char *start;

	json_peek(&a->js); /* past white space */
	start = a->js.p;
	if (!answer_object(a, fields, &place))
		return false;
	*original = registry_text(memory, start, (size_t)(a->js.p - start));
	return true;
}

/* ---- integrations ---- */

static bool
read_integration_time(struct answer *a, void *ctx)
{
	struct wandb_integration *integration = ((struct place *)ctx)->value;

	return answer_is_null(a) || answer_time(a, &integration->created_ms);
}

static bool
read_integration(struct answer *a, struct registry *memory, struct wandb_integration *integration)
{
	static const struct answer_field fields[] = {{"__typename", read_integration_type, false},
		{"id", read_integration_id, false}, {"name", read_integration_name, true},
		{"urlEndpoint", read_url, true}, {"accessTokenRef", read_access_token, true},
		{"secretRef", read_secret, true}, {"createdAt", read_integration_time, true},
		{"teamName", read_team, true}, {"channelName", read_channel, true},
		{NULL, NULL, false}};

	*integration = (struct wandb_integration){.created_ms = REGISTRY_NO_TIME};
	return read_whole(a, fields, memory, integration, &integration->original);
}

static bool
read_integration_node(struct answer *a, void *ctx)
{
	struct wandb_triggers *out = ctx;
	struct wandb_integration *integration;

	if (answer_is_null(a)) {
		out->hidden++;
		return true;
	}
	if ((integration = registry_grow(out->memory, &out->integrations)) == NULL)
		return answer_fail(a, "out of memory");
	return read_integration(a, out->memory, integration);
}

/* ---- triggers ---- */

static bool
read_enabled(struct answer *a, void *ctx)
{
	return answer_bool(a, &((struct wandb_trigger *)((struct place *)ctx)->value)->enabled);
}

static bool
read_created(struct answer *a, void *ctx)
{
	return answer_time(a, &((struct wandb_trigger *)((struct place *)ctx)->value)->created_ms);
}

/* The project of a collection. */
static bool
read_project(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_project_name, false},
		{"entityName", read_entity_name, false}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_scope(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"__typename", read_scope_type, false},
		{"name", read_scope_name, true}, {"project", read_project, true},
		{"entityName", read_entity_name, true}, {NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

static bool
read_condition(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"__typename", read_condition_type, false},
		{"eventType", read_event_type, true}, {"filter", read_filter, true},
		{NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

static bool
read_queue(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_queue_name, false},
		{"entityName", read_queue_entity, true}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

static bool
read_action_integration(struct answer *a, void *ctx)
{
	struct place *place = ctx;
	struct wandb_trigger *trigger = place->value;

	return answer_is_null(a) ||
	       read_integration(a, place->memory, &trigger->action.integration);
}

static bool
read_action(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"__typename", read_action_type, false},
		{"integration", read_action_integration, true},
		{"requestPayload", read_payload, true}, {"queue", read_queue, true},
		{"template", read_template, true}, {NULL, NULL, false}};

	return answer_object(a, fields, ctx);
}

static bool
read_trigger(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"id", read_id, false},
		{"name", read_name, false}, {"description", read_description, false},
		{"enabled", read_enabled, false}, {"createdAt", read_created, false},
		{"scope", read_scope, false}, {"triggeringCondition", read_condition, false},
		{"triggeredAction", read_action, false}, {NULL, NULL, false}};
	struct wandb_triggers *out = ctx;
	struct wandb_trigger *trigger;

	if (answer_is_null(a)) {
		out->hidden++;
		return true;
	}
	if ((trigger = registry_grow(out->memory, &out->triggers)) == NULL)
		return answer_fail(a, "out of memory");
	*trigger = (struct wandb_trigger){.created_ms = REGISTRY_NO_TIME};
	return read_whole(a, fields, out->memory, trigger, &trigger->original);
}

static bool
read_trigger_list(struct answer *a, void *ctx)
{
	return answer_array(a, read_trigger, ctx);
}

static bool
read_project_node(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"triggers", read_trigger_list, false},
		{NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

/* ---- entities ---- */

static bool
read_triggers(struct answer *a, void *ctx)
{
	struct wandb_triggers *out = ctx;

	return wandb_read_connection(a, out->memory, &out->page, read_trigger, out);
}

static bool
read_projects(struct answer *a, void *ctx)
{
	struct wandb_triggers *out = ctx;

	return answer_is_null(a) ||
	       wandb_read_connection(a, out->memory, &out->page, read_project_node, out);
}

static bool
read_integrations(struct answer *a, void *ctx)
{
	struct wandb_triggers *out = ctx;

	return answer_is_null(a) ||
	       wandb_read_connection(a, out->memory, &out->page, read_integration_node, out);
}

static bool
read_entity_itself(struct answer *a, void *ctx)
{
	struct wandb_triggers *out = ctx;

	return wandb_read_name(a, out->memory, &out->entity);
}

static bool
read_entity(struct answer *a, void *ctx)
{
	static const struct answer_field fields[] = {{"name", read_entity_itself, false},
		{"triggers", read_triggers, true}, {"projects", read_projects, true},
		{"integrations", read_integrations, true}, {NULL, NULL, false}};

	return answer_is_null(a) || answer_object(a, fields, ctx);
}

bool
wandb_answer_entity(struct answer *a, struct wandb_triggers *out)
{
	static const struct answer_field fields[] = {{"entity", read_entity, false},
		{NULL, NULL, false}};

	out->page.next = (struct text){NULL, 0};
	return answer_object(a, fields, out) && answer_end(a);
}
