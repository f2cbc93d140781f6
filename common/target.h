/*
 * target - what well-known receivers refuse, checked before anything is sent. Pure.
 */
#ifndef WB_TARGET_H
#define WB_TARGET_H

#include <stdbool.h>
#include <stddef.h>

enum target { TARGET_NONE = -1, TARGET_GITHUB, TARGET_SLACK, TARGET_TEAMS };

#define TARGET_ERROR_MAX 160 /* bytes of a message, NUL included */

/**
 * target_find(name, len):
 * The target that configuration calls so ("github", "slack", "teams"), or TARGET_NONE.
 */
enum target target_find(const char *name, size_t len);

/**
 * target_has_entities(target):
 * Whether inserted values need & < > replaced by entities.
 */
bool target_has_entities(enum target target);

/**
 * target_check(target, body, len, error):
 * Whether ${target} takes ${len} bytes at ${body}, a valid JSON text. If not, ${error} says which
 * limit is broken. Sources: GitHub REST docs, "Create a repository dispatch event"; Slack docs,
 * "Blocks" and "Truncating content"; Microsoft Learn, "Webhooks and connectors" (message size).
 */
bool target_check(enum target target, const char *body, size_t len, char error[TARGET_ERROR_MAX]);

#endif
