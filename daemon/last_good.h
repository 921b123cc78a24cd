/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The policy that was served last, kept for a deputyd that is started with files
 * that it has to refuse.  It lies in the fd store as the texts of its files, which
 * the next deputyd compiles anew: so it may be of another version.
 *
 * The store has the policy that is served now, and no other.
 */

#include <stdbool.h>
#include <stdint.h>

#include "daemon/fdstore.h"

#define LAST_GOOD_MAGIC	    UINT32_C(0x676c6a64) /* "djlg", little endian */
#define LAST_GOOD_MAX_BYTES (16 * 1024 * 1024)	 /* of its JSON */

struct diags;
struct inherit;
struct policy_set;
struct registry;

/* Return: a sealed memfd (daemon/sealed.h) with the texts, or a negative errno */
int last_good_record(const struct policy_set *set);

/**
 * last_good_load() - compile what an earlier deputyd left
 * @in:	      its fds stay there
 * @features: as of reload_load()
 * @diags:    gets what is wrong with it
 * Return: the set, or NULL: nothing was left, or nothing that can be served
 */
struct policy_set *last_good_load(const struct inherit *in, uint32_t features,
				  struct diags *diags);

/* Its name in the store. Return: is it there? */
bool last_good_name(const struct registry *r, char ret[FDSTORE_NAME_MAX]);
/* Stores the policy that is served, and drops the earlier one. */
void last_good_put(struct registry *r);
/* The same at the start: those in @in are taken out, and dropped. */
void last_good_settle(struct registry *r, struct inherit *in);
