// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/control_answer.h"

#include <errno.h>
#include <string.h>

#include "lib/log.h"
#include "proto/oci_state.h"

struct request {
	const struct control_ops *ops;
	void *ctx;
	const char *arg; /* the method's one parameter */
	struct json_object *parameters; /* all of them; NULL: none */
	const struct ucred *peer;
};

/* Gives the whole message. Return: NULL for lack of memory */
typedef struct json_object *answer_fn(const struct request *rq);

static struct json_object *error_str(const char *error, const char *key,
				     const char *value)
{
	struct json_object *parameters = varlink_parameter_str(key, value);

	return parameters ? varlink_error_new(error, parameters) : NULL;
}

static struct json_object *answer_ops(const struct request *rq, int status,
				      struct json_object *parameters)
{
	if (status == CONTROL_OK && parameters)
		return varlink_reply_new(parameters);
	if (status == CONTROL_NOT_FOUND)
		return error_str(CONTROL_ERROR("NotFound"), "id",
				 rq->arg ? rq->arg : "");
	if (status == CONTROL_RELOAD_FAILED && parameters)
		return varlink_error_new(CONTROL_ERROR("ReloadFailed"),
					 parameters);
	return error_str(CONTROL_ERROR("InternalError"), "reason",
			 strerror(status < 0 ? -status : ENOMEM));
}

static struct json_object *answer_status(const struct request *rq)
{
	struct json_object *p = NULL;
	int r = rq->ops->status(rq->ctx, &p);

	return answer_ops(rq, r, p);
}

static struct json_object *answer_list(const struct request *rq)
{
	struct json_object *p = NULL;
	int r = rq->ops->list(rq->ctx, &p);

	return answer_ops(rq, r, p);
}

static struct json_object *answer_show(const struct request *rq)
{
	struct json_object *p = NULL;
	int r = rq->ops->show(rq->ctx, rq->arg, &p);

	return answer_ops(rq, r, p);
}

static struct json_object *answer_reload(const struct request *rq)
{
	struct json_object *p = NULL;
	int r = rq->ops->reload(rq->ctx, &p);

	return answer_ops(rq, r, p);
}

/* -- Check, which has more than one parameter ------------------------------------- */

/* A string that C can hold, or missing, or null. */
static bool read_str(struct json_object *v, const char **ret)
{
	if (v && !json_object_is_type(v, json_type_string))
		return false;
	*ret = v ? json_object_get_string(v) : NULL;
	return !v || strlen(*ret) == (size_t)json_object_get_string_len(v);
}

/* Missing and null change nothing. */
static bool read_u32(struct json_object *v, int64_t max, uint32_t *ret)
{
	int64_t n = v ? json_object_get_int64(v) : 0;

	if (v && (!json_object_is_type(v, json_type_int) || n < 0 || n > max))
		return false;
	if (v)
		*ret = (uint32_t)n;
	return true;
}

static bool read_pid(struct json_object *v, pid_t *ret)
{
	uint32_t n = 0;

	if (!read_u32(v, INT32_MAX, &n) || (v && n == 0))
		return false;
	*ret = (pid_t)n;
	return true;
}

static bool read_each(struct json_object *v, bool *ret)
{
	const char *s;

	if (!read_str(v, &s) || (s && strcmp(s, OCI_STATE_USERNS_EACH) != 0))
		return false;
	*ret = s;
	return true;
}

static bool read_strings(struct json_object *v, struct json_object **ret)
{
	struct json_object_iter i;
	const char *s;

	if (v && !json_object_is_type(v, json_type_object))
		return false;
	if (v) {
		json_object_object_foreachC(v, i)
		{
			if (!i.val || !read_str(i.val, &s))
				return false;
		}
	}
	*ret = v;
	return true;
}

/* Return: false where it is no parameter, or not this one's value */
static bool read_parameter(const char *key, struct json_object *v,
			   struct control_check *c)
{
	const struct {
		const char *key, **ret;
	} strings[] = {
		{ "policy", &c->policy },
		{ "metadata", &c->metadata },
		{ "id", &c->id },
		{ "bundle", &c->bundle },
	};

	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		if (strcmp(key, strings[i].key) == 0)
			return read_str(v, strings[i].ret);
	if (strcmp(key, "peer_uid") == 0)
		return read_u32(v, UINT32_MAX - 1, &c->peer_uid);
	if (strcmp(key, "peer_gid") == 0)
		return read_u32(v, UINT32_MAX - 1, &c->peer_gid);
	if (strcmp(key, "pid") == 0)
		return read_pid(v, &c->pid);
	if (strcmp(key, "userns") == 0)
		return read_each(v, &c->each);
	return strcmp(key, "annotations") == 0 &&
	       read_strings(v, &c->annotations);
}

/* Return: the name of a parameter that is wrong, or NULL: all is well */
static const char *read_check(const struct request *rq, struct control_check *c)
{
	struct json_object_iter i;

	*c = (struct control_check){ .asker = *rq->peer,
				     .peer_uid = rq->peer->uid,
				     .peer_gid = rq->peer->gid };
	if (!rq->parameters)
		return NULL;
	json_object_object_foreachC(rq->parameters, i)
	{
		if (!read_parameter(i.key, i.val, c))
			return i.key;
	}
	/* What others get is for who may read it all. */
	if (rq->ops->oci && (c->peer_uid != rq->peer->uid ||
			     c->peer_gid != rq->peer->gid))
		return "peer_uid";
	return NULL;
}

static struct json_object *answer_check(const struct request *rq)
{
	struct json_object *p = NULL;
	struct control_check c;
	const char *wrong = read_check(rq, &c);
	int r;

	if (wrong)
		return error_str(SERVICE_ERROR("InvalidParameter"), "parameter",
				 wrong);
	r = rq->ops->check(rq->ctx, &c, &p);
	if (r == CONTROL_OK && p)
		json_object_object_add(p, "socket",
				       json_object_new_string(
					       rq->ops->oci ? "oci" : "control"));
	return answer_ops(rq, r, p);
}

/* -- org.varlink.service ------------------------------------------------------------ */

static const struct {
	const char *name, *idl;
} interfaces[] = {
	{ SERVICE_INTERFACE, varlink_idl_service },
	{ CONTROL_INTERFACE, varlink_idl_control },
};

static struct json_object *answer_info(const struct request *rq)
{
	static const struct {
		const char *key, *value;
	} strings[] = { { "vendor", "deputy" },
			{ "product", "deputyd" },
			{ "version", DEPUTY_VERSION },
			{ "url", "" } };
	struct json_object *p = json_object_new_object();
	struct json_object *names = json_object_new_array();

	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++)
		json_object_array_add(
			names, json_object_new_string(interfaces[i].name));
	for (size_t i = 0; i < ARRAY_SIZE(strings); i++)
		json_object_object_add(
			p, strings[i].key,
			json_object_new_string(strings[i].value));
	json_object_object_add(p, "interfaces", names);
	return varlink_reply_new(p);
}

static struct json_object *answer_description(const struct request *rq)
{
	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++)
		if (strcmp(interfaces[i].name, rq->arg) == 0)
			return varlink_reply_new(varlink_parameter_str(
				"description", interfaces[i].idl));
	return error_str(SERVICE_ERROR("InterfaceNotFound"), "interface",
			 rq->arg);
}

static const struct method {
	const char *name;
	const char *parameter; /* its one parameter, a string; NULL: none */
	bool changes;	       /* for uid 0 only */
	answer_fn *answer;
	bool own; /* it reads its parameters itself */
	bool oci; /* the OCI socket answers it, too */
} methods[] = {
	{ SERVICE_INTERFACE ".GetInfo", NULL, false, answer_info },
	{ SERVICE_INTERFACE ".GetInterfaceDescription", "interface", false,
	  answer_description },
	{ CONTROL_INTERFACE ".Status", NULL, false, answer_status },
	{ CONTROL_INTERFACE ".List", NULL, false, answer_list },
	{ CONTROL_INTERFACE ".Show", "id", false, answer_show },
	{ CONTROL_INTERFACE ".Reload", NULL, true, answer_reload },
	{ CONTROL_INTERFACE ".Check", NULL, false, answer_check, true,
	  true },
};

static const struct method *method_find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(methods); i++)
		if (strcmp(methods[i].name, name) == 0)
			return &methods[i];
	return NULL;
}

static struct json_object *answer_no_method(const char *method)
{
	const char *dot = strrchr(method, '.');
	size_t bytes = dot ? (size_t)(dot - method) : 0;
	char *interface;
	struct json_object *m;

	for (size_t i = 0; i < ARRAY_SIZE(interfaces); i++)
		if (strlen(interfaces[i].name) == bytes &&
		    memcmp(interfaces[i].name, method, bytes) == 0)
			dot = NULL;
	if (!dot)
		return error_str(SERVICE_ERROR("MethodNotFound"), "method",
				 method);
	interface = strndup(method, bytes);
	m = interface ? error_str(SERVICE_ERROR("InterfaceNotFound"),
				  "interface", interface) :
			NULL;
	free(interface);
	return m;
}

/* Return: the name of a parameter that is wrong, or NULL: all is well */
static const char *parameters_check(const struct method *m,
				    struct json_object *parameters,
				    const char **ret_arg)
{
	struct json_object *arg = NULL;

	if (m->own)
		return NULL;
	if (parameters) {
		json_object_object_foreach(parameters, key, value) {
			if (!m->parameter || strcmp(key, m->parameter) != 0)
				return key;
			arg = value;
		}
	}
	if (!m->parameter)
		return NULL;
	if (!json_object_is_type(arg, json_type_string))
		return m->parameter;
	*ret_arg = json_object_get_string(arg);
	if (strlen(*ret_arg) != (size_t)json_object_get_string_len(arg))
		return m->parameter;
	return NULL;
}

/* Who changed something, or tried to, stands in the log. */
static struct json_object *answer_change(const struct request *rq,
					 const struct method *m, uid_t peer_uid)
{
	bool may = peer_uid == 0;

	log_event(may ? LOG_NOTICE : LOG_WARNING,
		  may ? "control-called" : "control-not-permitted",
		  LOG_S("method", m->name), LOG_U("peer_uid", peer_uid));
	return may ? m->answer(rq) :
		     varlink_error_new(SERVICE_ERROR("PermissionDenied"), NULL);
}

struct json_object *control_answer(const struct control_ops *ops, void *ctx,
				   const struct ucred *peer,
				   const struct varlink_call *call)
{
	struct request rq = { .ops = ops,
			      .ctx = ctx,
			      .parameters = call->parameters,
			      .peer = peer };
	const struct method *m = method_find(call->method);
	struct json_object *answer;
	const char *wrong;

	if (call->oneway && (!m || !m->changes))
		return NULL;
	if (!m)
		return answer_no_method(call->method);
	if (ops->oci && !m->oci)
		return error_str(CONTROL_ERROR("WrongSocket"), "socket", "oci");
	wrong = call->upgrade ? "upgrade" :
				parameters_check(m, call->parameters, &rq.arg);
	if (wrong)
		answer = error_str(SERVICE_ERROR("InvalidParameter"),
				   "parameter", wrong);
	else if (m->changes)
		answer = answer_change(&rq, m, peer->uid);
	else
		answer = m->answer(&rq);
	return call->oneway ? json_put(answer) : answer;
}

struct json_object *control_protocol_error(const char *reason)
{
	return error_str(CONTROL_ERROR("ProtocolError"), "reason", reason);
}

struct json_object *control_limit_error(const char *limit, int64_t max)
{
	struct json_object *p = varlink_parameter_str("limit", limit);

	if (!p)
		return NULL;
	json_object_object_add(p, "max", json_object_new_int64(max));
	return varlink_error_new(CONTROL_ERROR("LimitExceeded"), p);
}
