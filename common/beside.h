/*
 * beside - programs that stand in the directory of this one.
 */
#ifndef WB_BESIDE_H
#define WB_BESIDE_H

/**
 * beside_exec(name, argv):
 * Become the program ${name} of the directory in which this one's executable stands, with ${argv}.
 * Returns only if that fails, after a message, EXIT_IO.
 */
int beside_exec(const char *name, char **argv);

#endif
