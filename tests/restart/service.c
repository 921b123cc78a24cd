// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/restart/service.h"

#include <dirent.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "tests/restart/jail.h"

#define GROUP	   "/sys/fs/cgroup/system.slice/" SERVICE_UNIT
#define ARGS_MAX   16
#define REST_POLLS 50 /* without a change */

long now_ms(void)
{
	struct timespec ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

void pause_ms(long ms)
{
	struct timespec ts = { ms / 1000, ms % 1000 * 1000000 };

	(void)nanosleep(&ts, NULL);
}

void run_program(const char *path, ...)
{
	char *args[ARGS_MAX] = { (char *)(uintptr_t)path };
	int status = -1, n = 1;
	va_list ap;
	pid_t pid;

	va_start(ap, path);
	while (n < ARGS_MAX - 1 && (args[n] = va_arg(ap, char *)))
		n++;
	va_end(ap);
	(void)fflush(NULL);
	pid = fork();
	if (pid == 0) {
		(void)execv(path, args);
		_exit(127);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status != 0)
		die("%s %s %s: status %#x", path, args[1], args[2] ?: "", status);
}

/* Return: whether /proc/PID/stat could be read */
static bool read_stat(pid_t pid, char *name, size_t size, pid_t *ret_parent)
{
	char path[64], text[512], *open, *close;
	FILE *f;
	size_t n;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	f = fopen(path, "re");
	if (!f)
		return false;
	n = fread(text, 1, sizeof(text) - 1, f);
	(void)fclose(f);
	text[n] = '\0';
	open = strchr(text, '(');
	close = strrchr(text, ')');
	if (!open || !close || sscanf(close + 1, " %*c %d", ret_parent) != 1)
		return false;
	(void)snprintf(name, size, "%.*s", (int)(close - open - 1), open + 1);
	return true;
}

static size_t read_pids(const char *path, pid_t *ret, size_t max)
{
	FILE *f = fopen(path, "re");
	size_t n = 0;
	pid_t pid;

	while (f && n < max && fscanf(f, "%d", &pid) == 1)
		ret[n++] = pid;
	if (f)
		(void)fclose(f);
	return n;
}

static pid_t group_pids[SERVICE_WORKERS_MAX];

/* Those that it has forked and that are no workers yet are its children. */
pid_t service_pid(void)
{
	size_t n = read_pids(GROUP "/cgroup.procs", group_pids,
			     SERVICE_WORKERS_MAX);

	for (size_t i = 0; i < n; i++) {
		char name[32];
		pid_t parent;

		if (read_stat(group_pids[i], name, sizeof(name), &parent) &&
		    parent == 1 && strcmp(name, "deputyd") == 0)
			return group_pids[i];
	}
	return 0;
}

size_t service_workers(pid_t *ret, size_t max)
{
	pid_t daemon = service_pid();
	size_t n, found = 0;

	if (daemon == 0)
		return 0;
	n = read_pids(GROUP "/cgroup.procs", group_pids, SERVICE_WORKERS_MAX);
	for (size_t i = 0; i < n; i++) {
		char name[32];
		pid_t parent;

		if (!read_stat(group_pids[i], name, sizeof(name), &parent) ||
		    parent != daemon || strcmp(name, "deputy-worker") != 0)
			continue;
		if (found < max)
			ret[found] = group_pids[i];
		found++;
	}
	return found;
}

long service_number(const char *property)
{
	char command[128];
	long n = -1;
	FILE *f;

	(void)snprintf(command, sizeof(command),
		       "exec systemctl show -P %s " SERVICE_UNIT, property);
	f = popen(command, "re");
	if (!f || fscanf(f, "%ld", &n) != 1)
		n = -1;
	if (f)
		(void)pclose(f);
	return n;
}

void service_settle(size_t workers, int seconds)
{
	WAIT_FOR(service_workers(NULL, 0) == workers, seconds,
		 "not %zu workers after %d s, but %zu", workers, seconds,
		 service_workers(NULL, 0));
}

static long count_dir(const char *path)
{
	DIR *d = opendir(path);
	long n = -2;

	while (d && readdir(d))
		n++;
	if (d)
		(void)closedir(d);
	return n;
}

static long count_lines(const char *path)
{
	FILE *f = fopen(path, "re");
	long n = 0;
	int c;

	while (f && (c = fgetc(f)) != EOF)
		n += c == '\n';
	if (f)
		(void)fclose(f);
	return n;
}

static long read_rss(pid_t pid)
{
	char path[64], line[256];
	long kib = -1;
	FILE *f;

	(void)snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		if (sscanf(line, "VmRSS: %ld", &kib) == 1)
			break;
	if (f)
		(void)fclose(f);
	return kib;
}

static void census_once(struct census *c)
{
	pid_t pid = service_pid();
	char path[96];

	(void)snprintf(path, sizeof(path), "/proc/%d/fd", pid);
	c->fds = count_dir(path);
	(void)snprintf(path, sizeof(path), "/proc/%d/mountinfo", pid);
	c->mounts = count_lines(path);
	(void)snprintf(path, sizeof(path), "/proc/%d/root/run/deputy/nodes", pid);
	c->nodes = count_dir(path);
	c->processes = count_lines(GROUP "/cgroup.procs");
	c->rss_kib = read_rss(pid);
}

void census_take(struct census *c)
{
	struct census now = { 0 };
	long until = now_ms() + 20000;

	census_once(c);
	for (int same = 0; same < REST_POLLS && now_ms() < until; same++) {
		pause_ms(4);
		census_once(&now);
		if (now.fds != c->fds || now.processes != c->processes)
			same = 0;
		*c = now;
	}
	c->stored = service_number("NFileDescriptorStore");
}

void census_print(const char *when, const struct census *c)
{
	(void)printf("%s: %ld fds, %ld stored, %ld processes, %ld mounts, "
		     "%ld nodes, %ld KiB\n",
		     when, c->fds, c->stored, c->processes, c->mounts, c->nodes,
		     c->rss_kib);
}
