#include "map.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "builtin_maps.h"
#include "diag.h"
#include "event.h"
#include "file.h"
#include "jq_server.h"
#include "map_event.h"
#include "nearest.h"
#include "portable.h"
#include "verbatim.h"

#define WHY_MAX JQ_PROGRAM_ERROR_MAX
#define MAPS_MAX 64  /* names of built-in ones in a message */
#define MARK_SIZE 24 /* bytes of the name of references, NUL included */

_Static_assert(VERBATIM_ERROR_MAX <= MAP_EVENT_ERROR_MAX, "a message must fit");

struct map {
	const char *name;   /* for messages, borrowed; NULL: it takes documents for events */
	const char *source; /* of its events, unless they say; or NULL */
	char mark[MARK_SIZE];
	struct strbuf program;
	struct jq_worker *worker;
	struct strbuf outputs, line;
};

/* What map_prelude.jq needs, and itself. */
static void
add_prelude(struct strbuf *sb, const char *mark)
{
	strbuf_lit(sb, "[\"LINK_MODEL\"");
	for (int i = 0; event_type_name(i) != NULL; i++)
		strbuf_printf(sb, ",\"%s\"", event_type_name(i));
	strbuf_printf(sb, "] as $event_types | \"%s\" as $wb_mark | . as $wb_document | ", mark);
	strbuf_add(sb, map_prelude.text, map_prelude.len);
}

/* Make a map of ${text}. Returns NULL after a message. */
static struct map *
new_map(const char *name, const char *source, const void *text, size_t len, int *status)
{
	const struct jq_worker_options options = {MAP_MS, MAP_MEMORY, MAP_STRIKES};
	struct map *m = calloc(1, sizeof(*m));
	char error[JQ_PROGRAM_ERROR_MAX];
	uint64_t chance;
	int checked;

	*status = EXIT_IO;
	if (m == NULL || (m->worker = jq_worker_new(&options)) == NULL) {
		diag("out of memory");
		goto bad;
	}
	if (portable_random(&chance, sizeof(chance)) != 0) {
		diag("no random numbers: %s", strerror(errno));
		goto bad;
	}
	m->name = name;
	m->source = source;
	snprintf(m->mark, sizeof(m->mark), "wb:%016llx", (unsigned long long)chance);
	strbuf_init(&m->program, 2 * JQ_PROGRAM_MAX);
	strbuf_init(&m->outputs, JQ_OUTPUTS_MAX);
	strbuf_init(&m->line, MAP_EVENTS_MAX);
	add_prelude(&m->program, m->mark);
	strbuf_add(&m->program, text, len);
	if (strbuf_failed(&m->program)) {
		diag("out of memory");
		goto bad;
	}
	checked = jq_worker_check(m->worker, m->program.buf, m->program.len, error);
	if (checked == 0)
		return m;
	if (checked != JQ_WORKER_UNABLE)
		*status = EXIT_USAGE;
	diag("%s: %s", name != NULL ? name : "jq", error);
bad:
	map_free(m);
	return NULL;
}

void
map_free(struct map *m)
{
	if (m == NULL)
		return;
	jq_worker_free(m->worker);
	strbuf_release(&m->program);
	strbuf_release(&m->outputs);
	strbuf_release(&m->line);
	free(m);
}

struct map *
map_builtin(const char *name, int *status)
{
	const char *names[MAPS_MAX], *near;
	size_t n = 0;

	for (const struct builtin_map *b = builtin_maps; b->name != NULL; b++) {
		if (strcmp(b->name, name) == 0)
			return new_map(b->name, b->name, b->text, b->len, status);
		if (n < MAPS_MAX)
			names[n++] = b->name;
	}
	near = nearest_name(name, strlen(name), names, n);
	diag("--from knows no '%s'%s%s%s", name,
		near != NULL ? "; did you mean '" : "; wb-event(1) lists what it knows",
		near != NULL ? near : "", near != NULL ? "'?" : "");
	*status = EXIT_USAGE;
	return NULL;
}

struct map *
map_own(const char *path, int *status)
{
	struct map *m = NULL;
	struct strbuf text;

	*status = EXIT_USAGE;
	strbuf_init(&text, JQ_PROGRAM_MAX);
	if (file_read(path, &text) == 0)
		m = new_map(path, NULL, text.buf != NULL ? text.buf : "", text.len, status);
	else if (errno == EFBIG)
		diag("'%s' is longer than a map may be: %d bytes", path, JQ_PROGRAM_MAX);
	else
		diag("cannot read '%s': %s", path, strerror(errno));
	strbuf_release(&text);
	return m;
}

struct map *
map_identity(int *status)
{
	static const char text[] = "verbatim(.)";

	return new_map(NULL, NULL, text, sizeof(text) - 1, status);
}

/* Append the event that output ${index} is. Returns 0, or -1 with the reason in ${why}. */
static int
add_event(struct map *m, const char *output, size_t len, const struct map_document *doc,
	size_t index, struct strbuf *events, char why[MAP_EVENT_ERROR_MAX])
{
	strbuf_reset(&m->line);
	if (verbatim_expand(&m->line, output, len, m->mark, doc->p, doc->len, why) != 0)
		return -1;
	if (!strbuf_failed(&m->line))
		return map_event_add(events, m->line.buf, m->line.len, doc, index, why);
	snprintf(why, MAP_EVENT_ERROR_MAX, "its event is too long");
	return -1;
}

int
map_run(struct map *m, const char *document, size_t len, struct strbuf *events,
	char error[MAP_ERROR_MAX])
{
	const struct map_document doc = {document, len, m->source};
	const char *before = "";
	char why[WHY_MAX];
	const char *p, *end, *newline;
	size_t index = 0;
	int status;

	strbuf_reset(&m->outputs);
	status = jq_worker_run(m->worker, m->program.buf, m->program.len, document, len,
		&m->outputs, why);
	if (status < 0)
		goto bad;
	status = -1;
	p = m->outputs.buf;
	end = p + m->outputs.len;
	while (p < end && (newline = memchr(p, '\n', (size_t)(end - p))) != NULL) {
		before = "not an event: ";
		if (add_event(m, p, (size_t)(newline - p), &doc, index++, events, why) != 0)
			goto bad;
		p = newline + 1;
	}
	if (!strbuf_failed(&m->outputs) && !strbuf_failed(events))
		return (int)index;
	snprintf(why, sizeof(why), "out of memory");
	before = "";
bad:
	snprintf(error, MAP_ERROR_MAX, "%s%s%s%s", m->name != NULL ? m->name : "",
		m->name != NULL ? ": " : "", before, why);
	return status;
}
