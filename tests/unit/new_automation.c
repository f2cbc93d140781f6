/*
 * new_automation - names of files and of types. What is written is tested by wb-automation.test.sh.
 */
#include "new_automation.h"
#include "unit.h"

static const char *
file_of(const char *name)
{
	static struct strbuf sb;

	strbuf_release(&sb);
	strbuf_init(&sb, 4096);
	new_automation_file(name, &sb);
	return strbuf_str(&sb);
}

static void
files(void)
{
	char name[106] = "", first[200];

	EXPECT_STR(file_of("deploy-production_2.x"), "deploy-production_2.x.json");
	EXPECT_STR(file_of("../../etc/passwd"), "_.-..-etc-passwd.json");
	EXPECT_STR(file_of(".hidden"), "_hidden.json");
	EXPECT_STR(file_of("-rf"), "_rf.json");
	EXPECT_STR(file_of("a b\n\"*;$"), "a-b-----.json");
	EXPECT_STR(file_of("\xe6\x97\xa5"), "\xe6\x97\xa5.json");
	/* a hundred bytes, whole characters, and what makes it unique */
	memset(name, 'x', 100);
	EXPECT(strlen(file_of(name)) == 105);
	memcpy(name + 98, "\xe6\x97\xa5yy", 6);
	EXPECT(strlen(file_of(name)) == 98 + 9 + 5);
	snprintf(first, sizeof(first), "%s", file_of(name));
	name[102] = 'z';
	EXPECT(strcmp(first, file_of(name)) != 0 && strncmp(first, file_of(name), 99) == 0);
}

static void
types(void)
{
	EXPECT_STR(new_automation_type("alias"), "ADD_ARTIFACT_ALIAS");
	EXPECT_STR(new_automation_type("collection-untag"), "REMOVE_COLLECTION_TAG");
	EXPECT_STR(new_automation_type("CREATE_ARTIFACT"), "CREATE_ARTIFACT");
	EXPECT_STR(new_automation_type("LINK_MODEL"), "LINK_ARTIFACT");
	EXPECT(new_automation_type("") == NULL && new_automation_type("Alias") == NULL);
	/* each type has a short name */
	for (int type = 0; type < EVENT_TYPES; type++)
		EXPECT(new_automation_type(event_type_name(type)) == event_type_name(type));
}

int
main(void)
{
	RUN(files, "names of files");
	RUN(types, "types of events by short names");
	UNIT_DONE();
}
