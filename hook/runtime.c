// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * deputy-runtime: in place of runc, crun or another for an engine.  The bundle
 * of a "create" or "run" is made ready, deputyd is asked whether it will take
 * the listener, and the true runtime is exec'd with the engine's own arguments,
 * so that its exit status, signals and fds are the engine's business alone.
 *
 * Everything else is exec'd at once: also "exec", whose process gets the
 * container's own filter, and so a listener, from what "create" was given.
 */
#include <errno.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <json-c/json.h>

#include "hook/args.h"
#include "hook/bundle.h"
#include "hook/gate.h"
#include "lib/own.h"
#include "policy/profile.h"

#define EXIT_FAILED 1 /* as runtimes do */
#define PATH_ELSE   "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

static const char *const known[] = { "runc", "crun", "youki" };

/* -- saying why -------------------------------------------------------------------- */

/* A line of the runtime's own log, where engines look for the reason. */
static void log_line(const struct args *a, const char *text)
{
	bool json = a->log_format && strcmp(a->log_format, "json") == 0;
	time_t now = time(NULL);
	char when[32] = "";
	struct json_object *o;
	struct tm tm;
	FILE *f = a->log ? fopen(a->log, "ae") : NULL;

	if (!f)
		return;
	if (gmtime_r(&now, &tm))
		(void)strftime(when, sizeof(when), "%Y-%m-%dT%H:%M:%SZ", &tm);
	o = json_object_new_string(text);
	if (json)
		fprintf(f, "{\"level\":\"error\",\"msg\":%s,\"time\":\"%s\"}\n",
			json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_NOSLASHESCAPE),
			when);
	else
		fprintf(f, "time=\"%s\" level=error msg=%s\n", when,
			json_object_to_json_string_ext(
				o, JSON_C_TO_STRING_NOSLASHESCAPE));
	json_object_put(o);
	(void)fclose(f);
}

__attribute__((format(printf, 2, 3))) static int fail(const struct args *a,
						      const char *fmt, ...)
{
	char text[2048] = "deputy-runtime: ";
	size_t n = strlen(text);
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(text + n, sizeof(text) - n, fmt, ap);
	va_end(ap);
	n = strlen(text);
	while (n > 0 && text[n - 1] == '\n')
		text[--n] = '\0';
	fprintf(stderr, "%s\n", text);
	log_line(a, text);
	return EXIT_FAILED;
}

/* -- the bundle -------------------------------------------------------------------- */

/* config.json ready and the gate open. Return: 0, or a negative errno said to
 * @say */
static int make_ready(const struct args *a, const char *path, FILE *say)
{
	AUTO(free_ptr) char *text = NULL, *made = NULL;
	const struct prepare_container none_yet = { 0 };
	struct inject_input in = { .name = path };
	size_t bytes;
	int r = bundle_read(path, INJECT_MAX_BYTES, &text, &in.bytes);

	in.text = text;
	if (r < 0) {
		fprintf(say, "%s: %s\n", path, strerror(-r));
		return r;
	}
	r = prepare_config(&a->o, &in, say, &made, &bytes);
	if (r != INJECT_DONE)
		return r == INJECT_NOT_ASKED ? 0 : r;
	in.text = made;
	in.bytes = bytes;
	if (!a->no_gate && !prepare_gate(&a->o, &in, &none_yet, say))
		return -EACCES;
	if (strcmp(made, text) == 0)
		return 0;
	r = bundle_replace(path, made, bytes);
	if (r < 0)
		fprintf(say, "%s cannot be replaced: %s\n", path, strerror(-r));
	return r;
}

static int prepare_bundle(const struct args *a)
{
	AUTO(free_ptr) char *said = NULL;
	char path[PATH_MAX];
	size_t size;
	FILE *say;
	int r = bundle_config(a->bundle, a->config, path, sizeof(path));

	if (r < 0)
		return fail(a, "%s: %s", a->bundle, strerror(-r));
	say = open_memstream(&said, &size);
	if (!say)
		return fail(a, "%s", strerror(ENOMEM));
	r = make_ready(a, path, say);
	if (fclose(say) != 0)
		return fail(a, "%s", strerror(ENOMEM));
	/* Where all is well nothing is said: standard error is the container's. */
	return r < 0 ? fail(a, "%s", *said ? said : strerror(-r)) : 0;
}

/* -- the true runtime -------------------------------------------------------------- */

static bool is_self(const char *path)
{
	struct stat self, other;

	return stat("/proc/self/exe", &self) == 0 && stat(path, &other) == 0 &&
	       self.st_dev == other.st_dev && self.st_ino == other.st_ino;
}

/* A name in PATH, or a path. Return: false where there is none but ourselves */
static bool find(const char *name, char *path, size_t size)
{
	const char *dirs = getenv("PATH");
	struct stat st;

	if (strchr(name, '/'))
		return snprintf(path, size, "%s", name) < (int)size &&
		       access(path, X_OK) == 0 && !is_self(path);
	for (dirs = dirs && *dirs ? dirs : PATH_ELSE; dirs && *dirs;) {
		int n = (int)strcspn(dirs, ":");

		if (n > 0 && *dirs == '/' &&
		    snprintf(path, size, "%.*s/%s", n, dirs, name) < (int)size &&
		    access(path, X_OK) == 0 && stat(path, &st) == 0 &&
		    S_ISREG(st.st_mode) && !is_self(path))
			return true;
		dirs += n;
		dirs += *dirs == ':';
	}
	return false;
}

/* "deputy-crun" is in place of crun. */
static const char *by_own_name(const char *argv0)
{
	static const char prefix[] = "deputy-";
	const char *slash = strrchr(argv0, '/');
	const char *name = slash ? slash + 1 : argv0;

	if (strncmp(name, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	name += sizeof(prefix) - 1;
	return strcmp(name, "runtime") == 0 ? NULL : name;
}

static int find_runtime(const struct args *a, const char *argv0, char *path,
			size_t size)
{
	const char *name = a->runtime;

	if (!name)
		name = getenv("DEPUTY_RUNTIME");
	if (!name || !*name)
		name = by_own_name(argv0);
	if (name && *name)
		return find(name, path, size)
			       ? 0
			       : fail(a, "no runtime %s but this one", name);
	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (find(known[i], path, size))
			return 0;
	return fail(a, "no runc, crun or youki in PATH: name the runtime with "
		       "--deputy-runtime or DEPUTY_RUNTIME");
}

/* -- the command line --------------------------------------------------------------- */

static const char help[] =
	"Usage: deputy-runtime [DEPUTY-OPTION...] [ARGUMENT...]\n"
	"Makes a container ready for deputyd, then executes the true OCI runtime\n"
	"with all ARGUMENTs.\n\n"
	"Options:\n"
	"  --deputy-runtime PATH         the true runtime, a path or a name\n"
	"                                ($DEPUTY_RUNTIME; else NAME, if started\n"
	"                                as deputy-NAME; else the first of runc,\n"
	"                                crun and youki in $PATH)\n"
	"  --deputy-file PATH            policy file or directory\n"
	"                                (" POLICY_FILE_DEFAULT
	" and policy.d,\n"
	"                                else the built-in policy)\n"
	"  --deputy-policy NAME          for containers without the "
	"annotation\n"
	"                                " INJECT_ANNOTATION
	" (else unchanged)\n"
	"  --deputy-listener PATH        where listeners are sent\n"
	"                                (" PROFILE_LISTENER_DEFAULT ")\n"
	"  --deputy-control-socket PATH  deputyd's control socket\n"
	"                                (" GATE_SOCKET_DEFAULT ")\n"
	"  --deputy-wait-killable        only fatal signals interrupt the wait\n"
	"                                (crun, youki, runc from 1.5 on)\n"
	"  --deputy-no-gate              do not ask deputyd before the start\n"
	"  --deputy-help                 print this help and exit\n"
	"  --deputy-version              print the version and exit\n";

static int run(struct args *a, const char *argv0)
{
	const char *why = profile_listener_complaint(a->o.inject.listener);
	char path[PATH_MAX];
	int r;

	if (why)
		return fail(a, "--deputy-listener: %s", why);
	r = find_runtime(a, argv0, path, sizeof(path));
	if (r == 0 && a->starts)
		r = prepare_bundle(a);
	if (r != 0)
		return r;
	a->rest[0] = path;
	(void)execv(path, a->rest);
	return fail(a, "%s: %s", path, strerror(errno));
}

int main(int argc, char **argv)
{
	struct args a;
	int r = args_parse(argc, argv, &a);

	if (r == -EINVAL)
		r = fail(&a, "%s: see deputy-runtime --deputy-help", a.wrong);
	else if (r < 0)
		r = fail(&a, "%s", strerror(-r));
	else if (a.help)
		r = fputs(help, stdout) < 0;
	else if (a.version)
		r = puts("deputy-runtime " DEPUTY_VERSION) < 0;
	else
		r = run(&a, argc > 0 ? argv[0] : "");
	free(a.rest);
	return r;
}
