// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * The control socket's bytes: cut into messages, read as calls (and replies),
 * answered.  The first byte says in which pieces they come, the second who
 * sends them.  Messages are those between the NULs, whatever the pieces; an
 * answer is a reply by our own reading.
 */
#include <errno.h>
#include <string.h>

#include "daemon/control_answer.h"
#include "tests/fuzz/fuzz.h"

#define MESSAGE_MAX_BYTES 1024

static int answer_status(void *ctx, struct json_object **ret)
{
	*ret = json_object_new_object();
	return CONTROL_OK;
}

static int answer_show(void *ctx, const char *id, struct json_object **ret)
{
	FUZZ_ASSERT(id);
	if (id[0] != 'c')
		return id[0] == 'e' ? -EIO : CONTROL_NOT_FOUND;
	*ret = varlink_parameter_str("id", id);
	return CONTROL_OK;
}

static int answer_reload(void *ctx, struct json_object **ret)
{
	FUZZ_ASSERT(*(uid_t *)ctx == 0); /* nobody else may */
	*ret = json_object_new_object();
	return CONTROL_RELOAD_FAILED;
}

static const struct control_ops ops = {
	.status = answer_status,
	.list = answer_status,
	.show = answer_show,
	.reload = answer_reload,
};

static void check_answer(struct json_object *answer)
{
	struct varlink_reply reply;
	const char *reason = NULL;
	size_t bytes;
	char *text;

	FUZZ_ASSERT(varlink_encode(answer, &text, &bytes) == 0);
	FUZZ_ASSERT(bytes > 0 && strlen(text) == bytes - 1);
	FUZZ_ASSERT(varlink_reply_parse(text, bytes - 1, &reply, &reason) == 0);
	varlink_reply_done(&reply);
	free(text);
	json_put(answer);
}

static void take(const char *text, size_t bytes, uid_t uid)
{
	const struct ucred peer = { .uid = uid };
	struct varlink_reply reply;
	struct varlink_call call;
	struct json_object *answer;
	const char *reason = NULL;
	int r = varlink_call_parse(text, bytes, &call, &reason);

	FUZZ_ASSERT(r == 0 || (r == -EBADMSG && reason));
	if (r == 0) {
		FUZZ_ASSERT(call.method && call.method[0]);
		answer = control_answer(&ops, &uid, &peer, &call);
		FUZZ_ASSERT(answer || call.oneway);
		FUZZ_ASSERT(!answer || !call.oneway);
		if (answer)
			check_answer(answer);
		varlink_call_done(&call);
	}
	reason = NULL;
	r = varlink_reply_parse(text, bytes, &reply, &reason);
	FUZZ_ASSERT(r == 0 || (r == -EBADMSG && reason));
	if (r == 0)
		varlink_reply_done(&reply);
}

/* What has not been taken yet: compared with what the reader gives. */
struct rest {
	const char *at, *end;
};

static int next(struct varlink_reader *reader, struct rest *rest, uid_t uid)
{
	const char *text,
		*nul = memchr(rest->at, 0, (size_t)(rest->end - rest->at));
	size_t bytes;
	int r = varlink_reader_next(reader, &text, &bytes);

	if (r != VARLINK_FRAME_OK)
		return r;
	FUZZ_ASSERT(nul && bytes == (size_t)(nul - rest->at));
	FUZZ_ASSERT(bytes <= MESSAGE_MAX_BYTES);
	FUZZ_ASSERT(memcmp(text, rest->at, bytes + 1) == 0);
	take(text, bytes, uid);
	rest->at = nul + 1;
	return r;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct varlink_reader reader;
	struct rest rest;
	size_t step, at;
	int r = VARLINK_FRAME_NONE;

	if (size < 3)
		return 0;
	step = data[0] ? data[0] : 1;
	rest.at = (const char *)data + 2;
	rest.end = (const char *)data + size;
	varlink_reader_init(&reader, MESSAGE_MAX_BYTES);
	for (at = 2; at < size && r != VARLINK_FRAME_TOO_BIG; at += step) {
		size_t n = step < size - at ? step : size - at;

		FUZZ_ASSERT(varlink_reader_push(&reader, (const char *)data + at,
						n) == 0);
		do
			r = next(&reader, &rest, data[1] & 1 ? 1000 : 0);
		while (r == VARLINK_FRAME_OK);
	}
	if (r == VARLINK_FRAME_NONE) /* then it is only begun */
		FUZZ_ASSERT(!memchr(rest.at, 0, (size_t)(rest.end - rest.at)));
	varlink_reader_done(&reader);
	return 0;
}
