/*
 * secret_command - a program that is asked for secrets: its words, and how it is started.
 *
 * Words are divided by blanks, tabs and newlines, and there are no quotes: what needs more is a
 * script. No shell sees any of it. The name of the secret becomes the last argument.
 */
#ifndef WB_SECRET_COMMAND_H
#define WB_SECRET_COMMAND_H

#include <sys/types.h>

#define SECRET_COMMAND_WORDS_MAX 64

struct secret_command;

/**
 * secret_command_new(text):
 * The command that ${text} is. Its program is looked up in $PATH, now, unless there is a slash in
 * its name. Returns NULL after a message (diag).
 */
struct secret_command *secret_command_new(const char *text);

/**
 * secret_command_free(c):
 * NULL is fine.
 */
void secret_command_free(struct secret_command *c);

/**
 * secret_command_name(c):
 * The program's name, as it was given. Borrowed from ${c}.
 */
const char *secret_command_name(const struct secret_command *c);

/**
 * secret_command_start(c, name, out, err):
 * Start it for the secret ${name}, in a session of its own, so without a terminal: nothing to read,
 * signals as usual, no descriptors of ours but those whose other ends *${out} and *${err} are,
 * which do not block. Returns its process id, or -1 with errno set.
 */
pid_t secret_command_start(const struct secret_command *c, const char *name, int *out, int *err);

#endif
