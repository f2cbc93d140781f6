#include "receipt.h"

#include <string.h>

#include "json_text.h"
#include "timestamp.h"
#include "url.h"

/* What a journal keeps at most: bytes of names and a URL, as spelled, and of an error's text. */
#define NAME_MAX_LEN 256
#define URL_MAX_LEN 512
#define TEXT_MAX_LEN 160

static void
add_span(struct strbuf *sb, const char *name, const struct json_span *value, size_t max)
{
	if (value->type == JSON_NONE || value->len > max)
		return;
	strbuf_adds(sb, name);
	json_raw(sb, value);
}

/* Who would be the user of a URL, which is denied for it, is nobody's business. */
static void
add_url(struct strbuf *sb, const struct json_span *url, size_t max)
{
	const char *user, *end;
	struct strbuf plain;

	if (url->type == JSON_NONE || url->len > max)
		return;
	if (!url->escaped && memchr(url->p, '@', url->len) == NULL) {
		add_span(sb, ",\"url\":", url, max);
		return;
	}
	strbuf_init(&plain, url->len + 1);
	json_decode(&plain, url);
	strbuf_lit(sb, ",\"url\":");
	if (strbuf_str(&plain) != NULL &&
		(end = url_user_end(plain.buf, plain.len, &user)) != NULL) {
		struct strbuf masked;

		strbuf_init(&masked, plain.len + 8);
		strbuf_add(&masked, plain.buf, (size_t)(user - plain.buf));
		strbuf_lit(&masked, "***");
		strbuf_add(&masked, end, plain.len - (size_t)(end - plain.buf));
		json_quote_bytes(sb, masked.buf, masked.len);
		sb->failed |= strbuf_failed(&masked);
		strbuf_release(&masked);
	} else {
		json_raw(sb, url);
	}
	sb->failed |= strbuf_failed(&plain);
	strbuf_release(&plain);
}

const char *
receipt_status_name(enum receipt_status status)
{
	static const char *const names[] = {"finished", "failed", "skipped", "deferred"};

	return names[status];
}

static void
add_number(struct strbuf *sb, const char *name, uint64_t n)
{
	strbuf_adds(sb, name);
	strbuf_addu(sb, n);
}

/* Whose job is put where. */
static void
add_queue(struct strbuf *sb, const struct record *rec, size_t max)
{
	const struct json_span *entity = &rec->launch.queue_entity, *queue = &rec->launch.queue;

	if (!rec->is_launch || entity->len > max || queue->len > max - entity->len)
		return;
	strbuf_lit(sb, ",\"queue\":\"");
	strbuf_add(sb, entity->p, entity->len);
	strbuf_addc(sb, '/');
	strbuf_add(sb, queue->p, queue->len);
	strbuf_addc(sb, '"');
}

static void
add_names(struct strbuf *sb, const struct record *rec, size_t name_max, size_t url_max)
{
	add_span(sb, ",\"automation\":", &rec->automation, name_max);
	add_span(sb, ",\"event_id\":", &rec->event.member[EVENT_ID], name_max);
	add_span(sb, ",\"event_type\":", &rec->event.member[EVENT_TYPE], name_max);
	add_span(sb, ",\"artifact_version_string\":", &rec->event.member[EVENT_VERSION_STRING],
		name_max);
	add_url(sb, &rec->url, url_max);
	add_queue(sb, rec, name_max);
}

/* How it went. */
static void
add_course(struct strbuf *sb, const struct receipt *r)
{
	char started[TIMESTAMP_MAX];

	add_number(sb, ",\"attempts\":", r->attempts);
	if (r->http_status > 0)
		add_number(sb, ",\"http_status\":", (uint64_t)r->http_status);
	strbuf_lit(sb, ",\"started_at\":\"");
	strbuf_adds(sb, timestamp_format_ms(r->started_ms, started));
	add_number(sb, "\",\"duration_ms\":", r->duration_ms);
	if (r->item != NULL) {
		strbuf_lit(sb, ",\"run_queue_item_id\":");
		json_quote(sb, r->item);
	}
	if (r->reason != NULL) {
		strbuf_lit(sb, ",\"reason\":\"");
		strbuf_adds(sb, r->reason);
		strbuf_addc(sb, '"');
	}
}

static void
add_error(struct strbuf *sb, const struct receipt *r, size_t max)
{
	const size_t len = strlen(r->message);

	strbuf_lit(sb, ",\"error\":{\"class\":\"");
	strbuf_adds(sb, r->error);
	strbuf_lit(sb, "\",\"text\":");
	json_quote_bytes(sb, r->message, len < max ? len : max);
	strbuf_addc(sb, '}');
}

void
receipt_add(struct strbuf *sb, const struct receipt *r)
{
	const struct record *rec = r->rec;

	strbuf_lit(sb, "{\"delivery_id\":");
	json_raw(sb, &rec->delivery_id);
	add_names(sb, rec, SIZE_MAX, SIZE_MAX);
	strbuf_lit(sb, ",\"status\":\"");
	strbuf_adds(sb, receipt_status_name(r->status));
	strbuf_addc(sb, '"');
	add_course(sb, r);
	if (r->response != NULL) {
		strbuf_lit(sb, ",\"response\":");
		json_quote_bytes(sb, r->response, r->response_len);
	}
	if (r->error != NULL)
		add_error(sb, r, SIZE_MAX);
	strbuf_lit(sb, "}\n");
}

void
receipt_add_names(struct strbuf *sb, const struct record *rec)
{
	add_names(sb, rec, NAME_MAX_LEN, URL_MAX_LEN);
}

void
receipt_add_members(struct strbuf *sb, const struct receipt *r)
{
	receipt_add_names(sb, r->rec);
	add_course(sb, r);
	if (r->error != NULL)
		add_error(sb, r, TEXT_MAX_LEN);
}
