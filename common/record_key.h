/*
 * record_key - numbers by which records that have something in common are told from others, however
 * it is spelled.
 *
 * They stand for it in tables, and who does not know the ${key} finds no two records that have
 * nothing in common but the number.
 */
#ifndef WB_RECORD_KEY_H
#define WB_RECORD_KEY_H

#include <stdint.h>

#include "record.h"
#include "siphash.h"

/**
 * record_key_delivery(key, rec), record_key_url(key, rec):
 * For one delivery_id; for one URL, or reference to one.
 */
uint64_t record_key_delivery(const struct siphash_key *key, const struct record *rec);
uint64_t record_key_url(const struct siphash_key *key, const struct record *rec);

/**
 * record_key_collection(key, rec):
 * For one automation, and entity, project and collection of the event, each of which may be
 * missing.
 */
uint64_t record_key_collection(const struct siphash_key *key, const struct record *rec);

#endif
