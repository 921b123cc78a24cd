/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * deputyd's command line.  Strings are argv's or static, but for the buffers.
 */

#include <limits.h>
#include <stdbool.h>
#include <sys/types.h>

#include "policy/policy.h"

#define CONFIG_POLICY_FILE     POLICY_FILE_DEFAULT
#define CONFIG_POLICY_DIRECTORY POLICY_DIRECTORY_DEFAULT
#define CONFIG_OCI_SOCKET      "/run/deputy/oci.sock"
#define CONFIG_CONTROL_SOCKET  "/run/deputy/control.sock"
#define CONFIG_LXC_NAME	       "lxc.sock"
#define CONFIG_OCI_MODE	       0600
#define CONFIG_LXC_MODE	       0600
#define CONFIG_CONTROL_MODE    0660

struct config {
	const char *policy; /* NULL: the default ones that are there */
	const char *oci_socket;
	const char *lxc_socket;
	const char *control_socket;
	const char *worker;
	const char *workers_cgroup; /* NULL: none */
	mode_t oci_mode, lxc_mode, control_mode;
	int log_level;
	bool check, watch_policy;
	char worker_buf[PATH_MAX], lxc_socket_buf[PATH_MAX];
};

enum config_status {
	CONFIG_RUN = 0,
	CONFIG_DONE = 1,  /* --help, --version: printed, exit 0 */
	CONFIG_USAGE = 2, /* said why on stderr, exit 2 */
};

/* Return: enum config_status; @c is usable on CONFIG_RUN only */
int config_parse(struct config *c, int argc, char **argv);

/* What to load now; none: the built-in policy. */
struct policy_paths config_policy_paths(const struct config *c);
/* Where there may be something to load later. */
struct policy_paths config_policy_candidates(const struct config *c);
