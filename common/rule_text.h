/*
 * rule_text - conditions in words. Pure.
 */
#ifndef WB_RULE_TEXT_H
#define WB_RULE_TEXT_H

#include "rules.h"
#include "strbuf.h"

/**
 * rule_text_scope(sb, rule):
 * Append where events must come from, entity/project/collection: "acme/model-registry/{a,b}", with
 * "*" for anything.
 */
void rule_text_scope(struct strbuf *sb, const struct rule *rule);

/**
 * rule_text_trigger(sb, rule, on):
 * Append in short what happens: "ADD_ARTIFACT_ALIAS production", "ADD_ARTIFACT_TAG {a,b} /^x/ by
 * ann when ..."; "*" for any event. ${on} is the object that the rule was read from, or JSON_NONE.
 */
void rule_text_trigger(struct strbuf *sb, const struct rule *rule, const struct json_span *on);

/**
 * rule_text_conditions(sb, rule, on):
 * Append when and where ${rule} matches as a clause: "a version gets an alias in acme/models/fraud,
 * and alias is production". ${on} is the object it was read from, or JSON_NONE: conditions that are
 * no field of a rule are told as they are written.
 */
void rule_text_conditions(struct strbuf *sb, const struct rule *rule, const struct json_span *on);

#endif
