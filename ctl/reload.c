// SPDX-License-Identifier: LGPL-2.1-or-later
#include "ctl/client.h"
#include "ctl/reply.h"

int verb_reload(const struct ctl *ctl, char **args)
{
	AUTO(json_put) struct json_object *p = NULL;
	int r = client_get(ctl, "Reload", NULL, &p);

	if (r != CTL_OK)
		return r;
	if (ctl->json)
		return reply_print_json(p);
	reply_print_diagnostics(reply_array(p, "warnings"));
	reply_print_reloaded(p);
	return CTL_OK;
}
