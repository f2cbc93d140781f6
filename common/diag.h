/*
 * diag - messages for people, on standard error: `wb-match: events.jsonl:3: not a JSON object`.
 *
 * The only module with mutable globals: the tool's names, and who is to be told of a message.
 * Control characters, C1 controls, characters that are not seen or turn others around, and bytes
 * that are not UTF-8 are shown as \xNN, since names come from strangers, terminals obey escapes and
 * people believe what they see.
 */
#ifndef WB_DIAG_H
#define WB_DIAG_H

#include <stdarg.h>
#include <stddef.h>

#define DIAG_MAX 4096 /* bytes of one message; what is longer is cut and ends in "..." */

/* Exit statuses of every tool: wb(7), EXIT STATUS. The greater one wins. */
enum exit_status {
	EXIT_DONE = 0,     /* all done */
	EXIT_REJECTED = 1, /* some lines rejected or deliveries failed, all others done */
	EXIT_USAGE = 2,    /* usage or configuration error, nothing done */
	EXIT_IO = 3        /* input or output failed */
};

/**
 * diag_init(tool):
 * Start every message with ${tool}, which is borrowed for the life of the process. Standard
 * descriptors that are closed are replaced by ones that fail when used. To be called first.
 */
void diag_init(const char *tool);

/**
 * diag_init_part(tool, program):
 * The same in ${program}, which ${tool} becomes for some of what it does.
 */
void diag_init_part(const char *tool, const char *program);

/**
 * diag_tool(), diag_program():
 * The name given to diag_init; that of the program's file.
 */
const char *diag_tool(void);
const char *diag_program(void);

/**
 * diag(fmt, ...):
 * Write "TOOL: " and the message, scrubbed, and a newline to standard error in one write.
 */
void diag(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/**
 * diag_before(hook, ctx):
 * From now on call ${hook} with ${ctx} before a message is written, so that what stands unfinished
 * on the terminal can make room; NULL: no longer.
 */
void diag_before(void (*hook)(void *ctx), void *ctx);

/**
 * diag_scrub(out, size, text, len):
 * Copy ${len} bytes of ${text} into ${out} (${size} bytes, NUL included) with control characters,
 * invisible ones and malformed UTF-8 as \xNN. What does not fit is cut and ends in "...". Returns
 * ${out}.
 */
char *diag_scrub(char *out, size_t size, const void *text, size_t len);

#endif
