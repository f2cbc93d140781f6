#include "findings.h"

#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "json_text.h"

#define LINE_MAX_BYTES ((size_t)1024 * 1024)

int
findings_take_format(const char *option, const char *value, enum findings_format *format)
{
	static const char *const names[] =
		{[FINDINGS_TEXT] = "text", [FINDINGS_GITHUB] = "github", [FINDINGS_JSON] = "json"};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		if (strcmp(value, names[i]) == 0) {
			*format = (enum findings_format)i;
			return 0;
		}
	}
	diag("--%s takes text, github or json, not '%s'", option, value);
	return -1;
}

/*
 * Escaped as the runner undoes it: a percent sign and line ends everywhere, which are none after
 * scrubbing, in properties what ends them too [GitHub Docs, "Workflow commands"; actions/toolkit].
 */
static void
add_escaped(struct output *out, const char *text, const char *special)
{
	for (; *text != '\0'; text++) {
		char code[4];

		if (*text != '%' && strchr(special, *text) == NULL) {
			output_addc(out, *text);
			continue;
		}
		snprintf(code, sizeof(code), "%%%02X", (unsigned)(unsigned char)*text);
		output_add(out, code, 3);
	}
}

static void
add_number(struct output *out, const char *before, size_t n)
{
	char text[64];

	snprintf(text, sizeof(text), "%s%zu", before, n);
	output_add(out, text, strlen(text));
}

static void
write_github(struct output *out, const char *kind, const struct config_place *place,
	const char *file, const char *message)
{
	output_lit(out, "::");
	output_add(out, kind, strlen(kind));
	output_lit(out, " file=");
	add_escaped(out, file, ":,");
	if (place->line > 0) {
		add_number(out, ",line=", place->line);
		add_number(out, ",col=", place->column);
	}
	output_lit(out, "::");
	add_escaped(out, message, "");
	output_addc(out, '\n');
}

static void
write_text(struct output *out, const char *kind, const struct config_place *place, const char *file,
	const char *message)
{
	output_add(out, file, strlen(file));
	if (place->line > 0) {
		add_number(out, ":", place->line);
		add_number(out, ":", place->column);
	}
	output_lit(out, ": ");
	output_add(out, kind, strlen(kind));
	output_lit(out, ": ");
	output_add(out, message, strlen(message));
	output_addc(out, '\n');
}

/* As it is: what is harmful to a terminal is spelled in JSON where that is needed. */
static void
write_json(struct output *out, const char *kind, const struct config_place *place,
	const char *message)
{
	struct strbuf sb;

	strbuf_init(&sb, LINE_MAX_BYTES);
	strbuf_lit(&sb, "{\"file\":");
	json_quote(&sb, place->file);
	if (place->line > 0)
		strbuf_printf(&sb, ",\"line\":%zu,\"column\":%zu", place->line, place->column);
	else
		strbuf_lit(&sb, ",\"line\":null,\"column\":null");
	strbuf_printf(&sb, ",\"severity\":\"%s\",\"message\":", kind);
	json_quote(&sb, message);
	strbuf_lit(&sb, "}\n");
	if (!strbuf_failed(&sb))
		output_add(out, sb.buf, sb.len);
	else
		diag("out of memory: %s: %s", kind, message);
	strbuf_release(&sb);
}

static void
write_finding(struct findings *f, const char *kind, const struct config_place *place,
	const char *message)
{
	char file[DIAG_MAX], text[DIAG_MAX];

	if (f->format == FINDINGS_JSON) {
		write_json(f->out, kind, place, message);
		return;
	}
	diag_scrub(file, sizeof(file), place->file, strlen(place->file));
	diag_scrub(text, sizeof(text), message, strlen(message));
	if (f->format == FINDINGS_GITHUB)
		write_github(f->out, kind, place, file, text);
	else
		write_text(f->out, kind, place, file, text);
}

void
findings_error(void *findings, const struct config_place *place, const char *message)
{
	struct findings *f = findings;

	f->nerrors++;
	write_finding(f, "error", place, message);
}

void
findings_warning(void *findings, const struct config_place *place, const char *message)
{
	struct findings *f = findings;

	f->nwarnings++;
	write_finding(f, "warning", place, message);
}

int
findings_end(struct findings *f, bool strict)
{
	output_flush(f->out); /* the sum comes last */
	if (f->nerrors + f->nwarnings > 0)
		diag("%zu error%s, %zu warning%s", f->nerrors, f->nerrors == 1 ? "" : "s",
			f->nwarnings, f->nwarnings == 1 ? "" : "s");
	if (f->nerrors > 0)
		return EXIT_USAGE;
	return f->nwarnings > 0 && strict ? EXIT_REJECTED : EXIT_DONE;
}
