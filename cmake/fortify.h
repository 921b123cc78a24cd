/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Included before every file by the compiler's -include.  glibc checks the bounds
 * of what is copied only in optimized builds, and warns in others.  A level that
 * the compiler or a distribution's flags have set stays: it may be higher.
 */
#if defined __OPTIMIZE__ && !defined _FORTIFY_SOURCE
#define _FORTIFY_SOURCE 2
#endif
