/*
 * registry_alias - what is told of an alias that was put on a version. Pure.
 */
#ifndef WB_REGISTRY_ALIAS_H
#define WB_REGISTRY_ALIAS_H

#include "registry_case.h"

/**
 * registry_alias_entry(k, act, is_ended):
 * Tell what ${act}, of the history, says. ${is_ended}: an unlink has taken the alias away since.
 */
void registry_alias_entry(struct registry_case *k, const struct registry_action *act,
	bool is_ended);

/**
 * registry_alias_place(k, m, alias):
 * Tell that it is on ${m} now, where it was not before, and no entry says so: that is owed.
 */
void registry_alias_place(struct registry_case *k, const struct registry_member *m,
	const struct text *alias);

#endif
