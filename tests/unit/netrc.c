/* netrc - passwords of machines. */
#include "netrc.h"
#include "unit.h"

/* The password of h.test in ${text}, or what is wrong. */
static const char *
look_up(const char *text)
{
	static struct strbuf password;
	const char *wrong;

	strbuf_release(&password);
	strbuf_init_secret(&password, 100);
	wrong = netrc_password(text, strlen(text), "h.test", &password);
	return wrong != NULL ? wrong : strbuf_str(&password);
}

static void
test_found(void)
{
	EXPECT_STR(look_up("machine h.test login user password k"), "k");
	EXPECT_STR(
		look_up("machine a login b password c\nmachine H.Test\n\tlogin user\n\tpassword k\n"),
		"k");
	EXPECT_STR(look_up("# machine h.test password x\nmachine h.test password \"a b\\\"\" # k"),
		"a b\"");
	EXPECT_STR(look_up("machine h.test login password password #k"), "#k");
	EXPECT_STR(look_up("macdef m\nmachine h.test password no\n\nmachine h.test password k"),
		"k");
	EXPECT_STR(look_up("machine a password b\ndefault login c password d"), "d");
	EXPECT_STR(look_up("machine h.test password k machine h.test password l"), "k");
}

static void
test_not_found(void)
{
	EXPECT_STR(look_up(""), "not found");
	EXPECT_STR(look_up("machine h.test.example password k"), "not found");
	EXPECT_STR(look_up("machine h.test login user"), "not found");
	EXPECT_STR(look_up("machine machine password k"), "not found");
}

static void
test_malformed(void)
{
	EXPECT_STR(look_up("machine h.test pasword k"), "a word in it is unknown");
	EXPECT_STR(look_up("password k"), "a word in it is unknown");
	EXPECT_STR(look_up("machine h.test password"), "a password in it is missing");
	EXPECT_STR(look_up("machine"), "a machine in it has no name");
	EXPECT_STR(look_up("machine h.test login"), "a login in it is missing");
	EXPECT_STR(look_up("machine h.test password \"k"), "a quote in it does not end");
}

static void
test_too_long(void)
{
	char text[300] = "machine h.test password ";

	memset(text + strlen(text), 'k', 200);
	EXPECT_STR(look_up(text), "out of memory");
}

int
main(void)
{
	RUN(test_found, "netrc: the password of a machine, or the default one");
	RUN(test_not_found, "netrc: a machine without one");
	RUN(test_malformed, "netrc: what is malformed is said");
	RUN(test_too_long, "netrc: a word that is too long");
	UNIT_DONE();
}
