// SPDX-License-Identifier: LGPL-2.1-or-later
#include "worker/call_log.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/log.h"
#include "lib/own.h"
#include "policy/abi.h"
#include "policy/call_text.h"
#include "worker/tracee.h"

#define COMM_BYTES 64
/* Four bytes an escape, three strings, and names and numbers. */
#define LINE_BYTES (3 * 4 * CALL_LOG_STRING_MAX + 512)

/* -- the limit ----------------------------------------------------------------------- */

static struct {
	int64_t since_ms;
	unsigned used;
	uint64_t left_out;
} bucket;

static bool may_tell(void)
{
	struct timespec t;
	int64_t now_ms, n;

	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	now_ms = (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
	n = (now_ms - bucket.since_ms) / CALL_LOG_EVERY_MS;
	bucket.since_ms += n * CALL_LOG_EVERY_MS;
	bucket.used -= n < bucket.used ? (unsigned)n : bucket.used;
	if (bucket.used >= CALL_LOG_BURST) {
		bucket.left_out++;
		return false;
	}
	bucket.used++;
	return true;
}

/* -- the call ------------------------------------------------------------------------ */

static struct call_bytes bytes_of(const char *text, size_t n)
{
	return (struct call_bytes){ .there = true,
				    .text = text,
				    .n = n < CALL_LOG_STRING_MAX
						 ? n
						 : CALL_LOG_STRING_MAX,
				    .cut = n > CALL_LOG_STRING_MAX };
}

/* @known, the copy that was decided or acted upon; else it is read now. */
static struct call_bytes string_at(const struct work *w, const char *known,
				   uint64_t address, char *buf, size_t size)
{
	struct call_bytes none = { .unread = true };

	if (!known && address &&
	    tracee_read_str((pid_t)w->notif.pid, address, buf, size) == TRACEE_OK)
		known = buf;
	return known ? bytes_of(known, strlen(known)) : none;
}

static struct call_bytes value_of(const struct work *w)
{
	static char value[CALL_LOG_STRING_MAX];
	const struct call *c = &w->call;

	if (w->facts.value)
		return bytes_of(w->facts.value, c->size);
	if (c->size && c->size <= sizeof(value) &&
	    tracee_read((pid_t)w->notif.pid, c->value_addr, value, c->size) ==
		    TRACEE_OK)
		return bytes_of(value, c->size);
	return (struct call_bytes){ .unread = true };
}

static struct call_bytes argument(const struct work *w, enum call_arg arg)
{
	static char path[PATH_MAX], name[XATTR_NAME_MAX_BYTES + 1];
	const struct call *c = &w->call;

	switch (arg) {
	case ARG_PATH:
		return string_at(w, w->e->path, c->path_addr, path, sizeof(path));
	case ARG_NAME:
		return string_at(w, w->facts.name, c->name_addr, name,
				 sizeof(name));
	case ARG_VALUE:
	case ARG_ARGS:
		return value_of(w);
	default:
		return (struct call_bytes){ .there = false };
	}
}

/* @reads: this worker may look at its callers. */
static void put_call(const struct work *w, bool reads, struct text *out)
{
	static struct call_text t;
	bool packed = call_is_packed(w->call.id);

	t.id = w->call.id;
	t.data = w->notif.data;
	t.n_args = 0;
	t.has_packed = packed && w->call.size <= UINT32_MAX;
	t.packed = (struct call_args){ w->call.value_addr,
				       (uint32_t)w->call.size, w->call.flags };
	decide_call_name(w->e->policy, &w->plan, t.name, sizeof(t.name));
	for (int i = 0; i < CALL_TEXT_ARGS; i++) {
		enum call_arg arg = call_arg_at(t.id, i);

		if (arg == ARG_NONE)
			break;
		t.args[i] = reads ? argument(w, arg)
				  : (struct call_bytes){ .unread = true };
		t.n_args++;
	}
	call_put(&t, 0, out);
}

/* -- who, and what came of it -------------------------------------------------------- */

static const char *comm_of(const struct work *w, char *buf)
{
	AUTO(fd_close) int fd = -1;
	char name[32];
	ssize_t n;

	(void)snprintf(name, sizeof(name), "%u/comm", w->notif.pid);
	fd = openat(w->e->home->proc_fd, name, O_RDONLY | O_CLOEXEC);
	n = fd < 0 ? -1 : read(fd, buf, COMM_BYTES - 1);
	if (n <= 0)
		return "?";
	buf[n - (buf[n - 1] == '\n')] = '\0';
	return buf;
}

/* As the container sees it. */
static const char *uid_of(struct work *w, char *buf, size_t size)
{
	uint32_t uid, gid;

	if (emulate_know_caller(w->e) != CALLER_OK || !emulate_knows_ids(w->e) ||
	    caller_inside(&w->e->caller, &uid, &gid) < 0)
		return "?";
	if (uid == UINT32_MAX)
		return "unmapped";
	(void)snprintf(buf, size, "%u", uid);
	return buf;
}

static const char *outcome(const struct verdict *v, char *buf, size_t size)
{
	const char *name;

	switch (v->kind) {
	case VERDICT_CONTINUE:
		return "continue";
	case VERDICT_RETURN:
		(void)snprintf(buf, size, "%lld", (long long)v->value);
		return buf;
	default:
		name = strerrorname_np(v->error);
		(void)snprintf(buf, size, "%d", v->error);
		return name ?: buf;
	}
}

static const char *event_of(const struct work *w, int error)
{
	if (error < 0)
		return "emulation-failed";
	return w->e->failed ? "emulation-refused" : "call";
}

void call_log(struct work *w, const struct verdict *v, int error)
{
	const struct slot_identity *id = &w->e->slot->identity;
	bool reads = w->notif.pid && decide_reads_memory(w->e->policy);
	static char comm[COMM_BYTES], uid[16], number[24], call[LINE_BYTES];
	struct text out = { call, sizeof(call), 0 };
	const char *name = error < 0 ? strerrorname_np(-error) : NULL;

	if (!w->decision.log && !may_tell())
		return;
	put_call(w, reads, &out);
	call[out.len] = '\0';
	log_event(error < 0 ? LOG_WARNING : LOG_NOTICE, event_of(w, error),
		  LOG_S("container", id->container), LOG_S("policy", id->policy),
		  LOG_I("rule", w->decision.rule),
		  LOG_S("comm", reads ? comm_of(w, comm) : "?"),
		  LOG_U("tid", w->notif.pid),
		  LOG_S("uid", reads ? uid_of(w, uid, sizeof(uid)) : "?"),
		  LOG_S("abi", abi_name(w->notif.data.arch,
					(uint32_t)w->notif.data.nr)),
		  LOG_S("syscall", call_name(w->call.id)),
		  LOG_S("action", w->decision.emulate ? "emulate" : "answer"),
		  LOG_S("result", outcome(v, number, sizeof(number))),
		  LOG_S("why", name ?: w->e->why ?: "rule"),
		  LOG_U("left_out", bucket.left_out), LOG_T("call", call));
	bucket.left_out = 0;
}
