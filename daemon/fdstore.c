// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/fdstore.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <systemd/sd-daemon.h>

#include "lib/log.h"

void fdstore_init(struct fdstore *s)
{
	const char *socket = getenv("NOTIFY_SOCKET");

	*s = (struct fdstore){ .on = socket && *socket };
}

static size_t bytes_of(const char *name, size_t n)
{
	return n * (strlen(name) + 1); /* and a colon each */
}

static size_t compact(const int *fds, size_t n, int ret[])
{
	size_t got = 0;

	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			ret[got++] = fds[i];
	return got;
}

static bool share_has_room(const struct fdstore *s,
			   const struct fdstore_share *share, size_t bytes)
{
	return !share || !share->limited ||
	       (share->names_bytes + bytes <= FDSTORE_SHARE_MAX_BYTES &&
		s->shared_bytes + bytes <= FDSTORE_SHARES_MAX_BYTES);
}

static bool has_room(struct fdstore *s, size_t bytes,
		     const struct fdstore_share *share)
{
	bool full = s->names_bytes + bytes > FDSTORE_NAMES_MAX_BYTES;

	if (!full && share_has_room(s, share, bytes))
		return true;
	if (!s->told_full)
		log_event(LOG_WARNING, "store-full",
			  LOG_U("names_bytes", s->names_bytes),
			  LOG_S("why", full ? "all names together have 120 KiB" :
					      "uids but root have 30 KiB each, 90 together"),
			  LOG_S("so", "listeners from now on do not survive a "
				      "restart of deputyd"));
	s->told_full = true;
	return false;
}

/* FDPOLL=0: it is ours to say when a listener is over, and pid 1 in the wait
 * queue of each would cost each notification. */
void fdstore_charge(struct fdstore *s, const char *name, size_t n,
		    struct fdstore_share *share)
{
	size_t bytes = bytes_of(name, n);

	if (!share || !share->limited)
		return;
	share->names_bytes += bytes;
	s->shared_bytes += bytes;
}

bool fdstore_put(struct fdstore *s, const char *name, const int *fds, size_t n,
		 struct fdstore_share *share)
{
	int some[4];
	char text[FDSTORE_NAME_MAX + 32];
	size_t n_some = compact(fds, n, some);
	int r;

	if (!s->on || !has_room(s, bytes_of(name, n_some), share))
		return false;
	(void)snprintf(text, sizeof(text), "FDSTORE=1\nFDPOLL=0\nFDNAME=%s",
		       name);
	r = sd_pid_notify_with_fds(0, 0, text, some, (unsigned)n_some);
	if (r <= 0) {
		log_event(LOG_ERR, "not-stored", LOG_S("name", name), LOG_E(r));
		return false;
	}
	s->names_bytes += bytes_of(name, n_some);
	fdstore_charge(s, name, n_some, share);
	return true;
}

void fdstore_had(struct fdstore *s, const char *name)
{
	s->names_bytes += bytes_of(name, 1);
}

/* By what may be more, where names came from a hostile store. */
static void lower(size_t *total, size_t bytes)
{
	*total -= bytes < *total ? bytes : *total;
}

void fdstore_drop(struct fdstore *s, const char *name, size_t n,
		  struct fdstore_share *share)
{
	size_t bytes = bytes_of(name, n);

	lower(&s->names_bytes, bytes);
	if (share && share->limited) {
		lower(&share->names_bytes, bytes);
		lower(&s->shared_bytes, bytes);
	}
	s->told_full = false;
	if (s->on)
		(void)sd_notifyf(0, "FDSTOREREMOVE=1\nFDNAME=%s", name);
}

void fdstore_name_format(const struct fdstore_name *n, char ret[FDSTORE_NAME_MAX])
{
	if (n->listener)
		(void)snprintf(ret, FDSTORE_NAME_MAX, "c%" PRIx64 ".%" PRIx64,
			       n->container, n->listener);
	else if (n->change)
		(void)snprintf(ret, FDSTORE_NAME_MAX, "c%" PRIx64 "-%" PRIx64,
			       n->container, n->change);
	else
		(void)snprintf(ret, FDSTORE_NAME_MAX, "c%" PRIx64, n->container);
}

/* Whatever formats to the same text again is one. */
bool fdstore_name_parse(const char *text, struct fdstore_name *ret)
{
	struct fdstore_name n = { 0, 0, 0 };
	char again[FDSTORE_NAME_MAX], *end;

	if (*text != 'c' || strlen(text) >= FDSTORE_NAME_MAX)
		return false;
	n.container = strtoull(text + 1, &end, 16);
	if (*end == '.')
		n.listener = strtoull(end + 1, NULL, 16);
	else if (*end == '-')
		n.change = strtoull(end + 1, NULL, 16);
	fdstore_name_format(&n, again);
	if (n.container == 0 || strcmp(again, text) != 0)
		return false;
	*ret = n;
	return true;
}

void fdstore_waiting_format(const struct fdstore_waiting *w,
			    char ret[FDSTORE_NAME_MAX])
{
	(void)snprintf(ret, FDSTORE_NAME_MAX, "w%" PRIx64 "-%" PRIx64, w->number,
		       w->userns_ino);
}

bool fdstore_waiting_parse(const char *text, struct fdstore_waiting *ret)
{
	struct fdstore_waiting w = { 0, 0 };
	char again[FDSTORE_NAME_MAX], *end;

	if (*text != 'w' || strlen(text) >= FDSTORE_NAME_MAX)
		return false;
	w.number = strtoull(text + 1, &end, 16);
	if (*end == '-')
		w.userns_ino = strtoull(end + 1, NULL, 16);
	fdstore_waiting_format(&w, again);
	if (w.number == 0 || strcmp(again, text) != 0)
		return false;
	*ret = w;
	return true;
}

void fdstore_policy_format(uint64_t number, char ret[FDSTORE_NAME_MAX])
{
	(void)snprintf(ret, FDSTORE_NAME_MAX, FDSTORE_POLICY "%" PRIx64,
		       number);
}

uint64_t fdstore_policy_parse(const char *text)
{
	char again[FDSTORE_NAME_MAX];
	uint64_t n;

	if (strncmp(text, FDSTORE_POLICY, strlen(FDSTORE_POLICY)) != 0)
		return 0;
	n = strtoull(text + strlen(FDSTORE_POLICY), NULL, 16);
	fdstore_policy_format(n, again);
	return strcmp(text, again) == 0 ? n : 0;
}
