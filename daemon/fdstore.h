/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The fd store of whoever started us: systemd, or "deputyd --keeper"
 * (sd_pid_notify_with_fds(3)).  What is put there comes back to the next
 * deputyd as LISTEN_FDS with its names.
 *
 *   bound-oci, bound-control   a listening socket that deputyd bound itself
 *   policy-M	 the policy that is served (daemon/last_good.h)
 *   cN   cN-M	 container N: its record (daemon/record.h), of change M; its
 *		 user namespace
 *   cN.L	 listener L of container N: the listener, its slot
 *   wN-I	 connection N, which has sent no listener yet; I is the inode of
 *		 its peer's user namespace
 *
 * All numbers are in hex, without leading zeros; N is never given twice.  They are
 * short because all names together are one string of the next deputyd's
 * environment, for which the kernel has a limit (MAX_ARG_STRLEN).
 *
 * Sending is fire and forget: a store that is full or forbidden says nothing.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FDSTORE_NAME_MAX 64
/* Of LISTEN_FDNAMES; MAX_ARG_STRLEN is 128 KiB, and sockets have names, too. */
#define FDSTORE_NAMES_MAX_BYTES ((size_t)120 * 1024)
#define FDSTORE_BOUND		"bound-"
#define FDSTORE_POLICY		"policy-"

/* Of it, of one uid but root, and of all of those: what is left is root's. */
#define FDSTORE_SHARE_MAX_BYTES	 ((size_t)30 * 1024)
#define FDSTORE_SHARES_MAX_BYTES ((size_t)90 * 1024)

/* What one uid has in the store. */
struct fdstore_share {
	bool limited; /* not root's */
	size_t names_bytes;
};

struct fdstore {
	bool on; /* is there somebody to send to? */
	bool told_full;
	uint64_t last;	    /* the highest N given */
	uint64_t policy;    /* the M of its policy; 0: none */
	size_t names_bytes; /* of all that is in it */
	size_t shared_bytes; /* of the limited shares */
};

void fdstore_init(struct fdstore *s);

/**
 * fdstore_put() - store fds, all under one name
 * @fds:   borrowed; -1 is left out
 * @share: whose they are; NULL: deputyd's own
 * Return: true, or false when there is no store, or it would not fit
 */
bool fdstore_put(struct fdstore *s, const char *name, const int *fds, size_t n,
		 struct fdstore_share *share);
/* What came from a store and stays there. */
void fdstore_had(struct fdstore *s, const char *name);
/* Whose that is, once it is known: @n fds of that name. */
void fdstore_charge(struct fdstore *s, const char *name, size_t n,
		    struct fdstore_share *share);
/* Takes @n fds, all of that name, out. */
void fdstore_drop(struct fdstore *s, const char *name, size_t n,
		  struct fdstore_share *share);

struct fdstore_name {
	uint64_t container; /* N, never 0 */
	uint64_t change;    /* M */
	uint64_t listener;  /* L; 0: the container itself */
};

void fdstore_name_format(const struct fdstore_name *n,
			 char ret[FDSTORE_NAME_MAX]);
/* Return: is it one? */
bool fdstore_name_parse(const char *text, struct fdstore_name *ret);

struct fdstore_waiting {
	uint64_t number; /* N, never 0 */
	uint64_t userns_ino;
};

void fdstore_waiting_format(const struct fdstore_waiting *w,
			    char ret[FDSTORE_NAME_MAX]);
/* Return: is it one? */
bool fdstore_waiting_parse(const char *text, struct fdstore_waiting *ret);

/* The name of the served policy, of its number M. */
void fdstore_policy_format(uint64_t number, char ret[FDSTORE_NAME_MAX]);
/* Return: M; 0: it is no such name */
uint64_t fdstore_policy_parse(const char *text);
