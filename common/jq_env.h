/*
 * jq_env - programs in jq that look at the environment, which is empty where ours run. Pure.
 */
#ifndef WB_JQ_ENV_H
#define WB_JQ_ENV_H

#include <stddef.h>

/**
 * jq_env_at(program, len):
 * Where ${program}, ${len} bytes, has "env" or "$ENV" outside of strings and comments, and not as
 * the name of a member: ".env", "{env: 1}". NULL if nowhere.
 */
const char *jq_env_at(const char *program, size_t len);

#endif
