/*
 * report_advice - what to do about deliveries that have failed, or wait, by their cause. Pure.
 */
#ifndef WB_REPORT_ADVICE_H
#define WB_REPORT_ADVICE_H

#include "report.h"

/**
 * report_advice(cause):
 * What to do about one of the causes of a report, a sentence or two without the last full stop,
 * static; "" if nothing is known.
 */
const char *report_advice(const struct report_group *cause);

#endif
