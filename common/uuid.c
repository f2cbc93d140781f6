#include "uuid.h"

#include <stdint.h>
#include <stdio.h>
#include <unistd.h>
#ifdef __APPLE__
#endif

#include "portable.h"
#include "timestamp.h"

int
uuid_v7(char out[UUID_SIZE])
{
	uint64_t ms = (uint64_t)timestamp_now_ms();
	unsigned char b[16];

	if (portable_random(b, sizeof(b)) != 0)
		return -1;
	for (int i = 0; i < 6; i++)
		b[i] = (unsigned char)(ms >> (40 - 8 * i));
	b[6] = (unsigned char)(0x70 | (b[6] & 0x0f));
	b[8] = (unsigned char)(0x80 | (b[8] & 0x3f));
	snprintf(out, UUID_SIZE,
		"%02x%02x%02x%02x-%02x%02x-%02x%02x-%02x%02x-%02x%02x%02x%02x%02x%02x", b[0], b[1],
		b[2], b[3], b[4], b[5], b[6], b[7], b[8], b[9], b[10], b[11], b[12], b[13], b[14],
		b[15]);
	return 0;
}
