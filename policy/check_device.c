// SPDX-License-Identifier: LGPL-2.1-or-later
/* Devices that nobody should get without knowing what they are worth. */
#include <stdio.h>
#include <sys/stat.h>

#include "lib/text.h"
#include "policy/doc.h"

/* linux/kdev_t.h: 12 and 20 bits */
#define MAJOR_MAX 0xfff
#define MINOR_MAX 0xfffff

#define OTHERS_MAX_BYTES 320 /* what a list of numbers may take in a message */

static const struct risk {
	uint32_t type, first_major, last_major, first_minor, last_minor;
	const char *can;
} risks[] = {
#define X(type, major, last, first_minor, last_minor, can)                     \
	{ S_IF##type, major, last, first_minor, last_minor, can },
#include "policy/device.def"
#undef X
};

/* The last row of the table, which has all that others have. */
#define ANY_DISK (&risks[ARRAY_SIZE(risks) - 1])

static bool has(const struct risk *r, uint32_t type, const struct doc_device *dev)
{
	return r->type == type && r->first_major <= dev->major &&
	       r->last_major >= dev->major &&
	       r->first_minor <= dev->last_minor &&
	       r->last_minor >= dev->first_minor;
}

/* All that one place of the file is worth: a device, a range, or a set. */
struct worth {
	uint32_t node;
	size_t n;
	const char *can;       /* of the first */
	uint32_t major, minor; /* its number */
	struct text others;
	char buf[OTHERS_MAX_BYTES];
};

static void worth_init(struct worth *w, uint32_t node)
{
	w->node = node;
	w->n = 0;
	w->others = (struct text){ .buf = w->buf, .size = sizeof(w->buf) };
}

static void worth_add(struct worth *w, const struct risk *r,
		      const struct doc_device *dev)
{
	uint32_t first = r->first_minor > dev->first_minor ? r->first_minor :
							     dev->first_minor;
	uint32_t last = r->last_minor < dev->last_minor ? r->last_minor :
							  dev->last_minor;

	if (w->n++ == 0) {
		w->can = r->can;
		w->major = dev->major;
		w->minor = first;
		return;
	}
	text_printf(&w->others, "%s%u:%u", w->n == 2 ? "" : ", ", dev->major,
		    first);
	if (last != first)
		text_printf(&w->others, "-%u", last);
}

/* The first in words, the others by number: else a range would fill a screen. */
static void worth_say(struct worth *w, struct doc *d, uint32_t type)
{
	const char *kind = type == S_IFCHR ? "character" : "block";

	if (w->n == 0)
		return;
	if (w->n == 1)
		doc_complain(d, DIAG_WARNING, w->node,
			     "whoever holds %s device %u:%u %s", kind, w->major,
			     w->minor, w->can);
	else
		doc_complain(d, DIAG_WARNING, w->node,
			     "whoever holds %s device %u:%u %s; as bad here: %.*s",
			     kind, w->major, w->minor, w->can, (int)w->others.len,
			     w->others.buf);
}

static void worth_add_all(struct worth *w, uint32_t type,
			  const struct doc_device *dev)
{
	size_t before = w->n;

	for (const struct risk *r = risks; r < ANY_DISK; r++)
		if (has(r, type, dev))
			worth_add(w, r, dev);
	if (w->n == before && has(ANY_DISK, type, dev))
		worth_add(w, ANY_DISK, dev);
}

/* Devices of a set have one place, that of the set's name in the rule. */
void doc_check_devices(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;
	struct worth w;

	worth_init(&w, LEX_NONE);
	for (size_t i = 0; i < m->n_devices; i++) {
		if (m->devices[i].node != w.node) {
			worth_say(&w, d, m->type);
			worth_init(&w, m->devices[i].node);
		}
		worth_add_all(&w, m->type, &m->devices[i]);
	}
	worth_say(&w, d, m->type);
}
