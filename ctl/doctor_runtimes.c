// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * doctor: which engines and runtimes are here, what their versions are known to
 * do with a listener, and deputy's hooks for them.
 */
#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

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
} quirks[] = {
	{ "runc", VERSION(1, 1), DOCTOR_BAD, "knows no listener",
	  "runc 1.1 and newer does" },
	{ "runc", ANY, DOCTOR_GOOD, "sends its listener", NULL },
	{ "crun", VERSION(0, 19), DOCTOR_BAD, "knows no listener",
	  "crun 0.19 and newer does" },
	{ "crun", ANY, DOCTOR_GOOD, "sends its listener", NULL },
	{ "youki", ANY, DOCTOR_NOTE, "not tried with deputy", NULL },
	{ "podman", ANY, DOCTOR_GOOD,
	  "keeps listenerPath of --security-opt seccomp=", NULL },
	{ "buildah", ANY, DOCTOR_GOOD,
	  "works with --isolation oci and a profile with listenerPath", NULL },
	{ "docker", VERSION(23, 0), DOCTOR_BAD,
	  "drops listenerPath from profiles",
	  "use a runtime wrapper (dockerd --add-runtime), or Docker 23" },
	{ "docker", ANY, DOCTOR_GOOD, "passes listenerPath on", NULL },
	{ "containerd", ANY, DOCTOR_GOOD, "passes listenerPath on", NULL },
	{ "lxc-execute", VERSION(4, 0), DOCTOR_NOTE,
	  "may know no notify proxy", "LXC 4.0 and newer does" },
	{ "lxc-execute", ANY, DOCTOR_GOOD,
	  "proxies notifications of root's containers", NULL },
	{ "systemd-nspawn", ANY, DOCTOR_NOTE, "has no option for a listener",
	  "start it under a filter that is loaded before" },
	{ "bwrap", ANY, DOCTOR_NOTE, "has no option for a listener",
	  "start it under a filter that is loaded before" },
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

static bool find_runtime(struct doctor *d, const char *program)
{
	char path[PATH_MAX], text[512];
	const struct quirk *q;
	unsigned version;

	if (!find_program(program, path, sizeof(path)))
		return false;
	if (!ask_version(path, &version, text, sizeof(text))) {
		doctor_find(d, DOCTOR_NOTE, "runtime", program, NULL,
			    "%s says no version", path);
		return true;
	}
	q = find_quirk(program, version);
	if (q)
		doctor_find(d, q->state, "runtime", program, q->advice,
			    "%s %s", text, q->what);
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
		doctor_find(d, DOCTOR_NOTE, "runtime", "none",
			    "install runc or crun",
			    "no container runtime that deputy knows is in PATH");
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

void doctor_hooks(struct doctor *d)
{
	static const char *const patterns[] = {
		"/etc/containers/oci/hooks.d/*.json",
		"/usr/share/containers/oci/hooks.d/*.json",
	};
	bool any = false;

	for (size_t i = 0; i < ARRAY_SIZE(patterns); i++) {
		glob_t g;

		if (glob(patterns[i], 0, NULL, &g) != 0)
			continue;
		for (size_t k = 0; k < g.gl_pathc; k++) {
			if (!file_has(g.gl_pathv[k], "deputy"))
				continue;
			any = true;
			doctor_find(d, DOCTOR_GOOD, "hook", "OCI hook", NULL,
				    "%s", g.gl_pathv[k]);
		}
		globfree(&g);
	}
	if (!any)
		doctor_find(d, DOCTOR_NOTE, "hook", "OCI hook", NULL,
			    "none of deputy's is installed: containers need a "
			    "profile with listenerPath");
}
