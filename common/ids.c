#include "ids.h"

#include "sha256.h"

void
id_of_event(const struct event *event, char out[ID_SIZE])
{
	unsigned char digest[32];
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, event->span.p, event->span.len);
	sha256_final(&hash, digest);
	sha256_hex16(digest, out);
}

struct text
id_spelled(const struct event *event, char own[ID_SIZE])
{
	const struct json_span *id = &event->member[EVENT_ID];

	if (id->type != JSON_NONE)
		return (struct text){id->p, id->len};
	id_of_event(event, own);
	return (struct text){own, ID_SIZE - 1};
}

void
id_of_delivery(const struct text *event_id, const struct text *automation, char out[ID_SIZE])
{
	unsigned char digest[32];
	struct sha256 hash;

	sha256_init(&hash);
	sha256_update(&hash, event_id->p, event_id->len);
	sha256_update(&hash, "", 1);
	sha256_update(&hash, automation->p, automation->len);
	sha256_final(&hash, digest);
	sha256_hex16(digest, out);
}

void
id_add_event(struct strbuf *sb, const struct event *event)
{
	char id[ID_SIZE];

	if (event->member[EVENT_ID].type != JSON_NONE) {
		strbuf_add(sb, event->span.p, event->span.len);
		return;
	}
	id_of_event(event, id);
	strbuf_add(sb, event->span.p, event->span.len - 1);
	strbuf_lit(sb, ",\"event_id\":\"");
	strbuf_adds(sb, id);
	strbuf_lit(sb, "\"}");
}
