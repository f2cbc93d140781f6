/*
 * uuid - random ids that sort by time.
 */
#ifndef WB_UUID_H
#define WB_UUID_H

#define UUID_SIZE 37 /* bytes as text, NUL included */

/**
 * uuid_v7(out):
 * Write a new UUID of version 7 [RFC 9562, 5.7] in lower case. Returns 0, or -1 with errno set when
 * there are no random numbers.
 */
int uuid_v7(char out[UUID_SIZE]);

#endif
