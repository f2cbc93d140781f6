#include "confirm.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "diag.h"

bool
confirm(const char *option, const char *fmt, ...)
{
	char question[1024], answer[16];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(question, sizeof(question), fmt, ap);
	va_end(ap);
	if (!isatty(STDIN_FILENO)) {
		diag("%s? There is no terminal to ask on: say %s", question, option);
		return false;
	}
	diag("%s? [y/N]", question);
	if (fgets(answer, sizeof(answer), stdin) != NULL &&
		(strcmp(answer, "y\n") == 0 || strcmp(answer, "yes\n") == 0))
		return true;
	diag("nothing was done");
	return false;
}
