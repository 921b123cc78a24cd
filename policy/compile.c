// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * From a checked policy to its arena: tables built one by one in growing
 * buffers, laid out behind the header, written into a memfd and sealed.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <seccomp.h>

#include "policy/doc.h"

#define SEALS (F_SEAL_SHRINK | F_SEAL_GROW | F_SEAL_WRITE | F_SEAL_SEAL)

struct table {
	char *data;
	size_t n, each, room;
};

/* The tables in the order of the arena. */
enum { NRS, CALLS, RULES, DEVICES, NAMES, TEXT, TABLES };

struct compiler {
	const struct doc_policy *p;
	struct table t[TABLES];
	struct arena head;
	const char **calls; /* the distinct syscalls, borrowed names */
	size_t n_calls;
	int error;
};

/* Return: the index of the first of @n new elements */
static uint32_t append(struct compiler *c, int which, const void *what, size_t n)
{
	struct table *t = &c->t[which];
	size_t first = t->n;

	if (t->n + n > t->room) {
		size_t room = (t->n + n) * 2;
		char *more = reallocarray(t->data, room, t->each);

		if (!more) {
			c->error = -ENOMEM;
			return 0;
		}
		t->data = more;
		t->room = room;
	}
	if (n)
		memcpy(t->data + first * t->each, what, n * t->each);
	t->n += n;
	return (uint32_t)first;
}

/* -- numbers ----------------------------------------------------------------------- */

/* Every ABI that libseccomp knows: of the others no call can be told. */
static const uint32_t arches[] = {
	SCMP_ARCH_X86,	       SCMP_ARCH_X86_64,      SCMP_ARCH_X32,
	SCMP_ARCH_ARM,	       SCMP_ARCH_AARCH64,     SCMP_ARCH_MIPS,
	SCMP_ARCH_MIPS64,      SCMP_ARCH_MIPS64N32,   SCMP_ARCH_MIPSEL,
	SCMP_ARCH_MIPSEL64,    SCMP_ARCH_MIPSEL64N32, SCMP_ARCH_PPC,
	SCMP_ARCH_PPC64,       SCMP_ARCH_PPC64LE,     SCMP_ARCH_S390,
	SCMP_ARCH_S390X,       SCMP_ARCH_PARISC,      SCMP_ARCH_PARISC64,
	SCMP_ARCH_RISCV64,
#ifdef SCMP_ARCH_LOONGARCH64
	SCMP_ARCH_LOONGARCH64,
#endif
#ifdef SCMP_ARCH_M68K
	SCMP_ARCH_M68K,
#endif
#ifdef SCMP_ARCH_SH
	SCMP_ARCH_SH,	       SCMP_ARCH_SHEB,
#endif
};

/* Calls younger than the oldest libseccomp that we build with. Since Linux 5.1
 * a new call has one number everywhere, but for where an ABI's begin. */
static const struct {
	const char *name;
	int nr;
} young[] = {
	{"setxattrat", 463},
	{"getxattrat", 464},
	{"listxattrat", 465},
	{"removexattrat", 466},
};

static int first_number(uint32_t arch)
{
	switch (arch) {
	case SCMP_ARCH_X32:
		return 0x40000000;
	case SCMP_ARCH_MIPS:
	case SCMP_ARCH_MIPSEL:
		return 4000;
	case SCMP_ARCH_MIPS64:
	case SCMP_ARCH_MIPSEL64:
		return 5000;
	case SCMP_ARCH_MIPS64N32:
	case SCMP_ARCH_MIPSEL64N32:
		return 6000;
	default:
		return 0;
	}
}

/* Return: negative where this ABI has no such call */
static int number_of(uint32_t arch, const char *name)
{
	int nr = seccomp_syscall_resolve_name_arch(arch, name);

	for (size_t i = 0; nr < 0 && i < ARRAY_SIZE(young); i++)
		if (strcmp(young[i].name, name) == 0)
			return first_number(arch) + young[i].nr;
	return nr;
}

static void add_numbers(struct compiler *c, const char *name, uint32_t call)
{
	for (size_t i = 0; i < ARRAY_SIZE(arches); i++) {
		int nr = number_of(arches[i], name);
		/* x32 has x86-64's arch; its numbers carry a bit of their own. */
		struct arena_nr one = {
			.arch = arches[i] == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64
							   : arches[i],
			.nr = (uint32_t)nr,
			.call = call,
		};

		if (nr >= 0)
			append(c, NRS, &one, 1);
	}
}

static int compare_nrs(const void *a, const void *b)
{
	const struct arena_nr *x = a, *y = b;

	if (x->arch != y->arch)
		return x->arch < y->arch ? -1 : 1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/* -- rules ------------------------------------------------------------------------- */

static void add_devices(struct compiler *c, const struct doc_match *m,
			struct arena_rule *r)
{
	r->first_device = (uint32_t)c->t[DEVICES].n;
	r->n_devices = (uint32_t)m->n_devices;
	for (size_t i = 0; i < m->n_devices; i++) {
		struct arena_device one = {m->devices[i].major,
					   m->devices[i].first_minor,
					   m->devices[i].last_minor};

		append(c, DEVICES, &one, 1);
	}
}

static void add_names(struct compiler *c, const struct doc_match *m,
		      struct arena_rule *r)
{
	r->first_name = (uint32_t)c->t[NAMES].n;
	r->n_names = (uint32_t)m->n_names;
	for (size_t i = 0; i < m->n_names; i++) {
		const struct doc_name *n = &m->names[i];
		struct arena_name one = {
			.text = append(c, TEXT, n->text, n->bytes),
			.bytes = (uint32_t)n->bytes,
			.prefix = n->prefix,
		};

		append(c, NAMES, &one, 1);
	}
}

static uint32_t rule_flags(const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;

	return (r->emulate ? ARENA_EMULATE : 0) | (r->log ? ARENA_LOG : 0) |
	       (m->type ? ARENA_MATCH_TYPE : 0) |
	       (m->n_devices ? ARENA_MATCH_DEVICE : 0) |
	       (m->n_names ? ARENA_MATCH_NAME : 0) |
	       (m->value ? ARENA_MATCH_VALUE : 0);
}

static void add_rule(struct compiler *c, const struct doc_rule *r, size_t index)
{
	struct arena_rule one = {
		.flags = rule_flags(r),
		.index = (uint32_t)index,
		.type = r->match.type,
		.unopenable = r->unopenable,
		.verdict = r->verdict,
	};

	add_devices(c, &r->match, &one);
	add_names(c, &r->match, &one);
	if (r->match.value) {
		one.value = append(c, TEXT, r->match.value, r->match.value_bytes);
		one.value_bytes = (uint32_t)r->match.value_bytes;
	}
	append(c, RULES, &one, 1);
}

static bool has_call(const struct doc_rule *r, const char *name)
{
	for (size_t i = 0; i < r->n_syscalls; i++)
		if (strcmp(r->syscalls[i].name, name) == 0)
			return true;
	return false;
}

static void note_needs(struct compiler *c, const struct doc_rule *r,
		       enum call_id id, struct arena_call *call)
{
	call->needs_name |= r->match.n_names != 0;
	call->needs_args |= call_is_packed(id) && (r->match.value || r->emulate);
	c->head.reads_memory |= r->match.n_names || r->match.value;
	if (r->emulate)
		c->head.families |= FAMILY_BIT(call_family_of(id));
}

/* Does a rule for the call deny it, or the default where it comes to that? */
static bool is_closed(const struct compiler *c, const char *name)
{
	for (size_t i = 0; i < c->p->n_rules; i++) {
		const struct doc_rule *r = &c->p->rules[i];

		if (!has_call(r, name))
			continue;
		if (doc_denies(r) && !r->advisory)
			return true;
		if (doc_matches_all(&r->match))
			return false;
	}
	return c->p->def.kind != VERDICT_CONTINUE;
}

static void add_call(struct compiler *c, const char *name)
{
	struct arena_call call = {
		.id = call_from_name(name),
		.first_rule = (uint32_t)c->t[RULES].n,
		.closed = is_closed(c, name),
	};

	for (size_t i = 0; i < c->p->n_rules; i++) {
		const struct doc_rule *r = &c->p->rules[i];

		if (!has_call(r, name))
			continue;
		add_rule(c, r, i);
		note_needs(c, r, call.id, &call);
		call.n_rules++;
	}
	add_numbers(c, name, append(c, CALLS, &call, 1));
}

static bool is_known(const struct compiler *c, const char *name)
{
	for (size_t i = 0; i < c->n_calls; i++)
		if (strcmp(c->calls[i], name) == 0)
			return true;
	return false;
}

static void add_calls(struct compiler *c)
{
	size_t most = 0;

	for (size_t i = 0; i < c->p->n_rules; i++)
		most += c->p->rules[i].n_syscalls;
	c->calls = calloc(most ? most : 1, sizeof(*c->calls));
	if (!c->calls) {
		c->error = -ENOMEM;
		return;
	}
	for (size_t i = 0; i < c->p->n_rules; i++)
		for (size_t k = 0; k < c->p->rules[i].n_syscalls; k++) {
			const char *name = c->p->rules[i].syscalls[k].name;

			if (is_known(c, name))
				continue;
			c->calls[c->n_calls++] = name;
			add_call(c, name);
		}
}

/* -- the memfd ----------------------------------------------------------------------- */

static int write_all(int fd, const void *data, size_t bytes, off_t at)
{
	const char *p = data;

	while (bytes) {
		ssize_t n = pwrite(fd, p, bytes, at);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			p += n;
			at += n;
			bytes -= (size_t)n;
		}
	}
	return 0;
}

static int write_arena(struct compiler *c, int fd)
{
	struct arena_span *const spans[TABLES] = {
		&c->head.nrs,	  &c->head.calls, &c->head.rules,
		&c->head.devices, &c->head.names, &c->head.text,
	};
	size_t at = (sizeof(c->head) + 7) & ~(size_t)7;
	int r = 0;

	for (int i = 0; i < TABLES && r == 0; i++) {
		const struct table *t = &c->t[i];

		if (at + t->n * t->each > ARENA_MAX_BYTES)
			return -EFBIG;
		*spans[i] = (struct arena_span){(uint32_t)at, (uint32_t)t->n};
		r = write_all(fd, t->data, t->n * t->each, (off_t)at);
		at = (at + t->n * t->each + 7) & ~(size_t)7;
	}
	c->head.bytes = (uint32_t)at;
	if (r == 0)
		r = write_all(fd, &c->head, sizeof(c->head), 0);
	if (r == 0 && ftruncate(fd, (off_t)at) < 0)
		r = -errno;
	return r;
}

static int seal_arena(struct compiler *c)
{
	AUTO(fd_close)
	int fd = memfd_create("deputy-policy", MFD_CLOEXEC | MFD_ALLOW_SEALING);
	int r;

	if (fd < 0)
		return -errno;
	r = write_arena(c, fd);
	if (r == 0 && fcntl(fd, F_ADD_SEALS, SEALS) < 0)
		r = -errno;
	return r < 0 ? r : TAKE_FD(fd);
}

int doc_compile(const struct doc *d, const struct doc_policy *p)
{
	struct compiler c = {
		.p = p,
		.t =
			{
				[NRS] = {.each = sizeof(struct arena_nr)},
				[CALLS] = {.each = sizeof(struct arena_call)},
				[RULES] = {.each = sizeof(struct arena_rule)},
				[DEVICES] = {.each = sizeof(struct arena_device)},
				[NAMES] = {.each = sizeof(struct arena_name)},
				[TEXT] = {.each = 1},
			},
		.head = {.magic = ARENA_MAGIC,
			 .version = ARENA_VERSION,
			 .fail = verdict_errno(EPERM),
			 .def = p->def},
	};
	int r;

	add_calls(&c);
	if (c.t[NRS].n)
		qsort(c.t[NRS].data, c.t[NRS].n, sizeof(struct arena_nr),
		      compare_nrs);
	c.head.reads_memory |= c.head.families != 0;
	r = c.error < 0 ? c.error : seal_arena(&c);
	for (int i = 0; i < TABLES; i++)
		free(c.t[i].data);
	free(c.calls);
	return r;
}
