/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

#include <linux/capability.h>
#include <stdint.h>

#define CAP_BIT(cap) (UINT64_C(1) << CAP_##cap)

/* capset(2) of this thread; nothing is inheritable. Return: 0, a negative errno */
int caps_set(uint64_t permitted, uint64_t effective);
