/* record_pack - a record comes out of its pack as it was, in the copy of its line. */
#include "unit.h"
#include "record_pack.h"

static char line[65536];
static struct record rec, again;
static char *copy;

/* Read ${text}, pack it, overwrite what it was read from, and unpack it as ${again}. */
static void
pack_and_unpack(const char *text)
{
	const size_t len = strlen(text);
	struct record_pack *pack;
	struct json js;

	free(copy);
	memcpy(line, text, len);
	json_init(&js, line, len);
	EXPECT(record_read(&js, &rec) && json_end(&js));
	pack = malloc(record_pack_size(&rec)); /* no byte more, for sanitizers */
	copy = malloc(len);
	EXPECT(pack != NULL && copy != NULL && record_pack_size(&rec) % 16 == 0);
	memcpy(copy, line, len);
	record_pack(pack, &rec, line, len, copy);
	memset(line, '#', len);
	memset(&again, 0xa5, sizeof(again)); /* what is not set is not to be used */
	record_unpack(pack, &again);
	free(pack);
}

static bool
spells(const struct json_span *span, const char *text)
{
	return span->type == JSON_STRING && span->len == strlen(text) &&
	       memcmp(span->p, text, span->len) == 0;
}

static void
test_most(void)
{
	pack_and_unpack(
		"{\"delivery_id\":\"d-1\",\"event\":{\"event_type\":\"LINK_MODEL\",\"event_id\":"
		"\"e\\n\"},\"automation\":{\"name\":\"n\"},\"request\":{\"url\":\"$URL\","
		"\"headers\":{\"A\":\"1\",\"B\":\"$REF\"},\"body\":\"\\u00e9\","
		"\"secrets\":[{\"at\":0,\"ref\":\"$S\"},{\"at\":99999999999,\"ref\":\"$T\"}],"
		"\"auth\":{\"scheme\":\"bearer\",\"ref\":\"$AUTH\"},\"success_when\":\".ok\","
		"\"tls\":{\"ca\":\"$CA\",\"cert\":\"$CERT\",\"key\":\"$KEY\"},"
		"\"sign\":{\"scheme\":[\"github\",\"standard\"],\"refs\":[\"$K1\",\"$K2\"]}}}");
	EXPECT(spells(&again.delivery_id, "d-1") && spells(&again.automation, "n"));
	EXPECT(spells(&again.event.member[EVENT_TYPE], "LINK_ARTIFACT"));
	EXPECT(spells(&again.event.member[EVENT_ID], "e\\n"));
	EXPECT(again.event.member[EVENT_ID].escaped);
	EXPECT(again.event.member[EVENT_ID].p == copy + (rec.event.member[EVENT_ID].p - line));
	EXPECT(spells(&again.url, "$URL") && spells(&again.body, "\\u00e9") && again.body.escaped);
	EXPECT(again.nheaders == 2 && spells(&again.headers[0].name, "A") &&
		spells(&again.headers[0].value, "1") && spells(&again.headers[1].name, "B") &&
		spells(&again.headers[1].value, "$REF"));
	EXPECT(again.nlate == 2 && again.late[0].at == 0 && spells(&again.late[0].ref, "$S") &&
		again.late[1].at > 1u << 30 && spells(&again.late[1].ref, "$T"));
	EXPECT(spells(&again.auth, "$AUTH") && spells(&again.success_when, ".ok"));
	EXPECT(spells(&again.tls_ca, "$CA") && spells(&again.tls_cert, "$CERT") &&
		spells(&again.tls_key, "$KEY"));
	EXPECT(again.nschemes == 2 && again.schemes[0] == SIGNATURE_GITHUB &&
		again.schemes[1] == SIGNATURE_STANDARD);
	EXPECT(again.nkeys == 2 && spells(&again.keys[0], "$K1") && spells(&again.keys[1], "$K2"));
}

static void
test_launch(void)
{
	pack_and_unpack("{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{"
			"\"name\":\"n\"},\"request\":{\"url\":\"u\",\"headers\":{},\"body\":\"\","
			"\"auth\":{\"scheme\":\"basic\",\"user\":\"api\",\"ref\":\"$AUTH\"},"
			"\"launch\":{\"queue_entity\":\"a\",\"queue\":\"b\",\"entity\":\"c\","
			"\"project\":\"d\"}}}");
	EXPECT(again.auth_scheme == RECORD_BASIC && spells(&again.auth, "$AUTH") &&
		spells(&again.auth_user, "api"));
	EXPECT(again.is_launch && spells(&again.launch.queue_entity, "a") &&
		spells(&again.launch.queue, "b") && spells(&again.launch.entity, "c") &&
		spells(&again.launch.project, "d"));
}

static void
test_least(void)
{
	pack_and_unpack("{\"delivery_id\":\"d\",\"event\":{\"event_type\":\"x\"},\"automation\":{"
			"\"name\":\"\"},\"request\":{\"url\":\"\",\"headers\":{},\"body\":\"\"}}");
	EXPECT(spells(&again.url, "") && spells(&again.body, "") && spells(&again.automation, ""));
	EXPECT(again.nheaders == 0 && again.nlate == 0 && again.nkeys == 0 && again.nschemes == 0);
	EXPECT(again.auth_scheme == RECORD_NO_AUTH && !again.is_launch);
	EXPECT(again.auth.type == JSON_NONE && again.success_when.type == JSON_NONE);
	EXPECT(again.tls_ca.type == JSON_NONE && again.event.member[EVENT_ID].type == JSON_NONE);
}

int
main(void)
{
	RUN(test_most, "record_pack: every member comes back, from the copy");
	RUN(test_launch, "record_pack: a request that puts a job on a queue");
	RUN(test_least, "record_pack: what is absent stays absent");
	free(copy);
	UNIT_DONE();
}
