// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/report.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "daemon/registry.h"
#include "lib/own.h"
#include "policy/utf8.h"
#include "proto/varlink.h"

static const char *const phases[] = {
	[SLOT_IDLE] = "idle",
	[SLOT_RECEIVING] = "receiving",
	[SLOT_RECEIVED] = "received",
	[SLOT_DECIDED] = "decided",
	[SLOT_EFFECT_BEGUN] = "effect-begun",
	[SLOT_EFFECT_DONE] = "effect-done",
	[SLOT_ANSWERED] = "answered",
	[SLOT_ANSWERING] = "answering",
};

/* The slot's word, so perhaps none of them. */
static const char *phase_name(const struct slot *s)
{
	uint32_t phase = atomic_load_explicit(&s->call.phase,
					      memory_order_relaxed);

	return phase < ARRAY_SIZE(phases) ? phases[phase] : "?";
}

/* A tree that stops growing at the first lack of memory, and then says so. */
struct tree {
	json_object *o;
	bool failed;
};

static void add(struct tree *t, const char *key, json_object *value)
{
	if (!value || !t->o || json_object_object_add(t->o, key, value) < 0) {
		json_object_put(value);
		t->failed = true;
	}
}

static void add_int(struct tree *t, const char *key, uint64_t v)
{
	add(t, key, json_object_new_int64(v > INT64_MAX ? INT64_MAX :
							  (int64_t)v));
}

static void add_str(struct tree *t, const char *key, const char *v)
{
	add(t, key, json_object_new_string(v));
}

static void append(struct tree *t, json_object *array, json_object *value)
{
	if (!value || json_object_array_add(array, value) < 0) {
		json_object_put(value);
		t->failed = true;
	}
}

static struct tree tree_new(void)
{
	return (struct tree){ .o = json_object_new_object() };
}

static json_object *tree_take(struct tree *t)
{
	if (t->failed)
		t->o = json_put(t->o);
	return t->o;
}

static json_object *counters_json(const struct counters *c)
{
	struct tree t = tree_new();

#define X(name, help) add_int(&t, #name, c->name);
	SLOT_COUNTERS(X)
#undef X
	return tree_take(&t);
}

struct json_object *report_hash(uint64_t hash)
{
	char text[17];

	(void)snprintf(text, sizeof(text), "%016" PRIx64, hash);
	return json_object_new_string(text);
}

/* Workers that were asked to leave for a newer policy, and have not yet. */
static uint64_t count_finishing(const struct registry *r)
{
	const struct container *c;
	const struct session *s;
	uint64_t n = 0;

	TAILQ_FOREACH(c, &r->containers, entry)
		TAILQ_FOREACH(s, &c->sessions, entry)
			n += s->outdated && s->worker_state == WORKER_RUNNING;
	return n;
}

/* Containers that no binding of the policy matches. */
static uint64_t count_kept(const struct registry *r)
{
	const struct container *c;
	uint64_t n = 0;

	TAILQ_FOREACH(c, &r->containers, entry)
		n += c->set != r->set;
	return n;
}

struct json_object *report_policy(const struct registry *r)
{
	json_object *names = json_object_new_array();
	struct tree t = tree_new();

	for (size_t i = 0; names && i < policy_set_count(r->set); i++)
		append(&t, names,
		       json_object_new_string(
			       policy_name(policy_set_at(r->set, i))));
	add_str(&t, "source", policy_set_source(r->set));
	add_int(&t, "generation", r->generation);
	add(&t, "policies", names);
	add(&t, "hash", report_hash(policy_set_hash(r->set)));
	add_int(&t, "loaded", (uint64_t)r->loaded);
	add_int(&t, "finishing", count_finishing(r));
	add_int(&t, "kept", count_kept(r));
	add(&t, "refused",
	    r->refused ? json_object_get(r->refused) : json_object_new_array());
	return tree_take(&t);
}

static json_object *features_json(const struct registry *r)
{
	struct tree t = tree_new();

	for (int f = 0; r->features.known && f < KFEATS; f++)
		add(&t, kfeats[f].name,
		    json_object_new_boolean((r->features.mask & KFEAT_BIT(f)) !=
					    0));
	return tree_take(&t);
}

/* json-c's null is NULL. */
static void add_str_or_null(struct tree *t, const char *key, const char *v)
{
	if (v)
		add_str(t, key, v);
	else if (t->o)
		json_object_object_add(t->o, key, NULL);
}

/* JSON has characters only: bytes that are none become \xHH. */
static json_object *path_json(const char *path)
{
	AUTO(free_ptr) char *text = NULL;
	size_t size, left = strlen(path);
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	while (left > 0) {
		size_t step = utf8_step(path, left);

		if (step)
			(void)fwrite(path, step, 1, f);
		else
			(void)fprintf(f, "\\x%02x", (unsigned char)*path);
		step = step ?: 1;
		path += step;
		left -= step;
	}
	return fclose(f) == 0 ? json_object_new_string(text) : NULL;
}

static json_object *worker_json(struct program *p)
{
	const char *problem = program_open(p);
	const char *layout = strchr(p->note, ' ');
	char version[sizeof(p->note)];
	struct tree t = tree_new();

	(void)snprintf(version, sizeof(version), "%.*s",
		       layout ? (int)(layout - p->note) : 0, p->note);
	add(&t, "path", path_json(p->path));
	add_str_or_null(&t, "version", problem ? NULL : version);
	add_str_or_null(&t, "layout", problem ? NULL : layout + 1);
	if (problem)
		add(&t, "problem", path_json(problem));
	else
		add_str_or_null(&t, "problem", NULL);
	return tree_take(&t);
}

static json_object *bounds_json(const struct groups *g)
{
	struct tree t = tree_new();

	if (g->path)
		add(&t, "cgroup", path_json(g->path));
	else
		add_str_or_null(&t, "cgroup", NULL);
	add_str_or_null(&t, "problem", g->problem[0] ? g->problem : NULL);
	add_str(&t, "lacking", g->lacking);
	add_int(&t, "memory_mib", GROUP_MEMORY_MAX_MIB);
	add_int(&t, "pids", GROUP_PIDS_MAX);
	return tree_take(&t);
}

struct json_object *report_status(struct registry *r, uint64_t uptime_s)
{
	struct counters sum = r->ended;
	const struct container *c;
	struct tree t = tree_new();

	TAILQ_FOREACH(c, &r->containers, entry) {
		struct counters one;

		container_counters(c, &one);
		counters_add(&sum, &one);
	}
	add_str(&t, "version", DEPUTY_VERSION);
	add_int(&t, "pid", (uint64_t)getpid());
	add_int(&t, "uptime", uptime_s);
	add(&t, "policy", report_policy(r));
	add_int(&t, "containers", r->n_containers);
	add_int(&t, "listeners", r->n_sessions);
	add_int(&t, "workers", r->n_workers);
	add(&t, "counters", counters_json(&sum));
	add(&t, "features", features_json(r));
	add(&t, "worker", worker_json(&r->program));
	add(&t, "bounds", bounds_json(&r->groups));
	return tree_take(&t);
}

static json_object *container_json(const struct container *c)
{
	char owner[IDENTITY_OWNER_MAX];
	struct counters sum;
	struct tree t = tree_new();

	container_counters(c, &sum);
	add_str(&t, "id", c->id);
	add_int(&t, "peer_uid", c->peer->uid);
	add_str(&t, "policy", policy_name(c->policy));
	add_int(&t, "listeners", c->n_sessions);
	add_int(&t, "received", sum.received);
	add_int(&t, "continued", sum.continued);
	add_int(&t, "emulated", sum.emulated);
	add_int(&t, "denied", sum.denied);
	add_int(&t, "failed", sum.failed);
	add_int(&t, "since", (uint64_t)c->since);
	add_int(&t, "userns", c->identity.userns.ino);
	add_int(&t, "peer_gid", c->peer_gid);
	add_str(&t, "userns_owner", identity_owner(&c->identity, owner));
	return tree_take(&t);
}

static json_object *facts_json(const struct container *c)
{
	json_object *cgroups = json_object_new_array();
	struct tree t = tree_new();

	for (size_t i = 0; cgroups && i < c->identity.cgroups.n; i++)
		append(&t, cgroups, path_json(c->identity.cgroups.paths[i]));
	add(&t, "cgroups", cgroups);
	add_str_or_null(&t, "bundle", c->bundle);
	add_str_or_null(&t, "metadata", c->metadata);
	add(&t, "annotations",
	    c->annotations ? container_annotations(c) :
			     json_object_new_object());
	return tree_take(&t);
}

static int by_id(const void *a, const void *b)
{
	const struct container *const *ca = a, *const *cb = b;

	return strcmp((*ca)->id, (*cb)->id);
}

/* Return: an array of all containers, the caller's to free(), or NULL */
static const struct container **sorted(const struct registry *r)
{
	const struct container **all =
		calloc(r->n_containers + 1, sizeof(struct container *));
	const struct container *c;
	size_t n = 0;

	if (!all)
		return NULL;
	TAILQ_FOREACH(c, &r->containers, entry)
		all[n++] = c;
	qsort(all, n, sizeof(struct container *), by_id);
	return all;
}

struct json_object *report_list(const struct registry *r)
{
	const struct container **all = sorted(r);
	json_object *array = json_object_new_array();
	struct tree t = tree_new();

	t.failed = !all || !array;
	for (size_t i = 0; !t.failed && all[i]; i++)
		append(&t, array, container_json(all[i]));
	free(all);
	add(&t, "containers", array);
	return tree_take(&t);
}

static json_object *session_json(const struct session *s)
{
	struct counters counters = { 0 };
	struct tree t = tree_new();

	counters_add_slot(&counters, s->slot);
	if (s->worker_state == WORKER_RUNNING)
		add_int(&t, "worker_pid", (uint64_t)s->worker->pid);
	else if (t.o) /* json-c's null is NULL */
		json_object_object_add(t.o, "worker_pid", NULL);
	add(&t, "helper", json_object_new_boolean(s->helper));
	add_str(&t, "phase", phase_name(s->slot));
	add_int(&t, "restarts", s->restarts);
	add_int(&t, "attempts", s->attempts);
	add(&t, "counters", counters_json(&counters));
	return tree_take(&t);
}

struct json_object *report_show(const struct registry *r, const char *id,
				int *ret_found)
{
	json_object *array;
	const struct container *c;
	const struct session *s;
	struct tree t;

	TAILQ_FOREACH(c, &r->containers, entry)
		if (strcmp(c->id, id) == 0)
			break;
	*ret_found = c != NULL;
	if (!c)
		return NULL;
	t = tree_new();
	array = json_object_new_array();
	TAILQ_FOREACH(s, &c->sessions, entry)
		if (array)
			append(&t, array, session_json(s));
	add(&t, "container", container_json(c));
	add(&t, "facts", facts_json(c));
	add(&t, "listeners", array);
	return tree_take(&t);
}
