/*
 * jq_process - the process that jq_server.h is about, as its owner has it: started, looked at and
 * ended.
 *
 * Nothing is printed. No other children of the process are waited for, and none are disturbed.
 */
#ifndef WB_JQ_PROCESS_H
#define WB_JQ_PROCESS_H

#include <stdint.h>
#include <sys/types.h>

#include "jq_program.h"
#include "jq_server.h"

#define JQ_PROCESS_CANNOT "cannot start a process for jq programs" /* and why */

struct jq_process {
	pid_t pid; /* 0: there is none */
	int fd;    /* its socket */
};

/**
 * jq_process_start(p, limits, error):
 * Start it, and tell it ${limits}; it is ready when it says so. The executable's main must begin
 * with jq_server_main. Returns 0, or -1 with the reason in ${error}: of descriptors, processes or
 * memory, or of there being no /proc.
 */
int jq_process_start(struct jq_process *p, const struct jq_limits *limits,
	char error[JQ_PROGRAM_ERROR_MAX]);

/**
 * jq_process_stop(p):
 * End it. Returns its status as of waitpid(2), or -1 if another has waited for it.
 */
int jq_process_stop(struct jq_process *p);

/**
 * jq_process_used_us(p):
 * Microseconds of processor time that it has used, or INT64_MAX if that is not known.
 */
int64_t jq_process_used_us(const struct jq_process *p);

#endif
