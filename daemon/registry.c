// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/registry.h"

#include <linux/kcmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/appoint.h"
#include "daemon/watch.h"
#include "lib/log.h"
#include "lib/own.h"

void registry_init(struct registry *r, uv_loop_t *loop, const char *worker_path,
		   struct policy_set *set)
{
	*r = (struct registry){
		.loop = loop,
		.groups.fd = -1,
		.set = set,
		.generation = 1,
		.loaded = (int64_t)time(NULL),
	};
	program_init(&r->program, worker_path);
	TAILQ_INIT(&r->containers);
	LIST_INIT(&r->peers);
	watch_init(r);
}

void registry_done(struct registry *r)
{
	r->set = policy_set_unref(r->set);
	r->closed_set = policy_set_unref(r->closed_set);
	program_done(&r->program);
	groups_close(&r->groups);
	json_object_put(r->refused);
	r->refused = NULL;
}

/* Safe against the end of the session that it is called with. */
static void for_each_session(struct registry *r, void (*f)(struct session *))
{
	struct container *c, *next_c;

	for (c = TAILQ_FIRST(&r->containers); c; c = next_c) {
		struct session *s, *next_s;

		next_c = TAILQ_NEXT(c, entry);
		for (s = TAILQ_FIRST(&c->sessions); s; s = next_s) {
			next_s = TAILQ_NEXT(s, entry);
			f(s);
		}
	}
}

static void close_session(struct session *s)
{
	if (s->worker_state == WORKER_NONE)
		session_end(s, "deputyd ends");
	else
		appoint_dismiss(s);
}

void registry_close(struct registry *r)
{
	r->closing = true;
	for_each_session(r, close_session);
	watch_close(r);
}

void registry_kill(struct registry *r)
{
	for_each_session(r, appoint_kill);
}

void registry_set_policy(struct registry *r, struct policy_set *set)
{
	policy_set_unref(r->set);
	r->set = set;
	r->generation++;
	r->loaded = (int64_t)time(NULL);
}

struct container *registry_find(struct registry *r, uid_t peer_uid,
				gid_t peer_gid, const char *id,
				const struct ns_id *userns)
{
	struct container *c, *found = NULL;

	TAILQ_FOREACH(c, &r->containers, entry) {
		if (c->peer->uid != peer_uid || c->peer_gid != peer_gid ||
		    strcmp(c->id, id) != 0)
			continue;
		if (userns && !ns_id_is(&c->identity.userns, userns))
			continue;
		if (found)
			return NULL;
		found = c;
	}
	return found;
}

bool registry_has_listener(const struct registry *r, int fd)
{
	const struct container *c;
	const struct session *s;
	pid_t self = getpid();

	TAILQ_FOREACH(c, &r->containers, entry)
		TAILQ_FOREACH(s, &c->sessions, entry)
			if (syscall(SYS_kcmp, self, self, KCMP_FILE, fd,
				    s->listener_fd) == 0)
				return true;
	return false;
}
