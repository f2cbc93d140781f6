#include "dry_run.h"

#include "diag.h"
#include "json_text.h"

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

void
dry_run_add(struct strbuf *sb, const struct record *rec, const char *denied)
{
	strbuf_lit(sb, "# ");
	add_clean(sb, &rec->delivery_id);
	strbuf_addc(sb, ' ');
	add_clean(sb, &rec->automation);
	if (denied != NULL)
		strbuf_printf(sb, "\n# denied: %s", denied);
	if (!record_is_signed(rec))
		strbuf_lit(sb, "\n# not signed yet: wb-sign comes before wb-send");
	strbuf_lit(sb, "\nPOST ");
	add_clean(sb, &rec->url);
	strbuf_addc(sb, '\n');
	for (size_t i = 0; i < rec->nheaders; i++) {
		add_clean(sb, &rec->headers[i].name);
		strbuf_lit(sb, ": ");
		add_clean(sb, &rec->headers[i].value);
		strbuf_addc(sb, '\n');
	}
	if (rec->bearer.type != JSON_NONE) {
		strbuf_lit(sb, "Authorization: Bearer ");
		add_clean(sb, &rec->bearer);
		strbuf_addc(sb, '\n');
	}
	strbuf_addc(sb, '\n');
	add_body(sb, rec);
	strbuf_lit(sb, "\n\n");
}
