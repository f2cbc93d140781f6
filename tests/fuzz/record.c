/*
 * record - what record_read accepts, later stages can rely on: JSON, in bounds, in order, no header
 * that could end its line, and the same record when white space is taken out.
 */
#include <string.h>

#include "curl_script.h"
#include "dry_run.h"
#include "fuzz.h"
#include "header.h"
#include "json_text.h"
#include "record.h"
#include "record_pack.h"

static bool
is_inside(const struct json_span *span, const char *text, size_t len)
{
	return span->p >= text && span->p + span->len <= text + len;
}

static void
check_headers(const struct record *rec, const char *text, size_t len)
{
	const char *after = rec->headers_span.p;
	struct strbuf value;

	strbuf_init(&value, HEADER_VALUE_MAX);
	REQUIRE(rec->nheaders <= RECORD_HEADERS_MAX);
	for (size_t i = 0; i < rec->nheaders; i++) {
		const struct record_header *h = &rec->headers[i];

		REQUIRE(is_inside(&h->name, text, len) && is_inside(&h->value, text, len));
		REQUIRE(h->name.p > after && h->value.p > h->name.p);
		after = h->value.p;
		REQUIRE(header_name_error(h->name.p, h->name.len) == NULL);
		strbuf_reset(&value);
		json_decode(&value, &h->value);
		REQUIRE(!strbuf_failed(&value));
		for (size_t j = 0; j < value.len; j++)
			REQUIRE((value.buf[j] >= 0x20 && value.buf[j] < 0x7f) ||
				value.buf[j] == '\t');
	}
	strbuf_release(&value);
}

static void
check_record(const struct record *rec, const char *text, size_t len)
{
	REQUIRE(rec->delivery_id.len >= 1 && rec->delivery_id.len <= DELIVERY_ID_MAX);
	REQUIRE(is_inside(&rec->delivery_id, text, len) && is_inside(&rec->automation, text, len));
	REQUIRE(is_inside(&rec->url, text, len) && rec->url.type == JSON_STRING);
	REQUIRE(is_inside(&rec->body, text, len) && rec->body.type == JSON_STRING);
	REQUIRE(is_inside(&rec->headers_span, text, len) && rec->headers_span.type == JSON_OBJECT);
	REQUIRE(rec->headers_span.p[0] == '{' &&
		rec->headers_span.p[rec->headers_span.len - 1] == '}');
	check_headers(rec, text, len);
	REQUIRE(rec->nlate <= SECRET_REFS_MAX);
	for (size_t i = 0; i < rec->nlate; i++) {
		REQUIRE(is_inside(&rec->late[i].ref, text, len) &&
			record_is_ref(&rec->late[i].ref));
		REQUIRE(i == 0 || rec->late[i].at >= rec->late[i - 1].at);
	}
	REQUIRE(rec->auth.type == JSON_NONE || record_is_ref(&rec->auth));
	REQUIRE(rec->success_when.type == JSON_NONE ||
		(rec->success_when.len > 0 && rec->success_when.len <= RECORD_PROGRAM_MAX));
	REQUIRE(rec->tls_ca.type == JSON_NONE || record_is_ref(&rec->tls_ca));
	REQUIRE(rec->tls_cert.type == JSON_NONE || record_is_ref(&rec->tls_cert));
	REQUIRE(rec->tls_key.type == JSON_NONE || record_is_ref(&rec->tls_key));
	REQUIRE((rec->tls_cert.type == JSON_NONE) == (rec->tls_key.type == JSON_NONE));
	REQUIRE(rec->nschemes <= SIGNATURE_SCHEMES && rec->nkeys <= SIGNATURE_KEYS_MAX);
	REQUIRE((rec->nschemes == 0) == (rec->nkeys == 0));
	for (size_t i = 0; i < rec->nkeys; i++)
		REQUIRE(record_is_ref(&rec->keys[i]));
}

/* A dry run shows a record as text of which only the body may say what it likes. */
static void
check_dry_run(const struct record *rec)
{
	static struct policy policy;
	const struct dry_run how = {.format = DRY_RUN_TEXT, .policy = &policy};
	struct strbuf shown;
	const char *head_end;

	strbuf_init(&shown, (size_t)64 * 1024 * 1024);
	(void)dry_run_add(&how, &shown, rec);
	REQUIRE(!strbuf_failed(&shown) && shown.len > 2 && shown.buf[0] == '#');
	head_end = memmem(shown.buf, shown.len, "\n\n", 2);
	REQUIRE(head_end != NULL);
	for (const char *p = shown.buf; p < head_end; p++)
		REQUIRE((unsigned char)*p >= 0x20 || *p == '\n');
	strbuf_release(&shown);
}

/* A script is plain text, whatever the record holds; the end of its subshell is its only ")". */
static void
check_script(const struct record *rec)
{
	const struct curl_script_options options = {30000, 10000, NULL, NULL, false};
	struct strbuf script;
	const char *end;

	strbuf_init(&script, (size_t)64 * 1024 * 1024);
	curl_script_add(&script, rec, &options, NULL);
	REQUIRE(!strbuf_failed(&script) && script.len > 4);
	for (size_t i = 0; i < script.len; i++) {
		const unsigned char c = (unsigned char)script.buf[i];

		REQUIRE((c >= 0x20 && c != 0x7f) || c == '\n' || c == '\t');
	}
	end = memmem(script.buf, script.len, "\n)\n", 3);
	REQUIRE(end != NULL && end == script.buf + script.len - 4);
	strbuf_release(&script);
}

static void
check_compact(const struct record *rec, const char *text, size_t len)
{
	struct strbuf compact;
	struct record again;
	struct json js;

	strbuf_init(&compact, len);
	json_compact(&compact, text, len);
	json_init(&js, compact.buf, compact.len);
	REQUIRE(record_read(&js, &again) && json_end(&js));
	REQUIRE(again.nheaders == rec->nheaders && again.nlate == rec->nlate);
	REQUIRE(again.nschemes == rec->nschemes && again.nkeys == rec->nkeys);
	REQUIRE(again.body.len == rec->body.len &&
		memcmp(again.body.p, rec->body.p, rec->body.len) == 0);
	REQUIRE(again.url.len == rec->url.len &&
		memcmp(again.url.p, rec->url.p, rec->url.len) == 0);
	strbuf_release(&compact);
}

static void
check_same(const struct json_span *a, const struct json_span *b)
{
	REQUIRE(a->type == b->type);
	REQUIRE(a->type == JSON_NONE || (a->p == b->p && a->len == b->len));
}

static void
check_pack(const struct record *rec, const char *text, size_t len)
{
	struct record_pack *pack = malloc(record_pack_size(rec));
	struct record again;

	REQUIRE(pack != NULL);
	record_pack(pack, rec, text, len, text);
	record_unpack(pack, &again);
	free(pack);
	check_same(&again.delivery_id, &rec->delivery_id);
	check_same(&again.event.member[EVENT_TYPE], &rec->event.member[EVENT_TYPE]);
	check_same(&again.body, &rec->body);
	REQUIRE(again.nheaders == rec->nheaders && again.nlate == rec->nlate);
	REQUIRE(again.nkeys == rec->nkeys && again.nschemes == rec->nschemes);
	for (size_t i = 0; i < rec->nheaders; i++)
		check_same(&again.headers[i].value, &rec->headers[i].value);
	for (size_t i = 0; i < rec->nlate; i++)
		check_same(&again.late[i].ref, &rec->late[i].ref);
	for (size_t i = 0; i < rec->nkeys; i++)
		check_same(&again.keys[i], &rec->keys[i]);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data, *why;
	struct record rec;
	struct json js;
	size_t at;

	json_init(&js, text, size);
	if (!record_read(&js, &rec) || !json_end(&js)) {
		REQUIRE(js.error != NULL && js.error_at <= size);
		return 0;
	}
	REQUIRE(json_validate(text, size, &why, &at));
	check_record(&rec, text, size);
	check_dry_run(&rec);
	check_script(&rec);
	check_compact(&rec, text, size);
	check_pack(&rec, text, size);
	return 0;
}
