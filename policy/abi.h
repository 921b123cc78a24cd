/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * The names of policy/arch.h for programs without libseccomp. A test compares
 * the two tables.
 */

#include <stdint.h>

/* @audit_arch, @nr: as in struct seccomp_data. Return: "x86_64", ..., or "?" */
const char *abi_name(uint32_t audit_arch, uint32_t nr);
