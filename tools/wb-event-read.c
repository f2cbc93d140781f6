/*
 * wb-event-read - other systems' documents as registry events: what wb-event read runs
 *
 * stdin:  JSON objects, however they are laid out
 * stdout: events, one JSON object a line: wb-record(5)
 *
 * A program of its own, so that making an event by hand does not have to load libjq.
 */
#include <inttypes.h>
#include <stdbool.h>
#include <string.h>

#include "diag.h"
#include "documents.h"
#include "filter.h"
#include "jq_server.h"
#include "map.h"

struct args {
	struct filter_args filter;
	const char *from, *map;
};

enum { OPT_FROM = 1, OPT_MAP };

static const struct option options[] = {
	{OPT_FROM, 'f', "from", "NAME",
		"what they are: wandb, github, mlflow, huggingface, sagemaker or cloudevents"},
	{OPT_MAP, 0, "map", "FILE", "turn them into events by the jq program in FILE"},
	FILTER_OPTIONS,
	{0, 0, NULL, NULL, NULL},
};

static const struct options_spec spec = {
	"wb-event read [--from NAME | --map FILE] [OPTION...] [FILE...]",
	"Write the events that JSON documents of other systems tell of.",
	options,
};

/* Returns -1 to go on, or the exit status. */
static int
parse_args(struct args *args, int argc, char **argv)
{
	struct options o;
	const char *value;
	int id;

	options_init(&o, &spec, argc, argv);
	while ((id = options_next(&o, &value)) != OPTIONS_END) {
		if (id == OPTIONS_DONE || id == OPTIONS_FAILED)
			return id == OPTIONS_DONE ? EXIT_DONE : EXIT_IO;
		if (id == OPTIONS_OPERAND)
			filter_operand(&args->filter, argv, value);
		else if (id == OPT_FROM)
			args->from = value;
		else if (id == OPT_MAP)
			args->map = value;
		else if (id == OPTIONS_ERROR || filter_option(&args->filter, id, value) != 0)
			return EXIT_USAGE;
	}
	if (args->from != NULL && args->map != NULL) {
		diag("--from and --map exclude each other");
		return EXIT_USAGE;
	}
	return -1;
}

/* Returns NULL after a message, with the exit status in *${status}. */
static struct map *
open_map(const struct args *args, int *status)
{
	if (args->from != NULL)
		return map_builtin(args->from, status);
	return args->map != NULL ? map_own(args->map, status) : map_identity(status);
}

/* Write the events of one document. Returns how many; 0 for one that is refused, too. */
static int
read_document(struct filter *f, struct map *map, const struct documents *d, struct strbuf *events)
{
	char error[MAP_ERROR_MAX];
	int n;

	strbuf_reset(events);
	n = map_run(map, d->p, d->len, events, error);
	if (n == JQ_WORKER_UNABLE)
		filter_fail(f, "%s:%llu: %s; nothing more is read", f->source,
			(unsigned long long)f->in.number, error);
	else if (n < 0)
		filter_reject(f, FILTER_NOWHERE, "%s", error);
	else
		output_add(&f->out, events->buf, events->len);
	return n;
}

/* Write the events of all documents, and say how many had none. */
static void
read_all(struct filter *f, struct map *map)
{
	uint64_t documents = 0, silent = 0;
	struct strbuf events;
	struct documents d;

	strbuf_init(&events, MAP_EVENTS_MAX);
	documents_init(&d, f);
	while (documents_next(&d)) {
		documents++;
		silent += read_document(f, map, &d, &events) == 0;
	}
	if (silent > 0)
		diag("%" PRIu64 " of %" PRIu64 " documents tell of no event", silent, documents);
	documents_release(&d);
	strbuf_release(&events);
}

int
main(int argc, char **argv)
{
	struct args args = {.from = NULL};
	struct map *map = NULL;
	struct filter f;
	int status;

	jq_server_main(argc, argv);
	diag_init_part("wb-event", "wb-event-read");
	if ((status = parse_args(&args, argc, argv)) >= 0)
		return status;
	if ((map = open_map(&args, &status)) == NULL)
		return status;
	status = EXIT_USAGE;
	if (filter_init(&f, &args.filter) == 0) {
		read_all(&f, map);
		status = filter_finish(&f);
	}
	map_free(map);
	return status;
}
