// SPDX-License-Identifier: LGPL-2.1-or-later
#include "daemon/notify.h"

#include <stdint.h>

#include <systemd/sd-daemon.h>

void notify_ready(void)
{
	(void)sd_notify(0, "READY=1");
}

void notify_stopping(void)
{
	(void)sd_notify(0, "STOPPING=1");
}

void notify_status(size_t containers, size_t listeners)
{
	static size_t last_containers = SIZE_MAX, last_listeners = SIZE_MAX;

	if (containers == last_containers && listeners == last_listeners)
		return;
	last_containers = containers;
	last_listeners = listeners;
	(void)sd_notifyf(0, "STATUS=Serving %zu listeners of %zu containers.",
			 listeners, containers);
}

static void on_watchdog(uv_timer_t *t)
{
	(void)sd_notify(0, "WATCHDOG=1");
}

void notify_watchdog(uv_loop_t *loop, uv_timer_t *t)
{
	uint64_t usec = 0, ms;

	(void)uv_timer_init(loop, t);
	uv_unref((uv_handle_t *)t);
	if (sd_watchdog_enabled(0, &usec) <= 0)
		return;
	ms = usec / 3000; /* three times in that span */
	(void)uv_timer_start(t, on_watchdog, 0, ms ? ms : 1);
}
