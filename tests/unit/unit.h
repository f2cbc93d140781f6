/*
 * unit - the few macros that the unit tests need. A test program prints "ok - NAME" or "not ok -
 * NAME" a case, with what was expected, and exits 1 if any failed.
 */
#ifndef WB_UNIT_H
#define WB_UNIT_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int unit_failures, unit_case_failures;

/* One failed expectation is told and does not end the case. */
#define EXPECT(cond)                                                                               \
	do {                                                                                       \
		if (!(cond)) {                                                                     \
			printf("# %s:%d: expected %s\n", __FILE__, __LINE__, #cond);               \
			unit_case_failures++;                                                      \
		}                                                                                  \
	} while (0)

#define EXPECT_STR(got, want)                                                                      \
	do {                                                                                       \
		const char *got_ = (got), *want_ = (want);                                         \
		if (got_ == NULL || strcmp(got_, want_) != 0) {                                    \
			printf("# %s:%d: got \"%s\", expected \"%s\"\n", __FILE__, __LINE__,       \
				got_ == NULL ? "(null)" : got_, want_);                            \
			unit_case_failures++;                                                      \
		}                                                                                  \
	} while (0)

/* Run one case, a function without arguments. */
#define RUN(function, name)                                                                        \
	do {                                                                                       \
		unit_case_failures = 0;                                                            \
		function();                                                                        \
		printf("%s - %s\n", unit_case_failures ? "not ok" : "ok", name);                   \
		unit_failures += unit_case_failures != 0;                                          \
	} while (0)

#define UNIT_DONE() return unit_failures ? 1 : 0

#endif
