/*
 * signature_script - the signatures of a request as commands of a POSIX shell script, for
 * curl_script.
 *
 * In $wb_dir the commands find the file body, extend the file headers and leave others. Pure.
 */
#ifndef WB_SIGNATURE_SCRIPT_H
#define WB_SIGNATURE_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "record.h"
#include "strbuf.h"

/**
 * signature_script_makes(rec, name):
 * Whether the header ${name} is one of those that the commands make afresh.
 */
bool signature_script_makes(const struct record *rec, const struct json_span *name);

/**
 * signature_script_functions(sb, rec), signature_script_commands(sb, rec):
 * Append the functions that are needed, and the commands that use them; nothing if ${rec} asks for
 * no signature.
 */
void signature_script_functions(struct strbuf *sb, const struct record *rec);
void signature_script_commands(struct strbuf *sb, const struct record *rec);

#endif
