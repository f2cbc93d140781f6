/*
 * template - JSON payload templates: compiled once, rendered for every event.
 * wb-automations(5), PAYLOADS.
 *
 * Pure but for memory. A template is a JSON text; its white space outside strings is dropped and
 * everything else stays as it is spelled. Inside strings, member names included, ${NAME} is
 * replaced by the event's value, so spelled that it cannot end the string.
 */
#ifndef WB_TEMPLATE_H
#define WB_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "json.h"
#include "strbuf.h"

#define TEMPLATE_LATE_MAX 32 /* places for secrets in one template */

struct template;

/* Which late names a template may use: the secrets of its webhook. All borrowed. */
struct template_secrets {
	struct json_span access_token; /* "$NAME", or JSON_NONE: what ${ACCESS_TOKEN} stands for */
	const struct json_span *refs;  /* "$NAME" each: what ${NAME} stands for */
	size_t nrefs;
};

struct template_error {
	size_t at;         /* byte offset into the template */
	char message[256]; /* says what to do */
};

/* A secret's place in a rendered body, which itself holds nothing of it. */
struct template_late {
	size_t at;       /* byte offset into the body */
	const char *ref; /* "$NAME"; borrowed from the template */
	size_t len;
};

/**
 * template_compile(text, len, secrets, error):
 * Compile ${len} bytes at ${text}, which are copied. Returns NULL with ${error} filled if it is no
 * JSON text, a ${NAME} is unknown or not closed, or memory ran out (the message says so).
 * ${secrets} is needed only during the call.
 */
struct template *template_compile(const char *text, size_t len,
	const struct template_secrets *secrets, struct template_error *error);

/**
 * template_next_error(text, len, secrets, error):
 * Go on from *${error}, which template_compile or this function found in the same text, to the next
 * one. False if there is none.
 */
bool template_next_error(const char *text, size_t len, const struct template_secrets *secrets,
	struct template_error *error);

/**
 * template_free(t):
 * Free it; NULL is fine.
 */
void template_free(struct template *t);

/**
 * template_render(t, event, delivery_id, entities, body, late, nlate):
 * Append the body for ${event}, delivered as ${delivery_id}, to ${body}, valid JSON, and fill
 * ${late} with the places of secrets, *${nlate} of them, in order. With ${entities}, inserted
 * values have & < > replaced by &amp; &lt; &gt;, as Slack wants it of text that is not markup.
 * Returns whether there is a ${NAME:json} in it, so that the body may be deeper than the template.
 * Errors are ${body}'s.
 */
bool template_render(const struct template *t, const struct event *event, const char *delivery_id,
	bool entities, struct strbuf *body, struct template_late late[TEMPLATE_LATE_MAX],
	size_t *nlate);

#endif
