// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/reload.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include "daemon/appoint.h"
#include "daemon/last_good.h"
#include "daemon/registry.h"
#include "lib/log.h"
#include "policy/machine_check.h"
#include "proto/diagnostics.h"

static void log_diags(const struct diags *d)
{
	for (size_t i = 0; i < d->n && i < DIAGS_MAX; i++) {
		char text[LOG_VALUE_MAX + 1];

		diag_format(d, &d->items[i], text, sizeof(text));
		log_event(d->items[i].level == DIAG_ERROR ? LOG_ERR :
							    LOG_WARNING,
			  "policy-diagnostic", LOG_S("at", text));
	}
}

int reload_load(struct policy_paths paths, uint32_t features,
		struct policy_set **ret, struct diags *diags)
{
	int r = policy_set_load_all(paths, ret, diags);

	if (r == 0)
		policy_check_machine(*ret, features, diags);
	if (r == 0 && diags->n_errors > 0) {
		policy_set_unref(*ret);
		*ret = NULL;
		r = -EINVAL;
	}
	log_diags(diags);
	if (r < 0)
		log_event(LOG_ERR, "policy-refused",
			  LOG_S("file", diags->file),
			  LOG_U("errors", diags->n_errors), LOG_E(r));
	return r;
}

/* A shared mapping of what is sealed Linux refused up to 6.6, also to read.
 * Return: a mapping of the whole memfd, or NULL */
static void *map(int fd, size_t *ret_size)
{
	struct stat st;
	void *p;

	if (fstat(fd, &st) < 0 || st.st_size <= 0)
		return NULL;
	p = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	*ret_size = (size_t)st.st_size;
	return p == MAP_FAILED ? NULL : p;
}

/* Do two policies compile to the same bytes? Unsure is no. */
static bool is_same(const struct policy *a, const struct policy *b)
{
	size_t a_size = 0, b_size = 0;
	void *pa = map(policy_memfd(a), &a_size);
	void *pb = map(policy_memfd(b), &b_size);
	bool same = pa && pb && a_size == b_size && !memcmp(pa, pb, a_size);

	if (pa)
		(void)munmap(pa, a_size);
	if (pb)
		(void)munmap(pb, b_size);
	return same;
}

static void rebind(struct container *c, struct policy_set *set)
{
	const struct policy *p = container_bind(c, set);
	struct session *s;
	bool same;

	if (!p) {
		log_event(LOG_WARNING, "policy-kept", LOG_S("container", c->id),
			  LOG_S("policy", policy_name(c->policy)),
			  LOG_S("why", "no binding of the new policy matches"));
		return;
	}
	same = is_same(c->policy, p);
	container_set_policy(c, set, p);
	if (same)
		return;
	log_event(LOG_INFO, "policy-changed", LOG_S("container", c->id),
		  LOG_S("policy", policy_name(p)));
	/* A session between two workers takes it with the next one. */
	TAILQ_FOREACH(s, &c->sessions, entry)
		appoint_supersede(s);
}

void reload_note(struct registry *r, const struct diags *refused)
{
	json_object_put(r->refused);
	r->refused = refused ? diagnostics_json(refused) : NULL;
}

int reload(struct registry *r, struct policy_paths paths, struct diags *diags)
{
	struct policy_set *set;
	struct container *c;
	char hash[17];
	int error = reload_load(paths, r->features.not_lacking, &set, diags);

	reload_note(r, error < 0 ? diags : NULL);
	if (error < 0)
		return error;
	registry_set_policy(r, set);
	last_good_put(r);
	TAILQ_FOREACH(c, &r->containers, entry)
		rebind(c, set);
	(void)snprintf(hash, sizeof(hash), "%016" PRIx64, policy_set_hash(set));
	log_event(LOG_NOTICE, "policy-loaded",
		  LOG_S("source", policy_set_source(set)),
		  LOG_U("policies", policy_set_count(set)),
		  LOG_S("hash", hash), LOG_U("generation", r->generation));
	return 0;
}
