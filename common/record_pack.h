/*
 * record_pack - what sending needs of a record that was read, kept beside a copy of its line.
 *
 * A record waits as long as its endpoint wants, and is sent more than once if need be; a pack is a
 * twentieth of a struct record, and making one of it again costs a tenth of reading the line again.
 * Pure.
 */
#ifndef WB_RECORD_PACK_H
#define WB_RECORD_PACK_H

#include <stddef.h>

#include "record.h"

struct record_pack;

/**
 * record_pack_size(rec):
 * How many bytes the pack of ${rec} takes, a multiple of what any type must be aligned to.
 */
size_t record_pack_size(const struct record *rec);

/**
 * record_pack(pack, rec, line, len, copy):
 * Write record_pack_size(${rec}) bytes at ${pack}, aligned for any type, for spans into ${copy},
 * which holds the same ${len} bytes as the ${line} that ${rec} was read from.
 */
void record_pack(struct record_pack *pack, const struct record *rec, const char *line, size_t len,
	const char *copy);

/**
 * record_unpack(pack, rec):
 * Make ${rec} of it again, but for headers_span and event, of which there are event_id,
 * event_type and artifact_version_string only. Spans point into the copy.
 */
void record_unpack(const struct record_pack *pack, struct record *rec);

#endif
