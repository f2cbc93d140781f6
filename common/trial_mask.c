#include "trial_mask.h"

#include "config_file.h"
#include "diag.h"
#include "json_edit.h"
#include "json_find.h"
#include "json_text.h"
#include "response.h"
#include "webhook.h"

#define TEXT_MAX ((size_t)64 * 1024 * 1024)
#define CHARACTER_MAX 4 /* bytes by which what is kept may be shorter than it could be */

static int
know(struct secret_store *secrets, const struct json_span *ref)
{
	struct secret value;
	const char *error;
	const enum secret_status status =
		secret_peek(secrets, ref->p + 1, ref->len - 1, &value, &error);

	if (status == SECRET_FOUND || status == SECRET_REFUSED)
		return 0;
	diag("secret %.*s: %s", CONFIG_SHOWN(ref->len), ref->p, error);
	return -1;
}

int
trial_mask_know(struct secret_store *secrets, const struct config_webhook *webhook)
{
	const struct json_span keys =
		webhook != NULL ? json_find(&webhook->span, webhook_members[WEBHOOK_SECRET])
				: (struct json_span){.type = JSON_NONE};
	struct json_span item;
	struct json js;

	if (keys.type == JSON_STRING)
		return know(secrets, &keys);
	if (keys.type != JSON_ARRAY)
		return 0;
	json_init(&js, keys.p, keys.len);
	json_open_array(&js);
	while (json_next_item(&js) && json_value(&js, &item))
		if (know(secrets, &item) != 0)
			return -1;
	return 0;
}

/* Mask ${text}, a string of ${receipt}. */
static void
mask(const struct secret_store *secrets, struct strbuf *receipt, const struct json_span *text)
{
	struct json_edit e = {.len = text->len + 2};
	struct strbuf plain, edited;

	if (text->type != JSON_STRING || text->len == 0)
		return;
	e.at = text->p - 1;
	strbuf_init(&plain, TEXT_MAX);
	strbuf_init(&edited, TEXT_MAX);
	strbuf_init(&e.with, TEXT_MAX);
	json_decode(&plain, text);
	if (!strbuf_failed(&plain)) {
		secret_mask(secrets, NULL, plain.buf, plain.len, plain.len,
			plain.len + CHARACTER_MAX > RESPONSE_USUAL);
		json_quote_bytes(&e.with, plain.buf, plain.len);
		json_edit_apply(&e, receipt->buf, receipt->len, &edited);
	}
	edited.failed |= strbuf_failed(&plain);
	strbuf_release(receipt);
	*receipt = edited;
	strbuf_release(&e.with);
	strbuf_release(&plain);
}

void
trial_mask(const struct secret_store *secrets, struct strbuf *receipt)
{
	const struct json_span line = {receipt->buf, receipt->len, JSON_OBJECT, false},
			       response = json_find(&line, "response");

	mask(secrets, receipt, &response);
	if (!strbuf_failed(receipt)) {
		const struct json_span masked = {receipt->buf, receipt->len, JSON_OBJECT, false},
				       error = json_find(&masked, "error"),
				       text = json_find(&error, "text");

		mask(secrets, receipt, &text);
	}
}
