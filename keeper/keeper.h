/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * "deputyd --keeper": where there is no systemd, a parent that keeps deputyd's
 * fds and starts it anew.  It reads nothing but deputyd's notifications
 * (wire.h) and opens no socket for anybody else.
 *
 *   SIGTERM, SIGINT   ends deputyd, then itself
 *   SIGHUP	       goes on to deputyd
 *   SIGUSR2	       the program, as it is now on disk, takes over
 *   SIGKILL	       deputyd takes its place (daemon/orphan.c) and starts anew
 */

/* In deputyd's environment: whose child it is. */
#define KEEPER_PID "DEPUTYD_KEEPER"
/* A deputyd that dies again sooner than this is started after a while only. */
#define KEEPER_YOUNG_MS	      300
#define KEEPER_BACKOFF_MIN_MS 10
#define KEEPER_BACKOFF_MAX_MS 5000
/* For deputyd to end in order, then it is killed. */
#define KEEPER_STOP_MS (10 * 1000)
/* For the new program to say that it likes its options and the policy. */
#define KEEPER_PROBE_MS (30 * 1000)
/* For deputyd to be ready, with all that it takes over; then it is killed. */
#define KEEPER_START_MS (30 * 1000)
/* deputyd says three times in this span that its loop goes on. */
#define KEEPER_WATCHDOG_MS (10 * 1000)

/**
 * keeper_run() - main() of the keeper
 * @argv: [1] is "--keeper", what follows are options of deputyd
 */
int keeper_run(int argc, char **argv);
