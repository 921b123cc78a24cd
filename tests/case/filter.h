/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A seccomp profile as an engine loads it, by libseccomp, and then the very
 * instructions that the kernel would get, run here: what comes of which call?
 */

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <json-c/json.h>

struct filter {
	struct sock_filter *insns;
	size_t n;
};

/**
 * filter_make() - from a profile of either dialect
 * @caps: all capabilities, for "includes" and "excludes"; else none
 * Fails the test when libseccomp refuses it.
 */
void filter_make(struct json_object *profile, bool caps, struct filter *ret);
/* The same from a profile in LXC's own language, as LXC on x86-64 loads it. */
void filter_make_lxc(const char *text, struct filter *ret);
/* From a context of libseccomp's, which is released. */
void filter_export(void *ctx, struct filter *ret);
void filter_done(struct filter *f);

/* Return: SECCOMP_RET_ something, with its data */
uint32_t filter_run(const struct filter *f, const struct seccomp_data *data);
