#include "imported_names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "new_automation.h"
#include "secret_ref.h"
#include "sha256.h"

#define DIGEST_SIZE 9 /* 8 hexadecimal digits and a NUL */
#define FILE_MAX 4096

/* What tells ${text} from others of its kind. */
static const char *
digest_of(const struct text *text, char out[DIGEST_SIZE])
{
	unsigned char digest[SHA256_SIZE];
	struct sha256 ctx;

	sha256_init(&ctx);
	sha256_update(&ctx, text->p, text->len);
	sha256_final(&ctx, digest);
	snprintf(out, DIGEST_SIZE, "%02x%02x%02x%02x", digest[0], digest[1], digest[2], digest[3]);
	return out;
}

static bool
is_taken(const struct names *names, const struct text *name)
{
	return names_find(names, name->p, name->len) >= 0;
}

static void
take(struct imported *out, struct names *names, const struct text *name)
{
	out->memory->failed |= names_add(names, name->p, name->len) < 0;
}

/* ---- automations and webhooks ---- */

/* Configuration takes no NUL in names, nor in those of webhooks what needs an escape in JSON. */
static struct text
usable_name(struct imported *out, const struct imported_item *item)
{
	const struct text *name = &item->original_name;
	struct text copy = registry_text(out->memory, name->p, name->len);
	char digest[DIGEST_SIZE];

	if (copy.len == 0)
		return imported_print(out, "unnamed-%s", digest_of(&item->id, digest));
	for (size_t i = 0; i < copy.len; i++) {
		const unsigned char c = (unsigned char)copy.p[i];

		if (c == '\0' || (item->kind == IMPORTED_WEBHOOK &&
					 (c < ' ' || c == '"' || c == '\\' || c == 0x7f)))
			((char *)(uintptr_t)copy.p)[i] = '-';
	}
	return copy;
}

static void
name_item(struct imported *out, struct imported_item *item, struct names *names)
{
	char digest[DIGEST_SIZE];

	item->name = usable_name(out, item);
	if (is_taken(names, &item->name))
		item->name = imported_print(out, "%.*s-%s", (int)item->name.len, item->name.p,
			digest_of(&item->id, digest));
	take(out, names, &item->name);
}

/*
 * NAME.json, or webhook-NAME.json. What is not as the name is gets a digest of the name, so that
 * two names never have one file, whichever is imported first.
 */
static void
name_file(struct imported *out, struct imported_item *item, struct names *files)
{
	static const char prefix[] = "webhook-";
	const bool is_webhook = item->kind == IMPORTED_WEBHOOK;
	const char *name = item->name.p;
	char digest[DIGEST_SIZE] = "";
	struct strbuf sb;
	size_t len;

	strbuf_init(&sb, FILE_MAX);
	new_automation_file(name, &sb);
	out->memory->failed |= strbuf_failed(&sb);
	len = sb.len > 5 ? sb.len - 5 : 0;
	/* a long one has a digest already */
	if (item->name.len <= NEW_AUTOMATION_FILE_BYTES &&
		(len != item->name.len || memcmp(sb.buf, name, len) != 0 ||
			(!is_webhook && strncmp(name, prefix, sizeof(prefix) - 1) == 0)))
		digest_of(&item->name, digest);
	item->file = imported_print(out, "%s%.*s%s%s.json", is_webhook ? prefix : "", (int)len,
		sb.buf != NULL ? sb.buf : "", digest[0] != '\0' ? "-" : "", digest);
	if (is_taken(files, &item->file))
		item->file = imported_print(out, "%.*s-%s.json", (int)item->file.len - 5,
			item->file.p, digest_of(&item->id, digest));
	take(out, files, &item->file);
	strbuf_release(&sb);
}

static int
by_age(const void *a, const void *b)
{
	const struct imported_item *x = *(struct imported_item *const *)a,
				   *y = *(struct imported_item *const *)b;

	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	if (x->created_ms != y->created_ms)
		return x->created_ms < y->created_ms ? -1 : 1;
	return text_compare(&x->id, &y->id);
}

void
imported_name_all(struct imported *out)
{
	struct names names[2], files;

	names_init(&names[IMPORTED_WEBHOOK]);
	names_init(&names[IMPORTED_AUTOMATION]);
	names_init(&files);
	if (out->items.n > 0)
		qsort(out->items.v, out->items.n, sizeof(struct imported_item *), by_age);
	for (size_t i = 0; i < out->items.n; i++) {
		struct imported_item *item = out->items.v[i];

		name_item(out, item, &names[item->kind]);
		name_file(out, item, &files);
	}
	names_release(&names[IMPORTED_WEBHOOK]);
	names_release(&names[IMPORTED_AUTOMATION]);
	names_release(&files);
}

/* ---- secrets ---- */

/* Whether ${name} ends as those do that are made here. */
static bool
ends_in_digest(const struct text *name)
{
	const size_t digits = DIGEST_SIZE - 1;

	if (name->len <= digits || name->p[name->len - digits - 1] != '_')
		return false;
	for (size_t i = name->len - digits; i < name->len; i++)
		if (strchr("0123456789abcdef", name->p[i]) == NULL)
			return false;
	return true;
}

/*
 * Letters, digits and '_', no digit first, and what tells it from all others. Whatever else there
 * is has no say in it: a name that was free once would be given to another secret later, whose
 * webhook then gets what was meant for the first one.
 */
static struct text
secret_name(struct imported *out, const struct text *original)
{
	const size_t room = SECRET_NAME_MAX - DIGEST_SIZE - 2;
	const size_t len = original->len < room ? original->len : room;
	const bool digit_first = len == 0 || (original->p[0] >= '0' && original->p[0] <= '9');
	char name[SECRET_NAME_MAX], digest[DIGEST_SIZE];
	size_t n = 0;

	if (digit_first)
		name[n++] = '_';
	for (size_t i = 0; i < len; i++) {
		const char c = original->p[i];

		name[n++] =
			(c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
				? c
				: '_';
	}
	return imported_print(out, "%.*s_%s", (int)n, name, digest_of(original, digest));
}

void
imported_name_secrets(struct imported *out)
{
	for (size_t i = 0; i < out->secrets.n; i++) {
		struct imported_secret *secret = &out->secrets.v[i];
		const struct text *original = &secret->original;

		secret->name = secret_name_len(original->p, original->len) != 0 &&
					       !ends_in_digest(original)
				       ? *original
				       : secret_name(out, original);
	}
}
