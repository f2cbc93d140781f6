/*
 * new_job - the job that a new automation queues: whether it can be one, and its action. Pure.
 */
#ifndef WB_NEW_JOB_H
#define WB_NEW_JOB_H

#include <stdbool.h>

#include "new_automation.h"
#include "strbuf.h"

/**
 * new_job_is_said(a):
 * Whether ${a} says anything of a job.
 */
bool new_job_is_said(const struct new_automation *a);

/**
 * new_job_check(a):
 * NULL, or what is missing or too much, static.
 */
const char *new_job_check(const struct new_automation *a);

/**
 * new_job_write(sb, a):
 * Append the members of the action.
 */
void new_job_write(struct strbuf *sb, const struct new_automation *a);

#endif
