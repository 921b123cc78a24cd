// SPDX-License-Identifier: LGPL-2.1-or-later
/* The kernel's side is what fs/namei.c and fs/xattr.c do, in this order. */
#include "policy/effect.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "policy/parse.h"

#define XATTR_VALUE_MAX_BYTES 65536 /* linux/limits.h XATTR_SIZE_MAX */

#define NO_CAPABILITY(what)                                                    \
	"the kernel refuses (EPERM): it wants " what " in the initial user "   \
	"namespace"

/* -- mknod -------------------------------------------------------------------------- */

static const char *kernel_mknod(const struct call *c)
{
	switch (c->mode & S_IFMT) {
	case S_IFREG:
	case 0:
		return "the kernel makes a regular file, with the caller's "
		       "rights";
	case S_IFIFO:
		return "the kernel makes a FIFO, with the caller's rights";
	case S_IFSOCK:
		return "the kernel makes a socket, with the caller's rights";
	case S_IFCHR:
		if (c->dev == 0)
			return "the kernel makes an overlay whiteout, with the "
			       "caller's rights (Linux 5.8 and later)";
		return NO_CAPABILITY("CAP_MKNOD");
	case S_IFBLK:
		return NO_CAPABILITY("CAP_MKNOD");
	case S_IFDIR:
		return "the kernel refuses (EPERM): directories are made by "
		       "mkdir";
	default:
		return "the kernel refuses (EINVAL): no such type of file can "
		       "be made";
	}
}

/* -- xattr -------------------------------------------------------------------------- */

static const struct {
	const char *prefix, *effect;
} namespaces[] = {
	{ "user.", "the kernel sets it, with the caller's rights" },
	{ "trusted.", NO_CAPABILITY("CAP_SYS_ADMIN") },
	{ "security.capability", "the kernel sets it, if the caller has "
				 "CAP_SETFCAP in its user namespace" },
	{ "security.", NO_CAPABILITY("CAP_SYS_ADMIN") },
	{ "system.posix_acl_", "the kernel sets it, if the caller owns the "
			       "file" },
	{ "", "the kernel says what the file system makes of it; EOPNOTSUPP "
	      "as a rule" },
};

static const char *kernel_xattr(const struct call *c, const char *name)
{
	if (c->flags & ~(uint32_t)(XATTR_CREATE | XATTR_REPLACE))
		return "the kernel refuses (EINVAL): no such flags";
	if (!name)
		return "the kernel refuses (EFAULT, or ERANGE where the name "
		       "is "
		       "longer than 255 bytes)";
	if (!*name)
		return "the kernel refuses (ERANGE): the name is empty";
	if (c->size > XATTR_VALUE_MAX_BYTES)
		return "the kernel refuses (E2BIG): the value is too long";
	for (size_t i = 0;; i++)
		if (strncmp(name, namespaces[i].prefix,
			    strlen(namespaces[i].prefix)) == 0)
			return namespaces[i].effect;
}

static const char *kernel(const struct match_facts *f)
{
	switch (f->call->family) {
	case FAMILY_MKNOD:
		return kernel_mknod(f->call);
	case FAMILY_XATTR:
		return kernel_xattr(f->call, f->name);
	default:
		return "the kernel goes on with the call, with all of its own "
		       "checks";
	}
}

/* -- decisions ---------------------------------------------------------------------- */

static const char *const unopenable_words[] = {
	[UNOPENABLE_BIND] = "bind",
	[UNOPENABLE_CREATE] = "create",
	[UNOPENABLE_ERRNO] = "errno",
};

static const char *const unopenable_effects[] = {
	[UNOPENABLE_BIND] = "one that opens is bound over it",
	[UNOPENABLE_CREATE] = "it stays all the same",
	[UNOPENABLE_ERRNO] = "EPERM, and nothing stays",
};

static void print_emulation(const struct decision *d, enum call_family family,
			    FILE *out)
{
	bool mknod = family == FAMILY_MKNOD;

	(void)fprintf(out,
		      "deputy %s in the caller's place, with the caller's "
		      "rights, if the caller has %s in its user namespace; ",
		      mknod ? "makes the node" : "sets it",
		      mknod ? "CAP_MKNOD" : "CAP_SYS_ADMIN");
	(void)fputs(d->closed ? "else EPERM" : "else the kernel refuses", out);
	if (mknod)
		(void)fprintf(out, "; where devices cannot be opened: %s",
			      unopenable_effects[d->unopenable]);
}

void effect_print(const struct decision *d, const struct match_facts *f, FILE *out)
{
	if (d->emulate) {
		print_emulation(d, f->call->family, out);
	} else if (d->verdict.kind == VERDICT_CONTINUE) {
		(void)fputs(kernel(f), out);
	} else if (d->verdict.kind == VERDICT_RETURN) {
		(void)fprintf(out, "the caller gets %lld, and nothing is done",
			      (long long)d->verdict.value);
	} else {
		const char *text = strerrordesc_np(d->verdict.error);

		(void)fprintf(out,
			      "the caller gets an error (%s), and nothing "
			      "is done",
			      text ? text : "unknown");
	}
}

void decision_print(const struct decision *d, FILE *out)
{
	const char *name;

	if (d->emulate) {
		(void)fputs("emulate", out);
	} else if (d->verdict.kind == VERDICT_CONTINUE) {
		(void)fputs("continue", out);
	} else if (d->verdict.kind == VERDICT_RETURN) {
		(void)fprintf(out, "return %lld", (long long)d->verdict.value);
	} else {
		name = strerrorname_np(d->verdict.error);
		(void)fputs(name ? name : "?", out);
	}
}

int decision_parse(const char *text, struct decision *ret)
{
	struct decision d = { .verdict = verdict_continue() };
	char *end;

	if (strcmp(text, "emulate") == 0) {
		d.emulate = true;
	} else if (strncmp(text, "return ", 7) == 0) {
		errno = 0;
		d.verdict = verdict_return(strtoll(text + 7, &end, 0));
		if (errno || end == text + 7 || *end)
			return -EINVAL;
	} else if (strcmp(text, "continue") != 0) {
		d.verdict = verdict_errno(errno_from_name(text));
		if (d.verdict.error == 0)
			return -EINVAL;
	}
	*ret = d;
	return 0;
}

const char *decision_unopenable(enum unopenable u)
{
	return unopenable_words[u];
}

void decision_print_extras(const struct decision *d, enum call_family family,
			   FILE *out)
{
	const char *before = " (";

	if (d->log)
		before = fprintf(out, "%slog", before) < 0 ? before : ", ";
	if (d->emulate && family == FAMILY_MKNOD)
		before = fprintf(out, "%sunopenable: %s", before,
				 decision_unopenable(d->unopenable)) < 0
				 ? before
				 : ", ";
	if (d->closed)
		before = fprintf(out, "%sclosed", before) < 0 ? before : ", ";
	(void)fputs(*before == ',' ? ")" : "", out);
}
