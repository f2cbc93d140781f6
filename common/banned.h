/*
 * banned - functions that this project does not use: calling one fails to compile.
 *
 * Each cannot tell the size of what it writes to, or hides errors. Use struct strbuf, snprintf with
 * a checked result, memcpy with a known length, strtol-family through options_number(). Included by
 * force in every object of the product (-include), never by hand.
 */
#ifndef WB_BANNED_H
#define WB_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Some C libraries define a few of them as macros. */
#undef strcpy
#undef strcat
#undef strncpy
#undef strncat
#undef sprintf
#undef vsprintf

#pragma GCC poison strcpy strcat strncpy strncat sprintf vsprintf gets strtok atoi atol atoll atof
#pragma GCC poison gmtime localtime ctime asctime tmpnam mktemp system popen

#endif
