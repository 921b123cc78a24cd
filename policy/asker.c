// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/asker.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "lib/own.h"
#include "policy/cap.h"

/* -- words --------------------------------------------------------------------------- */

static const struct {
	const char *name;
	enum asker_word word;
} names[] = {
	{ "uid=", ASKER_UID },
	{ "gid=", ASKER_GID },
	{ "caps=", ASKER_CAPS },
	{ "dir=", ASKER_DIR },
};

enum asker_word asker_find(const char *text, size_t *ret_length)
{
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		*ret_length = strlen(names[i].name);
		if (strncmp(names[i].name, text, *ret_length) == 0)
			return names[i].word;
	}
	return 0;
}

static int set_id(const char *value, uint32_t *ret)
{
	unsigned long n;
	char *end;

	errno = 0;
	n = strtoul(value, &end, 10);
	if (*value < '0' || *value > '9' || *end || errno || n > UINT32_MAX)
		return -1;
	*ret = (uint32_t)n;
	return 0;
}

static int set_caps(struct asker *a, const char *value)
{
	uint64_t set;

	if (caps_parse(value, &set) < 0)
		return -1;
	a->caller.caps |= set;
	a->said_caps = true;
	return 0;
}

int asker_set(struct asker *a, enum asker_word word, const char *value)
{
	switch (word) {
	case ASKER_UID:
		a->said_uid = true;
		a->unknown = strcmp(value, "unknown") == 0;
		return a->unknown ? 0 : set_id(value, &a->caller.uid);
	case ASKER_GID:
		a->said_gid = true;
		return set_id(value, &a->caller.gid);
	case ASKER_CAPS:
		return set_caps(a, value);
	case ASKER_DIR:
		a->directory = value;
		return *value == '/' || strcmp(value, ASKER_NOWHERE) == 0 ? 0
									  : -1;
	}
	return -1;
}

/* -- facts --------------------------------------------------------------------------- */

const struct facts_caller *asker_caller(const struct asker *a,
					struct facts_caller *buf)
{
	*buf = a->caller;
	if (!a->said_caps)
		buf->caps = buf->uid == 0 ? CAPS_ALL : 0;
	return a->unknown ? NULL : buf;
}

/* Takes the last component off. */
static void cut(char *path)
{
	char *slash = strrchr(path, '/');

	if (slash)
		*slash = '\0';
}

/* Writes @path as seen from the root, as if it had no links; "" for the root itself. */
static void flatten(const char *path, size_t bytes, char *buf)
{
	const char *end = path + bytes;

	*buf = '\0';
	while (path < end) {
		size_t n = strcspn(path, "/");
		size_t used = strlen(buf);

		n = n < (size_t)(end - path) ? n : (size_t)(end - path);
		if (n == 2 && memcmp(path, "..", 2) == 0)
			cut(buf);
		else if (n && !(n == 1 && *path == '.') &&
			 used + n + 2 <= ASKER_DIR_BYTES)
			(void)snprintf(buf + used, ASKER_DIR_BYTES - used,
				       "/%.*s", (int)n, path);
		path += n + 1;
	}
}

const char *asker_directory(const struct asker *a, const struct call_text *t,
			    char *buf)
{
	struct call_bytes path = call_text_bytes(t, ARG_PATH);
	struct call call;
	size_t n = path.n;

	if (a->directory)
		return strcmp(a->directory, ASKER_NOWHERE) == 0 ? NULL
								: a->directory;
	call_decode(&t->data, t->id, &call);
	if (!path.there || !n || (*path.text != '/' && call.dirfd != AT_FDCWD))
		return NULL;
	while (n && path.text[n - 1] == '/')
		n--;
	while (n && path.text[n - 1] != '/') /* what is made, or looked at */
		n--;
	flatten(path.text, n, buf);
	return *buf ? buf : strcpy(buf, "/");
}

void asker_print(unsigned words, const struct facts_caller *caller,
		 const char *directory, FILE *out)
{
	const char *blank = "";

	if (!caller && (words & (ASKER_UID | ASKER_GID | ASKER_CAPS))) {
		blank = fputs("uid=unknown", out) < 0 ? "" : " ";
		words &= ASKER_DIR;
	}
	if (words & ASKER_UID)
		blank = fprintf(out, "%suid=%u", blank, caller->uid) < 0 ? ""
									 : " ";
	if (words & ASKER_GID)
		blank = fprintf(out, "%sgid=%u", blank, caller->gid) < 0 ? ""
									 : " ";
	if (words & ASKER_CAPS) {
		(void)fprintf(out, "%scaps=", blank);
		caps_print(caller->caps, out);
		blank = " ";
	}
	if (words & ASKER_DIR)
		(void)fprintf(out, "%sdir=%s", blank,
			      directory ? directory : ASKER_NOWHERE);
}
