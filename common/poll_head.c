#include "poll_head.h"

#include <stdlib.h>
#include <string.h>

#include "json_text.h"
#include "registry.h"
#include "sha256.h"

static bool
read_time(struct json *js, int64_t *ms)
{
	struct json_span span;
	char text[24], *end;

	if (!json_value(js, &span))
		return false;
	if (span.type != JSON_NUMBER || span.len >= sizeof(text))
		return json_fail(js, span.p, "not a time");
	memcpy(text, span.p, span.len);
	text[span.len] = '\0';
	*ms = strtoll(text, &end, 10);
	return *end == '\0' || json_fail(js, span.p, "not a time");
}

static bool
read_count(struct json *js, int64_t *count)
{
	struct json_span span;
	char text[20], *end;

	if (!json_value(js, &span))
		return false;
	if (span.type != JSON_NUMBER || span.len >= sizeof(text))
		return json_fail(js, span.p, "not a count");
	memcpy(text, span.p, span.len);
	text[span.len] = '\0';
	*count = strtoll(text, &end, 10);
	return (*end == '\0' && *count >= 0) || json_fail(js, span.p, "not a count");
}

bool
poll_head_read(struct json *js, struct poll_head *head)
{
	struct json_span key;

	*head = (struct poll_head){.version = -1,
		.collections = -1,
		.events = -1,
		.floor_ms = REGISTRY_NO_TIME,
		.read_ms = REGISTRY_NO_TIME};
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (json_equal(&key, "wb_event_state", 14)    ? !read_count(js, &head->version)
			: json_equal(&key, "collections", 11) ? !read_count(js, &head->collections)
			: json_equal(&key, "floor", 5)        ? !read_time(js, &head->floor_ms)
			: json_equal(&key, "read", 4)         ? !read_time(js, &head->read_ms)
			: json_equal(&key, "events", 6)       ? !read_count(js, &head->events)
			: json_equal(&key, "server", 6)       ? !json_value(js, &head->server)
			: json_equal(&key, "scope", 5)        ? !json_value(js, &head->scope)
			: json_equal(&key, "first", 5)        ? !json_value(js, &head->first)
			: json_equal(&key, "base", 4)         ? !json_value(js, &head->base)
			: json_equal(&key, "run", 3)          ? !json_value(js, &head->run)
							      : !json_value(js, NULL))
			return false;
	}
	return js->error == NULL;
}

bool
poll_head_is_whole(const struct poll_head *head)
{
	return head->version >= 1 && head->collections >= 0 && head->events >= 0 &&
	       head->server.type == JSON_STRING && head->scope.type == JSON_STRING &&
	       head->base.type == JSON_STRING && head->first.type == JSON_STRING;
}

void
poll_head_digest(const struct strbuf *text, char out[POLL_HEAD_DIGEST])
{
	unsigned char sum[SHA256_SIZE];
	struct sha256 hash;

	sha256_init(&hash);
	if (text->len > 0)
		sha256_update(&hash, text->buf, text->len);
	sha256_final(&hash, sum);
	sha256_hex16(sum, out);
}
