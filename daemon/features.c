// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/features.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/log.h"
#include "lib/own.h"

/* "a,b", or "-" */
static void names(uint32_t mask, char *buf, size_t size)
{
	size_t n = 0;

	(void)snprintf(buf, size, "-");
	for (int f = 0; f < KFEATS && n < size; f++)
		if (mask & KFEAT_BIT(f))
			n += (size_t)snprintf(buf + n, size - n, "%s%s",
					      n ? "," : "", kfeats[f].name);
}

void features_probe(struct features *ret)
{
	char have[256], lack[256];
	int r = kfeat_probe(&ret->mask);

	ret->known = r == 0;
	ret->not_lacking =
		r == 0 ? ret->mask : kfeat_calls() | KFEATS_OF_LISTENER;
	if (r < 0) {
		/* EBUSY: under a filter with a listener itself. That hinders
		 * nobody's containers, but what this kernel can do is not to be
		 * found out. */
		log_event(LOG_WARNING, "kernel-features-unknown", LOG_E(r));
		return;
	}
	names(ret->mask, have, sizeof(have));
	names(~ret->mask & (KFEAT_BIT(KFEATS) - 1), lack, sizeof(lack));
	log_event(LOG_INFO, "kernel-features", LOG_S("have", have),
		  LOG_S("lack", lack));
	if (!(ret->mask & KFEAT_BIT(KFEAT_CONTINUE)))
		log_event(
			LOG_WARNING, "kernel-too-old",
			LOG_S("why", "this kernel cannot let a notified call "
				     "continue"),
			LOG_S("so", "it gets the policy's without_continue"));
}
