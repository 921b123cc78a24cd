/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * Makes the seccomp profile that notifies on what a policy's rules need, and
 * checks a profile against a policy.
 *
 * A profile can only name calls, so a policy's default applies only to calls
 * that its rules name.
 */

#include <json-c/json.h>

#include "policy/diag.h"
#include "policy/policy.h"

#define PROFILE_LISTENER_DEFAULT "/run/deputy/oci.sock"
#define PROFILE_LXC_DEFAULT	 "/run/deputy/lxc.sock"

enum profile_dialect {
	PROFILE_AS_BASE = 0, /* the base's; oci without one */
	PROFILE_OCI,	     /* linux.seccomp of the runtime specification */
	PROFILE_DOCKER,	     /* Docker's, which Podman and Buildah read, too */
	PROFILE_LXC,	     /* LXC's own; made as oci, and printed as such */
};

/* A profile in memory. Borrowed. */
struct profile_text {
	const char *name; /* for messages */
	const char *text;
	size_t bytes;
};

struct profile_options {
	const char *policy; /* its name; NULL: the only one */
	const char *base;   /* a profile's path; NULL: all is allowed */
	const struct profile_text *base_text; /* in place of base */
	const char *listener;
	enum profile_dialect dialect;
	bool wait_killable; /* SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV */
};

/* Return: why no engine accepts this as a listener's path; NULL: it is good */
const char *profile_listener_complaint(const char *path);

/**
 * profile_make() - make the profile that notifies on what a policy's rules need
 * @set:     as loaded by policy_set_load()
 * @diags:   initialised with the policy file's name; gets its errors and warnings
 * @base:    gets the errors and warnings of the base
 * @ret:     the caller's to json_object_put()
 * Return: 0, -EINVAL when @diags or @base has an error, or another negative
 * errno
 */
int profile_make(const struct policy_set *set, const struct profile_options *o,
		 struct diags *diags, struct diags *base,
		 struct json_object **ret);

/**
 * profile_print_lxc() - print a profile in LXC's format
 * @profile: of profile_make(), without a base
 * @notes:   diagnostics of profile_make(), printed as comments
 */
void profile_print_lxc(struct json_object *profile, const struct diags *notes,
		       FILE *out);

/**
 * profile_check() - does a profile notify on what a policy's rules need?
 * @policy: a name; NULL: the one that the profile's listenerMetadata names, or
 *          the only one
 * @found:  gets an error if a rule would never get its calls, a notified call
 * has no rule, or an engine would not start the container; a warning if something
 * costs time, or depends on the engine Return: 0, -EINVAL when @diags or @found
 * has an error, or another negative errno
 */
int profile_check(const struct policy_set *set, const char *policy,
		  const char *path, struct diags *diags, struct diags *found);
