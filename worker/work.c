// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/work.h"

#include <string.h>

#include "worker/tracee.h"

/* The kernel takes a struct xattr_args of at most a page. */
#define ARGS_MAX_BYTES 4096

/* What a packed call keeps in memory, once. Left undone where the kernel will
 * refuse the call for it: EFAULT; EINVAL for a struct shorter than the first;
 * E2BIG for one longer than ours whose rest is not zero.
 * Return: enum tracee_status, or a negative errno of ours */
static int read_args(struct work *w)
{
	static char buf[ARGS_MAX_BYTES];
	struct call_args args;
	size_t bytes = w->call.args_size;
	int r;

	if (bytes < sizeof(args) || bytes > sizeof(buf))
		return TRACEE_OK;
	r = tracee_read((pid_t)w->notif.pid, w->call.args_addr, buf, bytes);
	if (r != TRACEE_OK)
		return r;
	for (size_t i = sizeof(args); i < bytes; i++)
		if (buf[i])
			return TRACEE_OK;
	memcpy(&args, buf, sizeof(args));
	call_unpack(&w->call, &args);
	return TRACEE_OK;
}

static int read_name(struct work *w)
{
	static char name[XATTR_NAME_MAX_BYTES + 1];
	int r = tracee_read_str((pid_t)w->notif.pid, w->call.name_addr, name,
				sizeof(name));

	if (r == TRACEE_OK)
		w->facts.name = name;
	return r;
}

static int read_value(struct work *w)
{
	static char value[DECIDE_VALUE_MAX_BYTES];
	int r = tracee_read((pid_t)w->notif.pid, w->call.value_addr, value,
			    w->call.size);

	w->facts.value_read = true;
	if (r == TRACEE_OK)
		w->facts.value = value;
	return r;
}

static int read_caller(struct work *w)
{
	int r = emulate_know_caller(w->e);

	w->facts.caller_read = true;
	if (r == CALLER_GONE)
		return TRACEE_GONE;
	if (r == CALLER_OK && emulate_knows_ids(w->e)) {
		r = caller_inside(&w->e->caller, &w->who.uid, &w->who.gid);
		w->who.caps = w->e->caller.caps;
		w->facts.caller = &w->who;
	}
	return r < 0 ? r : TRACEE_OK;
}

/* Return: 0, TRACEE_GONE, or a negative errno of ours */
static int go_on(struct work *w)
{
	for (;;) {
		enum decide_status status =
			decide(w->e->policy, &w->plan, &w->facts, &w->decision);
		int r = TRACEE_OK;

		w->wants_directory = status == DECIDE_WANTS_DIRECTORY;
		switch (status) {
		case DECIDE_DONE:
		case DECIDE_WANTS_DIRECTORY:
			return 0;
		case DECIDE_WANTS_VALUE:
			r = read_value(w);
			break;
		case DECIDE_WANTS_CALLER:
			r = read_caller(w);
			break;
		}
		if (r < 0 || r == TRACEE_GONE)
			return r;
	}
}

int work_decide(struct work *w)
{
	bool readable = w->notif.pid != 0; /* else not in sight from our pid
					      namespace */
	int r = TRACEE_OK;

	w->facts = (struct facts){ .call = &w->call,
				   .value_read = !readable,
				   .caller_read = !readable };
	if (readable && w->plan.needs_args)
		r = read_args(w);
	if (r < 0 || r == TRACEE_GONE)
		return r;
	if (readable && w->plan.needs_name)
		r = read_name(w);
	return r < 0 || r == TRACEE_GONE ? r : go_on(w);
}

int work_decide_placed(struct work *w, const char *directory)
{
	w->facts.directory_read = true;
	w->facts.directory = directory;
	return go_on(w);
}
