#include "jq_runner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "jq_worker.h"

#define INPUT_MAX ((size_t)1024 * 1024 * 1024 + 64)

struct jq_runner {
	const struct jq_bundle *bundle;
	struct jq_worker *worker;
	struct strbuf input;
	char **refused; /* why a program is not run again, or NULL, by its number */
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
	r->refused = calloc(jq_bundle_count(bundle) + 1, sizeof(*r->refused));
	if (r->worker != NULL && r->refused != NULL)
		return r;
	jq_runner_free(r);
	return NULL;
}

void
jq_runner_free(struct jq_runner *r)
{
	if (r == NULL)
		return;
	for (size_t i = 0; r->refused != NULL && i < jq_bundle_count(r->bundle); i++)
		free(r->refused[i]);
	free(r->refused);
	jq_worker_free(r->worker);
	strbuf_release(&r->input);
	free(r);
}

/* Keep in mind that program ${number} ended the process for the reason in ${error}. */
static void
refuse(struct jq_runner *r, int64_t number, char error[JQ_PROGRAM_ERROR_MAX])
{
	static const char again[] = ", and is not run again";
	const size_t len = strlen(error);

	snprintf(error + len, JQ_PROGRAM_ERROR_MAX - len, "%s", again);
	r->refused[number] = strdup(error); /* without memory it will only be run again */
}

int
jq_runner_first(struct jq_runner *r, int64_t number, const char *json, size_t len,
	struct strbuf *out, char error[JQ_PROGRAM_ERROR_MAX])
{
	const struct jq_bundle_run run = jq_bundle_get(r->bundle, number);
	int result;

	if (r->refused[number] != NULL) {
		snprintf(error, JQ_PROGRAM_ERROR_MAX, "%s", r->refused[number]);
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
		refuse(r, number, error);
	return result;
}
