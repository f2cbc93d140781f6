/* secret_url - what is masked of a URL that is a secret. */
#include "secret_url.h"
#include "unit.h"

/* ${text}, masked for ${url}; static. */
static const char *
mask(const char *url, const char *host, const char *text)
{
	static struct secret_url u;
	static char out[512];
	const struct secret_mask *mask = &u.mask;

	secret_url_init(&u, url, host);
	snprintf(out, sizeof(out), "%s", text);
	secret_mask_apply(&mask, 1, out, strlen(out), strlen(out), false);
	return out;
}

static void
test_parts(void)
{
	static const char url[] =
		"https://hooks.example:8443/services/T0/a%20b?sig=abc%2Fdef==&v=1&code=12345&x";

	EXPECT_STR(mask(url, "hooks.example", "POST https://HOOKS.example:8443/services/T0/a%20b"),
		"POST https://*************:8443******************");
	EXPECT_STR(mask(url, "hooks.example", "/services/T0/a b, /services/T0/a+b"),
		"****************, ****************");
	EXPECT_STR(mask(url, "hooks.example", "services/T0/a b"), "***************");
	EXPECT_STR(mask(url, "hooks.example", "?sig=abc%2Fdef==&v=1&code=12345&x"),
		"?********************************");
	EXPECT_STR(mask(url, "hooks.example", "abc/def== abc%2fdef%3D%3D"),
		"********* ***************");
	EXPECT_STR(mask(url, "hooks.example", "T0, v=1, x, 12345"), "T0, v=1, x, 12345");
	EXPECT_STR(mask(url, "hooks.example", "code=12345"), "**********");
}

static void
test_shapes(void)
{
	EXPECT_STR(mask("http://a.example", "a.example", "a.example / ?"), "********* / ?");
	EXPECT_STR(mask("http://a.example/", "a.example", "a.example/b"), "*********/b");
	EXPECT_STR(mask("http://a.example/b", "a.example", "/b b"), "** b");
	EXPECT_STR(mask("http://a.example?key=a", "a.example", "?key=a"), "?*****");
	EXPECT_STR(mask("http://a.example/?k=1", "a.example", "/?k=1"), "/?k=1");
	EXPECT_STR(mask("http://a.example/?", "a.example", "/?"), "/?");
	EXPECT_STR(mask("http://a.example/x?&&=&", "a.example", "=&"), "=&");
	EXPECT_STR(mask("https://a.example/%73ecretpart", "a.example", "secretpart %73ecretpart"),
		"********** ************");
	EXPECT_STR(mask("https://a.example/x?+spacepart", "a.example", " spacepart."),
		"**********.");
	EXPECT_STR(mask("https://a.example/12%", "a.example", "/12% /12%25"), "**** ******");
}

/* More pieces than there is room for: the whole is found all the same. */
static void
test_many(void)
{
	char url[2048] = "https://a.example/x?", out[2048];
	size_t len = strlen(url);
	static struct secret_url u;
	const struct secret_mask *mask = &u.mask;

	for (int i = 0; i < 100; i++)
		len += (size_t)snprintf(url + len, sizeof(url) - len, "%d=password&", i);
	secret_url_init(&u, url, "a.example");
	EXPECT(u.n == SECRET_URL_PARTS_MAX);
	memcpy(out, url, sizeof(out));
	secret_mask_apply(&mask, 1, out, len, len, false);
	EXPECT(strspn(out + strlen("https://a.example/x?"), "*") ==
		len - strlen("https://a.example/x?"));
}

int
main(void)
{
	RUN(test_parts, "host, path, query and their pieces");
	RUN(test_shapes, "URLs without path or query, and with odd ones");
	RUN(test_many, "a URL of many pieces");
	UNIT_DONE();
}
