/*
 * record - requests on their way from wb-render over wb-sign to wb-send:
 * wb-record(5), REQUEST RECORDS.
 *
 * Spans point into the line. Everything that a later stage relies on is checked here, since whoever
 * can write into the pipe can write anything.
 */
#ifndef WB_RECORD_H
#define WB_RECORD_H

#include <stdbool.h>
#include <stddef.h>

#include "event.h"
#include "json.h"
#include "secret_ref.h"
#include "signature_scheme.h"
#include "strbuf.h"

#define DELIVERY_ID_MAX 64 /* bytes of a delivery_id */
#define RECORD_HEADERS_MAX 64
#define RECORD_USER_MAX 64       /* bytes of a user's name */
#define RECORD_PROGRAM_MAX 65536 /* bytes of a success_when as spelled in JSON */

/* A secret's place in the decoded body. */
struct record_late {
	size_t at; /* byte offset, ascending */
	struct json_span ref;
};

struct record_header {
	struct json_span name, value;
};

enum record_auth { RECORD_NO_AUTH, RECORD_BEARER, RECORD_BASIC };

/* Where a job is put, and where its run goes: names, as spelled. */
struct record_launch {
	struct json_span queue_entity, queue, entity, project;
};

struct record {
	struct json_span delivery_id; /* 1 to DELIVERY_ID_MAX of [A-Za-z0-9_-] */
	struct event event;
	struct json_span automation; /* its name */
	struct json_span url;        /* or a reference to a secret that holds it */
	struct json_span body;
	struct json_span headers_span;
	struct record_header headers[RECORD_HEADERS_MAX];
	size_t nheaders;
	struct record_late late[SECRET_REFS_MAX];
	size_t nlate;
	enum record_auth auth_scheme;
	struct json_span auth;      /* reference, or JSON_NONE without a scheme */
	struct json_span auth_user; /* of RECORD_BASIC */
	bool is_launch;             /* it puts a job on a queue */
	struct record_launch launch;
	enum signature_scheme schemes[SIGNATURE_SCHEMES];
	size_t nschemes; /* 0: not to be signed */
	struct json_span keys[SIGNATURE_KEYS_MAX];
	size_t nkeys;
	struct json_span success_when;              /* jq program over the response, or JSON_NONE */
	struct json_span success_status;            /* statuses.h, or JSON_NONE */
	struct json_span tls_ca, tls_cert, tls_key; /* references to PEM texts, or JSON_NONE */
};

/**
 * record_read(js, rec):
 * Read the record that comes next. False, with the error in ${js}, if it is malformed, or something
 * needed is missing, of the wrong type or out of bounds.
 */
bool record_read(struct json *js, struct record *rec);

/**
 * record_is_ref(span):
 * Whether ${span} is a reference to a secret.
 */
bool record_is_ref(const struct json_span *span);

/**
 * record_is_signed(rec):
 * Whether all headers of the signatures that ${rec} asks for are there; true if it asks for none.
 * To be unsigned is not to be sent.
 */
bool record_is_signed(const struct record *rec);

/**
 * record_signs_with(rec, i):
 * Whether a signature that ${rec} asks for is made with its key number ${i}.
 */
bool record_signs_with(const struct record *rec, size_t i);

#endif
