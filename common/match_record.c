#include "match_record.h"

#include "json_text.h"
#include "lines.h"

static void
add_compact(struct strbuf *sb, const struct json_span *value)
{
	if (value->type == JSON_STRING)
		json_raw(sb, value);
	else
		json_compact(sb, value->p, value->len);
}

/* The action as written, which has a type, and the server, so that wb-render need not be told. */
static void
add_launch(struct strbuf *sb, const struct config_automation *a, const char *server)
{
	strbuf_lit(sb, ",\"action\":{");
	if (a->launch.member[LAUNCH_URL].type == JSON_NONE) {
		strbuf_lit(sb, "\"base_url\":");
		json_quote(sb, server);
		strbuf_addc(sb, ',');
	}
	json_compact(sb, a->action_span.p + 1, a->action_span.len - 1);
	strbuf_lit(sb, "}}\n");
}

void
match_record_end(struct strbuf *sb, const struct config_automation *a, const char *server)
{
	strbuf_init(sb, (size_t)LINES_MAX_LIMIT);
	strbuf_lit(sb, ",\"automation\":{\"name\":");
	json_raw(sb, &a->name_span);
	if (a->action == CONFIG_NONE) {
		strbuf_lit(sb, ",\"action\":{\"type\":\"none\"}}}\n");
		return;
	}
	if (a->action == CONFIG_LAUNCH) {
		add_launch(sb, a, server);
		return;
	}
	strbuf_lit(sb, ",\"action\":{\"type\":\"webhook\",\"webhook\":{\"name\":\"");
	strbuf_add(sb, a->webhook->name.p, a->webhook->name.len);
	strbuf_lit(sb, "\",");
	/* The webhook as written, behind its opening brace; it has a url, so a member follows. */
	json_compact(sb, a->webhook->span.p + 1, a->webhook->span.len - 1);
	if (a->payload.type != JSON_NONE) {
		strbuf_lit(sb, ",\"payload\":");
		add_compact(sb, &a->payload);
	} else if (a->payload_jq.type != JSON_NONE) {
		strbuf_lit(sb, ",\"payload_jq\":");
		json_raw(sb, &a->payload_jq);
	}
	strbuf_lit(sb, "}}}\n");
}
