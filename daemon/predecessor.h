/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * predecessor_end() - kill the workers of an earlier deputyd that serve a slot
 * They die with that deputyd, but not at once, and not where it died while they
 * had the ids of a container.  The lock of the slot (lib/slot.h) knows.
 * Return: > 0 while one of them, or a child of it, is not dead yet; 0: none
 * is there; or a negative errno
 */
int predecessor_end(int slot_fd);
