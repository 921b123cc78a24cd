// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/conn_answer.h"

#include <errno.h>

#include "daemon/control_answer.h"
#include "daemon/foretell.h"
#include "daemon/registry.h"

static int op_check(void *ctx, const struct control_check *c,
		    struct json_object **ret)
{
	*ret = foretell(ctx, c);
	return *ret ? CONTROL_OK : -ENOMEM;
}

static const struct control_ops ops = { .oci = true, .check = op_check };

static void say(int sock, struct json_object *message)
{
	AUTO(json_put) struct json_object *taken = message;
	AUTO(free_ptr) char *text = NULL;
	size_t bytes;

	if (taken && varlink_encode(taken, &text, &bytes) == 0)
		(void)!send(sock, text, bytes, MSG_DONTWAIT | MSG_NOSIGNAL);
}

bool conn_answer_call(struct registry *r, int sock, const struct ucred *peer,
		      const char *text, size_t n)
{
	struct varlink_call call;
	const char *reason;

	if (varlink_call_parse(text, n, &call, &reason) < 0)
		return false;
	say(sock, control_answer(&ops, r, peer, &call));
	varlink_call_done(&call);
	return true;
}

void conn_answer_listener(int sock, const char *why)
{
	struct json_object *p = json_object_new_object();

	if (!p)
		return;
	json_object_object_add(p, "accepted", json_object_new_boolean(!why));
	if (why)
		json_object_object_add(p, "reason", json_object_new_string(why));
	say(sock, varlink_reply_new(p));
}
