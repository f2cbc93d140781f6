#include "launch_request.h"

#include <string.h>

#include "json_text.h"

static bool
has(const struct launch *l, enum launch_member member)
{
	return l->member[member].type != JSON_NONE;
}

/* A string, or part of one. */
static void
add_string(struct strbuf *sb, const char *before, const struct json_span *value)
{
	strbuf_adds(sb, before);
	strbuf_addc(sb, '"');
	strbuf_add(sb, value->p, value->len);
	strbuf_addc(sb, '"');
}

/* Older servers do not know the last two arguments, so they are there only where they are used. */
static void
add_query(struct strbuf *sb, const struct launch *l)
{
	strbuf_lit(sb, "{\"query\":\"mutation WbLaunch($entityName:String!,$projectName:String!,"
		       "$queueName:String!,$runSpec:JSONString!");
	if (has(l, LAUNCH_PRIORITY))
		strbuf_lit(sb, ",$priority:Int");
	if (has(l, LAUNCH_TEMPLATE_VARIABLES))
		strbuf_lit(sb, ",$templateVariableValues:JSONString");
	strbuf_lit(sb, "){pushToRunQueueByName(input:{entityName:$entityName,"
		       "projectName:$projectName,queueName:$queueName,runSpec:$runSpec");
	if (has(l, LAUNCH_PRIORITY))
		strbuf_lit(sb, ",priority:$priority");
	if (has(l, LAUNCH_TEMPLATE_VARIABLES))
		strbuf_lit(sb, ",templateVariableValues:$templateVariableValues");
	strbuf_lit(sb, "}){runQueueItemId}}\"");
}

static void
add_variables(struct strbuf *sb, const struct launch *l)
{
	const struct json_span entity = launch_queue_entity(l),
			       *values = &l->member[LAUNCH_TEMPLATE_VARIABLES];
	struct strbuf compact;

	add_string(sb, ",\"variables\":{\"entityName\":", &entity);
	strbuf_lit(sb, ",\"projectName\":\"" LAUNCH_QUEUE_PROJECT "\"");
	add_string(sb, ",\"queueName\":", &l->member[LAUNCH_QUEUE]);
	if (has(l, LAUNCH_PRIORITY)) {
		strbuf_lit(sb, ",\"priority\":");
		json_raw(sb, &l->member[LAUNCH_PRIORITY]);
	}
	if (has(l, LAUNCH_TEMPLATE_VARIABLES)) {
		strbuf_init(&compact, values->len);
		json_compact(&compact, values->p, values->len);
		strbuf_lit(sb, ",\"templateVariableValues\":\"");
		json_escape(sb, compact.buf, compact.len);
		strbuf_addc(sb, '"');
		sb->failed |= strbuf_failed(&compact);
		strbuf_release(&compact);
	}
	strbuf_lit(sb, ",\"runSpec\":\"");
}

static void
add_url(struct strbuf *sb, const struct launch *l)
{
	const char *base = LAUNCH_BASE_URL;
	size_t len = strlen(base);

	if (has(l, LAUNCH_URL)) {
		base = l->member[LAUNCH_URL].p;
		len = l->member[LAUNCH_URL].len;
	}
	while (len > 0 && base[len - 1] == '/')
		len--;
	strbuf_lit(sb, "\"url\":\"");
	strbuf_add(sb, base, len);
	strbuf_lit(sb, "/graphql\"");
}

void
launch_request_head(struct strbuf *sb, const struct launch *l)
{
	struct strbuf body;

	strbuf_init(&body, sb->max);
	add_query(&body, l);
	add_variables(&body, l);
	strbuf_lit(sb, "{\"method\":\"POST\",");
	add_url(sb, l);
	strbuf_lit(sb, ",\"headers\":{\"Content-Type\":\"application/json\"},\"body\":\"");
	if (!strbuf_failed(&body))
		json_escape(sb, body.buf, body.len);
	sb->failed |= strbuf_failed(&body);
	strbuf_release(&body);
}

void
launch_request_tail(struct strbuf *sb, const struct launch *l)
{
	struct json_span queue_entity = launch_queue_entity(l), entity, project;

	launch_run_place(l, &entity, &project);
	strbuf_lit(sb, "\\\"}}\",\"auth\":{\"scheme\":\"basic\",\"user\":\"api\",\"ref\":");
	if (has(l, LAUNCH_KEY))
		json_raw(sb, &l->member[LAUNCH_KEY]);
	else
		strbuf_lit(sb, "\"" LAUNCH_API_KEY "\"");
	add_string(sb, "},\"launch\":{\"queue_entity\":", &queue_entity);
	add_string(sb, ",\"queue\":", &l->member[LAUNCH_QUEUE]);
	add_string(sb, ",\"entity\":", &entity);
	add_string(sb, ",\"project\":", &project);
	strbuf_lit(sb, "}}");
}

void
launch_request_spec(struct strbuf *sb, const char *spec, size_t len, const char *run_id)
{
	struct strbuf once;

	strbuf_init(&once, sb->max);
	json_escape(&once, spec, len - 1);
	strbuf_lit(&once, ",\\\"run_id\\\":\\\"");
	strbuf_adds(&once, run_id);
	strbuf_lit(&once, "\\\"}");
	if (!strbuf_failed(&once))
		json_escape(sb, once.buf, once.len);
	sb->failed |= strbuf_failed(&once);
	strbuf_release(&once);
}
