#include "graphql_outcome.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "graphql.h"
#include "graphql_retry.h"

#define TEXT_MAX 200 /* bytes of a text that is no answer */

static void add(struct graphql_answer *answer, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void
add(struct graphql_answer *answer, const char *fmt, ...)
{
	const size_t len = strlen(answer->error);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(answer->error + len, sizeof(answer->error) - len, fmt, ap);
	va_end(ap);
}

/* Whether what came is a page for people. */
static bool
is_html(const struct graphql_answer *answer)
{
	size_t i = 0;

	while (i < answer->len && strchr(" \t\r\n", answer->text[i]) != NULL)
		i++;
	return i < answer->len && answer->text[i] == '<';
}

/* The first line of what came instead of an answer, as a proxy's reason may be. */
static void
add_text(struct graphql_answer *answer)
{
	static const char blanks[] = " \t\r\n";
	const char *p = answer->text, *const end = p + answer->len, *stop;
	bool is_cut;

	while (p < end && strchr(blanks, *p) != NULL)
		p++;
	for (stop = p; stop < end && *stop != '\r' && *stop != '\n' && stop - p < TEXT_MAX;)
		stop++;
	is_cut = stop < end && *stop != '\r' && *stop != '\n';
	if (stop > p)
		add(answer, ": it says: %.*s%s", (int)(stop - p), p, is_cut ? "..." : "");
}

/* What a status means, whatever stands in the body. */
static void
add_hint(struct graphql_answer *answer, long status, const char *key_origin)
{
	if (status == 401)
		add(answer, ": the server does not take the key, which is from %s", key_origin);
	else if (status == 404 || status == 405)
		add(answer, ": is WANDB_BASE_URL a W&B server?");
}

/* The connection failed, or the status is no success. */
static void
read_failure(const struct transfer_result *r, int64_t after_ms, const char *key_origin,
	struct graphql_answer *answer)
{
	const bool is_said = r->error == TRANSFER_HTTP && answer->verdict == GRAPHQL_REFUSED;
	char said[GRAPHQL_ERROR_MAX];

	memcpy(said, answer->error, sizeof(said));
	snprintf(answer->error, sizeof(answer->error), "%s", r->message);
	add_hint(answer, r->http_status, key_origin);
	if (after_ms > 0)
		add(answer, "; it asks to come again in %lld s",
			(long long)((after_ms + 999) / 1000));
	if (is_said)
		add(answer, ": %s", said);
	else if (r->error == TRANSFER_HTTP && answer->len > 0 && !is_html(answer))
		add_text(answer);
	answer->is_transient = graphql_retry_is_failure(r);
	if (r->http_status == 413)
		answer->verdict = GRAPHQL_TOO_MUCH;
	else if (!is_said || answer->is_transient)
		answer->verdict = GRAPHQL_FAILED;
}

void
graphql_outcome_read(const struct transfer_result *r, unsigned attempts, int64_t after_ms,
	const char *key_origin, struct graphql_answer *answer)
{
	if (r->truncated) {
		answer->verdict = GRAPHQL_TOO_MUCH;
		add(answer, "the answer is longer than %zu bytes", GRAPHQL_ANSWER_MAX);
		return;
	}
	if (r->error == TRANSFER_OK || r->error == TRANSFER_HTTP)
		graphql_answer_read(answer);
	if (r->error == TRANSFER_OK) {
		if (answer->verdict == GRAPHQL_FAILED && is_html(answer))
			snprintf(answer->error, sizeof(answer->error),
				"the answer is a page for people: is WANDB_BASE_URL a W&B server, and nothing before it that wants a login?");
		return;
	}
	read_failure(r, after_ms, key_origin, answer);
	if (attempts > 1)
		add(answer, " (%u attempts)", attempts);
}

bool
graphql_outcome_may_be_too_much(const struct transfer_result *r)
{
	return r->error == TRANSFER_TIMEOUT || r->error == TRANSFER_RESET ||
	       r->http_status == 500 || r->http_status == 502 || r->http_status == 504;
}
