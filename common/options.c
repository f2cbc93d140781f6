#include "options.h"

#include <stdio.h>
#include <string.h>

#include "diag.h"
#include "nearest.h"

enum { ID_HELP = 10000, ID_VERSION };

static const struct option common[] = {
	{ID_HELP, 'h', "help", NULL, "print this help and exit"},
	{ID_VERSION, 'V', "version", NULL, "print the version and exit"},
	{0, 0, NULL, NULL, NULL},
};

void
options_init(struct options *o, const struct options_spec *spec, int argc, char **argv)
{
	*o = (struct options){.spec = spec, .argv = argv, .argc = argc, .at = 1};
}

void
options_command(struct options *o, const char *name, bool (*goes_with)(int id, int command_id),
	int id)
{
	o->command = name;
	o->goes_with = goes_with;
	o->command_id = id;
}

/* One whose value may be left out, so that the next word is never it. */
static bool
is_optional(const struct option *option)
{
	return option->arg != NULL && option->arg[0] == '[';
}

static void
print_option(const struct option *option)
{
	const char *between = option->arg == NULL || is_optional(option) ? "" : " ";
	char left[64];

	snprintf(left, sizeof(left), "  %c%c%c --%s%s%s", option->letter ? '-' : ' ',
		option->letter ? option->letter : ' ', option->letter ? ',' : ' ', option->name,
		between, option->arg != NULL ? option->arg : "");
	printf("%-32s %s\n", left, option->help);
}

/* Whether ${form}, such as "wb-x show|hide NAME", is one of ${command}. */
static bool
is_form_of(const char *form, const char *command)
{
	const char *word = form + strcspn(form, " ");
	size_t len;

	for (word += strspn(word, " "); *word != '\0' && *word != ' '; word += *word == '|') {
		len = strcspn(word, "| \n");
		if (len == strlen(command) && memcmp(word, command, len) == 0)
			return true;
		word += len;
		if (*word == '\n')
			break;
	}
	return false;
}

/* The forms of the command that was asked for, each with the lines that go on with it. */
static void
print_usage(const struct options *o)
{
	const char *usage = o->spec->usage, *before = "usage: ";
	const size_t name_len = strcspn(usage, " ") + 1;
	bool is_wanted = true;

	for (const char *line = usage; line != NULL; line = strchr(line, '\n')) {
		const char *text;

		line += *line == '\n';
		text = line + strspn(line, " ");
		if (strncmp(text, usage, name_len) == 0)
			is_wanted = o->command == NULL || is_form_of(text, o->command);
		else
			text = line;
		if (!is_wanted)
			continue;
		printf("%s%.*s\n", text == line && line != usage ? "" : before,
			(int)strcspn(text, "\n"), text);
		before = "       ";
	}
}

static int
print_help(const struct options *o)
{
	print_usage(o);
	printf("\n%s\n\noptions:\n", o->spec->about);
	for (const struct option *t = o->spec->table; t->id != 0; t++)
		if (o->command == NULL || o->goes_with(t->id, o->command_id))
			print_option(t);
	for (const struct option *t = common; t->id != 0; t++)
		print_option(t);
	printf("\nThe manual page %s(1) tells more.\n", diag_tool());
	return OPTIONS_DONE;
}

static int
finish(void)
{
	if (fflush(stdout) == 0)
		return OPTIONS_DONE;
	diag("cannot write to standard output");
	return OPTIONS_FAILED;
}

static int
unknown_option(const struct options *o, const char *word, size_t len)
{
	const char *names[OPTIONS_MAX + 2], *near;
	size_t n = 0;

	for (const struct option *t = o->spec->table; t->id != 0 && n < OPTIONS_MAX; t++)
		names[n++] = t->name;
	names[n++] = "help";
	names[n++] = "version";
	near = nearest_name(word, len, names, n);
	if (near != NULL)
		diag("unknown option '--%.*s'; did you mean '--%s'?", (int)len, word, near);
	else
		diag("unknown option '--%.*s'; '%s --help' lists the options", (int)len, word,
			diag_tool());
	return OPTIONS_ERROR;
}

static const struct option *
find_long(const struct option *t, const char *name, size_t len)
{
	for (; t->id != 0; t++)
		if (strlen(t->name) == len && memcmp(t->name, name, len) == 0)
			return t;
	return NULL;
}

static const struct option *
find_short(const struct option *t, char letter)
{
	for (; t->id != 0; t++)
		if (t->letter == letter)
			return t;
	return NULL;
}

static int
answer(struct options *o, const struct option *option)
{
	if (option->id == ID_HELP) {
		print_help(o);
		return finish();
	}
	if (option->id == ID_VERSION) {
		printf("%s (wb-tools) %s\n", diag_tool(), WB_VERSION);
		return finish();
	}
	return option->id;
}

static int
next_long(struct options *o, const char *word, const char **value)
{
	const char *equals = strchr(word, '=');
	size_t len = equals != NULL ? (size_t)(equals - word) : strlen(word);
	const struct option *option = find_long(o->spec->table, word, len);

	if (option == NULL)
		option = find_long(common, word, len);
	if (option == NULL)
		return unknown_option(o, word, len);
	if (option->arg == NULL) {
		if (equals != NULL) {
			diag("option '--%s' takes no argument", option->name);
			return OPTIONS_ERROR;
		}
		return answer(o, option);
	}
	if (equals != NULL) {
		*value = equals + 1;
	} else if (is_optional(option)) {
		*value = NULL;
	} else if (o->at < o->argc) {
		*value = o->argv[o->at++];
	} else {
		diag("option '--%s' needs an argument: %s", option->name, option->arg);
		return OPTIONS_ERROR;
	}
	return option->id;
}

static int
next_short(struct options *o, const char **value)
{
	char letter = *o->cluster++;
	const struct option *option = find_short(o->spec->table, letter);

	if (option == NULL)
		option = find_short(common, letter);
	if (option == NULL) {
		diag("unknown option '-%c'; '%s --help' lists the options", letter, diag_tool());
		return OPTIONS_ERROR;
	}
	if (*o->cluster == '=' && (option->arg == NULL || is_optional(option))) {
		if (option->arg == NULL)
			diag("option '-%c' takes no argument", letter);
		else
			diag("option '-%c' takes no argument; did you mean '--%s%s'?", letter,
				option->name, o->cluster);
		return OPTIONS_ERROR;
	}
	if (option->arg == NULL || is_optional(option)) {
		if (*o->cluster == '\0')
			o->cluster = NULL;
		return answer(o, option);
	}
	if (*o->cluster != '\0') {
		*value = o->cluster;
	} else if (o->at < o->argc) {
		*value = o->argv[o->at++];
	} else {
		diag("option '-%c' needs an argument: %s", letter, option->arg);
		return OPTIONS_ERROR;
	}
	o->cluster = NULL;
	return option->id;
}

int
options_next(struct options *o, const char **value)
{
	const char *word;

	*value = NULL;
	if (o->cluster != NULL)
		return next_short(o, value);
	if (o->at >= o->argc)
		return OPTIONS_END;
	word = o->argv[o->at++];
	if (!o->operands_only && word[0] == '-' && word[1] != '\0') {
		if (word[1] != '-') {
			o->cluster = word + 1;
			return next_short(o, value);
		}
		if (word[2] != '\0')
			return next_long(o, word + 2, value);
		o->operands_only = true;
		return options_next(o, value);
	}
	*value = word;
	return OPTIONS_OPERAND;
}

/*
 * Digits at ${text} into *${out}; returns what follows them, or NULL if there are none or too many.
 */
static const char *
read_digits(const char *text, uint64_t *out)
{
	uint64_t n = 0;

	if (*text < '0' || *text > '9')
		return NULL;
	for (; *text >= '0' && *text <= '9'; text++) {
		unsigned digit = (unsigned)(*text - '0');

		if (n > (UINT64_MAX - digit) / 10)
			return NULL;
		n = n * 10 + digit;
	}
	*out = n;
	return text;
}

int
options_number(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *rest = read_digits(text, out);

	if (rest != NULL && *rest == '\0' && *out >= min && *out <= max)
		return 0;
	diag("--%s takes a whole number from %llu to %llu, not '%s'", name, (unsigned long long)min,
		(unsigned long long)max, text);
	return -1;
}

int
options_size(const char *name, const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
	const char *rest = read_digits(text, out);
	unsigned shift = 0;

	if (rest != NULL && *rest != '\0' && rest[1] == '\0') {
		shift = *rest == 'K' || *rest == 'k' ? 10
			: *rest == 'M'               ? 20
			: *rest == 'G'               ? 30
						     : 0;
		rest += shift != 0;
	}
	if (rest != NULL && *rest == '\0' && *out <= max >> shift && *out << shift >= min) {
		*out <<= shift;
		return 0;
	}
	diag("--%s takes bytes from %llu to %llu, with K, M or G behind it if you like, not '%s'",
		name, (unsigned long long)min, (unsigned long long)max, text);
	return -1;
}

/* The milliseconds of one unit, or 0 if there is no such unit. */
static uint64_t
unit_ms(const char *unit)
{
	static const struct {
		const char *name;
		uint64_t ms;
	} units[] = {{"", 1000}, {"ms", 1}, {"s", 1000}, {"m", 60000}, {"h", 3600000},
		{"d", 86400000}};

	for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++)
		if (strcmp(unit, units[i].name) == 0)
			return units[i].ms;
	return 0;
}

int
options_duration(const char *name, const char *text, uint64_t max_ms, uint64_t *out)
{
	uint64_t whole = 0, fraction = 0, scale = 1, unit = 0;
	const char *rest = read_digits(text, &whole);

	if (rest != NULL && *rest == '.') {
		for (rest++; *rest >= '0' && *rest <= '9'; rest++) {
			if (scale < 1000000) {
				fraction = fraction * 10 + (uint64_t)(*rest - '0');
				scale *= 10;
			}
		}
	}
	if (rest != NULL && (unit = unit_ms(rest)) != 0 && whole <= max_ms / unit) {
		*out = whole * unit + fraction * unit / scale;
		if (*out > 0 && *out <= max_ms)
			return 0;
	}
	diag("--%s takes a time such as 250ms, 30s, 10m, 2h or 1d, at most %llu s, not '%s'", name,
		(unsigned long long)(max_ms / 1000), text);
	return -1;
}
