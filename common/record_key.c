#include "record_key.h"

#include "json_text.h"
#include "utf8.h"

/* However a string is spelled, it is the same key. Behind it goes a byte that no UTF-8 holds. */
static void
add_string(struct siphash *hash, const struct json_span *string)
{
	if (string->type != JSON_STRING) {
		siphash_add(hash, "\xfe", 1);
		return;
	}
	for (size_t at = 0; string->escaped && at < string->len;) {
		struct json_char c = json_char_at(string->p + at, string->p + string->len);
		unsigned char utf8[4];

		if (c.code >= 0xd800 && c.code < 0xe000)
			c.code = 0xfffd; /* as json_decode has it */
		siphash_add(hash, utf8, utf8_encode(utf8, c.code));
		at += c.len;
	}
	if (!string->escaped)
		siphash_add(hash, string->p, string->len);
	siphash_add(hash, "\xff", 1);
}

static uint64_t
string_key(const struct siphash_key *key, const struct json_span *string)
{
	struct siphash hash;

	siphash_init(&hash, key);
	add_string(&hash, string);
	return siphash_end(&hash);
}

uint64_t
record_key_delivery(const struct siphash_key *key, const struct record *rec)
{
	return string_key(key, &rec->delivery_id);
}

uint64_t
record_key_url(const struct siphash_key *key, const struct record *rec)
{
	return string_key(key, &rec->url);
}

uint64_t
record_key_collection(const struct siphash_key *key, const struct record *rec)
{
	const struct event *event = &rec->event;
	struct siphash hash;

	siphash_init(&hash, key);
	add_string(&hash, &rec->automation);
	add_string(&hash, &event->member[EVENT_ENTITY]);
	add_string(&hash, &event->member[EVENT_PROJECT]);
	add_string(&hash, &event->member[EVENT_COLLECTION]);
	return siphash_end(&hash);
}
