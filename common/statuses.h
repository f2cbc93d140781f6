/*
 * statuses - what stands in success_status: statuses that are a success beside 2xx. Pure.
 */
#ifndef WB_STATUSES_H
#define WB_STATUSES_H

#include <stdbool.h>

#include "json.h"

#define STATUSES_MAX 16 /* in one list */
#define STATUSES_WRONG "\"success_status\" is a status from 300 to 599, or up to 16 of them"

/**
 * statuses_check(value):
 * Whether ${value}, valid JSON, is a status, or an array of 1 to STATUSES_MAX of them.
 */
bool statuses_check(const struct json_span *value);

/**
 * statuses_has(value, status):
 * Whether ${status} is one of ${value}, which statuses_check found good, or is absent.
 */
bool statuses_has(const struct json_span *value, long status);

#endif
