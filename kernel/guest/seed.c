/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * seed FILE: its bytes are the kernel's randomness. A minimal kernel in a virtual
 * machine has no source of its own, and getrandom() would wait for good.
 */
#include <err.h>
#include <fcntl.h>
#include <linux/random.h>
#include <sys/ioctl.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct {
		struct rand_pool_info head;
		char bytes[64];
	} pool;
	int seed = open(argc > 1 ? argv[1] : "", O_RDONLY);
	int random = open("/dev/urandom", O_RDWR);

	if (seed < 0 || read(seed, pool.bytes, sizeof(pool.bytes)) !=
				sizeof(pool.bytes))
		err(1, "seed");
	pool.head.buf_size = sizeof(pool.bytes);
	pool.head.entropy_count = 8 * sizeof(pool.bytes);
	if (random < 0 || ioctl(random, RNDADDENTROPY, &pool) < 0)
		err(1, "urandom");
	return 0;
}
