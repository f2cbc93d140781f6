/*
 * regex_common - what of a regular expression means the same everywhere, and that Oniguruma takes
 * it so.
 */
#include "regex_common.h"
#include "regexes.h"
#include "unit.h"

/* What of ${regex} is not common, as text. */
static const char *
uncommon(const char *regex)
{
	static char text[64];
	size_t len;
	const char *p = regex_uncommon(regex, strlen(regex), &len);

	if (p == NULL)
		return "";
	snprintf(text, sizeof(text), "%.*s", (int)len, p);
	return text;
}

static void
common(void)
{
	static const char *const all[] = {"", "^prod", "a.c$", "^(staging|production)(-[0-9]+)?$",
		"a*b+c?d*?e+?f??", "a{2}b{2,}c{2,3}d{2,}?e{2,3}?", "[a-z0-9_-]", "[^a-z]", "[-a]",
		"[.*+?(){}^$|]", "\\.\\-\\/\\[\\]\\{\\}\\(\\)\\^\\$\\|\\?\\*\\+\\\\",
		"\\d\\D\\w\\W\\s\\S", "[\\d_]", "\\bprod\\b", "\\Aprod\\z", "(?:a|b)", "(?=a)(?!b)",
		"(?<=a)(?<!b)", "(?i)prod", "(?is)a.b", "a(?i:b)c", "\\x41\\n\\t",
		"[\\x41\\n\\]\\-]", "a]b}c", "caf\xc3\xa9", "[\xc3\xa9]",
		"\\_\\#\\ \\<\\>\\`\\'\\@\\&"};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++) {
		if (uncommon(all[i])[0] != '\0')
			printf("# in %s: %s\n", all[i], uncommon(all[i]));
		EXPECT(uncommon(all[i])[0] == '\0');
	}
}

static void
different(void)
{
	EXPECT_STR(uncommon("a\\Z"), "\\Z");
	EXPECT_STR(uncommon("(a)\\1"), "\\1");
	EXPECT_STR(uncommon("\\p{Lu}"), "\\p");
	EXPECT_STR(uncommon("\\h\\v"), "\\h");
	EXPECT_STR(uncommon("\\v"), "\\v");
	EXPECT_STR(uncommon("\\xe9"), "\\x");
	EXPECT_STR(uncommon("\\x4"), "\\x");
	EXPECT_STR(uncommon("\\\xc3\xa9"), "\\\xc3");
	EXPECT_STR(uncommon("a\\"), "\\");
	EXPECT_STR(uncommon("(?P<x>a)"), "(?P");
	EXPECT_STR(uncommon("(?<x>a)"), "(?<");
	EXPECT_STR(uncommon("(?#note)a"), "(?#");
	EXPECT_STR(uncommon("(?m)^a"), "(?m");
	EXPECT_STR(uncommon("(?x)a"), "(?x");
	EXPECT_STR(uncommon("a(?i)b"), "(?i)");
	EXPECT_STR(uncommon("(?"), "(?");
	EXPECT_STR(uncommon("a++"), "++");
	EXPECT_STR(uncommon("a**"), "**");
	EXPECT_STR(uncommon("a*?+"), "*?+");
	EXPECT_STR(uncommon("a{2}+"), "{2}+");
	EXPECT_STR(uncommon("a{2}?"), "{2}?");
	EXPECT_STR(uncommon("a{,3}"), "{");
	EXPECT_STR(uncommon("a{x}"), "{");
	EXPECT_STR(uncommon("a{1234}"), "{");
	EXPECT_STR(uncommon("a{2"), "{");
	EXPECT_STR(uncommon("[[:alpha:]]"), "[");
	EXPECT_STR(uncommon("[]a]"), "[]");
	EXPECT_STR(uncommon("[^]a]"), "[^]");
	EXPECT_STR(uncommon("[a&&b]"), "&&");
	EXPECT_STR(uncommon("[a--b]"), "--");
	EXPECT_STR(uncommon("[\\d-x]"), "\\d-x");
	EXPECT_STR(uncommon("[a-\\d]"), "a-\\d");
	EXPECT_STR(uncommon("[a-b-c]"), "-");
	EXPECT_STR(uncommon("[\\b]"), "\\b");
	EXPECT_STR(uncommon("[abc"), "[");
	EXPECT_STR(uncommon("[a-"), "[");
	EXPECT_STR(uncommon("["), "[");
}

/* Whether ${regex} is found in ${text}, as Oniguruma sees it. */
static int
matches(const char *regex, const char *text)
{
	struct regexes *set = regexes_new();
	char error[REGEXES_ERROR_MAX];
	int64_t id = regexes_add(set, regex, strlen(regex), error);
	int result = id < 0 ? -1 : regexes_matches(set, id, text, strlen(text));

	regexes_free(set);
	return result;
}

static void
here(void)
{
	EXPECT(matches("od", "prod") == 1);
	EXPECT(matches("^od", "prod") == 0 && matches("^b", "a\nb") == 0);
	EXPECT(matches("a$", "a\nb") == 0 && matches("a$", "a\n") == 1 &&
		matches("a\\z", "a\n") == 0);
	EXPECT(matches("a.b", "a\nb") == 0 && matches("(?s)a.b", "a\nb") == 1);
	EXPECT(matches("(?i)PROD|x", "prod") == 1 && matches("(?i)y|PROD", "prod") == 1);
	EXPECT(matches("a(?i:B)C", "abC") == 1 && matches("a(?i:B)C", "abc") == 0);
	EXPECT(matches("^[-a]$", "-") == 1 && matches("^[a-]$", "-") == 1);
	EXPECT(matches("^\\<\\>\\`\\'$", "<>`'") == 1);
	EXPECT(matches("^a]b}$", "a]b}") == 1);
	EXPECT(matches("^\\_\\#\\ \\@\\&\\-$", "_# @&-") == 1);
	EXPECT(matches("\\bb\\B", "a bc") == 1 && matches("\\x41\\x7e", "A~") == 1);
	EXPECT(matches("^a{2}$", "aa") == 1 && matches("^a{2,}?$", "aaa") == 1);
	EXPECT(matches("^[\\x41\\n\\]\\-]+$", "A\n]-") == 1);
}

int
main(void)
{
	RUN(common, "what means the same everywhere");
	RUN(different, "what does not");
	RUN(here, "what is common has its usual meaning here");
	UNIT_DONE();
}
