#include "scrub.h"

#include "diag.h"

#define PIECE 1024 /* bytes that are scrubbed at a time */

void
scrub_add(struct strbuf *sb, const char *p, size_t len)
{
	const char *end = p + len;

	while (p < end) {
		char shown[4 * PIECE + 16];
		const char *stop = p;

		while (stop < end && *stop != '\n' && *stop != '\t' && stop - p < PIECE)
			stop++;
		/* not within a character */
		while (stop < end && stop > p + 4 && ((unsigned char)*stop & 0xc0) == 0x80)
			stop--;
		strbuf_adds(sb, diag_scrub(shown, sizeof(shown), p, (size_t)(stop - p)));
		for (p = stop; p < end && (*p == '\n' || *p == '\t'); p++)
			strbuf_addc(sb, *p);
	}
}
