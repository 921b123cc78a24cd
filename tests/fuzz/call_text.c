// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * A call as text: "deputyctl policy explain" reads it, and logs have it.  The
 * first byte chooses the ABI.  What is read is printed, and the print is read
 * as the same call, and printed alike.
 */
#include <errno.h>
#include <string.h>

#include "lib/own.h"
#include "policy/call_text.h"
#include "policy/utf8.h"
#include "tests/fuzz/fuzz.h"

/* Fit for a terminal and for a log's line? */
static void check_shown(const char *s)
{
	size_t n = strlen(s), step;

	for (; n; s += step, n -= step) {
		step = utf8_step(s, n);
		FUZZ_ASSERT(step);
		FUZZ_ASSERT((unsigned char)*s >= 0x20 && *s != 0x7f);
	}
}

static void check_bytes(const struct call_bytes *a, const struct call_bytes *b)
{
	FUZZ_ASSERT(a->there == b->there && a->cut == b->cut);
	FUZZ_ASSERT(a->unread == b->unread && a->n == b->n);
	if (!a->there)
		return;
	FUZZ_ASSERT(memcmp(a->text, b->text, a->n) == 0);
	FUZZ_ASSERT(a->text[a->n] == '\0' && b->text[b->n] == '\0');
}

/* What counts is what the kernel would see: garbage of a register may differ. */
static void check_alike(const struct call_text *a, const struct call_text *b)
{
	struct call x, y;

	FUZZ_ASSERT(strcmp(a->name, b->name) == 0 && a->id == b->id);
	FUZZ_ASSERT(a->n_args == b->n_args && a->has_packed == b->has_packed);
	FUZZ_ASSERT(a->data.nr == b->data.nr && a->data.arch == b->data.arch);
	call_decode(&a->data, a->id, &x);
	call_decode(&b->data, b->id, &y);
	FUZZ_ASSERT(x.dirfd == y.dirfd && x.fd == y.fd && x.mode == y.mode);
	FUZZ_ASSERT(x.dev == y.dev && x.flags == y.flags && x.size == y.size);
	FUZZ_ASSERT(x.path_addr == y.path_addr && x.name_addr == y.name_addr);
	FUZZ_ASSERT(x.value_addr == y.value_addr && x.args_addr == y.args_addr);
	FUZZ_ASSERT(x.args_size == y.args_size && x.at_flags == y.at_flags);
	FUZZ_ASSERT(a->packed.value == b->packed.value);
	FUZZ_ASSERT(a->packed.size == b->packed.size);
	FUZZ_ASSERT(a->packed.flags == b->packed.flags);
	if (a->id == CALL_OTHER)
		FUZZ_ASSERT(memcmp(a->data.args, b->data.args,
				   sizeof(a->data.args)) == 0);
	for (int i = 0; i < CALL_TEXT_ARGS; i++)
		check_bytes(&a->args[i], &b->args[i]);
}

static void check_call(const struct call_text *c)
{
	static struct call_text again;
	AUTO(free_ptr) char *text = call_text_string(c, 0), *print = NULL;
	struct call_text_error error;
	int r;

	FUZZ_ASSERT(text);
	check_shown(text);
	r = call_text_parse(text, c->arch, &again, &error);
	if (strlen(text) >= CALL_TEXT_MAX_BYTES) { /* by its escapes */
		FUZZ_ASSERT(r == -EINVAL);
		return;
	}
	FUZZ_ASSERT(r == 0);
	check_alike(c, &again);
	print = call_text_string(&again, 0);
	FUZZ_ASSERT(print && strcmp(print, text) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct call_text call;
	struct call_text_error error = { .column = 0 };
	char *text;
	int r;

	if (size < 1)
		return 0;
	text = strndup((const char *)data + 1, size - 1);
	FUZZ_ASSERT(text);
	r = call_text_parse(text, &arches[data[0] % n_arches], &call, &error);
	FUZZ_ASSERT(r == 0 || r == -EINVAL);
	if (r == 0) {
		check_call(&call);
	} else {
		FUZZ_ASSERT(error.column >= 1);
		FUZZ_ASSERT(error.column <= strlen(text) + 1);
		FUZZ_ASSERT(error.reason[0]);
	}
	free(text);
	return 0;
}
