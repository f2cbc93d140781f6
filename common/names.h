/*
 * names - a set of byte strings, numbered from 0 in the order in which they were added.
 */
#ifndef WB_NAMES_H
#define WB_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Bytes with a length, borrowed from somewhere; may hold NUL. */
struct text {
	const char *p;
	size_t len;
};

/**
 * text_compare(a, b), text_equal(a, b):
 * By bytes; a text whose p is NULL comes before all others.
 */
int text_compare(const struct text *a, const struct text *b);

static inline bool
text_equal(const struct text *a, const struct text *b)
{
	return text_compare(a, b) == 0;
}

/* A text of a string literal. */
#define TEXT(s) ((struct text){"" s, sizeof(s) - 1})

struct names_slot;

struct names {
	struct names_slot *slots; /* owned */
	size_t nslots, n;
};

/**
 * names_init(names), names_release(names):
 * Nothing is allocated at first.
 */
void names_init(struct names *names);
void names_release(struct names *names);

/**
 * names_find(names, p, len):
 * The number of the ${len} bytes at ${p}, or -1.
 */
int64_t names_find(const struct names *names, const char *p, size_t len);

/**
 * names_add(names, p, len):
 * Their number, after adding them if they were not there; -1 when memory runs out. The bytes are
 * borrowed: they must outlive ${names}.
 */
int64_t names_add(struct names *names, const char *p, size_t len);

#endif
