/*
 * guard - copies of bytes that end where readable memory ends, so that reading one byte too many
 * kills the test.
 */
#ifndef WB_UNIT_GUARD_H
#define WB_UNIT_GUARD_H

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define GUARD_MAX ((size_t)4 * 1024 * 1024)

/* ${len} bytes, at most GUARD_MAX; valid until the next call. */
static inline char *
guard_copy(const char *bytes, size_t len)
{
	static char *end;

	if (end == NULL) {
		size_t page = (size_t)sysconf(_SC_PAGESIZE);
		char *memory = mmap(NULL, GUARD_MAX + page, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

		if (memory == MAP_FAILED || mprotect(memory + GUARD_MAX, page, PROT_NONE) != 0) {
			perror("guard");
			exit(1);
		}
		end = memory + GUARD_MAX;
	}
	if (len > GUARD_MAX) {
		fputs("guard: too long\n", stderr);
		exit(1);
	}
	if (len != 0)
		memcpy(end - len, bytes, len);
	return end - len;
}

#endif
