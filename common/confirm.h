/*
 * confirm - a question to whoever sits at the terminal.
 */
#ifndef WB_CONFIRM_H
#define WB_CONFIRM_H

#include <stdbool.h>

/**
 * confirm(option, fmt, ...):
 * Ask, as a message that ends in "? [y/N]", and read the answer from standard input. False, after a
 * message, if it is not yes, or if standard input is no terminal: ${option} would do without
 * asking.
 */
bool confirm(const char *option, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

#endif
