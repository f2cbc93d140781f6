#include "wandb_text.h"

#include "json_text.h"

#define TEXT_BYTES_MAX ((size_t)64 * 1024 * 1024)

struct text
wandb_keep(struct registry *r, const struct json_span *span)
{
	struct text text;
	struct strbuf sb;

	if (span->type != JSON_STRING)
		return (struct text){NULL, 0};
	if (!span->escaped)
		return registry_text(r, span->p, span->len);
	strbuf_init(&sb, TEXT_BYTES_MAX);
	json_decode(&sb, span);
	r->failed |= strbuf_failed(&sb);
	text = registry_text(r, sb.buf != NULL ? sb.buf : "", sb.len);
	strbuf_release(&sb);
	return text;
}

bool
wandb_read_text(struct answer *a, struct registry *r, struct text *text)
{
	struct json_span span;

	if (!answer_string(a, &span))
		return false;
	*text = wandb_keep(r, &span);
	return true;
}

bool
wandb_read_name(struct answer *a, struct registry *r, struct text *text)
{
	if (!wandb_read_text(a, r, text))
		return false;
	return text->len > 0 || answer_fail(a, "is empty");
}

static bool
read_inner(struct answer *a, void *ctx)
{
	struct inner *inner = ctx;

	return wandb_read_name(a, inner->memory, inner->text);
}

static bool
read_inner_or_null(struct answer *a, void *ctx)
{
	struct inner *inner = ctx;
	struct json_span span;

	if (!answer_string_or_null(a, &span))
		return false;
	*inner->text = wandb_keep(inner->memory, &span);
	return true;
}

bool
wandb_read_id_of(struct answer *a, struct registry *r, struct text *text)
{
	static const struct answer_field fields[] = {{"id", read_inner, false},
		{NULL, NULL, false}};
	struct inner inner = {r, text};

	*text = (struct text){NULL, 0};
	return answer_is_null(a) || answer_object(a, fields, &inner);
}

bool
wandb_read_user(struct answer *a, struct registry *r, struct text *text)
{
	static const struct answer_field fields[] = {{"username", read_inner_or_null, false},
		{NULL, NULL, false}};
	struct inner inner = {r, text};

	*text = (struct text){NULL, 0};
	return answer_is_null(a) || answer_object(a, fields, &inner);
}
