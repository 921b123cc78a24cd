// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/texts.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "policy/owned.h"

#define SUFFIX ".json"

struct texts *texts_new(void)
{
	return calloc(1, sizeof(struct texts));
}

struct texts *texts_free(struct texts *t)
{
	for (size_t i = 0; t && i < t->n; i++) {
		free((char *)t->items[i].name);
		free((char *)t->items[i].text);
	}
	free(t);
	return NULL;
}

/* Takes @text, also where it fails. */
static int add_taken(struct texts *t, const char *name, char *text, size_t bytes)
{
	AUTO(free_ptr) char *owned = text;
	char *copy;

	if (t->n == POLICY_FILES_MAX || bytes > POLICY_MAX_BYTES - t->bytes)
		return -EFBIG;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	t->items[t->n++] = (struct doc_text){ copy, TAKE_PTR(owned), bytes };
	t->bytes += bytes;
	return 0;
}

int texts_add(struct texts *t, const char *name, const char *text, size_t bytes)
{
	char *copy = malloc(bytes ? bytes : 1); /* no more: ASan sees its end */

	if (!copy)
		return -ENOMEM;
	memcpy(copy, text, bytes);
	return add_taken(t, name, copy, bytes);
}

/* Return: bytes read, -EFBIG past POLICY_FILE_MAX_BYTES, or another errno */
static ssize_t read_all(int fd, char **ret_text)
{
	AUTO(free_ptr) char *text = malloc(POLICY_FILE_MAX_BYTES + 1);
	size_t done = 0;
	ssize_t n;

	if (!text)
		return -ENOMEM;
	while ((n = read(fd, text + done, POLICY_FILE_MAX_BYTES + 1 - done)) > 0)
		done += (size_t)n;
	if (n < 0)
		return -errno;
	if (done > POLICY_FILE_MAX_BYTES)
		return -EFBIG;
	*ret_text = TAKE_PTR(text);
	return (ssize_t)done;
}

/* @why: a sentence, or "" for the errno's words */
static int cannot_read(const struct texts *t, const char *path, int error,
		       const char *why, struct diags *diags)
{
	diags_in_file(diags, (unsigned)t->n, path);
	if (*why)
		diags_add(diags, DIAG_ERROR, 0, 0, "", "%s", why);
	else if (error == -EFBIG)
		diags_add(
			diags, DIAG_ERROR, 0, 0, "",
			"too big: at most %d bytes in one file, %d in %d files",
			POLICY_FILE_MAX_BYTES, POLICY_MAX_BYTES,
			POLICY_FILES_MAX);
	else
		diags_add(diags, DIAG_ERROR, 0, 0, "", "cannot read: %s",
			  strerror(-error));
	return error;
}

/* Return: an fd, or a negative errno with @why, which may be "" */
static int open_text(const char *path, bool roots, char *why, size_t size)
{
	int fd;

	if (roots)
		return owned_open(path, why, size);
	*why = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	return fd < 0 ? -errno : fd;
}

static int load_file(struct texts *t, const char *name, int fd,
		     struct diags *diags)
{
	char *text = NULL;
	struct stat st;
	ssize_t n = -ENXIO;
	int r;

	if (fstat(fd, &st) < 0)
		n = -errno;
	else if (S_ISDIR(st.st_mode))
		n = -EISDIR;
	else if (S_ISREG(st.st_mode))
		n = read_all(fd, &text);
	r = n < 0 ? (int)n : add_taken(t, name, text, (size_t)n);
	return r < 0 ? cannot_read(t, name, r, "", diags) : 0;
}

/* "x.json", but not ".x.json": what editors leave. */
static int is_policy(const struct dirent *e)
{
	size_t n = strlen(e->d_name), suffix = strlen(SUFFIX);

	return e->d_name[0] != '.' && n > suffix &&
	       strcmp(e->d_name + n - suffix, SUFFIX) == 0;
}

static int by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name);
}

/* Return: how many there are in @dir, or a negative errno */
static int list(int dir, struct dirent ***ret_names)
{
	int n = scandirat(dir, ".", ret_names, is_policy, by_bytes);

	return n < 0 ? -errno : n;
}

static void free_list(struct dirent **names, int n)
{
	for (int i = 0; i < n; i++)
		free(names[i]);
	free(names);
}

static int load_entry(struct texts *t, const char *path, const char *name,
		      bool roots, struct diags *diags)
{
	char why[sizeof(diags->items[0].reason)];
	AUTO(free_ptr) char *full = NULL;
	AUTO(fd_close) int fd = -1;

	if (asprintf(&full, "%s/%s", path, name) < 0) {
		full = NULL;
		return -ENOMEM;
	}
	fd = open_text(full, roots, why, sizeof(why));
	if (fd < 0)
		return cannot_read(t, full, fd, why, diags);
	return load_file(t, full, fd, diags);
}

static int load_directory(struct texts *t, const char *path, int dir, bool roots,
			  struct diags *diags)
{
	struct dirent **names = NULL;
	int n = list(dir, &names), r = n < 0 ? n : 0;

	if (n < 0)
		return cannot_read(t, path, n, "", diags);
	if (n == 0)
		return cannot_read(t, path, -ENOENT,
				   "no file in it ends in " SUFFIX, diags);
	for (int i = 0; i < n && r == 0; i++)
		r = load_entry(t, path, names[i]->d_name, roots, diags);
	free_list(names, n);
	return r < 0 ? r : TEXTS_DIRECTORY;
}

int texts_load(struct texts *t, const char *path, bool roots, struct diags *diags)
{
	char why[sizeof(diags->items[0].reason)];
	AUTO(fd_close) int fd = open_text(path, roots, why, sizeof(why));
	struct stat st;

	if (fd < 0)
		return cannot_read(t, path, fd, why, diags);
	if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
		return load_directory(t, path, fd, roots, diags);
	return load_file(t, path, fd, diags);
}

#define FNV_BASIS UINT64_C(0xcbf29ce484222325)
#define FNV_PRIME UINT64_C(0x100000001b3)

static uint64_t fnv1a(uint64_t h, const void *data, size_t bytes)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < bytes; i++)
		h = (h ^ p[i]) * FNV_PRIME;
	return h;
}

/* For one text it is the plain FNV-1a. A byte that JSON cannot have separates two. */
uint64_t texts_hash(const struct texts *t)
{
	uint64_t h = FNV_BASIS;

	for (size_t i = 0; i < t->n; i++) {
		if (i)
			h = fnv1a(h, "", 1);
		h = fnv1a(h, t->items[i].text, t->items[i].bytes);
	}
	return h;
}

bool texts_are_in(const char *path)
{
	AUTO(fd_close) int fd = open(path, O_RDONLY | O_CLOEXEC | O_DIRECTORY);
	struct dirent **names = NULL;
	int n;

	if (fd < 0)
		return errno != ENOENT;
	n = list(fd, &names);
	if (n >= 0)
		free_list(names, n);
	return n != 0;
}
