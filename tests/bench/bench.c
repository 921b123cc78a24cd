// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/bench/bench.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

double bench_now_us(clockid_t clock)
{
	struct timespec t;

	(void)clock_gettime(clock, &t);
	return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int compare(const void *a, const void *b)
{
	const double *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

double bench_median(double *v, size_t n)
{
	qsort(v, n, sizeof(*v), compare);
	return v[n / 2];
}

void bench_say_machine(void)
{
	double load[3] = { 0, 0, 0 };

	(void)getloadavg(load, 3);
	printf("%ld CPUs, load %.2f, nothing pinned\n",
	       sysconf(_SC_NPROCESSORS_ONLN), load[0]);
}
