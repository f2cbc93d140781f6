#include "cooldown.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "json_text.h"
#include "list.h"
#include "sha256.h"
#include "table.h"

#define VERSION 1

struct rest {
	struct table_node node; /* its key is who rests */
	struct link link;       /* in order of use */
	uint64_t event;
	int64_t at_ms, until_ms;
};

struct cooldowns {
	struct table table;
	struct link used;
};

struct cooldowns *
cooldowns_new(void)
{
	struct cooldowns *c = calloc(1, sizeof(*c));

	if (c == NULL)
		return NULL;
	table_init(&c->table);
	list_init(&c->used);
	return c;
}

static void
forget(struct cooldowns *c, struct rest *rest)
{
	table_remove(&c->table, &rest->node);
	list_remove(&rest->link);
	free(rest);
}

void
cooldowns_free(struct cooldowns *c)
{
	if (c == NULL)
		return;
	while (!list_is_empty(&c->used))
		forget(c, CONTAINER(c->used.next, struct rest, link));
	table_release(&c->table);
	free(c);
}

/* Half of the hash is enough: who finds two of one makes only his own two rest together. */
static uint64_t
number_of(const char *p, size_t len)
{
	unsigned char digest[SHA256_SIZE];
	struct sha256 hash;
	uint64_t number = 0;

	sha256_init(&hash);
	sha256_update(&hash, p, len);
	sha256_final(&hash, digest);
	for (int i = 0; i < 8; i++)
		number = number << 8 | digest[i];
	return number;
}

uint64_t
cooldown_key(const struct text *automation, const struct event *event, struct strbuf *scratch)
{
	static const enum event_member of[] = {EVENT_ENTITY, EVENT_PROJECT, EVENT_COLLECTION};

	strbuf_reset(scratch);
	strbuf_add(scratch, automation->p, automation->len);
	for (size_t i = 0; event != NULL && i < sizeof(of) / sizeof(of[0]); i++) {
		const struct json_span *value = &event->member[of[i]];

		strbuf_addc(scratch, '\0');
		if (value->type == JSON_STRING)
			json_decode(scratch, value);
	}
	return number_of(scratch->buf, scratch->len);
}

uint64_t
cooldown_event(const struct text *id)
{
	return number_of(id->p, id->len);
}

bool
cooldown_holds(const struct cooldowns *c, const struct cooldown_use *use, int64_t *last_ms)
{
	struct table_node *node = table_find(&c->table, use->key);
	const struct rest *rest;

	if (node == NULL)
		return false;
	rest = CONTAINER(node, struct rest, node);
	*last_ms = rest->at_ms;
	return rest->event != use->event && llabs(use->at_ms - rest->at_ms) < use->length_ms;
}

int
cooldown_note(struct cooldowns *c, const struct cooldown_use *use)
{
	struct table_node *node = table_find(&c->table, use->key);
	struct rest *rest;

	if (node != NULL) {
		rest = CONTAINER(node, struct rest, node);
		list_remove(&rest->link);
	} else {
		if (c->table.n == COOLDOWN_KEYS_MAX)
			forget(c, CONTAINER(c->used.next, struct rest, link));
		if ((rest = calloc(1, sizeof(*rest))) == NULL)
			return -1;
		rest->node.key = use->key;
		if (table_add(&c->table, &rest->node) != 0) {
			free(rest);
			return -1;
		}
	}
	rest->event = use->event;
	rest->at_ms = use->at_ms;
	rest->until_ms = use->at_ms + use->length_ms;
	list_append(&c->used, &rest->link);
	return 0;
}

/* ---- as text ---- */

static bool
read_number(struct json *js, int base, uint64_t max, uint64_t *out)
{
	struct json_span span;
	char text[24], *end;

	if (!json_value(js, &span))
		return false;
	if (span.type != (base == 16 ? JSON_STRING : JSON_NUMBER) || span.len == 0 ||
		span.len >= sizeof(text) || span.p[0] == '-')
		return json_fail(js, span.p, "not such a number");
	memcpy(text, span.p, span.len);
	text[span.len] = '\0';
	*out = strtoull(text, &end, base);
	return (*end == '\0' && *out <= max) || json_fail(js, span.p, "not such a number");
}

/* {"key":"0123456789abcdef","event":"0123456789abcdef","at_ms":1,"length_ms":1} */
static bool
read_line(struct json *js, struct cooldown_use *use, uint64_t *version)
{
	uint64_t at = UINT64_MAX, length = 0;
	struct json_span key;

	*version = 0;
	*use = (struct cooldown_use){.length_ms = 0};
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (json_equal(&key, "wb_match_state", 14)
				? !read_number(js, 10, UINT32_MAX, version)
			: json_equal(&key, "key", 3) ? !read_number(js, 16, UINT64_MAX, &use->key)
			: json_equal(&key, "event", 5)
				? !read_number(js, 16, UINT64_MAX, &use->event)
			: json_equal(&key, "at_ms", 5) ? !read_number(js, 10, INT64_MAX / 2, &at)
			: json_equal(&key, "length_ms", 9)
				? !read_number(js, 10, COOLDOWN_MAX_MS, &length)
				: !json_value(js, NULL))
			return false;
	}
	if (!json_end(js))
		return false;
	use->at_ms = (int64_t)at;
	use->length_ms = (int64_t)length;
	return *version != 0 || (at != UINT64_MAX && length != 0) ||
	       json_fail(js, js->start, "not a cooldown");
}

int
cooldowns_read(struct cooldowns *c, const char *text, size_t len, size_t *line, const char **why)
{
	const char *p = text, *end = text + len, *newline;
	struct cooldown_use use;
	uint64_t version;
	struct json js;

	for (*line = 1; p < end; ++*line, p = newline + 1) {
		if ((newline = memchr(p, '\n', (size_t)(end - p))) == NULL) {
			*why = "its end is missing";
			return -1;
		}
		json_init(&js, p, (size_t)(newline - p));
		*why = NULL;
		if (!read_line(&js, &use, &version))
			*why = js.error;
		else if ((*line == 1) != (version == VERSION))
			*why = "not a state of this version of wb-match";
		else if (*line > 1 && cooldown_note(c, &use) != 0)
			*why = "out of memory";
		if (*why != NULL)
			return -1;
	}
	if (*line > 1)
		return 0;
	*why = "it is empty";
	return -1;
}

void
cooldowns_write(const struct cooldowns *c, struct strbuf *out)
{
	int64_t newest = INT64_MIN;

	for (const struct link *l = c->used.next; l != &c->used; l = l->next)
		if (CONTAINER(l, struct rest, link)->at_ms > newest)
			newest = CONTAINER(l, struct rest, link)->at_ms;
	strbuf_printf(out, "{\"wb_match_state\":%d}\n", VERSION);
	for (const struct link *l = c->used.next; l != &c->used; l = l->next) {
		const struct rest *rest = CONTAINER(l, struct rest, link);

		if (rest->until_ms + COOLDOWN_KEPT_MS > newest)
			strbuf_printf(out,
				"{\"key\":\"%016" PRIx64 "\",\"event\":\"%016" PRIx64
				"\",\"at_ms\":%" PRId64 ",\"length_ms\":%" PRId64 "}\n",
				rest->node.key, rest->event, rest->at_ms,
				rest->until_ms - rest->at_ms);
	}
}
