/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Varlink's wire format (https://varlink.org): JSON objects, each ended by a
 * NUL byte.  Pure: bytes in, trees out, and back.  Input may be hostile.
 */

#include <stdbool.h>
#include <stddef.h>

#include <json-c/json.h>

#include "lib/own.h"

#define VARLINK_MESSAGE_MAX_BYTES (16 * 1024 * 1024) /* as systemd's */
#define VARLINK_DEPTH_MAX	  16

#define CONTROL_INTERFACE "io.deputy.Control"
#define SERVICE_INTERFACE "org.varlink.service"
/* The interfaces' definitions, NUL-terminated. */
extern const char varlink_idl_control[];
extern const char varlink_idl_service[];

static inline struct json_object *json_put(struct json_object *o)
{
	(void)json_object_put(o);
	return NULL;
}
DEFINE_AUTO(struct json_object *, json_put);

/* Cuts a stream of bytes into messages. */
struct varlink_reader {
	size_t max_bytes; /* of one message, without its NUL */
	char *buf;
	size_t size, begin, end; /* of buf: [begin, end) is not yet returned */
	size_t scanned; /* no NUL in [begin, scanned) */
};

enum varlink_frame {
	VARLINK_FRAME_OK = 0,
	VARLINK_FRAME_NONE = 1,	   /* no whole message yet */
	VARLINK_FRAME_TOO_BIG = 2, /* the stream is of no use any more */
};

void varlink_reader_init(struct varlink_reader *r, size_t max_bytes);
void varlink_reader_done(struct varlink_reader *r);

/* Return: 0 or -ENOMEM */
int varlink_reader_push(struct varlink_reader *r, const char *data, size_t n);

/**
 * varlink_reader_next() - take the next message out
 * @ret_text:  borrowed, NUL-terminated, until the next push
 * @ret_bytes: without the NUL
 * Return: enum varlink_frame
 */
int varlink_reader_next(struct varlink_reader *r, const char **ret_text,
			size_t *ret_bytes);

struct varlink_call {
	const char *method;		/* borrowed from root; not empty */
	struct json_object *parameters; /* the same; NULL: none */
	bool oneway, more, upgrade;
	struct json_object *root;
};

struct varlink_reply {
	const char *error;		/* borrowed from root; NULL: it went well */
	struct json_object *parameters; /* the same; NULL: none */
	bool continues;
	struct json_object *root;
};

/**
 * varlink_call_parse() - a message as a call, strictly
 * @text:       @bytes of it, and a NUL behind them
 * @ret:        to be varlink_call_done()
 * @ret_reason: on -EBADMSG, a static sentence what is wrong
 * Keys that the specification does not have are refused, except a vendor's own
 * (which contain a '.').
 * Return: 0, -EBADMSG or -ENOMEM
 */
int varlink_call_parse(const char *text, size_t bytes, struct varlink_call *ret,
		       const char **ret_reason);
void varlink_call_done(struct varlink_call *c);

/* Parses a message as a reply, with the same rules and results. */
int varlink_reply_parse(const char *text, size_t bytes,
			struct varlink_reply *ret, const char **ret_reason);
void varlink_reply_done(struct varlink_reply *r);

/*
 * Messages to send. @parameters are taken, NULL: none.
 * Return: the caller's to json_put(), NULL for lack of memory
 */
struct json_object *varlink_call_new(const char *method,
				     struct json_object *parameters);
struct json_object *varlink_reply_new(struct json_object *parameters);
struct json_object *varlink_error_new(const char *error,
				      struct json_object *parameters);

/* Return: { @key: @value }, with the whole @value, or NULL for lack of memory */
struct json_object *varlink_parameter_str(const char *key, const char *value);

/**
 * varlink_encode() - a message as bytes
 * @message:   borrowed
 * @ret_text:  the caller's to free()
 * @ret_bytes: with the NUL that ends the message
 * Return: 0, -ENOMEM, or -EMSGSIZE beyond VARLINK_MESSAGE_MAX_BYTES
 */
int varlink_encode(struct json_object *message, char **ret_text,
		   size_t *ret_bytes);
