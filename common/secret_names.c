#include "secret_names.h"

#include <string.h>

#include "json_find.h"
#include "launch.h"
#include "names.h"
#include "secret_ref.h"
#include "webhook.h"

/* Write a name that was not there yet. Returns 0, or -1 when memory ran out. */
static int
write_new(struct names *names, const char *name, size_t len, struct output *out)
{
	if (names_find(names, name, len) >= 0)
		return 0;
	if (names_add(names, name, len) < 0)
		return -1;
	output_add(out, name, len);
	output_addc(out, '\n');
	return 0;
}

/* Those of a webhook: certificates and the key are not among what payloads may name. */
static int
write_webhook(struct names *names, const struct config_webhook *w, struct output *out)
{
	const struct json_span tls = json_find(&w->span, webhook_members[WEBHOOK_TLS]);
	int status = 0;

	for (size_t i = 0; i < w->secrets.nrefs && status == 0; i++)
		status =
			write_new(names, w->secrets.refs[i].p + 1, w->secrets.refs[i].len - 1, out);
	for (int i = 0; i < WEBHOOK_TLS_MEMBERS && status == 0; i++) {
		const struct json_span ref = json_find(&tls, webhook_tls_members[i]);

		if (ref.type == JSON_STRING && secret_ref_name(ref.p, ref.len) != 0)
			status = write_new(names, ref.p + 1, ref.len - 1, out);
	}
	return status;
}

int
secret_names_write(const struct config *config, struct output *out)
{
	const struct config_automation *automations;
	const struct config_webhook *webhooks;
	struct names names;
	int status = 0;
	size_t n;

	names_init(&names);
	webhooks = config_webhooks(config, &n);
	for (size_t i = 0; i < n && status == 0; i++)
		status = write_webhook(&names, &webhooks[i], out);
	automations = config_automations(config, &n);
	for (size_t i = 0; i < n && status == 0; i++) {
		const struct json_span *key = &automations[i].launch.member[LAUNCH_KEY];

		if (automations[i].action != CONFIG_LAUNCH)
			continue;
		status = key->type != JSON_NONE ? write_new(&names, key->p + 1, key->len - 1, out)
						: write_new(&names, &LAUNCH_API_KEY[1],
							  strlen(&LAUNCH_API_KEY[1]), out);
	}
	names_release(&names);
	return status;
}
