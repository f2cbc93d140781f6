#include "signature.h"
#include "unit.h"

#define COUNT(a) (sizeof(a) / sizeof((a)[0]))
#define KEY(text) ((struct secret){(text), strlen(text)})

/* Vectors that others have published. */
static const char wandb_body[] = "{\"key1\": \"value1\", \"key2\": \"value2\"}";
static const char wandb_signature[] = "4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U=";
static const char github_key[] = "It's a Secret to Everybody";
static const char github_signature[] =
	"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";
static const char standard_key[] = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
static const char standard_id[] = "msg_p5jXN8AQM9LWM0D4loKWxJek";
static const char standard_body[] = "{\"test\": 2432232314}";
static const char standard_signature[] = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=";
#define STANDARD_SEC 1614265330

static struct signer *signer;
static struct signature_header headers[SIGNATURE_HEADERS_MAX];
static size_t nheaders;

static int
make(enum signature_scheme scheme, const char *key, const char *body)
{
	const struct secret k = KEY(key);

	return signature_make(signer, scheme, &k, 1, standard_id, STANDARD_SEC, body, strlen(body),
		headers, &nheaders);
}

static void
known_answers(void)
{
	EXPECT(make(SIGNATURE_WANDB, "your_api_secret", wandb_body) == 0);
	EXPECT(nheaders == 1);
	EXPECT_STR(headers[0].name, "X-Wandb-Signature");
	EXPECT_STR(headers[0].value, wandb_signature);

	EXPECT(make(SIGNATURE_WANDB_HEX, github_key, "Hello, World!") == 0);
	EXPECT(nheaders == 1);
	EXPECT_STR(headers[0].name, "X-Wandb-Signature");
	EXPECT_STR(headers[0].value, github_signature + 7);

	EXPECT(make(SIGNATURE_GITHUB, github_key, "Hello, World!") == 0);
	EXPECT(nheaders == 1);
	EXPECT_STR(headers[0].name, "X-Hub-Signature-256");
	EXPECT_STR(headers[0].value, github_signature);

	EXPECT(make(SIGNATURE_STANDARD, standard_key, standard_body) == 0);
	EXPECT(nheaders == 3);
	EXPECT_STR(headers[0].name, "webhook-id");
	EXPECT_STR(headers[0].value, standard_id);
	EXPECT_STR(headers[1].name, "webhook-timestamp");
	EXPECT_STR(headers[1].value, "1614265330");
	EXPECT_STR(headers[2].name, "webhook-signature");
	EXPECT_STR(headers[2].value, standard_signature);
}

static void
empty_body_and_nul_bytes(void)
{
	const struct secret key = {"a\0b", 3}, cut = {"a", 1};
	char first[SIGNATURE_MAX];

	/* printf "" | openssl dgst -sha256 -mac HMAC -macopt hexkey:610062 */
	EXPECT(signature_make(signer, SIGNATURE_WANDB_HEX, &key, 1, NULL, 0, NULL, 0, headers,
		       &nheaders) == 0);
	EXPECT_STR(headers[0].value,
		"3fe9abbd39b1995a6b912213efbc42ba068fb4fd532412642460d5315805695e");
	memcpy(first, headers[0].value, sizeof(first));
	signature_make(signer, SIGNATURE_WANDB_HEX, &cut, 1, NULL, 0, NULL, 0, headers, &nheaders);
	EXPECT(strcmp(first, headers[0].value) != 0);
	signature_make(signer, SIGNATURE_WANDB_HEX, &key, 1, NULL, 0, "\0", 1, headers, &nheaders);
	EXPECT(strcmp(first, headers[0].value) != 0);
}

/* Keys come and go: a kept context must never sign for another key, scheme or message. */
static void
kept_keys_do_not_mix(void)
{
	char keys[3 * SIGNATURE_KEYS_MAX][16], want[3 * SIGNATURE_KEYS_MAX][SIGNATURE_MAX];

	for (size_t i = 0; i < COUNT(keys); i++) {
		struct signer *fresh = signer_new();
		struct secret key;

		snprintf(keys[i], sizeof(keys[i]), "whsec_QU%02zuQQ==", i);
		key = KEY(keys[i]);
		EXPECT(fresh != NULL);
		EXPECT(signature_make(fresh, i % 2 ? SIGNATURE_WANDB : SIGNATURE_STANDARD, &key, 1,
			       "id", 1, "body", 4, headers, &nheaders) == 0);
		memcpy(want[i], headers[nheaders - 1].value, SIGNATURE_MAX);
		signer_free(fresh);
	}
	for (int round = 0; round < 5000; round++) {
		size_t i = (size_t)rand() % COUNT(keys);
		/* The same memory for every key: an address does not tell keys apart. */
		static char memory[16];
		struct secret key;

		memcpy(memory, keys[i], sizeof(memory));
		key = KEY(memory);
		signature_make(signer, i % 2 ? SIGNATURE_WANDB : SIGNATURE_STANDARD, &key, 1, "id",
			1, "body", 4, headers, &nheaders);
		EXPECT_STR(headers[nheaders - 1].value, want[i]);
	}
	/* The same bytes mean another key to another scheme. */
	EXPECT(make(SIGNATURE_WANDB, standard_key, standard_body) == 0);
	EXPECT(make(SIGNATURE_STANDARD, standard_key, standard_body) == 0);
	EXPECT_STR(headers[2].value, standard_signature);
}

static void
several_keys(void)
{
	const struct secret keys[SIGNATURE_KEYS_MAX + 1] = {KEY("first"), KEY(standard_key),
		KEY("c"), KEY("d"), KEY("e"), KEY("f"), KEY("g"), KEY("h"), KEY("i")};
	const size_t len = strlen(standard_body);

	EXPECT(signature_make(signer, SIGNATURE_STANDARD, keys, 2, standard_id, STANDARD_SEC,
		       standard_body, len, headers, &nheaders) == 0);
	EXPECT(strlen(headers[2].value) == 2 * strlen(standard_signature) + 1);
	EXPECT(headers[2].value[strlen(standard_signature)] == ' ');
	EXPECT_STR(headers[2].value + strlen(standard_signature) + 1, standard_signature);
	EXPECT(signature_make(signer, SIGNATURE_STANDARD, keys, SIGNATURE_KEYS_MAX, standard_id,
		       STANDARD_SEC, standard_body, len, headers, &nheaders) == 0);
	EXPECT(strlen(headers[2].value) == 8 * strlen(standard_signature) + 7);
	EXPECT(signature_make(signer, SIGNATURE_STANDARD, keys, SIGNATURE_KEYS_MAX + 1, standard_id,
		       STANDARD_SEC, standard_body, len, headers, &nheaders) == SIGNATURE_FAILED);
	EXPECT(nheaders == 0);
	EXPECT(signature_make(signer, SIGNATURE_WANDB, keys, 0, standard_id, STANDARD_SEC,
		       standard_body, len, headers, &nheaders) == SIGNATURE_FAILED);
}

/* What "whsec_" may be followed by; NULL: refused. */
static void
whsec_keys(void)
{
	static const struct {
		const char *key, *same_as;
	} cases[] = {
		{"whsec_c2VjcmV0IQ==", "secret!"},
		{"whsec_c2VjcmV0IQ", "secret!"},
		{"whsec_c2VjcmV0MSE=", "secret1!"},
		{"whsec_c2VjcmV0MSE", "secret1!"},
		{"whsec_c2VjcmV0", "secret"},
		{"whsec_Pz8/Pj4+", "\?\?\?>>>"},
		{"whsec", "whsec"},
		{"WHSEC_c2VjcmV0", "WHSEC_c2VjcmV0"},
		{"whsec_", NULL},
		{"whsec_c2VjcmV0I", NULL},
		{"whsec_c2VjcmV0IQ=", NULL},
		{"whsec_c2VjcmV0IQ===", NULL},
		{"whsec_c2VjcmV0====", NULL},
		{"whsec_c2VjcmV0==", NULL},
		{"whsec_=", NULL},
		{"whsec_==", NULL},
		{"whsec_c2Vj=mV0", NULL},
		{"whsec_c2VjcmV0\n", NULL},
		{"whsec_ c2VjcmV0", NULL},
		{"whsec_Pz8_Pj4-", NULL},
		{"whsec_c2VjcmV0\xc3\xa4YWE", NULL},
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		char got[SIGNATURE_MAX];
		int result = make(SIGNATURE_STANDARD, cases[i].key, "x");

		if (cases[i].same_as == NULL) {
			EXPECT(result == SIGNATURE_BAD_KEY);
			EXPECT(nheaders == 0);
			continue;
		}
		EXPECT(result == 0);
		memcpy(got, headers[2].value, sizeof(got));
		EXPECT(make(SIGNATURE_STANDARD, cases[i].same_as, "x") == 0);
		EXPECT_STR(got, headers[2].value);
	}
}

static void
message_ids(void)
{
	static const char *const bad[] = {"", "a.b", "a b", "a\r\nX-Evil: 1", "\xc3\xa4", "\x7f"};
	const struct secret key = KEY("k");
	char id[SIGNATURE_ID_MAX + 2];

	memset(id, 'a', sizeof(id));
	id[SIGNATURE_ID_MAX + 1] = '\0';
	for (size_t i = 0; i < COUNT(bad); i++)
		EXPECT(signature_make(signer, SIGNATURE_STANDARD, &key, 1, bad[i], 1, "", 0,
			       headers, &nheaders) == SIGNATURE_BAD_ID);
	EXPECT(signature_make(signer, SIGNATURE_STANDARD, &key, 1, id, 1, "", 0, headers,
		       &nheaders) == SIGNATURE_BAD_ID);
	id[SIGNATURE_ID_MAX] = '\0';
	EXPECT(signature_make(signer, SIGNATURE_STANDARD, &key, 1, id, 1, "", 0, headers,
		       &nheaders) == 0);
	EXPECT_STR(headers[0].value, id);
}

/* Why ${received} is refused, "" if it is not. */
static const char *
check(enum signature_scheme scheme, const char *key, struct signature_received received,
	int64_t now_sec, const char *body)
{
	const struct secret k = KEY(key);
	const char *error = NULL;
	int result = signature_check(signer, scheme, &k, 1, &received, now_sec,
		SIGNATURE_TOLERANCE_SEC, body, strlen(body), &error);

	EXPECT((result == 0) == (error == NULL));
	return result == 0 ? "" : error;
}

#define NO_MATCH "signature does not match"
#define NOT_BASE64 "signature is not 32 bytes in base64"
#define NOT_HEX "signature is not 64 hexadecimal digits"
#define EMPTY "the signature header is empty"

static void
forged_wandb(void)
{
	static const char key[] = "your_api_secret";
	const struct {
		const char *key, *signature, *body, *want;
	} cases[] = {
		{key, wandb_signature, wandb_body, ""},
		{key, wandb_signature, "{\"key1\": \"value1\", \"key2\": \"value3\"}", NO_MATCH},
		{key, wandb_signature, "", NO_MATCH},
		{"your_api_secreu", wandb_signature, wandb_body, NO_MATCH},
		{key, "5tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U=", wandb_body, NO_MATCH},
		{key, "4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8Y=", wandb_body, NO_MATCH},
		{key, "4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U", wandb_body, NOT_BASE64},
		{key, "4tKqnWHayH0Vdy0mtiM/LbZ7bOGK7h+UrHO5F40Uk8U==", wandb_body, NOT_BASE64},
		{key, "4tKqnWHayH0Vdy0mtiM_LbZ7bOGK7h-UrHO5F40Uk8U=", wandb_body, NOT_BASE64},
		{key, "4", wandb_body, NOT_BASE64},
		{key, "", wandb_body, EMPTY},
		{key, NULL, wandb_body, "no signature header"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		EXPECT_STR(check(SIGNATURE_WANDB, cases[i].key,
				   (struct signature_received){.signature = cases[i].signature}, 0,
				   cases[i].body),
			cases[i].want);
}

static void
forged_hex(void)
{
	static const struct {
		enum signature_scheme scheme;
		const char *signature, *want;
	} cases[] = {
		{SIGNATURE_GITHUB, github_signature, ""},
		{SIGNATURE_GITHUB,
			"sha256=757107EA0EB2509FC211221CCE984B8A37570B6D7586C22C46F4379C8B043E17",
			""},
		{SIGNATURE_GITHUB,
			"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e18",
			NO_MATCH},
		{SIGNATURE_GITHUB,
			"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e1",
			NOT_HEX},
		{SIGNATURE_GITHUB,
			"sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043eg7",
			NOT_HEX},
		{SIGNATURE_GITHUB, "sha256=", NOT_HEX},
		{SIGNATURE_GITHUB, github_signature + 7, "signature does not start with sha256="},
		{SIGNATURE_GITHUB, "sha1=01dd2b4e7a8a1ee2d0f0dfbc3e3b6e0d8d2d6e0f",
			"signature does not start with sha256="},
		{SIGNATURE_GITHUB, "", EMPTY},
		{SIGNATURE_WANDB_HEX, github_signature + 7, ""},
		{SIGNATURE_WANDB_HEX,
			"757107Ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043E17", ""},
		{SIGNATURE_WANDB_HEX, github_signature, NOT_HEX},
		{SIGNATURE_WANDB_HEX, wandb_signature, NOT_HEX},
		{SIGNATURE_WANDB_HEX, NULL, "no signature header"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		EXPECT_STR(check(cases[i].scheme, github_key,
				   (struct signature_received){.signature = cases[i].signature}, 0,
				   "Hello, World!"),
			cases[i].want);
	EXPECT_STR(check(SIGNATURE_GITHUB, github_key,
			   (struct signature_received){.signature = github_signature}, 0,
			   "Hello, world!"),
		NO_MATCH);
}

#define NO_SECONDS "webhook-timestamp is not a number of seconds"
#define OLD "webhook-timestamp is too old"
#define FUTURE "webhook-timestamp is in the future"

static void
forged_standard(void)
{
	static const char at[] = "1614265330";
	const char *const sig = standard_signature, *const id = standard_id;
	const struct {
		struct signature_received received;
		int64_t now_sec;
		const char *want;
	} cases[] = {
		{{sig, id, at}, STANDARD_SEC, ""},
		{{sig, id, at}, STANDARD_SEC + 300, ""},
		{{sig, id, at}, STANDARD_SEC + 301, OLD},
		{{sig, id, at}, INT64_MAX, OLD},
		{{sig, id, at}, STANDARD_SEC - 300, ""},
		{{sig, id, at}, STANDARD_SEC - 301, FUTURE},
		{{sig, id, at}, INT64_MIN, FUTURE},
		{{sig, id, "1614265331"}, STANDARD_SEC, NO_MATCH},
		{{sig, id, "01614265330"}, STANDARD_SEC, NO_MATCH},
		{{sig, id, "1614265330 "}, STANDARD_SEC, NO_SECONDS},
		{{sig, id, "+1614265330"}, STANDARD_SEC, NO_SECONDS},
		{{sig, id, "-1614265330"}, STANDARD_SEC, NO_SECONDS},
		{{sig, id, "1614265330.5"}, STANDARD_SEC, NO_SECONDS},
		{{sig, id, "1614265330000000000000"}, STANDARD_SEC, NO_SECONDS},
		{{sig, id, "999999999999999999"}, STANDARD_SEC, FUTURE},
		{{sig, id, ""}, STANDARD_SEC, NO_SECONDS},
		{{sig, id, NULL}, STANDARD_SEC, "no webhook-timestamp header"},
		{{sig, "msg_p5jXN8AQM9LWM0D4loKWxJel", at}, STANDARD_SEC, NO_MATCH},
		{{sig, "", at}, STANDARD_SEC, "webhook-id is empty"},
		{{sig, NULL, at}, STANDARD_SEC, "no webhook-id header"},
		{{sig + 3, id, at}, STANDARD_SEC, "webhook-signature holds no v1 signature"},
		{{" ", id, at}, STANDARD_SEC, "webhook-signature holds no v1 signature"},
		{{"v1,g0hM9SsE+OTPJTGt", id, at}, STANDARD_SEC, NOT_BASE64},
		{{"v1,", id, at}, STANDARD_SEC, NOT_BASE64},
		{{"", id, at}, STANDARD_SEC, EMPTY},
		{{NULL, id, at}, STANDARD_SEC, "no signature header"},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		EXPECT_STR(check(SIGNATURE_STANDARD, standard_key, cases[i].received,
				   cases[i].now_sec, standard_body),
			cases[i].want);
	EXPECT_STR(check(SIGNATURE_STANDARD, standard_key, cases[0].received, STANDARD_SEC,
			   "{\"test\": 2432232315}"),
		NO_MATCH);
	EXPECT_STR(check(SIGNATURE_STANDARD, "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSx",
			   cases[0].received, STANDARD_SEC, standard_body),
		NO_MATCH);
	EXPECT_STR(check(SIGNATURE_STANDARD, "whsec_?", cases[0].received, STANDARD_SEC,
			   standard_body),
		"a whsec_ key is not base64");
}

/* "id.1.2.body" was signed as id "id", time 1; it must not pass as id "id.1", time 2. */
static void
moved_boundary(void)
{
	const struct secret key = KEY("key");
	struct signature_received moved = {.id = "id.1", .timestamp = "2"};

	EXPECT(signature_make(signer, SIGNATURE_STANDARD, &key, 1, "id", 1, "2.body", 6, headers,
		       &nheaders) == 0);
	moved.signature = headers[2].value;
	EXPECT_STR(check(SIGNATURE_STANDARD, "key", moved, 2, "body"), "webhook-id holds a dot");
	moved.id = "id";
	moved.timestamp = "1";
	EXPECT_STR(check(SIGNATURE_STANDARD, "key", moved, 2, "2.body"), "");
}

/* A list as it comes while keys or versions are changed. */
static void
signature_lists(void)
{
	static const struct {
		const char *list, *want;
	} cases[] = {
		{"v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "
		 "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
			""},
		{"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= v1,short", ""},
		{"v1a,hnO3f9T8Ytu9HwrXslvumlUpqtNVqkhqw/enGzPCXe5B "
		 "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
			""},
		{"junk  v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE= ", ""},
		{"v1a,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
			"webhook-signature holds no v1 signature"},
		{"v2,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
			"webhook-signature holds no v1 signature"},
		{"V1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
			"webhook-signature holds no v1 signature"},
		{"v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=,v1", NOT_BASE64},
		{"v1,AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= "
		 "v1,BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBA=",
			NO_MATCH},
	};

	for (size_t i = 0; i < COUNT(cases); i++)
		EXPECT_STR(check(SIGNATURE_STANDARD, standard_key,
				   (struct signature_received){cases[i].list, standard_id,
					   "1614265330"},
				   STANDARD_SEC, standard_body),
			cases[i].want);
}

static void
any_key_fits(void)
{
	const struct secret keys[] = {KEY("new"), KEY("other"), KEY("your_api_secret"),
		KEY("last")};
	const struct signature_received received = {.signature = wandb_signature};
	const char *error = NULL;

	EXPECT(signature_check(signer, SIGNATURE_WANDB, keys, 4, &received, 0, 0, wandb_body,
		       strlen(wandb_body), &error) == 0);
	EXPECT(signature_check(signer, SIGNATURE_WANDB, keys, 2, &received, 0, 0, wandb_body,
		       strlen(wandb_body), &error) == -1);
	EXPECT_STR(error, NO_MATCH);
	EXPECT(signature_check(signer, SIGNATURE_WANDB, keys, 0, &received, 0, 0, wandb_body,
		       strlen(wandb_body), &error) == -1);
	EXPECT_STR(error, "1 to 8 keys are needed");
}

static void
scheme_names(void)
{
	for (int i = 0; i < SIGNATURE_SCHEMES; i++) {
		const char *name = signature_scheme_name((enum signature_scheme)i);

		EXPECT(signature_scheme_find(name, strlen(name)) == i);
	}
	EXPECT(signature_scheme_find("wandb-hex", 9) == SIGNATURE_WANDB_HEX);
	EXPECT(signature_scheme_find("wandb-hex", 5) == SIGNATURE_WANDB);
	EXPECT(signature_scheme_find("wandb", 4) == -1);
	EXPECT(signature_scheme_find("GitHub", 6) == -1);
	EXPECT(signature_scheme_find("", 0) == -1);
	EXPECT_STR(signature_scheme_header(SIGNATURE_STANDARD), "webhook-signature");
	EXPECT(signature_scheme_is_timed(SIGNATURE_STANDARD));
	EXPECT(!signature_scheme_is_timed(SIGNATURE_GITHUB));
}

int
main(void)
{
	if ((signer = signer_new()) == NULL)
		return 1;
	RUN(known_answers, "published vectors");
	RUN(empty_body_and_nul_bytes, "an empty body and NUL bytes");
	RUN(kept_keys_do_not_mix, "kept keys do not mix");
	RUN(several_keys, "several keys");
	RUN(whsec_keys, "whsec_ keys");
	RUN(message_ids, "message ids");
	RUN(forged_wandb, "wandb: forgeries are refused");
	RUN(forged_hex, "wandb-hex, github: forgeries are refused");
	RUN(forged_standard, "standard: forgeries are refused");
	RUN(moved_boundary, "standard: id and time cannot be cut differently");
	RUN(signature_lists, "standard: lists of signatures");
	RUN(any_key_fits, "any of several keys may fit");
	RUN(scheme_names, "names of schemes");
	signer_free(signer);
	signer_free(NULL);
	UNIT_DONE();
}
