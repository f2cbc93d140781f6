/* regexes - a set of expressions, the answers that it keeps, and the limit of a search. */
#include "guard.h"
#include "random.h"
#include "regexes.h"
#include "unit.h"

static struct regexes *
set_of(const char *const *patterns, size_t n)
{
	struct regexes *r = regexes_new();
	char error[REGEXES_ERROR_MAX];

	if (r == NULL)
		exit(1);
	for (size_t i = 0; i < n; i++)
		EXPECT(regexes_add(r, patterns[i], strlen(patterns[i]), error) == (int64_t)i);
	return r;
}

/* The numbers of all that match ${text}, as text: "0 2". */
static const char *
matches(struct regexes *r, const char *text, size_t len)
{
	static char out[1024];
	const uint32_t *ids;
	int64_t n = regexes_search(r, guard_copy(text, len), len, &ids);
	size_t used = 0;

	out[0] = '\0';
	if (n < 0)
		return "out of memory";
	for (int64_t i = 0; i < n; i++)
		used += (size_t)snprintf(out + used, sizeof(out) - used, "%s%u", i > 0 ? " " : "",
			ids[i]);
	return out;
}

static const char *
matches_text(struct regexes *r, const char *text)
{
	return matches(r, text, strlen(text));
}

static void
numbers(void)
{
	struct regexes *r = regexes_new();
	char error[REGEXES_ERROR_MAX], copy[] = "a+";

	EXPECT(r != NULL && regexes_count(r) == 0);
	EXPECT(regexes_add(r, "a+", 2, error) == 0);
	EXPECT(regexes_add(r, "b+xxx", 2, error) == 1);
	EXPECT(regexes_add(r, copy, 2, error) == 0);
	EXPECT(regexes_add(r, "a", 1, error) == 2);
	EXPECT(regexes_add(r, "", 0, error) == 3);
	EXPECT(regexes_count(r) == 4);
	EXPECT(regexes_matches(r, 0, "baab", 4) && !regexes_matches(r, 0, "b", 1));
	EXPECT(regexes_matches(r, 1, "b", 1) && !regexes_matches(r, 1, "xxx", 3));
	EXPECT(regexes_matches(r, 3, "", 0));
	regexes_free(r);
	regexes_free(NULL);
}

static void
searches(void)
{
	static const char *const patterns[] = {"^prod", "tion$", "o", "^v\\d+(\\.\\d+)?$",
		"(?i)PROD", "^$", "^.$", "\\p{Greek}", "a(?=b)", "x{2,3}", "[^a-z]",
		"\xc3\xa9|\\x{20ac}"};
	struct regexes *r = set_of(patterns, sizeof(patterns) / sizeof(patterns[0]));

	for (int again = 0; again < 3; again++) {
		EXPECT_STR(matches_text(r, "production"), "0 1 2 4");
		EXPECT_STR(matches_text(r, "reproduction"), "1 2 4");
		EXPECT_STR(matches_text(r, "v12"), "3 10");
		EXPECT_STR(matches_text(r, "v12.5"), "3 10");
		EXPECT_STR(matches_text(r, ""), "5");
		EXPECT_STR(matches_text(r, "\xce\xa9"), "6 7 10");
		EXPECT_STR(matches_text(r, "\xf0\x9f\x98\x80"), "6 10");
		EXPECT_STR(matches_text(r, "cab"), "8");
		EXPECT_STR(matches_text(r, "axx"), "9");
		EXPECT_STR(matches_text(r, "caf\xc3\xa9"), "10 11");
		EXPECT_STR(matches_text(r, "\xe2\x82\xac"), "6 10 11");
		EXPECT_STR(matches(r, "o\0x", 3), "2 10");
		EXPECT_STR(matches(r, "\0", 1), "6 10");
		EXPECT_STR(matches_text(r, "abz"), "8");
		EXPECT_STR(matches_text(r, "zzz"), "");
	}
	regexes_free(r);
}

static void
malformed(void)
{
	static const struct {
		const char *pattern, *error;
	} cases[] = {
		{"a(", "end pattern with unmatched parenthesis"},
		{"a)", "unmatched close parenthesis"},
		{"[a", "premature end of char-class"},
		{"[b-a]", "empty range in char class"},
		{"*", "target of repeat operator is not specified"},
		{"a\\", "end pattern at escape"},
		{"(?<n", "invalid group name <n>"},
		{"\\p{Klingon}", "invalid character property name {Klingon}"},
		{"(?z)", "undefined group option"},
	};
	struct regexes *r = regexes_new();

	EXPECT(r != NULL);
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char error[REGEXES_ERROR_MAX] = "";

		EXPECT(regexes_add(r, cases[i].pattern, strlen(cases[i].pattern), error) == -1);
		EXPECT_STR(error, cases[i].error);
	}
	EXPECT(regexes_count(r) == 0);
	regexes_free(r);
}

/* A message quotes the pattern, which may be long. */
static void
long_message(void)
{
	struct regexes *r = regexes_new();
	char error[REGEXES_ERROR_MAX], pattern[1000];

	EXPECT(r != NULL);
	memset(error, 'x', sizeof(error));
	memset(pattern, 'a', sizeof(pattern));
	memcpy(pattern, "\\p{", 3);
	pattern[sizeof(pattern) - 1] = '}';
	EXPECT(regexes_add(r, pattern, sizeof(pattern), error) == -1);
	EXPECT(memchr(error, '\0', sizeof(error)) != NULL && strlen(error) > 10);
	regexes_free(r);
}

/* A pattern that would take a day ends by the step limit, and does not match. */
static void
catastrophe(void)
{
	static const char *const patterns[] = {"^(a+)+$", "^(a|a)*$", "(x+x+)+y", "a"};
	struct regexes *r = set_of(patterns, 4);
	char text[301];

	memset(text, 'a', 40);
	memcpy(text + 40, "b", 2);
	EXPECT_STR(matches_text(r, text), "3");
	EXPECT_STR(matches_text(r, text), "3");
	EXPECT(regexes_matches(r, 0, text, 40) == 1);
	EXPECT(regexes_matches(r, 0, text, 41) == REGEXES_GAVE_UP);
	memset(text, 'x', 300);
	text[300] = '\0';
	EXPECT_STR(matches_text(r, text), "");
	regexes_free(r);
}

/* Far more texts than are kept, short and long ones, often the same: what is kept must be what a
 * search finds. */
static void
kept_answers(void)
{
	static const char *const patterns[] = {"a", "b", "^c", "d$", "e.*f", "(ab)+", "[x-z]{3}",
		"aaa"};
	struct regexes *r = set_of(patterns, 8);

	random_seed(9);
	for (int i = 0; i < 30000; i++) {
		size_t len = random_once_in(20) ? 250 + random_below(12) : random_below(4);
		char text[300], want[64] = "";
		size_t used = 0;

		for (size_t j = 0; j < len; j++)
			text[j] = (char)('a' + random_below(len < 200 ? 8 : 26));
		for (uint32_t id = 0; id < 8; id++)
			if (regexes_matches(r, id, text, len))
				used += (size_t)snprintf(want + used, sizeof(want) - used, "%s%u",
					used > 0 ? " " : "", id);
		EXPECT_STR(matches(r, text, len), want);
		if (random_once_in(2))
			EXPECT_STR(matches(r, text, len), want);
	}
	regexes_free(r);
}

/* One that takes more than a million steps does not match, even where it would in the end. */
static void
step_limit(void)
{
	static const char *const patterns[] = {"^(a+)+$|b"};
	struct regexes *r = set_of(patterns, 1);
	char text[64];

	memset(text, 'a', sizeof(text));
	for (size_t n = 1; n < 15; n++) {
		text[n] = 'b';
		EXPECT(regexes_matches(r, 0, text, n + 1) == 1);
		text[n] = 'a';
	}
	text[21] = 'b';
	EXPECT(regexes_matches(r, 0, text, 22) == REGEXES_GAVE_UP);
	regexes_free(r);
}

/* What is kept must not hide an expression that came later. */
static void
added_later(void)
{
	struct regexes *r = regexes_new();
	char error[REGEXES_ERROR_MAX];

	EXPECT(r != NULL);
	EXPECT_STR(matches_text(r, "text"), "");
	EXPECT(regexes_add(r, "t", 1, error) == 0);
	EXPECT_STR(matches_text(r, "text"), "0");
	EXPECT(regexes_add(r, "x", 1, error) == 1);
	EXPECT_STR(matches_text(r, "text"), "0 1");
	EXPECT(regexes_add(r, "(", 1, error) == -1);
	EXPECT_STR(matches_text(r, "text"), "0 1");
	regexes_free(r);
}

static void
many(void)
{
	static char patterns[3000][16];
	struct regexes *r = regexes_new();
	char error[REGEXES_ERROR_MAX];
	const uint32_t *ids;

	EXPECT(r != NULL);
	for (int i = 0; i < 3000; i++) {
		snprintf(patterns[i], sizeof(patterns[i]), "^(x|%d)$", i);
		EXPECT(regexes_add(r, patterns[i], strlen(patterns[i]), error) == i);
	}
	EXPECT_STR(matches_text(r, "2999"), "2999");
	EXPECT_STR(matches_text(r, "3000"), "");
	EXPECT(regexes_search(r, "x", 1, &ids) == 3000 && ids[0] == 0 && ids[2999] == 2999);
	EXPECT(regexes_search(r, "x", 1, &ids) == 3000 && ids[0] == 0 && ids[2999] == 2999);
	regexes_free(r);
}

int
main(void)
{
	RUN(numbers, "the same bytes have the same number");
	RUN(searches, "all that match, in order, the second time as well");
	RUN(malformed, "malformed expressions");
	RUN(long_message, "a message never exceeds its buffer");
	RUN(catastrophe, "a catastrophic expression ends");
	RUN(step_limit, "a search takes at most a million steps");
	RUN(kept_answers, "kept answers are those of a search");
	RUN(added_later, "an expression added later is found");
	RUN(many, "thousands of expressions");
	UNIT_DONE();
}
