/*
 * config - webhooks and automations from JSON files: wb-automations(5).
 *
 * Spans and texts point into the files' bytes, which live as long as the configuration. Every error
 * is reported with file, line and column, as many as can be found in one go; a configuration with
 * an error is not to be used.
 */
#ifndef WB_CONFIG_H
#define WB_CONFIG_H

#include <stdbool.h>
#include <stddef.h>

#include "jq_bundle.h"
#include "json.h"
#include "launch.h"
#include "names.h"
#include "regexes.h"
#include "rules.h"
#include "target.h"
#include "template.h"

struct config;
struct config_file;

/*
 * Where something stands. Line and column count from 1, the column in characters;
 * line 0: the file as a whole.
 */
struct config_place {
	const char *file;
	size_t line, column;
};

/**
 * A config_report_fn is called for every error. ${message} is valid during the call only.
 */
typedef void config_report_fn(void *ctx, const struct config_place *place, const char *message);

/**
 * config_say(ctx, place, message), config_say_nothing(ctx, place, message):
 * One that says it as a message of the tool (diag), and one that says nothing.
 */
void config_say(void *ctx, const struct config_place *place, const char *message);
void config_say_nothing(void *ctx, const struct config_place *place, const char *message);

/* What messages show of a name that is ${len} bytes long, for "%.*s". */
#define CONFIG_SHOWN(len) ((int)((len) < 100 ? (len) : 100))

struct config_webhook {
	struct text name;
	struct json_span span;           /* the whole object, as written */
	struct template_secrets secrets; /* what payloads for it may name */
	const struct config_file *file;
	const char *at;           /* of its name, for messages */
	enum target target;       /* TARGET_NONE if it says none */
	struct json_span checked; /* the payload for it that was found good last */
};

enum config_cooldown_by { CONFIG_BY_AUTOMATION, CONFIG_BY_COLLECTION };

enum config_action { CONFIG_UNKNOWN, CONFIG_WEBHOOK, CONFIG_LAUNCH, CONFIG_NONE };

struct config_automation {
	struct text name;
	struct json_span name_span;   /* as written */
	struct json_span span;        /* the whole object, as written */
	struct json_span description; /* as written, or JSON_NONE */
	bool enabled;
	bool defined_twice; /* this is the first one of several with its name */
	struct rule rule;
	int64_t when;        /* number of the program that must say true, too, or -1 */
	int64_t cooldown_ms; /* 0: none */
	enum config_cooldown_by cooldown_by;
	enum config_action action;
	struct json_span action_span; /* the object, as written */
	struct launch launch;         /* for CONFIG_LAUNCH */
	struct text webhook_name;
	const struct config_webhook *webhook; /* for CONFIG_WEBHOOK */
	struct json_span payload;             /* JSON_NONE: what payload_jq makes, or */
	struct json_span payload_jq;          /* as written; JSON_NONE: the event itself */
	const struct config_file *file;
	const struct config_file *payload_file; /* that ${payload} stands in */
	const char *at, *webhook_at;
};

/**
 * config_load(paths, npaths, report, ctx):
 * Read the files ${paths}; a directory means all its *.json in the order of their names. Returns
 * the configuration, to be freed with config_free, or NULL after at least one ${report}.
 */
struct config *config_load(char *const *paths, size_t npaths, config_report_fn *report, void *ctx);

/**
 * config_load_partly(paths, npaths, report, ctx, nerrors):
 * The same for those who look at a configuration that need not be good: in spite of *${nerrors}
 * errors the configuration holds what could be read of it. Of an automation that has an error any
 * part but the name may be missing, its webhook too. NULL only when memory ran out.
 */
struct config *config_load_partly(char *const *paths, size_t npaths, config_report_fn *report,
	void *ctx, size_t *nerrors);

/* A file as it is to be. */
struct config_change {
	const char *path;
	const char *text;
	size_t len;
};

/**
 * config_load_changed(paths, npaths, changes, nchanges, report, ctx):
 * As config_load, with the ${changes} in place of files of their paths, or beside all others.
 * Borrows the changes for the life of the configuration.
 */
struct config *config_load_changed(char *const *paths, size_t npaths,
	const struct config_change *changes, size_t nchanges, config_report_fn *report, void *ctx);

/**
 * config_is_empty(path):
 * Whether it is a directory without any *.json, which is an error to load.
 */
bool config_is_empty(const char *path);

/**
 * config_free(config):
 * Free it and all that points into it; NULL is fine.
 */
void config_free(struct config *config);

/**
 * config_automations(config, n):
 * The automations, *${n} of them, in the order of files and of their place in them.
 */
const struct config_automation *config_automations(const struct config *config, size_t *n);

/**
 * config_webhooks(config, n):
 * The same for webhooks.
 */
const struct config_webhook *config_webhooks(const struct config *config, size_t *n);

/**
 * config_find(config, name, len):
 * The automation called so, or NULL.
 */
const struct config_automation *config_find(const struct config *config, const char *name,
	size_t len);

/**
 * config_path(automation):
 * The path of its file.
 */
const char *config_path(const struct config_automation *automation);

/**
 * config_regexes(config):
 * The expressions that the rules' regex numbers refer to.
 */
struct regexes *config_regexes(const struct config *config);

/**
 * config_conditions(config):
 * The programs that automations' when numbers refer to.
 */
const struct jq_bundle *config_conditions(const struct config *config);

#endif
