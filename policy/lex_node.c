// SPDX-License-Identifier: LGPL-2.1-or-later
#include "policy/lex_node.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct lex_place lex_place_of(const struct lex *l, size_t at)
{
	struct lex_place p = { 1, 1 };

	for (size_t i = 0; i < at && i < l->bytes; i++) {
		p.column++;
		if (l->text[i] == '\n') {
			p.line++;
			p.column = 1;
		}
	}
	return p;
}

static int grow(struct lex *l)
{
	uint32_t room = l->room ? l->room * 2 : 64;
	struct lex_node *more = reallocarray(l->nodes, room, sizeof(*more));

	if (!more)
		return -1;
	l->nodes = more;
	l->room = room;
	return 0;
}

uint32_t lex_add(struct lex *l, uint32_t parent, const char *key, size_t key_at,
		 size_t at)
{
	uint32_t node = l->n_nodes;
	struct lex_node *p;

	if (l->n_nodes == l->room && grow(l) < 0)
		return LEX_NONE;
	l->nodes[node] = (struct lex_node){ .parent = parent,
					    .first = LEX_NONE,
					    .last = LEX_NONE,
					    .next = LEX_NONE,
					    .key = key,
					    .at = at,
					    .key_at = key_at };
	l->n_nodes++;
	if (parent == LEX_NONE)
		return node;
	p = &l->nodes[parent];
	if (p->first == LEX_NONE) {
		p->first = node;
	} else {
		l->nodes[p->last].next = node;
		l->nodes[node].index = l->nodes[p->last].index + 1;
	}
	p->last = node;
	return node;
}

size_t lex_end(const struct lex *l)
{
	return l->end;
}

uint32_t lex_count(const struct lex *l)
{
	return l->n_nodes;
}

void lex_set_base(struct lex *l, uint32_t base)
{
	l->base = base;
}

int lex_has(const struct lex *l, uint32_t node)
{
	return node >= l->base && node - l->base < l->n_nodes;
}

/* @link and what follows it. Return: the number of one that counts */
static uint32_t skip_replaced(const struct lex *l, uint32_t link)
{
	while (link != LEX_NONE && l->nodes[link].replaced)
		link = l->nodes[link].next;
	return link == LEX_NONE ? LEX_NONE : link + l->base;
}

uint32_t lex_first(const struct lex *l, uint32_t node)
{
	return skip_replaced(l, l->nodes[node - l->base].first);
}

uint32_t lex_next(const struct lex *l, uint32_t node)
{
	return skip_replaced(l, l->nodes[node - l->base].next);
}

const char *lex_key(const struct lex *l, uint32_t node)
{
	return l->nodes[node - l->base].key;
}

uint32_t lex_member(const struct lex *l, uint32_t object, const char *key)
{
	uint32_t n = lex_first(l, object);

	while (n != LEX_NONE && strcmp(lex_key(l, n), key) != 0)
		n = lex_next(l, n);
	return n;
}

size_t lex_key_at(const struct lex *l, uint32_t node)
{
	return l->nodes[node - l->base].key_at;
}

size_t lex_value_at(const struct lex *l, uint32_t node)
{
	return l->nodes[node - l->base].at;
}

size_t lex_value_end(const struct lex *l, uint32_t node)
{
	return l->nodes[node - l->base].end;
}

struct lex_place lex_value_place(const struct lex *l, uint32_t node)
{
	return lex_place_of(l,
			    lex_has(l, node) ? l->nodes[node - l->base].at : 0);
}

struct lex_place lex_key_place(const struct lex *l, uint32_t node)
{
	if (!lex_has(l, node) || !lex_key(l, node))
		return lex_value_place(l, node);
	return lex_place_of(l, l->nodes[node - l->base].key_at);
}

/* Appends, RFC 6901's escapes done. Return: the new length, at most @size - 1 */
static size_t append(char *buf, size_t size, size_t n, const char *text)
{
	for (; *text; text++) {
		const char *s = *text == '~'   ? "~0"
				: *text == '/' ? "~1"
					       : NULL;
		char one[2] = { *text, '\0' };

		for (s = s ?: one; *s && n + 1 < size; s++)
			buf[n++] = *s;
	}
	buf[n] = '\0';
	return n;
}

void lex_pointer(const struct lex *l, uint32_t node, char *buf, size_t size)
{
	uint32_t path[LEX_DEPTH_MAX + 1], depth = 0;
	size_t n = 0;

	buf[0] = '\0';
	if (!lex_has(l, node))
		return;
	for (node -= l->base; node != LEX_ROOT && depth <= LEX_DEPTH_MAX;
	     node = l->nodes[node].parent)
		path[depth++] = node;
	while (depth--) {
		const struct lex_node *one = &l->nodes[path[depth]];
		char index[16];

		if (n + 1 < size)
			buf[n++] = '/';
		(void)snprintf(index, sizeof(index), "%u", one->index);
		n = append(buf, size, n, one->key ?: index);
	}
}

struct lex *lex_free(struct lex *l)
{
	if (l) {
		free(l->nodes);
		free(l->keys);
		free(l);
	}
	return NULL;
}
