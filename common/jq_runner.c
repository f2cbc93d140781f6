#include "jq_runner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jq_worker.h"

#define INPUT_MAX ((size_t)1024 * 1024 * 1024 + 64)

/* How a program has behaved. */
struct conduct {
	unsigned strikes;
	char *refused; /* why it is not run again, or NULL */
};

struct jq_runner {
	const struct jq_bundle *bundle;
	struct jq_worker *worker;
	struct strbuf input;
	struct conduct *conducts; /* by the numbers of programs */
};

struct jq_runner *
jq_runner_new(const struct jq_bundle *bundle)
{
	/* a worker would hold it against all that a program is joined with */
	const struct jq_worker_options options = {JQ_WORKER_MS, JQ_WORKER_MEMORY, UINT_MAX};
	struct jq_runner *r = calloc(1, sizeof(*r));

	if (r == NULL)
		return NULL;
	r->bundle = bundle;
	strbuf_init(&r->input, INPUT_MAX);
	r->worker = jq_worker_new(&options);
	r->conducts = calloc(jq_bundle_count(bundle) + 1, sizeof(*r->conducts));
	if (r->worker != NULL && r->conducts != NULL)
		return r;
	jq_runner_free(r);
	return NULL;
}

void
jq_runner_free(struct jq_runner *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; r->conducts != NULL && i < jq_bundle_count(r->bundle); i++)
		free(r->conducts[i].refused);
	free(r->conducts);
	jq_worker_free(r->worker);
	strbuf_release(&r->input);
	free(r);
}

/* Keep in mind that the program ended the process for the reason in ${error}. */
static void
strike(struct conduct *conduct, char error[JQ_PROGRAM_ERROR_MAX])
{
	static const char again[] = ", and is not run again";
	const size_t len = strlen(error);

	if (++conduct->strikes < JQ_RUNNER_STRIKES)
		return;
	snprintf(error + len, JQ_PROGRAM_ERROR_MAX - len, "%s", again);
	conduct->refused = strdup(error); /* without memory it will only be run again */
}

int
jq_runner_first(struct jq_runner *r, int64_t number, const char *json, size_t len,
	struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	const struct jq_bundle_run run = jq_bundle_get(r->bundle, number);
	struct conduct *conduct = &r->conducts[number];
	int result;

	if (conduct->refused != NULL) {
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s", conduct->refused);
		return -1;
	}
	if (run.number >= 0) {
		strbuf_reset(&r->input);
		strbuf_printf(&r->input, "[%lld,", (long long)run.number);
		strbuf_add(&r->input, json, len);
		strbuf_addc(&r->input, ']');
		if (strbuf_failed(&r->input)) {
			snprintf(error, JQ_PROGRAM_ERROR_MAX, "out of memory");
			return -1;
		}
		json = r->input.buf;
		len = r->input.len;
	}
	result = jq_worker_first(r->worker, run.text, run.len, json, len, out, error);
	if (result > 0 && strbuf_failed(out)) {
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "out of memory");
		return -1;
	}
	if (result < 0 && jq_worker_ended(r->worker))
		strike(conduct, error);
	else if (result != JQ_WORKER_UNABLE)
		conduct->strikes = 0;
	return result;
}
