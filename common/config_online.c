#include "config_online.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "config_file.h"
#include "config_questions.h"
#include "diag.h"
#include "json_text.h"

#define TEXT_MAX ((size_t)64 * 1024)

struct telling {
	struct config_online *online;
	struct config_questions questions;
};

static enum launch_lookup
queue_kind(const struct launch *l)
{
	return l->member[LAUNCH_PRIORITY].type != JSON_NONE ? LAUNCH_LOOKUP_PRIORITIES
							    : LAUNCH_LOOKUP_QUEUE;
}

/* ---- what is told ---- */

static void tell(struct telling *t, const struct config_automation *a,
	const struct json_span *value, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

static void
tell(struct telling *t, const struct config_automation *a, const struct json_span *value,
	const char *fmt, ...)
{
	const struct config_place place =
		config_place_of(a->file, value->p - (value->type == JSON_STRING));
	char message[DIAG_MAX];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(message, sizeof(message), fmt, ap);
	va_end(ap);
	findings_error(t->online->findings, &place, message);
}

/* Once for all that it keeps from being told, at the first place. */
static void
tell_outage(struct telling *t, const struct config_automation *a, const struct json_span *value,
	struct outage *outage, const char *what, const char *name)
{
	if (outage->is_told)
		return;
	outage->is_told = true;
	t->online->unanswered++;
	if (outage->n == 1)
		tell(t, a, value, "cannot tell whether there is a %s %s: %s", what, name,
			outage->reason);
	else
		tell(t, a, value,
			"cannot tell whether there is a %s %s, one of %zu questions that have no answer: %s",
			what, name, outage->n, outage->reason);
}

/* Once for a server, at the first place. */
static void
warn_of_netrc(struct telling *t, const struct config_automation *a, struct question *q)
{
	const struct json_span *queue = &a->launch.member[LAUNCH_QUEUE];
	const struct config_place place = config_place_of(a->file, queue->p - 1);
	char message[DIAG_MAX];

	if (!q->is_netrc)
		return;
	q->is_netrc = false;
	snprintf(message, sizeof(message),
		"secret $%.100s is in ~/.netrc only, where wb-send does not look for it", q->key);
	findings_warning(t->online->findings, &place, message);
}

static void
tell_answer(struct telling *t, const struct config_automation *a, struct question *q,
	const char *name)
{
	const bool is_job = q->kind == LAUNCH_LOOKUP_JOB;
	const struct json_span *value = &a->launch.member[is_job ? LAUNCH_JOB : LAUNCH_QUEUE];

	warn_of_netrc(t, a, q);
	if (q->outage != NULL) {
		tell_outage(t, a, value, q->outage, is_job ? "job" : "queue", name);
	} else if (q->result == LAUNCH_LOOKUP_MISSING && is_job) {
		tell(t, a, value, "there is no job %s, or the key may not see it", name);
	} else if (q->result == LAUNCH_LOOKUP_MISSING) {
		tell(t, a, value, "there is no queue %s, or the key may not see it", name);
	} else if (q->result == LAUNCH_LOOKUP_OTHER && is_job) {
		tell(t, a, value, "%s is no job: its type is %s", name, q->found);
	} else if (q->result == LAUNCH_LOOKUP_OTHER) {
		tell(t, a, &a->launch.member[LAUNCH_PRIORITY], "the queue %s has no priorities",
			name);
	}
}

static void
tell_automation(struct telling *t, const struct config_automation *a)
{
	const struct launch *l = &a->launch;
	const struct json_span *job = &l->member[LAUNCH_JOB], entity = launch_queue_entity(l);
	const int64_t queue_at = config_questions_find(&t->questions, l, queue_kind(l));
	const int64_t job_at = job->type != JSON_NONE
				       ? config_questions_find(&t->questions, l, LAUNCH_LOOKUP_JOB)
				       : -1;
	struct strbuf name;

	strbuf_init(&name, TEXT_MAX);
	json_decode(&name, &entity);
	strbuf_addc(&name, '/');
	json_decode(&name, &l->member[LAUNCH_QUEUE]);
	if (queue_at >= 0 && strbuf_str(&name) != NULL)
		tell_answer(t, a, &t->questions.v[queue_at], name.buf);
	t->questions.failed |= strbuf_failed(&name);
	strbuf_reset(&name);
	if (job->type != JSON_NONE)
		json_decode(&name, job);
	if (job_at >= 0 && strbuf_str(&name) != NULL)
		tell_answer(t, a, &t->questions.v[job_at], name.buf);
	t->questions.failed |= strbuf_failed(&name);
	strbuf_release(&name);
}

int
config_online(struct config_online *online)
{
	struct telling t = {.online = online};
	const struct config_automation *list;
	size_t n;
	bool failed;

	list = config_automations(online->config, &n);
	config_questions_init(&t.questions, &online->graphql);
	for (size_t i = 0; i < n && !t.questions.failed; i++) {
		const struct launch *l = &list[i].launch;

		if (list[i].action != CONFIG_LAUNCH)
			continue;
		config_questions_find(&t.questions, l, queue_kind(l));
		if (l->member[LAUNCH_JOB].type != JSON_NONE)
			config_questions_find(&t.questions, l, LAUNCH_LOOKUP_JOB);
	}
	config_questions_ask(&t.questions);
	for (size_t i = 0; i < n && !t.questions.failed; i++)
		if (list[i].action == CONFIG_LAUNCH)
			tell_automation(&t, &list[i]);
	failed = t.questions.failed;
	config_questions_release(&t.questions);
	return failed ? -1 : 0;
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
