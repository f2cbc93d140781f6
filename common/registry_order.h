/*
 * registry_order - changes in the order in which they happened. Pure.
 *
 * Clocks of servers tick in seconds, and more than one thing happens in one. What is known then is
 * kept: links and unlinks of a version take turns, an alias is put on a version while it is linked,
 * and each alias goes from one version to the next. Of what these leave open, numbers in the
 * server's ids, or the order of its answer, are a guess.
 */
#ifndef WB_REGISTRY_ORDER_H
#define WB_REGISTRY_ORDER_H

#include "registry.h"
#include "registry_change.h"

/**
 * registry_order(changes):
 * Bring them into order; those without a time come last, with a time that is not before any
 * other's. Those of one version that are links and unlinks, and those of one alias, must have been
 * told in order.
 */
void registry_order(struct registry_changes *changes);

/**
 * registry_order_aliases(v, n, from, to):
 * Bring ${n} entries about one alias, sorted by time, into an order in which each takes the alias
 * from where the one before it left it, beginning with version ${from} and ending with ${to}; NULL:
 * on none, or not known. As far as that is possible; else as they were.
 */
void registry_order_aliases(struct registry_action **v, size_t n, const struct text *from,
	const struct text *to);

#endif
