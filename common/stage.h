/*
 * stage - another tool, run over bytes in memory.
 */
#ifndef WB_STAGE_H
#define WB_STAGE_H

#include <stddef.h>

#include "strbuf.h"

/**
 * stage_run(argv, in, len, out):
 * Run the program ${argv}[0], which stands beside this one, with the arguments ${argv}, NULL behind
 * the last, and without a shell. It reads ${len} bytes at ${in} from its standard input; what it
 * writes is appended to ${out}; its messages go where ours go. SIGPIPE must be ignored. Returns its
 * exit status, or -1 after a message: it could not be run, was ended by a signal, or memory ran
 * out.
 */
int stage_run(char *const *argv, const void *in, size_t len, struct strbuf *out);

#endif
