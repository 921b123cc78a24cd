// SPDX-License-Identifier: LGPL-2.1-or-later
/* The keys that look at who asks: uid, gid, capability, root. */
#include "policy/cap.h"
#include "policy/match_key.h"

/* If nothing is known about the caller, only rules that deny match. */
static bool of_unknown(const struct doc_rule *r)
{
	return doc_denies(r);
}

static void unknown_have(FILE *out)
{
	(void)fputs("(not known)", out);
}

/* -- uid, gid ----------------------------------------------------------------------- */

static bool id_matches(const struct doc_id *ids, size_t n, uint32_t id)
{
	for (size_t i = 0; i < n; i++)
		if (id >= ids[i].first && id <= ids[i].last)
			return id != UINT32_MAX;
	return false;
}

static void id_have(uint32_t id, FILE *out)
{
	if (id == UINT32_MAX)
		(void)fputs("(not mapped)", out);
	else
		(void)fprintf(out, "%u", id);
}

static void print_id(const void *list, size_t i, FILE *out)
{
	const struct doc_id *id = (const struct doc_id *)list + i;

	if (id->first == id->last)
		(void)fprintf(out, "%u", id->first);
	else
		(void)fprintf(out, "%u-%u", id->first, id->last);
}

static void id_sample(const struct doc_id *ids, size_t n, struct samples *s)
{
	for (size_t i = 0; i < n; i++) {
		samples_add(s, ids[i].first, NULL, 0, true);
		samples_add(s, ids[i].last, NULL, 0, true);
		if (ids[i].first)
			samples_add(s, ids[i].first - 1, NULL, 0, false);
		samples_add(s, ids[i].last + 1, NULL, 0, false);
	}
}

static bool uid_given(const struct doc_match *m)
{
	return m->n_uids != 0;
}

static bool uid_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return f->caller ? id_matches(r->match.uids, r->match.n_uids,
				      f->caller->uid)
			 : of_unknown(r);
}

static void uid_have(const struct match_facts *f, FILE *out)
{
	if (f->caller)
		id_have(f->caller->uid, out);
	else
		unknown_have(out);
}

static void uid_why(const struct doc_match *m, const struct match_facts *f,
		    FILE *out)
{
	match_key_print_list(out, m->n_uids, m->uids, print_id);
}

static void uid_sample(const struct doc_match *m, struct samples *s)
{
	id_sample(m->uids, m->n_uids, s);
}

const struct match_key match_key_uid = {
	"uid", DIM_UID, uid_given, uid_matches, uid_have, uid_why, uid_sample,
};

static bool gid_given(const struct doc_match *m)
{
	return m->n_gids != 0;
}

static bool gid_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return f->caller ? id_matches(r->match.gids, r->match.n_gids,
				      f->caller->gid)
			 : of_unknown(r);
}

static void gid_have(const struct match_facts *f, FILE *out)
{
	if (f->caller)
		id_have(f->caller->gid, out);
	else
		unknown_have(out);
}

static void gid_why(const struct doc_match *m, const struct match_facts *f,
		    FILE *out)
{
	match_key_print_list(out, m->n_gids, m->gids, print_id);
}

static void gid_sample(const struct doc_match *m, struct samples *s)
{
	id_sample(m->gids, m->n_gids, s);
}

const struct match_key match_key_gid = {
	"gid", DIM_GID, gid_given, gid_matches, gid_have, gid_why, gid_sample,
};

/* -- capability --------------------------------------------------------------------- */

static bool capability_given(const struct doc_match *m)
{
	return m->caps != 0;
}

static bool capability_matches(const struct doc_rule *r,
			       const struct match_facts *f)
{
	return f->caller ? (f->caller->caps & r->match.caps) == r->match.caps
			 : of_unknown(r);
}

static void capability_have(const struct match_facts *f, FILE *out)
{
	if (f->caller)
		caps_print(f->caller->caps, out);
	else
		unknown_have(out);
}

static void capability_why(const struct doc_match *m,
			   const struct match_facts *f, FILE *out)
{
	uint64_t have = f->caller ? f->caller->caps : 0;

	(void)fputs(f->caller ? "lacks " : "is not ", out);
	caps_print(m->caps & ~have, out);
}

/* Parts of it: sampling.c, for all rules together. */
static void capability_sample(const struct doc_match *m, struct samples *s)
{
	samples_add(s, m->caps, NULL, 0, true);
}

const struct match_key match_key_capability = {
	"capability",	 DIM_CAPS,	 capability_given,  capability_matches,
	capability_have, capability_why, capability_sample,
};

/* -- root --------------------------------------------------------------------------- */

static bool root_given(const struct doc_match *m)
{
	return m->root != DOC_ANYBODY;
}

static bool root_matches(const struct doc_rule *r, const struct match_facts *f)
{
	return f->caller ? (f->caller->uid == 0) == (r->match.root == DOC_ROOT)
			 : of_unknown(r);
}

static void root_have(const struct match_facts *f, FILE *out)
{
	if (f->caller)
		(void)fputs(f->caller->uid == 0 ? "true" : "false", out);
	else
		unknown_have(out);
}

static void root_why(const struct doc_match *m, const struct match_facts *f,
		     FILE *out)
{
	(void)fputs(m->root == DOC_ROOT ? "is not true" : "is not false", out);
}

static void root_sample(const struct doc_match *m, struct samples *s)
{
	samples_add(s, 0, NULL, 0, m->root == DOC_ROOT);
	samples_add(s, 1, NULL, 0, m->root == DOC_NOT_ROOT);
}

const struct match_key match_key_root = {
	"root",	   DIM_UID,  root_given,  root_matches,
	root_have, root_why, root_sample,
};
