#include "dry_run.h"

#include <string.h>

#include "diag.h"
#include "json_text.h"
#include "url.h"

int
dry_run_option(const char *value, enum dry_run_format *format)
{
	if (value == NULL || strcmp(value, "text") == 0) {
		*format = DRY_RUN_TEXT;
	} else if (strcmp(value, "curl") == 0) {
		*format = DRY_RUN_CURL;
	} else {
		diag("--dry-run takes text or curl, not '%s'", value);
		return -1;
	}
	return 0;
}

/* Text from a record, so written that it cannot make a line of its own or speak to the terminal. */
static void
add_text(struct strbuf *sb, const char *text, size_t len)
{
	struct strbuf clean;
	char *room;

	strbuf_init(&clean, len * 4 + 16);
	if (len > 0 && (room = strbuf_room(&clean, len * 4 + 16)) != NULL)
		strbuf_adds(sb, diag_scrub(room, len * 4 + 16, text, len));
	sb->failed |= strbuf_failed(&clean);
	strbuf_release(&clean);
}

static void
add_clean(struct strbuf *sb, const struct json_span *string)
{
	struct strbuf plain;

	strbuf_init(&plain, string->len + 1);
	json_decode(&plain, string);
	add_text(sb, plain.buf, plain.len);
	sb->failed |= strbuf_failed(&plain);
	strbuf_release(&plain);
}

/* The body with "$NAME" where each secret goes. */
static void
add_body(struct strbuf *sb, const struct record *rec)
{
	struct strbuf body;
	size_t from = 0;

	strbuf_init(&body, rec->body.len + 1);
	json_decode(&body, &rec->body);
	for (size_t i = 0; i < rec->nlate; i++) {
		size_t at = rec->late[i].at < body.len ? rec->late[i].at : body.len;

		if (at > from)
			add_text(sb, body.buf + from, at - from);
		strbuf_add(sb, rec->late[i].ref.p, rec->late[i].ref.len);
		from = at;
	}
	if (body.len > from)
		add_text(sb, body.buf + from, body.len - from);
	sb->failed |= strbuf_failed(&body);
	strbuf_release(&body);
}

/* The URL, without a user in front of the host, for which it is denied. */
static void
add_url(struct strbuf *sb, const struct json_span *url)
{
	const char *user, *end;
	struct strbuf plain;

	strbuf_init(&plain, url->len + 1);
	json_decode(&plain, url);
	if (strbuf_str(&plain) != NULL &&
		(end = url_user_end(plain.buf, plain.len, &user)) != NULL) {
		add_text(sb, plain.buf, (size_t)(user - plain.buf));
		strbuf_lit(sb, "***");
		add_text(sb, end, plain.len - (size_t)(end - plain.buf));
	} else {
		add_text(sb, plain.buf, plain.len);
	}
	sb->failed |= strbuf_failed(&plain);
	strbuf_release(&plain);
}

static void
add_request(struct strbuf *sb, const struct record *rec, const char *denied)
{
	strbuf_lit(sb, "# ");
	add_clean(sb, &rec->delivery_id);
	strbuf_addc(sb, ' ');
	add_clean(sb, &rec->automation);
	if (denied != NULL)
		strbuf_printf(sb, "\n# denied: %s", denied);
	if (!record_is_signed(rec))
		strbuf_lit(sb, "\n# not signed yet: wb-sign comes before wb-send");
	if (rec->success_when.type != JSON_NONE) {
		strbuf_lit(sb, "\n# a success only if this holds of the answer: ");
		add_clean(sb, &rec->success_when);
	}
	strbuf_lit(sb, "\nPOST ");
	add_url(sb, &rec->url);
	strbuf_addc(sb, '\n');
	for (size_t i = 0; i < rec->nheaders; i++) {
		add_clean(sb, &rec->headers[i].name);
		strbuf_lit(sb, ": ");
		add_clean(sb, &rec->headers[i].value);
		strbuf_addc(sb, '\n');
	}
	if (rec->auth_scheme == RECORD_BEARER) {
		strbuf_lit(sb, "Authorization: Bearer ");
		add_clean(sb, &rec->auth);
		strbuf_addc(sb, '\n');
	} else if (rec->auth_scheme == RECORD_BASIC) {
		strbuf_lit(sb, "Authorization: Basic base64(");
		add_clean(sb, &rec->auth_user);
		strbuf_addc(sb, ':');
		add_clean(sb, &rec->auth);
		strbuf_lit(sb, ")\n");
	}
	strbuf_addc(sb, '\n');
	add_body(sb, rec);
	strbuf_lit(sb, "\n\n");
}

bool
dry_run_add(const struct dry_run *d, struct strbuf *sb, const struct record *rec)
{
	char error[POLICY_ERROR_MAX];
	const char *denied = NULL;
	struct strbuf url;
	struct url where;

	strbuf_init(&url, rec->url.len);
	if (!record_is_ref(&rec->url)) {
		json_decode(&url, &rec->url);
		if (!strbuf_failed(&url) &&
			url_parse(url.buf != NULL ? url.buf : "", url.len, &where, &denied) == 0 &&
			!policy_check_url(d->policy, &where, error))
			denied = error;
	}
	if (d->format == DRY_RUN_CURL)
		curl_script_add(sb, rec, &d->script, denied);
	else
		add_request(sb, rec, denied);
	sb->failed |= strbuf_failed(&url);
	strbuf_release(&url);
	return denied == NULL;
}
