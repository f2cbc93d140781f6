/*
 * http1 - a response gives the same whole and in any pieces, keeps its bounds, and ends where it
 * must. The first byte says how many of the next cut the rest, the last of those again and again.
 */
#include <string.h>

#include "fuzz.h"
#include "http1_parser.h"

#define KEPT 100
#define READ_MAX 100000

static struct response whole_response, pieces_response;

static bool
has_ended(const struct http1_parser *p)
{
	return p->state == HTTP1_DONE || p->state == HTTP1_FAILED;
}

/* What must hold after every piece. */
static void
check(const struct http1_parser *p)
{
	const struct response *r = p->response;

	REQUIRE(p->state <= HTTP1_FAILED);
	REQUIRE(p->len <= HTTP1_LINE_MAX && r->body.len <= KEPT && r->body.len <= r->body_bytes);
	REQUIRE(p->status == 0 || (p->status >= 100 && p->status <= 999));
	REQUIRE(strlen(r->retry_after) < RESPONSE_FIELD_MAX &&
		strlen(r->date) < RESPONSE_FIELD_MAX);
	/* a body, or the end of one, comes behind a status that has one */
	if (p->state >= HTTP1_LENGTH && p->state <= HTTP1_DONE)
		REQUIRE(p->status >= 200);
	if (p->state == HTTP1_LENGTH || p->state == HTTP1_CHUNK)
		REQUIRE(p->left > 0);
	if (p->state == HTTP1_LENGTH)
		REQUIRE(p->has_length && !p->has_coding);
	if (p->state == HTTP1_UNTIL_CLOSE)
		REQUIRE(!p->chunked && !p->keep_alive);
	if (p->state == HTTP1_FAILED)
		REQUIRE(!p->keep_alive && (p->error != NULL || r->overfull));
	else
		REQUIRE(p->error == NULL);
	if (r->overfull)
		REQUIRE(has_ended(p) && !p->keep_alive);
}

/* A copy, to find reads past the end. */
static void
feed(struct http1_parser *p, const char *data, size_t len)
{
	char *copy = malloc(len);

	REQUIRE(copy != NULL);
	memcpy(copy, data, len);
	http1_parser_feed(p, copy, len);
	free(copy);
	check(p);
}

static void
feed_in_pieces(struct http1_parser *p, const char *data, size_t len, const uint8_t *cuts, size_t n)
{
	for (size_t i = 0; len > 0; i += i + 1 < n) {
		const size_t cut = n > 0 && cuts[i] > 0 ? cuts[i] : 1;
		const size_t size = cut < len ? cut : len;

		feed(p, data, size);
		data += size;
		len -= size;
	}
}

static void
compare(const struct http1_parser *a, const struct http1_parser *b)
{
	REQUIRE(a->state == b->state && a->status == b->status && a->error == b->error);
	REQUIRE(a->response->body.len == b->response->body.len);
	REQUIRE(a->response->body.len == 0 ||
		memcmp(a->response->body.buf, b->response->body.buf, a->response->body.len) == 0);
	REQUIRE(strcmp(a->response->retry_after, b->response->retry_after) == 0);
	REQUIRE(strcmp(a->response->date, b->response->date) == 0);
	if (has_ended(a))
		REQUIRE(a->keep_alive == b->keep_alive);
}

int
fuzz_one(const uint8_t *data, size_t size)
{
	static struct http1_parser whole, pieces;
	enum http1_state before;
	const uint8_t *cuts = data + 1;
	const char *text;
	size_t n, len;

	if (size == 0)
		return 0;
	n = data[0] % 8 < size - 1 ? data[0] % 8 : size - 1;
	text = (const char *)cuts + n;
	len = size - 1 - n;
	if (whole.response == NULL) {
		response_init(&whole_response);
		response_init(&pieces_response);
	}
	response_begin(&whole_response, KEPT, READ_MAX);
	response_begin(&pieces_response, KEPT, READ_MAX);
	http1_parser_begin(&whole, &whole_response);
	http1_parser_begin(&pieces, &pieces_response);
	if (len > 0)
		feed(&whole, text, len);
	feed_in_pieces(&pieces, text, len, cuts, n);
	compare(&whole, &pieces);
	before = whole.state;
	http1_parser_end(&whole);
	http1_parser_end(&pieces);
	compare(&whole, &pieces);
	check(&whole);
	REQUIRE(has_ended(&whole) && !whole.keep_alive);
	REQUIRE((whole.state == HTTP1_DONE) ==
		(before == HTTP1_DONE || before == HTTP1_UNTIL_CLOSE));
	return 0;
}
