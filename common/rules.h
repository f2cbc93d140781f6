/*
 * rules - which of many automations an event matches, at a cost that does not grow
 * with their number.
 *
 * An automation's conditions are a tuple of exact values, one a field, some fields left open. For
 * each set of fields that any rule uses there is one hash look-up an event (tuple space search):
 * seven fields and two expressions make few such sets in practice, and never more than 512.
 */
#ifndef WB_RULES_H
#define WB_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "event.h"
#include "names.h"
#include "regexes.h"

enum rule_field {
	RULE_EVENT_TYPE,
	RULE_ENTITY,
	RULE_PROJECT,
	RULE_COLLECTION,
	RULE_ALIAS,
	RULE_TAG,
	RULE_AUTHOR,
	RULE_VALUES, /* fields above hold values, those below the numbers of regular expressions */
	RULE_ALIAS_REGEX = RULE_VALUES,
	RULE_TAG_REGEX,
	RULE_FIELDS
};

/* The conditions of one automation. */
struct rule {
	struct {
		const struct text *list; /* any of these; borrowed */
		size_t n;                /* 0: anything */
	} values[RULE_VALUES];
	int64_t regex[RULE_FIELDS - RULE_VALUES]; /* numbers, or -1 */
};

struct rules;

/**
 * rules_new(regexes):
 * An empty set. ${regexes} is borrowed. NULL when memory runs out.
 */
struct rules *rules_new(struct regexes *regexes);
void rules_free(struct rules *rules);

/**
 * rules_add(rules, rule, id):
 * Add ${rule}, which is borrowed with its texts; ${id} is what rules_match answers, to be given in
 * ascending order. Returns 0, or -1 when memory runs out.
 */
int rules_add(struct rules *rules, const struct rule *rule, uint32_t id);

/**
 * rules_match(rules, event, ids):
 * The ids of all rules that ${event} matches, ascending, in *${ids}, valid until the next call.
 * Returns how many, or -1 when memory runs out.
 */
int64_t rules_match(struct rules *rules, const struct event *event, const uint32_t **ids);

/**
 * rule_failing(rule, regexes, event):
 * The first field whose condition does not hold, or -1 if ${event} matches. Slow and simple: for
 * explanations, and what rules_match is tested against.
 */
int rule_failing(const struct rule *rule, const struct regexes *regexes, const struct event *event);

/**
 * rule_field_name(field):
 * Its name in configuration, static: "collection".
 */
const char *rule_field_name(int field);

/**
 * rule_field_member(field):
 * The event member that the field looks at.
 */
enum event_member rule_field_member(int field);

#endif
