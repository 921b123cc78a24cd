/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The seccomp notification ioctls (seccomp_unotify(2)), raw: libseccomp 2.5
 * hides their errnos and has no SET_FLAGS.  Nothing else issues them.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/uapi.h"
#include "lib/verdict.h"

/* Room for a struct seccomp_notif; SECCOMP_GET_NOTIF_SIZES says 80 up to 6.18. */
#define LISTENER_NOTIF_MAX_BYTES 256

union listener_notif {
	struct seccomp_notif notif;
	uint8_t bytes[LISTENER_NOTIF_MAX_BYTES];
};

enum listener_status {
	LISTENER_OK = 0,
	LISTENER_AGAIN = 1, /* RECV: the caller was killed or we were interrupted */
	LISTENER_GONE = 2,  /* ID_VALID, SEND: nobody waits for this id any more */
};

/**
 * listener_check() - is this fd a seccomp listener?
 * @fd: borrowed; may be anything a stranger sent
 *
 * Looks at the fd's link in /proc first and issues ioctls only on a listener,
 * because an ioctl or fstat() on a stranger's FUSE file blocks as long as the
 * stranger likes.
 * Return: 0, -ENOTTY when it is something else, or another negative errno
 */
int listener_check(int fd);

/**
 * listener_sizes_fit() - does the kernel's struct seccomp_notif fit here?
 * Return: 0, -E2BIG when LISTENER_NOTIF_MAX_BYTES is too small, or a negative
 * errno (ENOSYS, EINVAL: no notifications in this kernel)
 */
int listener_sizes_fit(void);

/**
 * listener_set_sync() - wake the other side on its own CPU (Linux >= 6.6)
 * Return: 0, or -EINVAL where the kernel has no such flag
 */
int listener_set_sync(int fd);

/**
 * listener_can_continue() - can this kernel let a call continue (Linux >= 5.5)?
 * Where it cannot, listener_send() of such a verdict is -EINVAL.
 */
bool listener_can_continue(int fd);

/**
 * listener_recv() - wait for the next notification
 * @n: zeroed by the caller, as the kernel demands; written as a whole on
 * LISTENER_OK, otherwise untouched
 *
 * Blocks even if the fd has O_NONBLOCK.  libuv sets that flag on each fd that
 * it polls, and the flag belongs to the open file description, so a worker's
 * listener has it, too.  Most kernels ignore the flag in RECV; for a kernel
 * that obeys it (kernel/series-6.1) this function waits with poll().
 *
 * When no filtered task is left, newer kernels end the wait: LISTENER_AGAIN,
 * and listener_hung_up() is true.  The change came between Linux 6.2 and 6.12;
 * kernel/series-6.1 has it, too.  Older kernels block for good.
 * Return: LISTENER_OK, LISTENER_AGAIN, or a negative errno of ours
 */
int listener_recv(int fd, union listener_notif *n);

/**
 * listener_requeue() - put calls that were received but not answered back
 * The next RECV gets such a call again, with the id that it had.  Until then nobody
 * can answer the call.
 * Return: the number of calls that were put back, or a negative errno (-EINVAL: the
 * kernel lacks this; kernel/series-6.1 has it)
 */
int listener_requeue(int fd);

/* Is the last task under this filter gone (Linux >= 5.8)? Never blocks. */
bool listener_hung_up(int fd);
/* Does a notification wait to be received? */
bool listener_has_waiting(int fd);

/* Return: LISTENER_OK while @id's caller still waits, else LISTENER_GONE */
int listener_id_valid(int fd, uint64_t id);

/* The kernel's form of a verdict, and the only place where an errno is negated. */
struct seccomp_notif_resp listener_resp(uint64_t id, const struct verdict *v);

/**
 * listener_send() - answer
 * Return: LISTENER_OK, LISTENER_GONE, or a negative errno of ours
 */
int listener_send(int fd, uint64_t id, const struct verdict *v);
