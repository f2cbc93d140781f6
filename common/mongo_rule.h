/*
 * mongo_rule - a filter of W&B as conditions of ours: what can be said by members of "on" is said
 * so, and all else by a program of jq. Pure but for the buffer.
 *
 * Values are compared as MongoDB does: only with values of their own type, strings by their bytes.
 * A field that is null or absent equals null, and nothing else holds for it but negations and
 * $exists. In metadata, a list is searched for a value that does, and for objects that the name of
 * a field leads into.
 */
#ifndef WB_MONGO_RULE_H
#define WB_MONGO_RULE_H

#include "mongo_filter.h"
#include "rules.h"
#include "strbuf.h"

/* Values of fields that are given already are left alone; the fields of rules, by their numbers. */
struct mongo_rule {
	struct {
		const struct text *list;
		size_t n; /* 0: none */
	} values[RULE_VALUES];
	struct text regex[RULE_FIELDS - RULE_VALUES]; /* p NULL: none */
	struct strbuf when;                           /* "": none */
};

/**
 * mongo_rule_make(arena, filter, rule):
 * Add the conditions of ${filter} to ${rule}. Texts are in ${arena}, or those of the filter.
 * Returns 0, or -1 when memory runs out.
 */
int mongo_rule_make(struct arena *arena, const struct mongo_node *filter, struct mongo_rule *rule);

#endif
