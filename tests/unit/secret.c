#include "secret.h"
#include "diag.h"
#include "guard.h"
#include "random.h"
#include "secret_store.h"
#include "unit.h"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <openssl/evp.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

static void
names(void)
{
	static const char *const bad[] = {"", "1A", "A-B", "A.B", "../A", "A/B", "$A", "A ",
		"\xc3\xa4"};
	char name[SECRET_NAME_MAX + 1];

	open_store("env");
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT_STR(get(bad[i], NULL), "(is not the name of a secret)");
	memset(name, 'A', sizeof(name));
	name[SECRET_NAME_MAX] = '\0';
	EXPECT_STR(get(name, NULL), "(is not the name of a secret)");
	EXPECT_STR(get(name + 1, NULL), "(not found)");
	close_store();
}

static void
environment(void)
{
	char *big = malloc(SECRET_MAX + 2);
	const char *error;
	struct secret value;

	memset(big, 'x', SECRET_MAX + 1);
	big[SECRET_MAX + 1] = '\0';
	setenv("WB_BIG", big, 1);
	setenv("WB_MAX", big + 1, 1);
	setenv("WB_ONE", "value\n", 1);
	setenv("WB_EMPTY", "", 1);
	unsetenv("WB_NONE");
	open_store("env");
	EXPECT_STR(get("WB_ONE", NULL), "value\n");
	EXPECT_STR(get("WB_EMPTY", NULL), "(is empty)");
	EXPECT_STR(get("WB_NONE", NULL), "(not found)");
	EXPECT_STR(get("WB_BIG", NULL), "(is longer than 65536 bytes)");
	EXPECT(secret_get(store, "WB_MAX", 6, NULL, &value, &error) == 0);
	EXPECT(value.len == SECRET_MAX && memcmp(value.value, big, SECRET_MAX) == 0);
	EXPECT(secret_get(store, "WB_ONEandmore", 6, NULL, &value, &error) == 0);
	EXPECT_STR(getenv("WB_ONE"), "value\n");
	close_store();
	free(big);
}

static void
answers_are_cached(void)
{
	setenv("WB_ONE", "first", 1);
	unsetenv("WB_LATE");
	open_store("env");
	EXPECT_STR(get("WB_ONE", NULL), "first");
	EXPECT_STR(get("WB_LATE", NULL), "(not found)");
	setenv("WB_ONE", "second", 1);
	setenv("WB_LATE", "there", 1);
	EXPECT_STR(get("WB_ONE", NULL), "first");
	EXPECT_STR(get("WB_LATE", NULL), "(not found)");
	close_store();
	open_store("env");
	EXPECT_STR(get("WB_ONE", NULL), "second");
	EXPECT_STR(get("WB_LATE", NULL), "there");
	close_store();
}

static void
files(void)
{
	static const struct {
		const char *text;
		mode_t mode;
		const char *want;
	} cases[] = {
		{"value", 0600, "value"},
		{"value\n", 0400, "value"},
		{"value\r\n", 0640, "value"},
		{"value\n\n", 0600, "value\n"},
		{"value\r", 0600, "value\r"},
		{" value ", 0600, " value "},
		{"", 0600, "(is empty)"},
		{"\n", 0600, "(is empty)"},
		{"\r\n", 0600, "(is empty)"},
		{"value", 0644, "(file is readable or writable by others)"},
		{"value", 0602, "(file is readable or writable by others)"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		put("WB_FILE", cases[i].text, strlen(cases[i].text), cases[i].mode);
		open_store("dir");
		EXPECT_STR(get("WB_FILE", NULL), cases[i].want);
		close_store();
	}
	put("WB_FILE", "value", 5, 0);
	open_store("dir");
	EXPECT_STR(get("WB_ABSENT", NULL), "(not found)");
	if (geteuid() != 0)
		EXPECT_STR(get("WB_FILE", NULL), "(file cannot be opened: permission denied)");
	close_store();
	unlink(in_dir("WB_FILE"));
}

/* What a file may be other than a plain one. */
static void
odd_files(void)
{
	put("target", "linked", 6, 0600);
	EXPECT(symlink("target", in_dir("WB_LINK")) == 0);
	EXPECT(symlink("nowhere", in_dir("WB_DANGLING")) == 0);
	EXPECT(symlink("WB_LOOP", in_dir("WB_LOOP")) == 0);
	EXPECT(mkdir(in_dir("WB_DIR"), 0700) == 0);
	EXPECT(mkfifo(in_dir("WB_FIFO"), 0600) == 0);
	open_store("dir");
	EXPECT_STR(get("WB_LINK", NULL), "linked");
	EXPECT_STR(get("WB_DANGLING", NULL), "(not found)");
	EXPECT_STR(get("WB_LOOP", NULL), "(file cannot be opened)");
	EXPECT_STR(get("WB_DIR", NULL), "(is not a regular file)");
	EXPECT_STR(get("WB_FIFO", NULL), "(is not a regular file)");
	close_store();
	unlink(in_dir("target"));
	unlink(in_dir("WB_LINK"));
	unlink(in_dir("WB_DANGLING"));
	unlink(in_dir("WB_LOOP"));
	unlink(in_dir("WB_FIFO"));
	rmdir(in_dir("WB_DIR"));
}

static void
file_bytes_and_sizes(void)
{
	static char big[SECRET_MAX + 3];
	const char *error;
	struct secret value;

	memset(big, 'x', sizeof(big));
	memcpy(big + SECRET_MAX, "\r\n", 2);
	put("WB_PLAIN", "a\0b", 3, 0600);
	put("WB_MAX", big, SECRET_MAX + 2, 0600);
	put("WB_MORE", big, SECRET_MAX + 3, 0600);
	big[SECRET_MAX] = 'x';
	put("WB_OVER", big, SECRET_MAX + 2, 0600);
	open_store("dir");
	EXPECT(secret_get(store, "WB_PLAIN", 8, NULL, &value, &error) == 0);
	EXPECT(value.len == 3 && memcmp(value.value, "a\0b", 3) == 0);
	EXPECT(secret_get(store, "WB_MAX", 6, NULL, &value, &error) == 0);
	EXPECT(value.len == SECRET_MAX);
	EXPECT_STR(get("WB_OVER", NULL), "(is longer than 65536 bytes)");
	EXPECT_STR(get("WB_MORE", NULL), "(is longer than 65536 bytes)");
	close_store();
	unlink(in_dir("WB_PLAIN"));
	unlink(in_dir("WB_MAX"));
	unlink(in_dir("WB_MORE"));
	unlink(in_dir("WB_OVER"));
}

static void
order_of_providers(void)
{
	put("WB_BOTH", "file", 4, 0600);
	put("WB_ONLY", "only", 4, 0600);
	put("WB_OPEN", "open", 4, 0644);
	setenv("WB_BOTH", "env", 1);
	setenv("WB_OPEN", "env", 1);
	setenv("WB_EMPTY", "", 1);
	unsetenv("WB_ONLY");
	setenv("CREDENTIALS_DIRECTORY", dir, 1);
	open_store(NULL);
	EXPECT(!secret_store_has_providers(store));
	EXPECT_STR(get("WB_BOTH", NULL), "env");
	EXPECT_STR(get("WB_ONLY", NULL), "only");
	close_store();
	open_store("env"); /* replaces the default ones */
	EXPECT(secret_store_has_providers(store));
	EXPECT_STR(get("WB_ONLY", NULL), "(not found)");
	close_store();
	open_store("dir");
	EXPECT(secret_store_add(store, "env") == 0);
	EXPECT_STR(get("WB_BOTH", NULL), "file");
	EXPECT_STR(get("WB_EMPTY", NULL), "(is empty)");
	/* One that knows the name and must not be used ends the search. */
	EXPECT_STR(get("WB_OPEN", NULL), "(file is readable or writable by others)");
	close_store();
	unsetenv("CREDENTIALS_DIRECTORY");
	unlink(in_dir("WB_BOTH"));
	unlink(in_dir("WB_ONLY"));
	unlink(in_dir("WB_OPEN"));
}

static void
bindings(void)
{
	setenv("WB_BOUND", "bound", 1);
	setenv("WB_FREE", "free", 1);
	open_store("env");
	EXPECT(secret_store_bind(store, "WB_BOUND=API.example.com") == 0);
	EXPECT(secret_store_bind(store, "WB_BOUND=other.example.com.") == 0);
	EXPECT(secret_store_bind(store, "WB_BOUND=[2001:db8::1]") == 0);
	EXPECT_STR(get("WB_BOUND", "evil.example.com"), "(is not bound to this host)");
	EXPECT_STR(get("WB_BOUND", "api.example.com.evil.com"), "(is not bound to this host)");
	EXPECT_STR(get("WB_BOUND", "example.com"), "(is not bound to this host)");
	EXPECT_STR(get("WB_BOUND", ""), "(is not bound to this host)");
	EXPECT_STR(get("WB_BOUND", NULL), "(is bound to a host)");
	EXPECT_STR(get("WB_BOUND", "api.example.com"), "bound");
	EXPECT_STR(get("WB_BOUND", "other.example.com"), "bound");
	EXPECT_STR(get("WB_BOUND", "2001:db8::1"), "bound");
	/* A value at hand changes nothing. */
	EXPECT_STR(get("WB_BOUND", "evil.example.com"), "(is not bound to this host)");
	EXPECT_STR(get("WB_FREE", "evil.example.com"), "free");
	/* Nor does a binding of a longer or shorter name. */
	EXPECT_STR(get("WB_BOUN", "evil.example.com"), "(not found)");
	EXPECT_STR(get("WB_BOUND_TOO", "evil.example.com"), "(not found)");
	EXPECT_STR(get("WB_FREE", NULL), "free");
	close_store();
}

static void
peeking(void)
{
	const char *error = NULL;
	struct secret value = {NULL, 0};
	char text[] = "https://a.example/hook";

	setenv("WB_URL", text, 1);
	open_store("env");
	EXPECT(secret_store_bind(store, "WB_URL=a.example") == 0);
	secret_store_bound_only(store);
	EXPECT(secret_peek(store, "WB_URL", 6, &value, &error) == 0);
	EXPECT(value.len == strlen(text) && memcmp(value.value, text, value.len) == 0);
	EXPECT(secret_peek(store, "WB-URL", 6, &value, &error) == -1);
	EXPECT_STR(error, "is not the name of a secret");
	EXPECT_STR(get("WB_URL", "b.example"), "(is not bound to this host)");
	EXPECT_STR(get("WB_URL", "a.example"), text);
	secret_mask(store, NULL, text, strlen(text), strlen(text), false);
	EXPECT_STR(text, "**********************");
	close_store();
}

static void
bound_only(void)
{
	setenv("WB_BOUND", "bound", 1);
	setenv("WB_FREE", "free", 1);
	open_store("env");
	EXPECT_STR(get("WB_FREE", "a.example"), "free");
	EXPECT(secret_store_bind(store, "WB_BOUND=a.example") == 0);
	secret_store_bound_only(store);
	EXPECT_STR(get("WB_BOUND", "a.example"), "bound");
	EXPECT_STR(get("WB_BOUND", "b.example"), "(is not bound to this host)");
	EXPECT_STR(get("WB_FREE", "a.example"), "(is not bound to a host)");
	EXPECT_STR(get("WB_FREE", NULL), "(is not bound to a host)");
	close_store();
}

/* Standard error of ${call}(store, ${arg}), which must fail. */
static const char *
message_of(int (*call)(struct secret_store *, const char *), const char *arg)
{
	static char text[512];
	int saved = dup(STDERR_FILENO);
	int fd = open(in_dir("stderr"), O_RDWR | O_CREAT | O_TRUNC, 0600);
	ssize_t n;

	EXPECT(saved >= 0 && fd >= 0 && dup2(fd, STDERR_FILENO) >= 0);
	EXPECT(call(store, arg) == -1);
	dup2(saved, STDERR_FILENO);
	n = pread(fd, text, sizeof(text) - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	close(fd);
	close(saved);
	unlink(in_dir("stderr"));
	return text;
}

static void
malformed_arguments(void)
{
	static const struct {
		const char *binding, *want;
	} cases[] = {
		{"", "malformed binding of a secret: expected NAME=HOST"},
		{"TOKEN", "malformed binding of a secret: expected NAME=HOST"},
		{"=a.example", "malformed binding of a secret: expected NAME=HOST"},
		{"$TOKEN=a.example", "malformed binding of a secret: expected NAME=HOST"},
		{"TOKEN=", "malformed binding of secret TOKEN: no host behind '='"},
		{"TOKEN=https://a.example",
			"malformed binding of secret TOKEN: what stands behind '=' is not a host"},
		{"TOKEN=*.example",
			"malformed binding of secret TOKEN: what stands behind '=' is not a host"},
		{"TOKEN=s3cret!",
			"malformed binding of secret TOKEN: what stands behind '=' is not a host"},
		{"TOKEN=a.example:443",
			"malformed binding of secret TOKEN: the host must have no port"},
	};
	char want[256];

	open_store("env");
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(want, sizeof(want), "unit: %s\n", cases[i].want);
		EXPECT_STR(message_of(secret_store_bind, cases[i].binding), want);
	}
	EXPECT_STR(message_of(secret_store_add, "vault"),
		"unit: unknown provider of secrets: expected env, dir:PATH, exec:COMMAND or default\n");
	EXPECT_STR(message_of(secret_store_add, "exec: \t"),
		"unit: exec: needs a command, such as exec:/usr/local/bin/get-secret\n");
	EXPECT_STR(message_of(secret_store_add, "exec:/dev/null x"),
		"unit: cannot use secrets helper '/dev/null': Permission denied\n");
	EXPECT_STR(message_of(secret_store_add, "dir:/nowhere"),
		"unit: cannot use secrets directory '/nowhere': No such file or directory\n");
	EXPECT_STR(message_of(secret_store_add, "dir:/dev/null"),
		"unit: cannot use secrets directory '/dev/null': not a directory\n");
	close_store();
}

static const char *
mask(const char *text)
{
	static char out[256];

	snprintf(out, sizeof(out), "%s", text);
	secret_mask(store, NULL, out, strlen(out), strlen(out), false);
	return out;
}

static void
masks(void)
{
	static const struct {
		const char *value, *text, *want;
	} cases[] = {
		{"s3cret", "a s3cret, s3crets3cret b", "a ******, ************ b"},
		{"s3cret", "s3cre", "s3cre"},
		{"s3cret", "S3CRET 3cret", "S3CRET 3cret"},
		{"s3cret", "{\"auth\": \"Basic czNjcmV0\"}", "{\"auth\": \"Basic ********\"}"},
		{"x", "axbx", "a*b*"},
		{"aab", "aaab", "a***"},
		{"aa", "aaaaa", "*****"},
		{"u:pass", "Basic dTpwYXNz.", "Basic ********."},
		{"u:pas", "dTpwYXM= dTpwYXM", "*******= *******"},
		{"u:pa", "dTpwYQ== dTpwYQ", "******== ******"},
		{"a\"b\\c", "a\"b\\c a\\\"b\\\\c", "***** *******"},
		{"a\nb\x01", "a\\nb\\u0001 a\\u000ab\\u0001", "********** **************"},
		{"a/b", "a/b a\\/b a\\u002Fb", "*** **** ********"},
		{"\xc3\xa9t\xc3\xa9", "\xc3\xa9t\xc3\xa9 \\u00e9t\\u00E9", "***** *************"},
		{"\xf0\x9f\x98\x80", "\\ud83d\\ude00 \\ud83d", "************ \\ud83d"},
		{"\xff\xff",
			"\xff\xff"
			"//8= \\/\\/8",
			"*****= *****"},
		{"ab", "a\\", "a\\"},
		{"ab", "\\u006", "\\u006"},
		{"ab", "\\u0061b \\u00", "******* \\u00"},
		/* URLs */
		{"a/b c\xc3\xa9", "a%2Fb%20c%C3%A9 a/b+c%c3%a9", "*************** ***********"},
		{"100%", "100%25 100% 1%300%2", "****** **** ******2"},
		{"a%41", "a%41 a%2541 aA", "**** ****** aA"},
		{"ab", "%61%62 %6 %", "****** %6 %"},
		{"a+b", "a+b a%2Bb a b", "*** ***** a b"},
		/* HTML */
		{"a<b>&\"'", "a&lt;b&gt;&amp;&quot;&#39; a&#x3C;b&#062;&#38;&#34;&apos;",
			"************************** ******************************"},
		{"a&b", "a&b a&amp;b a&ampb &#97;&#x26;&#x0062; &#97&",
			"*** ******* a&ampb ******************* &#97&"},
		{"\xc3\xa9z", "&#233;z &#xe9;z", "******* *******"},
		{"ab", "&#0;&#1114112;&#xd800;a&;&#;&#x;&b", "&#0;&#1114112;&#xd800;a&;&#;&#x;&b"},
		/* controls that somebody has made blanks */
		{"a\nb\x7f", "a b  a\nb\x7f a bc a\tb", "**** **** a bc a\tb"},
		{"\n\xc2\x85 a", "   \xc2 a    a", "   \xc2 a*****"},
		{"a b", "a b a\nb", "*** a\nb"},
		/* JSON in strings of JSON */
		{"a\"b", "a\\\\\\\"b a\\\\\\\\\\\\\\\"b a\\\\\\u0022b a\\\\\\\"c",
			"****** ********** ********** a\\\\\\\"c"},
		{"\"b\\", "\\\\\\\"b\\\\\\\\ \\u005c\\u0022b\\u005c\\u005c",
			"********* *************************"},
		{"a\nb", "a\\\\nb a\\\\\\\\nb a\\\\u000ab a\\\\x",
			"***** ******* ********* a\\\\x"},
		{"\xf0\x9f\x98\x80!", "\\\\ud83d\\\\ude00! \\\\ud83d!",
			"*************** \\\\ud83d!"},
		{"a&\n", "a\\\\u0026amp;\\\\n", "***************"},
		/* a body, where JSON has escapes, inside of something else */
		{"a\"b\\c", "a%5C%22b%5C%5Cc a\\&quot;b\\\\c {a%5c%5C%22b",
			"*************** ************ {a%5c%5C%22b"},
		/* one inside of the other */
		{"a&b/c", "a\\u0026b\\/c a\\u0026amp;b\\/c a&amp;b%2Fc",
			"*********** *************** ***********"},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		setenv("WB_MASKED", cases[i].value, 1);
		open_store("env");
		EXPECT_STR(mask(cases[i].text), cases[i].text); /* not handed out yet */
		EXPECT_STR(get("WB_MASKED", NULL), cases[i].value);
		EXPECT_STR(mask(cases[i].text), cases[i].want);
		close_store();
	}
}

/* Inside of longer data that is encoded as a whole: what the value shares no character with. */
static void
masks_inside_base64(void)
{
	static const char *const before[] = {"", "x", "xy", "xyz"}, *const behind[] = {"", "1",
									    "12", "123"};
	static const char value[] = "s3cret\xfb\xff\xbe value";
	char data[64], text[96], spoilt[96];

	setenv("WB_MASKED", value, 1);
	open_store("env");
	get("WB_MASKED", NULL);
	for (size_t i = 0; i < COUNT(before); i++) {
		for (size_t j = 0; j < COUNT(behind) * 2; j++) {
			size_t n, changed = 0;

			snprintf(data, sizeof(data), "%s%s%s", before[i], value, behind[j / 2]);
			EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)data,
				(int)strlen(data));
			for (char *p = text; j % 2 == 1 && *p != '\0';
				p++) /* the alphabet of URLs */
				*p = *p == '+' ? '-' : *p == '/' ? '_' : *p;
			snprintf(spoilt, sizeof(spoilt), "%s", text);
			secret_mask(store, NULL, spoilt, strlen(spoilt), strlen(spoilt), false);
			for (n = 0; text[n] != '\0'; n++)
				changed += text[n] != spoilt[n];
			/* 15 bytes are 20 characters, or 21 of which two are shared with others */
			EXPECT(changed == 20 || (i % 3 != 0 && changed == 19));
		}
	}
	close_store();
	/* Too short: others' data would be masked by chance. */
	setenv("WB_MASKED", "s3c", 1);
	open_store("env");
	get("WB_MASKED", NULL);
	EXPECT_STR(mask("eHMzYw== czNj xs3c"), "eHMzYw== **** x***");
	close_store();
}

/* A body in base64, in which the value has escapes of JSON. */
static void
masks_json_inside_base64(void)
{
	static const char value[] = "s\"3\\cret\nvalue", spelt[] = "s\\\"3\\\\cret\\nvalue";
	char data[64], text[96];

	setenv("WB_MASKED", value, 1);
	open_store("env");
	get("WB_MASKED", NULL);
	for (size_t pad = 0; pad < 3; pad++) {
		const size_t before = pad + 6, from = (before * 8 + 5) / 6,
			     to = (before + strlen(spelt)) * 8 / 6;

		snprintf(data, sizeof(data), "{\"%.*s\":\"%s\"}", (int)pad + 1, "key", spelt);
		EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)data,
			(int)strlen(data));
		secret_mask(store, NULL, text, strlen(text), strlen(text), false);
		for (size_t i = 0; text[i] != '\0'; i++)
			/* at ${to} stand the last bits of the value, and those of a quote */
			EXPECT(i == to || (text[i] == '*') == (i >= from && i < to));
	}
	close_store();
}

static void
masks_of_several(void)
{
	setenv("WB_A", "abc", 1);
	setenv("WB_B", "bcdef", 1);
	setenv("WB_C", "abcd", 1);
	setenv("WB_REFUSED", "zzz", 1);
	unsetenv("WB_NONE");
	open_store("env");
	EXPECT(secret_store_bind(store, "WB_REFUSED=a.example") == 0);
	get("WB_A", NULL);
	get("WB_B", NULL);
	get("WB_C", NULL);
	get("WB_NONE", NULL);
	get("WB_REFUSED", "b.example");
	EXPECT_STR(mask("abcdefg abcd abc zzz"), "******g **** *** zzz");
	EXPECT_STR(mask(""), "");
	close_store();
}

/* Of what a mask hides, cut where the text ends. */
static void
cut_masks(void)
{
	static const struct {
		const char *text, *want;
	} cases[] = {
		{"x s3cr", "x ****"},
		{"x s", "x *"},
		{"x s3cx", "x s3cx"},
		{"x s3\\u00", "x ******"},
		{"x s3%6", "x ****"},
		{"x s3&#9", "x *****"},
		{"x s3&#x63;", "x ********"},
		{"x s3&#x63;x", "x s3&#x63;x"},
		{"x \\u007", "x *****"},
		{"x \\\\u00", "x *****"},
		{"x s\\\\\\", "x ****"},
		{"x y", "x y"},
	};
	char text[32];

	setenv("WB_MASKED", "s3cret", 1);
	open_store("env");
	get("WB_MASKED", NULL);
	for (size_t i = 0; i < COUNT(cases); i++) {
		snprintf(text, sizeof(text), "%s", cases[i].text);
		secret_mask(store, NULL, text, strlen(text), strlen(text), true);
		EXPECT_STR(text, cases[i].want);
	}
	close_store();
}

/* Only what is shown is looked through, but to the end of what begins there. */
static void
shown_only(void)
{
	char text[] = "x s3cret s3cret", other[] = "x s3crex";

	setenv("WB_MASKED", "s3cret", 1);
	open_store("env");
	get("WB_MASKED", NULL);
	secret_mask(store, NULL, text, strlen(text), 4, false);
	EXPECT_STR(text, "x ****** s3cret");
	secret_mask(store, NULL, other, strlen(other), 4, true);
	EXPECT_STR(other, "x s3crex");
	secret_mask(store, NULL, text, strlen(text), 0, false);
	EXPECT_STR(text, "x ****** s3cret");
	close_store();
}

/* Bytes at the end of readable memory, and nonsense. */
static void
masks_stay_inside(void)
{
	static const char alphabet[] = "\\\\u&%#x;006as3cret+\xc3\xa9";

	setenv("WB_MASKED", "s3cret", 1);
	setenv("WB_OTHER", "\\u&%+a", 1);
	open_store("env");
	get("WB_MASKED", NULL);
	get("WB_OTHER", NULL);
	for (int round = 0; round < 100000; round++) {
		const size_t len = random_below(24);
		char text[24], *p;

		for (size_t i = 0; i < len; i++)
			text[i] = alphabet[random_below(sizeof(alphabet) - 1)];
		p = guard_copy(text, len);
		secret_mask(store, NULL, p, len, random_below(len + 1), random_once_in(2));
		for (size_t i = 0; i < len; i++)
			EXPECT(p[i] == text[i] || p[i] == '*');
	}
	close_store();
}

/* A million names that strangers make up take no more than some. */
static void
failures_are_bounded(void)
{
	char name[32];

	setenv("WB_ONE", "first", 1);
	unsetenv("WB_LATE");
	open_store("env");
	EXPECT_STR(get("WB_ONE", NULL), "first");
	EXPECT_STR(get("WB_LATE", NULL), "(not found)");
	setenv("WB_ONE", "second", 1);
	setenv("WB_LATE", "there", 1);
	for (int i = 0; i < SECRET_FAILURES_MAX - 1; i++) {
		snprintf(name, sizeof(name), "WB_NONE_%d", i);
		EXPECT_STR(get(name, NULL), "(not found)");
	}
	EXPECT_STR(get("WB_LATE", NULL), "(not found)");
	for (int i = 0; i < 100000; i++) {
		snprintf(name, sizeof(name), "WB_NONE_%d", i);
		EXPECT_STR(get(name, NULL), "(not found)");
	}
	EXPECT_STR(get("WB_LATE", NULL), "there");
	EXPECT_STR(get("WB_ONE", NULL), "first");
	close_store();
}

/* What /proc says of the pages at ${p}: the line of "VmFlags" of their mapping. */
static const char *
flags_of(const void *p)
{
	static char line[512];
	FILE *maps = fopen("/proc/self/smaps", "r");
	unsigned long from, to;
	bool is_it = false;

	line[0] = '\0';
	while (maps != NULL && fgets(line, sizeof(line), maps) != NULL) {
		if (sscanf(line, "%lx-%lx ", &from, &to) == 2)
			is_it = from <= (unsigned long)p && (unsigned long)p < to;
		else if (is_it && strncmp(line, "VmFlags:", 8) == 0)
			break;
		line[0] = '\0';
	}
	if (maps != NULL)
		fclose(maps);
	return line;
}

/* Whether pages can be locked here: the limit allows it, and no sanitizer makes nothing of it. */
static bool
can_lock(void)
{
	void *page = mmap(NULL, 1, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
	bool can =
		page != MAP_FAILED && mlock(page, 1) == 0 && strstr(flags_of(page), " lo") != NULL;

	if (page != MAP_FAILED)
		munmap(page, 1);
	return can;
}

/* Values are in memory that is neither swapped out nor dumped. */
static void
memory_of_values(void)
{
	static const char *const names[] = {"WB_ONE", "WB_FILE", "WB_ONE"}, *const specs[] = {"env",
										    "dir",
										    "exec:echo"};
	struct secret value = {NULL, 0};
	const char *error;

	setenv("WB_ONE", "value", 1);
	put("WB_FILE", "value", 5, 0600);
	for (int i = 0; i < 3; i++) {
		open_store(specs[i]);
		EXPECT(secret_get(store, names[i], strlen(names[i]), NULL, &value, &error) == 0);
		/* Nothing is to be seen where there is no such file. */
		if (strlen(flags_of(value.value)) != 0)
			EXPECT(strstr(flags_of(value.value), " dd") != NULL);
		if (can_lock())
			EXPECT(strstr(flags_of(value.value), " lo") != NULL);
		close_store();
	}
	unlink(in_dir("WB_FILE"));
}

/* Pages that are given back, and what was still in them. */
static bool watches;
static int given_back, not_wiped;

/* In place of the C library's, which the store calls to give memory back. */
int
munmap(void *p, size_t len)
{
	if (watches) {
		given_back++;
		for (size_t i = 0; i < len; i++)
			not_wiped += ((const char *)p)[i] != 0;
	}
	return (int)syscall(SYS_munmap, p, len);
}

static void
values_are_wiped(void)
{
	char helper[sizeof(dir) + 32];
	const char *const specs[] = {"env", "dir", helper};

	setenv("WB_ONE", "value", 1);
	put("WB_ONE", "value", 5, 0600);
	put("helper", "#!/bin/sh\necho value\n", 21, 0700);
	snprintf(helper, sizeof(helper), "exec:%s/helper", dir);
	for (int i = 0; i < 3; i++) {
		open_store(specs[i]);
		given_back = not_wiped = 0;
		watches = true;
		EXPECT_STR(get("WB_ONE", NULL), "value");
		close_store();
		watches = false;
		/* what was read, and the value */
		EXPECT(given_back == (i == 0 ? 1 : 2) && not_wiped == 0);
	}
	unlink(in_dir("helper"));
	unlink(in_dir("WB_ONE"));
}

static void
no_core_dumps(void)
{
	struct rlimit limit = {1, 1};

	open_store("env");
	EXPECT(getrlimit(RLIMIT_CORE, &limit) == 0 && limit.rlim_cur == 0 && limit.rlim_max == 0);
#ifdef __linux__
	EXPECT(prctl(PR_GET_DUMPABLE, 0, 0, 0, 0) == 0);
#endif
	close_store();
	secret_store_free(NULL);
}

/* That a file cannot be opened now for lack of descriptors says nothing of the secret. */
static void
shortages_are_not_kept(void)
{
	struct rlimit limit, none;
	struct secret value;
	const char *error;

	put("WB_FILE", "value", 5, 0600);
	open_store("dir");
	EXPECT(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	none = (struct rlimit){.rlim_cur = 0, .rlim_max = limit.rlim_max};
	EXPECT(setrlimit(RLIMIT_NOFILE, &none) == 0);
	EXPECT(secret_get(store, "WB_FILE", 7, NULL, &value, &error) == SECRET_SHORTAGE);
	EXPECT_STR(error, "file cannot be opened: too many open files");
	EXPECT(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	EXPECT_STR(get("WB_FILE", NULL), "value");
	close_store();
	unlink(in_dir("WB_FILE"));
}

int
main(void)
{
	diag_init("unit");
	if (mkdtemp(dir) == NULL)
		return 1;
	RUN(names, "names");
	RUN(environment, "the environment");
	RUN(answers_are_cached, "answers are cached, failures too");
	RUN(shortages_are_not_kept, "lack of descriptors is no answer");
	RUN(files, "files, their newlines and modes");
	RUN(odd_files, "links, fifos and directories");
	RUN(file_bytes_and_sizes, "NUL bytes and sizes of files");
	RUN(order_of_providers, "order of providers");
	RUN(bindings, "bindings to hosts");
	RUN(peeking, "a look at a value before its host is known");
	RUN(bound_only, "bound secrets only");
	RUN(malformed_arguments, "malformed arguments, no value in their messages");
	RUN(masks, "masks");
	RUN(masks_inside_base64, "masks inside of base64");
	RUN(masks_json_inside_base64, "masks: a body in base64 that has the value with escapes");
	RUN(masks_of_several, "masks of several values");
	RUN(cut_masks, "masks where a text is cut");
	RUN(shown_only, "masks of what is shown");
	RUN(masks_stay_inside, "masks read nothing behind the end, and change nothing else");
	RUN(failures_are_bounded, "names without a value are forgotten, values are not");
	RUN(memory_of_values, "values are locked and not dumped");
	RUN(values_are_wiped, "values are wiped, and what they were read into");
	RUN(no_core_dumps, "no core dumps");
	rmdir(dir);
	UNIT_DONE();
}
