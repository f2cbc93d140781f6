#include "config_online.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arena.h"
#include "config_file.h"
#include "diag.h"
#include "json_text.h"
#include "launch_lookup.h"
#include "names.h"

#define TEXT_MAX ((size_t)64 * 1024)
#define REASON_MAX (GRAPHQL_ERROR_MAX + 64)

/* What a server is asked; automations that ask the same share it. */
struct question {
	const char *server, *key; /* a base URL; the name of a secret */
	enum launch_lookup kind;
	const char *variables;
	bool is_asked, is_answered;
	enum launch_lookup_result result;
	const char *reason; /* why there is no answer, or what is there instead; or NULL */
};

struct asking {
	struct config_online *online;
	struct arena arena;
	struct names names; /* of questions, whose numbers are their places */
	struct question *questions;
	size_t n, room;
	bool failed; /* memory ran out */
};

/* ---- what is to be asked ---- */

static const char *
keep(struct asking *as, const char *text, size_t len)
{
	char *copy = arena_alloc(&as->arena, len + 1);

	as->failed |= copy == NULL;
	if (copy == NULL)
		return "";
	memcpy(copy, text, len);
	copy[len] = '\0';
	return copy;
}

static void
find_server(const struct asking *as, const struct launch *l, const char **server, size_t *len)
{
	const struct json_span *url = &l->member[LAUNCH_URL];

	*server = url->type != JSON_NONE ? url->p : as->online->graphql.base_url;
	*len = url->type != JSON_NONE ? url->len : strlen(*server);
	while (*len > 0 && (*server)[*len - 1] == '/')
		(*len)--;
}

static int
grow(struct asking *as)
{
	const size_t room = as->room == 0 ? 16 : 2 * as->room;
	struct question *more;

	if (as->n < as->room)
		return 0;
	if ((more = realloc(as->questions, room * sizeof(*more))) == NULL)
		return -1;
	as->questions = more;
	as->room = room;
	return 0;
}

/* The number of what is called so. */
static int64_t
add_name(struct asking *as, const struct strbuf *name)
{
	int64_t number = names_find(&as->names, name->buf, name->len);

	if (number < 0)
		number = names_add(&as->names, keep(as, name->buf, name->len), name->len);
	as->failed |= number < 0 || grow(as) != 0;
	return number;
}

/* The number of the question, which is added if it is a new one; -1: there is nothing to ask. */
static int64_t
question_of(struct asking *as, const struct launch *l, enum launch_lookup kind)
{
	const struct json_span *ref = &l->member[LAUNCH_KEY];
	const char *key = ref->type != JSON_NONE ? ref->p : LAUNCH_API_KEY, *server;
	const size_t key_len = ref->type != JSON_NONE ? ref->len : strlen(key);
	struct strbuf variables, name;
	size_t server_len;
	int64_t number = -1;

	find_server(as, l, &server, &server_len);
	strbuf_init(&variables, TEXT_MAX);
	strbuf_init(&name, TEXT_MAX);
	if (launch_lookup_variables(&variables, kind, l) && strbuf_str(&variables) != NULL) {
		strbuf_printf(&name, "%d %.*s %.*s %s", (int)kind, (int)server_len, server,
			(int)key_len, key, variables.buf);
		as->failed |= strbuf_failed(&name);
		if (!as->failed)
			number = add_name(as, &name);
	}
	as->failed |= strbuf_failed(&variables);
	if (!as->failed && number == (int64_t)as->n)
		as->questions[as->n++] = (struct question){
			.server = keep(as, server, server_len),
			.key = keep(as, key + 1, key_len - 1),
			.kind = kind,
			.variables = keep(as, variables.buf, variables.len),
		};
	strbuf_release(&variables);
	strbuf_release(&name);
	return as->failed ? -1 : number;
}

static enum launch_lookup
queue_kind(const struct launch *l)
{
	return l->member[LAUNCH_PRIORITY].type != JSON_NONE ? LAUNCH_LOOKUP_PRIORITIES
							    : LAUNCH_LOOKUP_QUEUE;
}

/* ---- asking ---- */

static bool
is_same_server(const struct question *q, const struct question *other)
{
	return strcmp(q->server, other->server) == 0 && strcmp(q->key, other->key) == 0;
}

/* All that are left of the server of ${first}, none of which will be answered. */
static void
give_up(struct asking *as, const struct question *first, const char *reason)
{
	const char *kept = keep(as, reason, strlen(reason));

	for (size_t i = 0; i < as->n; i++) {
		struct question *q = &as->questions[i];

		if (is_same_server(q, first) && !q->is_answered && q->reason == NULL) {
			q->is_asked = true;
			q->reason = kept;
		}
	}
}

/* Whether the server may be asked, and its key goes there; if not, ${reason} says why. */
static bool
may_ask(const struct asking *as, const struct question *q, char reason[REASON_MAX])
{
	const struct graphql_options *g = &as->online->graphql;
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
take_answer(struct asking *as, const struct graphql_answer *answer)
{
	struct question *q = answer->ctx;
	char error[LAUNCH_LOOKUP_ERROR_MAX] = "";
	const char *text = error;

	if (answer->verdict != GRAPHQL_OK) {
		text = answer->error;
	} else {
		q->result = launch_lookup_read(q->kind, &answer->data, error);
		q->is_answered = q->result != LAUNCH_LOOKUP_UNREADABLE;
	}
	q->reason = *text != '\0' ? keep(as, text, strlen(text)) : NULL;
}

/* Ask all that is to be asked of the server of ${first}. */
static void
ask_server(struct asking *as, const struct question *first)
{
	struct graphql_options options = as->online->graphql;
	char reason[REASON_MAX];
	struct graphql_answer answer;
	struct graphql *g;

	if (!may_ask(as, first, reason)) {
		give_up(as, first, reason);
		return;
	}
	options.base_url = first->server;
	options.key = first->key;
	if ((g = graphql_new(&options)) == NULL) {
		give_up(as, first, "it cannot be asked");
		return;
	}
	for (size_t i = 0; i < as->n; i++) {
		struct question *q = &as->questions[i];

		if (!is_same_server(q, first))
			continue;
		q->is_asked = true;
		as->failed |=
			graphql_send(g, launch_lookup_query(q->kind), q->variables, NULL, q) != 0;
	}
	while (!as->failed && graphql_next(g, &answer, -1))
		take_answer(as, &answer);
	graphql_free(g);
}

/* ---- what is told ---- */

static void tell(struct asking *as, const struct config_automation *a,
	const struct json_span *value, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
tell(struct asking *as, const struct config_automation *a, const struct json_span *value,
	const char *fmt, ...)
{
	const struct config_place place =
		config_place_of(a->file, value->p - (value->type == JSON_STRING));
	char message[DIAG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	findings_error(as->online->findings, &place, message);
}

static void
tell_answer(struct asking *as, const struct config_automation *a, const struct question *q,
	const char *name)
{
	const bool is_job = q->kind == LAUNCH_LOOKUP_JOB;
	const struct json_span *value = &a->launch.member[is_job ? LAUNCH_JOB : LAUNCH_QUEUE];

	if (!q->is_answered) {
		as->online->unanswered++;
		tell(as, a, value, "cannot tell whether there is a %s %s: %s",
			is_job ? "job" : "queue", name, q->reason);
	} else if (q->result == LAUNCH_LOOKUP_MISSING && is_job) {
		tell(as, a, value, "there is no job %s, or the key may not see it", name);
	} else if (q->result == LAUNCH_LOOKUP_MISSING) {
		tell(as, a, value, "there is no queue %s, or the key may not see it", name);
	} else if (q->result == LAUNCH_LOOKUP_OTHER && is_job) {
		tell(as, a, value, "%s is no job: its type is %s", name, q->reason);
	} else if (q->result == LAUNCH_LOOKUP_OTHER) {
		tell(as, a, &a->launch.member[LAUNCH_PRIORITY], "the queue %s has no priorities",
			name);
	}
}

static void
tell_automation(struct asking *as, const struct config_automation *a)
{
	const struct launch *l = &a->launch;
	const struct json_span *job = &l->member[LAUNCH_JOB], entity = launch_queue_entity(l);
	const int64_t queue_at = question_of(as, l, queue_kind(l));
	const int64_t job_at = job->type != JSON_NONE ? question_of(as, l, LAUNCH_LOOKUP_JOB) : -1;
	struct strbuf name;

	strbuf_init(&name, TEXT_MAX);
	json_decode(&name, &entity);
	strbuf_addc(&name, '/');
	json_decode(&name, &l->member[LAUNCH_QUEUE]);
	if (queue_at >= 0 && strbuf_str(&name) != NULL)
		tell_answer(as, a, &as->questions[queue_at], name.buf);
	as->failed |= strbuf_failed(&name);
	strbuf_reset(&name);
	if (job->type != JSON_NONE)
		json_decode(&name, job);
	if (job_at >= 0 && strbuf_str(&name) != NULL)
		tell_answer(as, a, &as->questions[job_at], name.buf);
	else if (job->type != JSON_NONE && !as->failed && strbuf_str(&name) != NULL)
		tell(as, a, job, "a job is ENTITY/PROJECT/NAME:ALIAS, which %s is not", name.buf);
	as->failed |= strbuf_failed(&name);
	strbuf_release(&name);
}

int
config_online(struct config_online *online)
{
	struct asking as = {.online = online};
	const struct config_automation *list;
	size_t n;

	list = config_automations(online->config, &n);
	arena_init(&as.arena);
	names_init(&as.names);
	for (size_t i = 0; i < n && !as.failed; i++) {
		const struct launch *l = &list[i].launch;

		if (list[i].action != CONFIG_LAUNCH)
			continue;
		question_of(&as, l, queue_kind(l));
		if (l->member[LAUNCH_JOB].type != JSON_NONE)
			question_of(&as, l, LAUNCH_LOOKUP_JOB);
	}
	for (size_t i = 0; i < as.n && !as.failed; i++)
		if (!as.questions[i].is_asked)
			ask_server(&as, &as.questions[i]);
	for (size_t i = 0; i < n && !as.failed; i++)
		if (list[i].action == CONFIG_LAUNCH)
			tell_automation(&as, &list[i]);
	free(as.questions);
	names_release(&as.names);
	arena_release(&as.arena);
	return as.failed ? -1 : 0;
}

int
config_online_bind(struct secret_store *secrets, const char *server)
{
	char binding[URL_HOST_MAX + 32];
	const char *wrong;
	struct url url;

	secret_store_bound_only(secrets);
	/* A URL that is none is told of later. */
	if (url_parse(server, strlen(server), &url, &wrong) != 0)
		return 0;
	snprintf(binding, sizeof(binding),
		strchr(url.host, ':') != NULL ? GRAPHQL_KEY "=[%s]" : GRAPHQL_KEY "=%s", url.host);
	return secret_store_bind(secrets, binding);
}
