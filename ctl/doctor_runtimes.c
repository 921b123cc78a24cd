// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * doctor: which engines and runtimes are here, what their versions are known to
 * do with a listener, and deputy's hooks for them.
 */
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <json-c/json.h>

#include "ctl/doctor.h"
#include "lib/own.h"

#define VERSION(major, minor) ((major) * 1000U + (minor))
#define ANY		      UINT_MAX

/* One row = what holds for versions below .below, the first that fits. */
static const struct quirk {
	const char *program;
	unsigned below;
	enum doctor_state state;
	const char *what, *advice;
	bool wants_wrapper; /* then deputy-runtime does it */
} quirks[] = {
	{ "runc", VERSION(1, 1), DOCTOR_NOTE, "knows no listener",
	  "runc 1.1 and newer does" },
	{ "runc", VERSION(1, 4), DOCTOR_GOOD,
	  "sends its listener; rootless exec fails, and profiles with "
	  "--wait-killable are refused",
	  NULL },
	{ "runc", VERSION(1, 5), DOCTOR_GOOD,
	  "sends its listener; profiles with --wait-killable are refused", NULL },
	{ "runc", ANY, DOCTOR_GOOD, "sends its listener", NULL },
	{ "crun", VERSION(0, 19), DOCTOR_NOTE, "knows no listener",
	  "crun 0.19 and newer does" },
	{ "crun", VERSION(1, 6), DOCTOR_NOTE,
	  "sends its listener; hangs where a profile notifies sendmsg",
	  "crun 1.6 and newer does not" },
	{ "crun", ANY, DOCTOR_GOOD, "sends its listener", NULL },
	{ "youki", ANY, DOCTOR_NOTE, "not tried with deputy", NULL },
	{ "podman", ANY, DOCTOR_GOOD,
	  "keeps listenerPath of --security-opt seccomp=", NULL },
	{ "buildah", ANY, DOCTOR_GOOD,
	  "works with --isolation oci and a profile with listenerPath", NULL },
	{ "dockerd", VERSION(23, 0), DOCTOR_NOTE,
	  "drops listenerPath from profiles", "Docker 23 and newer keeps it",
	  true },
	{ "dockerd", ANY, DOCTOR_GOOD, "passes listenerPath on", NULL },
	{ "containerd", ANY, DOCTOR_GOOD, "passes listenerPath on", NULL },
	{ "lxc-execute", VERSION(4, 0), DOCTOR_NOTE,
	  "may know no notify proxy", "LXC 4.0 and newer does" },
	{ "lxc-execute", ANY, DOCTOR_GOOD,
	  "proxies notifications of root's containers", NULL },
	{ "systemd-nspawn", ANY, DOCTOR_NOTE, "has no option for a listener",
	  "deputyctl run -- systemd-nspawn ..." },
	{ "bwrap", ANY, DOCTOR_NOTE, "has no option for a listener",
	  "deputyctl run -- bwrap ..." },
};

/* The first "N.N" in what "PROGRAM --version" says. */
static bool ask_version(const char *path, unsigned *ret_version, char *text,
			size_t size)
{
	char command[PATH_MAX + 64];
	unsigned major, minor;
	const char *p;
	FILE *f;
	size_t n;

	if (strchr(path, '\''))
		return false;
	(void)snprintf(command, sizeof(command),
		       "exec timeout 5 '%s' --version 2>/dev/null </dev/null",
		       path);
	f = popen(command, "re");
	if (!f)
		return false;
	n = fread(text, 1, size - 1, f);
	text[n] = '\0';
	(void)pclose(f);
	for (p = text; *p; p++)
		if (*p >= '0' && *p <= '9' &&
		    sscanf(p, "%u.%u", &major, &minor) == 2)
			break;
	if (!*p)
		return false;
	*ret_version = VERSION(major, minor);
	n = strspn(p, "0123456789.");
	memmove(text, p, n);
	text[n] = '\0';
	return true;
}

/* Also where root's PATH has it and a user's has not. */
static bool find_program(const char *name, char *path, size_t size)
{
	const char *env = getenv("PATH");
	char dirs[4096], *save, *dir;

	(void)snprintf(dirs, sizeof(dirs), "%s:/usr/local/sbin:/usr/sbin:/sbin",
		       env ? env : "/usr/bin:/bin");
	for (dir = strtok_r(dirs, ":", &save); dir;
	     dir = strtok_r(NULL, ":", &save)) {
		(void)snprintf(path, size, "%s/%s", dir, name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

static const struct quirk *find_quirk(const char *program, unsigned version)
{
	for (size_t i = 0; i < ARRAY_SIZE(quirks); i++)
		if (strcmp(quirks[i].program, program) == 0 &&
		    version < quirks[i].below)
			return &quirks[i];
	return NULL;
}

static bool file_has(const char *path, const char *word)
{
	char text[65536];
	FILE *f = fopen(path, "re");
	size_t n = f ? fread(text, 1, sizeof(text) - 1, f) : 0;

	if (f)
		(void)fclose(f);
	text[n] = '\0';
	return strstr(text, word) != NULL;
}

/* Files by which engines know deputy-runtime. */
static const struct wrapper {
	const char *program, *file;
} wrappers[] = {
	{ "dockerd", "/etc/docker/daemon.json" },
	{ "containerd", "/etc/containerd/config.toml" },
	{ "podman", "/etc/containers/containers.conf" },
};

static bool has_wrapper(const char *program)
{
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++)
		if (strcmp(wrappers[i].program, program) == 0)
			return file_has(wrappers[i].file, "deputy-runtime");
	return false;
}

/* A program of deputy's as it was installed: beside this one, in PATH, or where
 * this build puts it. */
static void find_own(const char *name, char *path, size_t size)
{
	ssize_t n = readlink("/proc/self/exe", path, size - 1);
	char *slash;

	path[n > 0 ? n : 0] = '\0';
	slash = strrchr(path, '/');
	if (slash &&
	    snprintf(slash + 1, size - (size_t)(slash + 1 - path), "%s", name) > 0 &&
	    access(path, X_OK) == 0)
		return;
	if (!find_program(name, path, size))
		(void)snprintf(path, size, "%s/%s", DEPUTY_BINDIR, name);
}

static void judge_runtime(struct doctor *d, const struct quirk *q,
			  const char *version)
{
	char own[PATH_MAX], advice[PATH_MAX + 256];

	if (!q->wants_wrapper) {
		doctor_find(d, q->state, q->program, q->advice, "%s %s", version,
			    q->what);
		return;
	}
	if (has_wrapper(q->program)) {
		doctor_find(d, DOCTOR_GOOD, q->program, NULL,
			    "%s %s, but has deputy-runtime", version, q->what);
		return;
	}
	find_own("deputy-runtime", own, sizeof(own));
	(void)snprintf(advice, sizeof(advice), "%s --add-runtime deputy=%s; or %s",
		       q->program, own, q->advice);
	doctor_find(d, q->state, q->program, advice, "%s %s", version, q->what);
}

static bool find_runtime(struct doctor *d, const char *program)
{
	char path[PATH_MAX], text[512];
	const struct quirk *q;
	unsigned version;

	if (!find_program(program, path, sizeof(path)))
		return false;
	if (!ask_version(path, &version, text, sizeof(text))) {
		doctor_find(d, DOCTOR_NOTE, program, NULL, "%s says no version",
			    path);
		return true;
	}
	q = find_quirk(program, version);
	if (q)
		judge_runtime(d, q, text);
	return true;
}

void doctor_runtimes(struct doctor *d)
{
	const char *last = "";
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(quirks); i++) {
		if (strcmp(quirks[i].program, last) == 0)
			continue;
		last = quirks[i].program;
		any |= find_runtime(d, last);
	}
	if (!any)
		doctor_find(d, DOCTOR_NOTE, "none",
			    "install runc or crun",
			    "no container runtime that deputy knows is in PATH");
}

/* Podman reads deputy's own directory only where it is told to. */
static bool podman_reads(const char *path)
{
	static const char *const patterns[] = {
		"/etc/containers/containers.conf",
		"/etc/containers/containers.conf.d/*.conf",
	};
	bool found = false;

	if (!strstr(path, "/deputy/hooks.d/"))
		return true;
	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t g;

		if (glob(patterns[i], 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++)
			found |= file_has(g.gl_pathv[k], "/deputy/hooks.d");
		globfree(&g);
	}
	return found;
}

/* A hook whose program is there. Buildah, too, reads the common directories. */
static void judge_place(struct doctor *d, const char *path)
{
	if (!podman_reads(path))
		doctor_find(d, DOCTOR_NOTE, "OCI hook",
			    "see hooks_dir in deputy-hook(8)",
			    "no containers.conf has Podman read %s", path);
	else if (!strstr(path, "/deputy/hooks.d/") &&
		 file_has(path, "\"precreate\""))
		doctor_find(d, DOCTOR_BAD, "OCI hook",
			    "move it to " DEPUTY_DATADIR "/deputy/hooks.d, see deputy-hook(8)",
			    "%s keeps podman build and buildah of root from "
			    "running", path);
	else
		doctor_find(d, DOCTOR_GOOD, "OCI hook", NULL, "%s", path);
}

/* Does the hook of this file run a program that is there? */
static void judge_hook(struct doctor *d, const char *path)
{
	struct json_object *tree = json_object_from_file(path), *hook, *program;
	const char *name = NULL;

	if (json_object_is_type(tree, json_type_object) &&
	    json_object_object_get_ex(tree, "hook", &hook) &&
	    json_object_is_type(hook, json_type_object) &&
	    json_object_object_get_ex(hook, "path", &program) &&
	    json_object_is_type(program, json_type_string))
		name = json_object_get_string(program);
	if (!name)
		doctor_find(d, DOCTOR_BAD, "OCI hook",
			    "see deputy-hook(8)", "%s names no program", path);
	else if (access(name, X_OK) < 0)
		doctor_find(d, DOCTOR_BAD, "OCI hook",
			    "see deputy-hook(8)", "%s runs %s: %s", path, name,
			    strerror(errno));
	else
		judge_place(d, path);
	json_object_put(tree);
}

static bool is_in(const char *const *before, size_t i)
{
	for (size_t k = 0; k < i; k++)
		if (strcmp(before[k], before[i]) == 0)
			return true;
	return false;
}

void doctor_hooks(struct doctor *d)
{
	static const char *const patterns[] = {
		"/etc/containers/oci/hooks.d/*.json",
		"/usr/share/containers/oci/hooks.d/*.json",
		"/usr/share/deputy/hooks.d/*.json",
		"/usr/local/share/deputy/hooks.d/*.json",
		DEPUTY_DATADIR "/deputy/hooks.d/*.json", /* perhaps one of them */
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t g;

		if (is_in(patterns, i) || glob(patterns[i], 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++) {
			if (!file_has(g.gl_pathv[k], "deputy"))
				continue;
			any = true;
			judge_hook(d, g.gl_pathv[k]);
		}
		globfree(&g);
	}
	for (size_t i = 0; i < ARRAY_SIZE(wrappers); i++)
		if (file_has(wrappers[i].file, "deputy-runtime"))
			doctor_find(d, DOCTOR_GOOD, "deputy-runtime",
				    NULL, "%s", wrappers[i].file);
	if (!any)
		doctor_find(d, DOCTOR_NOTE, "OCI hook",
			    "deputy-hook(8), or deputy-runtime(8)",
			    "none of deputy's is installed: containers need a "
			    "profile with listenerPath");
}
