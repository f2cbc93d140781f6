/*
 * sample - an event that sets off an automation, for trying it. Pure.
 */
#ifndef WB_SAMPLE_H
#define WB_SAMPLE_H

#include "config.h"
#include "strbuf.h"

#define SAMPLE_ERROR_MAX 256 /* bytes of a message, NUL included */

/* What the event is to be like; NULL: what the conditions ask for, or anything. */
struct sample {
	const char *id, *time;
	const char *values[RULE_VALUES]; /* by the field that looks at them */
	const char *metadata;            /* a JSON object */
};

/**
 * sample_event(wanted, automation, regexes, sb, error):
 * Write an event into ${sb}, which is empty, without a newline. Conditions that are no fields of a
 * rule are not looked at. Returns 0; or -1 if there is no such event, or it cannot be told which
 * one would do, with the reason in ${error}. Running out of memory is an error of ${sb}.
 */
int sample_event(const struct sample *wanted, const struct config_automation *automation,
	const struct regexes *regexes, struct strbuf *sb, char error[SAMPLE_ERROR_MAX]);

#endif
