/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * What the benchmarks share.
 */

#include <stddef.h>
#include <time.h>

double bench_now_us(clockid_t clock);

/* Sorts @v. Return: its median */
double bench_median(double *v, size_t n);

/* A line on what else goes on here: without it a figure says little. */
void bench_say_machine(void);
