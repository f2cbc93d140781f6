/*
 * jq_server - the process that runs jq programs for a jq_worker, its owner.
 *
 * It is the same executable, started anew with an empty environment, so it never held a secret, a
 * lock or a thread of its owner's, whenever it is started. It can open nothing, and ends when its
 * owner does, by whatever end.
 *
 * On its standard input, a socket, come a struct jq_limits, answered by one byte, JQ_SERVER_READY,
 * and then requests, one after another, each answered before the next one is read.
 */
#ifndef WB_JQ_SERVER_H
#define WB_JQ_SERVER_H

#include <stdint.h>

#define JQ_SERVER_NAME "wb-jq-server" /* as its argv[0], all of its arguments */
#define JQ_SERVER_READY 'r'
#define JQ_OUTPUTS_MAX ((size_t)64 * 1024 * 1024) /* bytes of all outputs for one input */

struct jq_limits {
	uint64_t memory; /* bytes of address space */
	uint64_t ms;     /* of processor time for one request, kept when the owner cannot */
};

enum jq_request_kind {
	JQ_CHECK, /* compile only */
	JQ_TEST,  /* jq_program_test */
	JQ_FIRST, /* jq_program_first */
	JQ_RUN    /* jq_program_run */
};

/* The program and the input follow. */
struct jq_request {
	uint64_t kind, program_len, input_len;
};

/* ${len} bytes follow: outputs, or a message if ${result} is -1. */
struct jq_answer {
	int64_t result;
	uint64_t len;
	uint64_t cpu_us; /* processor time that the process has used in all */
};

/**
 * jq_server_main(argc, argv):
 * If this process was started to run programs, do that and never return. To be called by main
 * before anything else.
 */
void jq_server_main(int argc, char **argv);

#endif
