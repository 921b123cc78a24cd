// SPDX-License-Identifier: LGPL-2.1-or-later
/* Devices that nobody should get without knowing what they are worth. */
#include <sys/stat.h>

#include "policy/doc.h"

#define MINOR_MAX 0xfffff /* linux/kdev_t.h: 20 bits */

static const struct risk {
	uint32_t type, major, first_minor, last_minor;
	const char *can;
} risks[] = {
#define X(type, major, first, last, can) { S_IF##type, major, first, last, can },
#include "policy/device.def"
#undef X
};

/* Return: what the holder of some node of @dev can do; the first of the table */
static const struct risk *find_risk(uint32_t type, const struct doc_device *dev)
{
	for (size_t i = 0; i < ARRAY_SIZE(risks); i++) {
		const struct risk *r = &risks[i];

		if (r->type == type && r->major == dev->major &&
		    r->first_minor <= dev->last_minor &&
		    r->last_minor >= dev->first_minor)
			return r;
	}
	return NULL;
}

/* Of a set, whose devices have one place, the first says enough. */
void doc_check_devices(struct doc *d, const struct doc_rule *r)
{
	const struct doc_match *m = &r->match;
	uint32_t said = LEX_NONE;

	for (size_t i = 0; i < m->n_devices; i++) {
		const struct risk *risk = find_risk(m->type, &m->devices[i]);

		if (!risk || m->devices[i].node == said)
			continue;
		said = m->devices[i].node;
		doc_complain(d, DIAG_WARNING, said,
			     "whoever holds %s device %u:%u %s",
			     m->type == S_IFCHR ? "character" : "block",
			     risk->major,
			     risk->first_minor > m->devices[i].first_minor ?
				     risk->first_minor :
				     m->devices[i].first_minor,
			     risk->can);
	}
}
