#include "receipt.h"

#include "json_text.h"
#include "timestamp.h"

static void
add_span(struct strbuf *sb, const char *name, const struct json_span *value)
{
	if (value->type == JSON_NONE)
		return;
	strbuf_adds(sb, name);
	json_raw(sb, value);
}

void
receipt_add(struct strbuf *sb, const struct receipt *r)
{
	static const char *const statuses[] = {"finished", "failed", "skipped", "deferred"};
	const struct record *rec = r->rec;
	char started[TIMESTAMP_MAX];

	strbuf_lit(sb, "{\"delivery_id\":");
	json_raw(sb, &rec->delivery_id);
	add_span(sb, ",\"automation\":", &rec->automation);
	add_span(sb, ",\"event_id\":", &rec->event.member[EVENT_ID]);
	add_span(sb, ",\"event_type\":", &rec->event.member[EVENT_TYPE]);
	add_span(sb, ",\"url\":", &rec->url);
	strbuf_lit(sb, ",\"status\":\"");
	strbuf_adds(sb, statuses[r->status]);
	strbuf_lit(sb, "\",\"attempts\":");
	strbuf_addu(sb, r->attempts);
	if (r->http_status > 0) {
		strbuf_lit(sb, ",\"http_status\":");
		strbuf_addu(sb, (uint64_t)r->http_status);
	}
	strbuf_lit(sb, ",\"started_at\":\"");
	strbuf_adds(sb, timestamp_format_ms(r->started_ms, started));
	strbuf_lit(sb, "\",\"duration_ms\":");
	strbuf_addu(sb, r->duration_ms);
	if (r->reason != NULL)
		strbuf_printf(sb, ",\"reason\":\"%s\"", r->reason);
	if (r->response != NULL) {
		strbuf_lit(sb, ",\"response\":");
		json_quote_bytes(sb, r->response, r->response_len);
	}
	if (r->error != NULL) {
		strbuf_printf(sb, ",\"error\":{\"class\":\"%s\",\"text\":", r->error);
		json_quote(sb, r->message);
		strbuf_addc(sb, '}');
	}
	strbuf_lit(sb, "}\n");
}
