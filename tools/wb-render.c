/*
 * wb-render - make the request that an automation's payload template describes
 *
 * stdin:  match records, one JSON object a line: wb-record(5)
 * stdout: request records; those of actions of type "none" left out
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "filter.h"
#include "hash.h"
#include "jq_server.h"
#include "jq_worker.h"
#include "json_text.h"
#include "rendering.h"

#define KEPT 512                  /* renderings, a power of two */
#define KEPT_BYTES ((size_t)8192) /* a larger automation is compiled for every record */

#define STRIKES 3 /* in a row until a program is not run again */

struct renderer {
	struct rendering *kept[KEPT]; /* by hash of the automation's bytes */
	struct rendering *large;      /* the last one that was not kept */
	struct jq_worker *programs;   /* starts a process when it needs one */
	struct strbuf body, line, extra;
};

static const struct option options[] = {
	FILTER_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-render [--rejects FILE] [FILE...]",
	"Read match records and write the requests that their payload templates describe.",
	options,
};

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct filter_args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_OPERAND)
			filter_operand(args, argv, value);
		else if (id == OPTIONS_ERROR || filter_option(args, id, value) != 0)
			return EXIT_USAGE;
	}
	return -1;
}

/* Returns 0, or -1 after a message; to be released either way. */
static int
renderer_init(struct renderer *r)
{
	const struct jq_worker_options limits = {JQ_WORKER_MS, JQ_WORKER_MEMORY, STRIKES};

	*r = (struct renderer){.programs = jq_worker_new(&limits)};
	strbuf_init(&r->body, LINES_MAX_LIMIT);
	strbuf_init(&r->line, LINES_MAX_LIMIT);
	strbuf_init(&r->extra, LINES_MAX_LIMIT);
	if (r->programs != NULL)
		return 0;
	diag("out of memory");
	return -1;
}

static void
renderer_release(struct renderer *r)
{
	for (size_t i = 0; i < KEPT; i++)
		rendering_free(r->kept[i]);
	rendering_free(r->large);
	jq_worker_free(r->programs);
	strbuf_release(&r->body);
	strbuf_release(&r->line);
	strbuf_release(&r->extra);
}

/* The rendering of ${automation}, kept or new; NULL after the line was refused. */
static const struct rendering *
find_rendering(struct renderer *r, struct filter *f, const struct json_span *automation)
{
	struct rendering **place = &r->large;
	char error[RENDERING_ERROR_MAX];
	size_t at;

	if (automation->len <= KEPT_BYTES)
		place = &r->kept[hash_bytes(automation->p, automation->len) & (KEPT - 1)];
	if (*place != NULL && rendering_is_of(*place, automation))
		return *place;
	rendering_free(*place);
	*place = rendering_new(automation, error, &at);
	if (*place == NULL)
		filter_reject(f, (size_t)(automation->p - f->in.line) + at, "%s", error);
	return *place;
}

/* Read a match record. Members that are nobody's are kept in ${extra}, as they came. */
static bool
read_record(struct json *js, struct event *event, struct json_span *automation,
	struct strbuf *extra)
{
	bool has_event = false;
	struct json_span key;

	automation->type = JSON_NONE;
	strbuf_reset(extra);
	if (!json_open_object(js))
		return false;
	while (json_next_member(js, &key)) {
		if (json_equal(&key, "event", 5)) {
			has_event = event_read(js, event);
		} else if (json_equal(&key, "automation", 10)) {
			json_value(js, automation);
		} else if (json_value(js, NULL) && !json_equal(&key, "request", 7) &&
			   !json_equal(&key, "delivery_id", 11)) {
			strbuf_addc(extra, ',');
			strbuf_add(extra, key.p - 1, (size_t)(js->p - (key.p - 1)));
		}
	}
	if (!json_end(js))
		return false;
	if (!has_event)
		return json_fail(js, js->start,
			"no \"event\": wb-render reads what wb-match writes");
	return automation->type == JSON_OBJECT ||
	       json_fail(js, js->start, "no \"automation\": wb-render reads what wb-match writes");
}

static void
render_record(struct renderer *r, struct filter *f)
{
	const struct rendering *rendering;
	char error[RENDERING_ERROR_MAX];
	struct json_span automation;
	struct event event;
	struct json js;

	json_init(&js, f->in.line, f->in.len);
	if (!read_record(&js, &event, &automation, &r->extra)) {
		filter_reject_json(f, &js);
		return;
	}
	if ((rendering = find_rendering(r, f, &automation)) == NULL ||
		!rendering_is_request(rendering))
		return;
	strbuf_reset(&r->line);
	switch (rendering_write(rendering, &event, r->programs, &r->body, &r->line, error)) {
	case 0:
		break;
	case JQ_WORKER_UNABLE:
		filter_fail(f, "%s:%llu: %s; nothing more is read", f->source,
			(unsigned long long)f->in.number, error);
		return;
	default:
		filter_reject(f, FILTER_NOWHERE, "%s", error);
		return;
	}
	strbuf_add(&r->line, r->extra.buf, r->extra.len);
	strbuf_lit(&r->line, "}\n");
	if (strbuf_failed(&r->line) || strbuf_failed(&r->extra))
		filter_fail(f, "out of memory");
	else if (filter_fits(f, r->line.len - 1))
		output_add(&f->out, r->line.buf, r->line.len);
}

int
main(int argc, char **argv)
{
	struct filter_args args = {0};
	struct renderer r = {.large = NULL};
	struct filter f;
	int status;

	jq_server_main(argc, argv);
	diag_init("wb-render");
	if ((status = parse_args(&args, argc, argv)) < 0) {
		if (renderer_init(&r) != 0)
			status = EXIT_IO;
		else if (filter_init(&f, &args) != 0)
			status = EXIT_USAGE;
	}
	if (status < 0) {
		while (filter_next(&f))
			render_record(&r, &f);
		status = filter_finish(&f);
	}
	renderer_release(&r);
	return status;
}
