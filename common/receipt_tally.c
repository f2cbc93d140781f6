#include "receipt_tally.h"

#include <inttypes.h>

#include "diag.h"
#include "json.h"
#include "json_find.h"
#include "json_text.h"

#define TEXT_MAX ((size_t)16 * 1024) /* bytes of what is told of one */

/* Append a member as text, with what stands before it, if it is there. */
static void
add(struct strbuf *sb, const char *before, const struct json_span *object, const char *name)
{
	const struct json_span value = json_find(object, name);
	struct strbuf text;

	if (value.type == JSON_NONE)
		return;
	strbuf_init(&text, TEXT_MAX);
	if (value.type == JSON_STRING)
		json_decode(&text, &value);
	else
		json_raw(&text, &value);
	if (!strbuf_failed(&text)) {
		strbuf_adds(sb, before);
		strbuf_add(sb, text.buf, text.len);
	}
	strbuf_release(&text);
}

static void
tell(const struct json_span *receipt)
{
	const struct json_span error = json_find(receipt, "error");
	struct strbuf sb;

	strbuf_init(&sb, TEXT_MAX * 8);
	add(&sb, "", receipt, "automation");
	add(&sb, ": ", receipt, "artifact_version_string");
	add(&sb, ": ", receipt, "event_id");
	add(&sb, ": failed: ", &error, "class");
	add(&sb, ": ", &error, "text");
	add(&sb, ": ", receipt, "url");
	add(&sb, ": queue ", receipt, "queue");
	diag("%s", strbuf_str(&sb) != NULL ? sb.buf : "a delivery has failed, see its receipt");
	strbuf_release(&sb);
}

/* Whether it is JSON, and an object, which goes into *${span}. */
static bool
scan(const char *line, size_t len, struct json_span *span)
{
	struct json js;

	json_init(&js, line, len);
	json_value(&js, span);
	return json_end(&js) && span->type == JSON_OBJECT;
}

int
receipt_tally_take(struct receipt_tally *t, const char *line, size_t len)
{
	struct json_span receipt, status;

	if (scan(line, len, &receipt)) {
		status = json_find(&receipt, "status");
		for (int i = 0; i < RECEIPT_STATUSES && status.type == JSON_STRING; i++) {
			const char *name = receipt_status_name((enum receipt_status)i);

			if (!json_equal(&status, name, strlen(name)))
				continue;
			if (i == RECEIPT_FAILED && t->counts[i] < RECEIPT_TALLY_TOLD)
				tell(&receipt);
			t->counts[i]++;
			return 0;
		}
	}
	diag("this is no receipt: %.*s", (int)(len < DIAG_MAX ? len : DIAG_MAX), line);
	return -1;
}

void
receipt_tally_finish(const struct receipt_tally *t)
{
	if (t->counts[RECEIPT_FAILED] > RECEIPT_TALLY_TOLD)
		diag("and %" PRIu64 " others have failed",
			t->counts[RECEIPT_FAILED] - RECEIPT_TALLY_TOLD);
}
