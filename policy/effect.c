// SPDX-License-Identifier: LGPL-2.1-or-later
/* The kernel's side is what fs/namei.c and fs/xattr.c do, in this order. */
#include "policy/effect.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>

#include "policy/parse.h"

#define XATTR_VALUE_MAX_BYTES 65536 /* linux/limits.h XATTR_SIZE_MAX */
#define PAGE_BYTES	      4096

#define NO_CAPABILITY(what)                                                    \
	"the kernel refuses (EPERM): the call needs " what " in the initial "  \
	"user namespace"

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

enum operation { SET, REMOVE, GET, LIST };

static enum operation operation_of(enum call_id id)
{
	if (call_has(id, ARG_VALUE) || call_has(id, ARG_ARGS))
		return SET;
	if (!call_has(id, ARG_NAME))
		return LIST;
	return call_has(id, ARG_OUT) || call_has(id, ARG_ARGS_OUT) ? GET : REMOVE;
}

#define BY_FILE_SYSTEM "the file system decides, mostly with EOPNOTSUPP"
#define SETS	"the kernel sets it, "
#define REMOVES "the kernel removes it, "
#define READS	"the kernel reads it, with the caller's rights"

static const struct {
	const char *prefix;
	const char *effects[LIST]; /* by operation */
} namespaces[] = {
	{ "user.",
	  { SETS "with the caller's rights", REMOVES "with the caller's rights",
	    READS } },
	{ "trusted.",
	  { NO_CAPABILITY("CAP_SYS_ADMIN"), NO_CAPABILITY("CAP_SYS_ADMIN"),
	    "the kernel shows none (ENODATA): the call needs CAP_SYS_ADMIN in the "
	    "initial user namespace" } },
	{ "security.capability",
	  { SETS "if the caller has CAP_SETFCAP in its user namespace",
	    REMOVES "if the caller has CAP_SETFCAP in its user namespace",
	    READS } },
	{ "security.",
	  { NO_CAPABILITY("CAP_SYS_ADMIN"), NO_CAPABILITY("CAP_SYS_ADMIN"),
	    READS } },
	{ "system.posix_acl_",
	  { SETS "if the caller owns the file",
	    REMOVES "if the caller owns the file", READS } },
	{ "", { BY_FILE_SYSTEM, BY_FILE_SYSTEM, BY_FILE_SYSTEM } },
};

static const char *kernel_name(enum operation op, const char *name)
{
	if (!name)
		return "the kernel refuses (EFAULT, or ERANGE where the name "
		       "is longer than 255 bytes)";
	if (!*name)
		return "the kernel refuses (ERANGE): the name is empty";
	for (size_t i = 0;; i++)
		if (strncmp(name, namespaces[i].prefix,
			    strlen(namespaces[i].prefix)) == 0)
			return namespaces[i].effects[op];
}

/* Return: how the kernel refuses the struct; NULL: it does not */
static const char *kernel_packed(const struct call *c)
{
	if (c->args_size < sizeof(struct call_args))
		return "the kernel refuses (EINVAL): the struct is too short";
	if (c->args_size > PAGE_BYTES)
		return "the kernel refuses (E2BIG): the struct is too long";
	if (c->size == UINT64_MAX)
		return "the kernel refuses (EFAULT): the struct cannot be read";
	return NULL;
}

static const char *kernel_xattr(const struct call *c, const char *name)
{
	enum operation op = operation_of(c->id);
	uint32_t known = op == SET ? XATTR_CREATE | XATTR_REPLACE : 0;
	const char *wrong = call_is_packed(c->id) ? kernel_packed(c) : NULL;

	if (wrong)
		return wrong;
	if ((c->at_flags & ~(uint32_t)(AT_SYMLINK_NOFOLLOW | AT_EMPTY_PATH)) ||
	    (c->flags & ~known))
		return "the kernel refuses (EINVAL): no such flags";
	if (op == LIST)
		return "the kernel lists the names except trusted.*, which need "
		       "CAP_SYS_ADMIN in the initial user namespace";
	if (op == SET && name && *name && c->size > XATTR_VALUE_MAX_BYTES)
		return "the kernel refuses (E2BIG): the value is too long";
	return kernel_name(op, name);
}

static const char *kernel(const struct match_facts *f)
{
	switch (f->call->family) {
	case FAMILY_MKNOD:
		return kernel_mknod(f->call);
	case FAMILY_XATTR:
		return kernel_xattr(f->call, f->name);
	default:
		return "the call continues in the kernel, with all of its own "
		       "checks";
	}
}

/* -- decisions ---------------------------------------------------------------------- */

static const char *const unopenable_words[] = {
	[UNOPENABLE_DEFAULT] = "default",
	[UNOPENABLE_CREATE] = "create",
	[UNOPENABLE_ERRNO] = "errno",
	[UNOPENABLE_BIND] = "bind",
};

static const char *const unopenable_effects[] = {
	[UNOPENABLE_DEFAULT] = "a node that opens is bound over it on tmpfs and "
			       "ramfs, elsewhere EPERM, and nothing stays",
	[UNOPENABLE_BIND] = "a node that opens is bound over it, and what lies "
			    "below stays",
	[UNOPENABLE_CREATE] = "the node stays, although it does not open",
	[UNOPENABLE_ERRNO] = "EPERM, and the node is removed",
};

static const char *emulation(const struct call *c)
{
	static const char *const effects[] = {
		[SET] = "sets it",
		[REMOVE] = "removes it",
		[GET] = "reads it",
		[LIST] = "lists the names, with those of emulated reads,",
	};

	return c->family == FAMILY_MKNOD ? "makes the node"
					 : effects[operation_of(c->id)];
}

static void print_errno(const struct verdict *v, FILE *out)
{
	const char *name = strerrorname_np(v->error);

	(void)fputs(name ? name : "?", out);
}

static void print_emulation(const struct decision *d, const struct verdict *fail,
			    const struct call *c, FILE *out)
{
	bool mknod = c->family == FAMILY_MKNOD;

	(void)fprintf(
		out,
		"deputy %s with the caller's rights, if the caller has %s in "
		"its user namespace; else ",
		emulation(c), mknod ? "CAP_MKNOD" : "CAP_SYS_ADMIN");
	if (d->closed)
		print_errno(fail, out);
	else
		(void)fputs(mknod || operation_of(c->id) <= REMOVE
				    ? "the kernel refuses"
				    : "the kernel answers",
			    out);
	if (mknod)
		(void)fprintf(out, "; where devices cannot be opened: %s",
			      unopenable_effects[d->unopenable]);
}

void effect_print(const struct decision *d, const struct verdict *fail,
		  const struct match_facts *f, FILE *out)
{
	if (d->emulate) {
		print_emulation(d, fail, f->call, out);
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
	if (d->emulate && family == FAMILY_MKNOD &&
	    d->unopenable != UNOPENABLE_DEFAULT)
		before = fprintf(out, "%sunopenable: %s", before,
				 decision_unopenable(d->unopenable)) < 0
				 ? before
				 : ", ";
	if (d->closed)
		before = fprintf(out, "%sclosed", before) < 0 ? before : ", ";
	(void)fputs(*before == ',' ? ")" : "", out);
}
