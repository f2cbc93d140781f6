/*
 * map - a jq program that turns other systems' documents into events.
 *
 * What it can use beside jq's own, by map_prelude.jq: verbatim(PATH), the value that stands there
 * in the document, as it is spelled; verbatim_json(PATH), the value whose JSON text the string
 * there is; members(PATH), an object of all members there that are neither null nor empty strings,
 * verbatim; $event_types. It runs in a process of its own: jq_worker.h.
 */
#ifndef WB_MAP_H
#define WB_MAP_H

#include <stddef.h>

#include "jq_worker.h"
#include "strbuf.h"

#define MAP_ERROR_MAX 800                          /* bytes of a message, NUL included */
#define MAP_MS 5000                                /* what a map is given for a document, */
#define MAP_MEMORY ((uint64_t)1024 * 1024 * 1024)  /* and how often it may ask for more until */
#define MAP_STRIKES 3                              /* it is not run any more */
#define MAP_EVENTS_MAX ((size_t)256 * 1024 * 1024) /* bytes of the events of a document */

struct map;

/**
 * map_builtin(name), map_own(path), map_identity():
 * The map of maps/, one out of a file, and the one that takes documents for events. NULL after a
 * message, if there is none of that name, it cannot be read or compiled, or memory runs out;
 * *${status} is the tool's exit status then.
 */
struct map *map_builtin(const char *name, int *status);
struct map *map_own(const char *path, int *status);
struct map *map_identity(int *status);

/**
 * map_free(m):
 * End its process; NULL is fine.
 */
void map_free(struct map *m);

/**
 * map_run(m, document, len, events, error):
 * Append the events that the map makes of a valid ${document} to ${events}, a line each. Returns
 * how many, or with the reason in ${error}, which begins with the map's name, -1, or
 * JQ_WORKER_UNABLE if it could not be run, by no fault of the map or the document.
 */
int map_run(struct map *m, const char *document, size_t len, struct strbuf *events,
	char error[MAP_ERROR_MAX]);

#endif
