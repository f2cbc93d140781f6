#include "registry_change.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "event.h"
#include "sha256.h"

/* Each with its length, so that no two lists of texts are the same bytes. */
static void
add_text(struct sha256 *hash, const char *p, size_t len)
{
	char head[32];
	const int n = snprintf(head, sizeof(head), "%zu:", len);

	sha256_update(hash, head, (size_t)n);
	if (len > 0)
		sha256_update(hash, p, len);
}

static void
add_number(struct sha256 *hash, long long number)
{
	char text[32];

	snprintf(text, sizeof(text), "%lld", number);
	add_text(hash, text, strlen(text));
}

/* The collection's own time is in it since ids are numbers that other servers count, too. */
void
registry_change_id(const struct registry_identity *identity, char out[REGISTRY_CHANGE_ID])
{
	const struct registry_collection *c = identity->collection;
	const char *type = event_type_name(identity->type);
	unsigned char digest[SHA256_SIZE];
	struct sha256 hash;

	sha256_init(&hash);
	add_text(&hash, "wandb", 5);
	add_text(&hash, type, strlen(type));
	add_text(&hash, c->id.p, c->id.len);
	add_number(&hash, c->created_ms);
	add_text(&hash, identity->artifact.p, identity->artifact.len);
	add_text(&hash, identity->mark.p, identity->mark.len);
	add_number(&hash, identity->linked_ms);
	add_number(&hash, identity->ord);
	add_number(&hash, (long long)identity->key);
	add_number(&hash, identity->at_ms);
	add_number(&hash, identity->count);
	sha256_final(&hash, digest);
	sha256_hex16(digest, out);
}

void
registry_tell(struct registry_changes *changes, const struct registry_change *change,
	int64_t linked_ms)
{
	struct registry_change *made;

	if (changes->first == REGISTRY_BASELINE ||
		(changes->is_new &&
			(change->is_dated ? change->ms : linked_ms) < changes->since_ms))
		return;
	if ((made = registry_grow(changes->memory, &changes->list)) != NULL) {
		*made = *change;
		made->seq = changes->list.n;
	}
}
