/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * One call to deputyd over its control socket.
 */

#include <json-c/json.h>

#include "ctl/verb.h"
#include "proto/varlink.h"

/**
 * client_call() - call and wait for the reply
 * @method:     of CONTROL_INTERFACE, without the interface
 * @parameters: taken; NULL: none
 * @ret:        to be varlink_reply_done(); may hold an error of deputyd's
 * Return: CTL_OK, or CTL_FAILED when there is no reply; stderr then says what
 * to do
 */
int client_call(const struct ctl *ctl, const char *method,
		struct json_object *parameters, struct varlink_reply *ret);

/**
 * client_get() - the same, and an error of deputyd's ends it too
 * @ret_parameters: the caller's to json_put()
 * With --json the error is also printed on stdout, as varlink has it.
 */
int client_get(const struct ctl *ctl, const char *method,
	       struct json_object *parameters,
	       struct json_object **ret_parameters);
