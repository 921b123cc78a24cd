/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * "deputyd --keeper": without systemd, a parent that keeps deputyd's fds and
 * restarts deputyd.  The keeper reads nothing but deputyd's notifications
 * (wire.h) and opens no socket for anybody else.
 *
 *   SIGTERM, SIGINT   ends deputyd, then itself
 *   SIGHUP	       is passed to deputyd
 *   SIGUSR2	       executes the program that is now on disk
 *   SIGKILL	       deputyd becomes the keeper (daemon/orphan.c)
 */

/* In deputyd's environment: the keeper's pid. */
#define KEEPER_PID "DEPUTYD_KEEPER"
/* A deputyd that ends sooner after its start than this is restarted with a delay. */
#define KEEPER_YOUNG_MS	      300
#define KEEPER_BACKOFF_MIN_MS 10
#define KEEPER_BACKOFF_MAX_MS 5000
/* Time for deputyd to end in order; then the keeper kills it. */
#define KEEPER_STOP_MS (10 * 1000)
/* Time for a new program to check its options and the policy. */
#define KEEPER_PROBE_MS (30 * 1000)
/* Time for deputyd to take everything over and be ready; then the keeper kills it. */
#define KEEPER_START_MS (30 * 1000)
/* The watchdog's span: deputyd reports three times in it that its loop runs. */
#define KEEPER_WATCHDOG_MS (10 * 1000)

/**
 * keeper_run() - main() of the keeper
 * @argv: [1] is "--keeper"; deputyd's options follow
 */
int keeper_run(int argc, char **argv);
