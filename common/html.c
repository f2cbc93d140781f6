#include "html.h"

#include "diag.h"

static void
escape(struct output *out, const char *text, bool is_path)
{
	char plain[HTML_TEXT_MAX];

	diag_scrub(plain, sizeof(plain), text, strlen(text));
	for (const char *p = plain; *p != '\0'; p++) {
		switch (*p) {
		case '&':
			output_lit(out, "&amp;");
			break;
		case '<':
			output_lit(out, "&lt;");
			break;
		case '>':
			output_lit(out, "&gt;");
			break;
		case '"':
			output_lit(out, "&quot;");
			break;
		case '\'':
			output_lit(out, "&#39;");
			break;
		default:
			output_addc(out, *p);
			if (is_path && *p == '/' && p[1] != '/' && p[1] != '\0' &&
				(p == plain || p[-1] != '/'))
				output_lit(out, "<wbr>");
		}
	}
}

void
html_text(struct output *out, const char *text)
{
	escape(out, text, false);
}

void
html_path(struct output *out, const char *text)
{
	escape(out, text, true);
}
