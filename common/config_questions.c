#include "config_questions.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json_text.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define REASON_MAX (GRAPHQL_ERROR_MAX + 64)

void
config_questions_init(struct config_questions *qs, const struct graphql_options *graphql)
{
	*qs = (struct config_questions){.graphql = *graphql};
	arena_init(&qs->arena);
	names_init(&qs->names);
}

void
config_questions_release(struct config_questions *qs)
{
	free(qs->v);
	names_release(&qs->names);
	arena_release(&qs->arena);
}

/* ---- what is to be asked ---- */

static const char *
keep(struct config_questions *qs, const char *text, size_t len)
{
	char *copy = arena_alloc(&qs->arena, len + 1);

	qs->failed |= copy == NULL;
	if (copy == NULL)
		return "";
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static void
find_server(const struct config_questions *qs, const struct launch *l, const char **server,
	size_t *len)
{
	const struct json_span *url = &l->member[LAUNCH_URL];

	*server = url->type != JSON_NONE ? url->p : qs->graphql.base_url;
	*len = url->type != JSON_NONE ? url->len : strlen(*server);
	while (*len > 0 && (*server)[*len - 1] == '/')
		(*len)--;
}

static int
grow(struct config_questions *qs)
{
	const size_t room = qs->room == 0 ? 16 : 2 * qs->room;
	struct question *more;

	if (qs->n < qs->room)
		return 0;
	if ((more = realloc(qs->v, room * sizeof(*more))) == NULL)
		return -1;
	qs->v = more;
	qs->room = room;
	return 0;
}

/* The number of what is called so. */
static int64_t
add_name(struct config_questions *qs, const struct strbuf *name)
{
	int64_t number = names_find(&qs->names, name->buf, name->len);

	if (number < 0)
		number = names_add(&qs->names, keep(qs, name->buf, name->len), name->len);
	qs->failed |= number < 0 || grow(qs) != 0;
	return number;
}

int64_t
config_questions_find(struct config_questions *qs, const struct launch *l, enum launch_lookup kind)
{
	const struct json_span *ref = &l->member[LAUNCH_KEY];
	const char *key = ref->type != JSON_NONE ? ref->p : LAUNCH_API_KEY, *server;
	const size_t key_len = ref->type != JSON_NONE ? ref->len : strlen(key);
	struct strbuf variables, name;
	size_t server_len;
	int64_t number = -1;

	find_server(qs, l, &server, &server_len);
	strbuf_init(&variables, TEXT_MAX);
	strbuf_init(&name, TEXT_MAX);
	if (launch_lookup_variables(&variables, kind, l) && strbuf_str(&variables) != NULL) {
		strbuf_printf(&name, "%d %.*s %.*s %s", (int)kind, (int)server_len, server,
			(int)key_len, key, variables.buf);
		qs->failed |= strbuf_failed(&name);
		if (!qs->failed)
			number = add_name(qs, &name);
	}
	qs->failed |= strbuf_failed(&variables);
	if (!qs->failed && number == (int64_t)qs->n)
		qs->v[qs->n++] = (struct question){
			.server = keep(qs, server, server_len),
			.key = keep(qs, key + 1, key_len - 1),
			.kind = kind,
			.variables = keep(qs, variables.buf, variables.len),
		};
	strbuf_release(&variables);
	strbuf_release(&name);
	return qs->failed ? -1 : number;
}

/* ---- asking ---- */

static bool
is_same_server(const struct question *q, const struct question *other)
{
	return strcmp(q->server, other->server) == 0 && strcmp(q->key, other->key) == 0;
}

static struct outage *
new_outage(struct config_questions *qs, const char *reason)
{
	struct outage *outage = arena_alloc(&qs->arena, sizeof(*outage));

	qs->failed |= outage == NULL;
	if (outage != NULL)
		*outage = (struct outage){.reason = keep(qs, reason, strlen(reason))};
	return outage;
}

/* All that are left of the server of ${first}, none of which will be answered. */
static void
give_up(struct config_questions *qs, const struct question *first, const char *reason)
{
	struct outage *outage = new_outage(qs, reason);

	for (size_t i = 0; i < qs->n && outage != NULL; i++) {
		struct question *q = &qs->v[i];

		if (!is_same_server(q, first) || q->is_asked)
			continue;
		q->is_asked = true;
		q->outage = outage;
		outage->n++;
	}
}

/* Whether the server may be asked, and its key goes there; if not, ${reason} says why. */
static bool
may_ask(const struct config_questions *qs, const struct question *q, char reason[REASON_MAX])
{
	const struct graphql_options *g = &qs->graphql;
	char denied[POLICY_ERROR_MAX];
	const char *wrong = NULL;
	struct secret value;
	struct url url;

	if (url_parse(q->server, strlen(q->server), &url, &wrong) != 0)
		snprintf(reason, REASON_MAX, "its server: %s", wrong);
	else if (!policy_check_url(g->policy, &url, denied))
		snprintf(reason, REASON_MAX, "its server would be denied: %s", denied);
	else if (secret_get(g->secrets, q->key, strlen(q->key), url.host, &value, &wrong) != 0)
		snprintf(reason, REASON_MAX, "secret $%.100s: %s", q->key, wrong);
	else
		return true;
	return false;
}

static void
take_answer(struct config_questions *qs, struct question *q, const struct graphql_answer *answer)
{
	char error[LAUNCH_LOOKUP_ERROR_MAX] = "";
	const char *wrong = NULL;

	q->is_asked = true;
	if (answer->verdict != GRAPHQL_OK)
		wrong = answer->error;
	else if ((q->result = launch_lookup_read(q->kind, &answer->data, error)) ==
		 LAUNCH_LOOKUP_UNREADABLE)
		wrong = error;
	if (wrong != NULL && (q->outage = new_outage(qs, wrong)) != NULL)
		q->outage->n = 1;
	else if (*error != '\0')
		q->found = keep(qs, error, strlen(error));
}

static void
send_question(struct config_questions *qs, struct graphql *g, const struct graphql_effort *effort,
	struct question *q)
{
	qs->failed |= graphql_send(g, launch_lookup_query(q->kind), q->variables, effort, q) != 0;
}

/* Until all are answered, or the server fails. */
static void
take_answers(struct config_questions *qs, struct graphql *g, const struct question *first)
{
	struct graphql_answer answer;

	while (!qs->failed && graphql_next(g, &answer, -1)) {
		if (graphql_left(g) != NULL && answer.ctx != NULL) {
			send_question(qs, g, graphql_left(g), answer.ctx);
		} else if (answer.verdict == GRAPHQL_FAILED || answer.ctx == NULL) {
			/* The others would wait as long, each for itself. */
			give_up(qs, first, answer.error);
			return;
		} else {
			take_answer(qs, answer.ctx, &answer);
		}
	}
}

static bool
is_out_of_netrc(const struct config_questions *qs, const char *key)
{
	static const char netrc[] = "~/.netrc,";
	char origin[SECRET_ORIGIN_MAX];

	secret_origin(qs->graphql.secrets, key, origin);
	return strncmp(origin, netrc, sizeof(netrc) - 1) == 0;
}

/* Ask all that is to be asked of the server of ${first}. */
static void
ask_server(struct config_questions *qs, struct question *first)
{
	struct graphql_options options = qs->graphql;
	char reason[REASON_MAX];
	struct graphql *g;

	if (!may_ask(qs, first, reason)) {
		give_up(qs, first, reason);
		return;
	}
	options.base_url = first->server;
	options.key = first->key;
	if ((g = graphql_new(&options)) == NULL) {
		give_up(qs, first, "it cannot be asked");
		return;
	}
	for (size_t i = 0; i < qs->n && !qs->failed; i++)
		if (is_same_server(&qs->v[i], first))
			send_question(qs, g, NULL, &qs->v[i]);
	/* where nothing that sends looks for it */
	first->is_netrc = is_out_of_netrc(qs, first->key);
	take_answers(qs, g, first);
	graphql_free(g);
}

void
config_questions_ask(struct config_questions *qs)
{
	for (size_t i = 0; i < qs->n && !qs->failed; i++)
		if (!qs->v[i].is_asked)
			ask_server(qs, &qs->v[i]);
}
