/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * TEST(module, behaviour) { ... } - cmocka's assertions, each test in a process
 * of its own with a deadline and a check that it leaks no fd.
 *
 * A test program is one or more files of TEST()s linked with deputy-harness,
 * which brings main(): "prog" runs all, "prog WORD..." those whose name holds
 * one of the words, "prog --list" names them.  Exit 0 all good, 1 a failure,
 * 77 all skipped.
 */

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#define TEST_TIMEOUT_S 30

struct test_case {
	const char *name;
	void (*run)(void **state);
	int timeout_s;
	struct test_case *next;
};

void test_register(struct test_case *t);

#define TEST_WITHIN(module, behaviour, seconds)                                \
	static void test_##module##_##behaviour(void **state);                 \
	__attribute__((constructor)) static void                               \
	register_##module##_##behaviour(void)                                  \
	{                                                                      \
		static struct test_case t = { #module ": " #behaviour,         \
					      test_##module##_##behaviour,     \
					      seconds, NULL };                 \
		test_register(&t);                                             \
	}                                                                      \
	static void test_##module##_##behaviour(void **state)

#define TEST(module, behaviour) TEST_WITHIN(module, behaviour, TEST_TIMEOUT_S)

/* A program that starts itself anew in another role: with argv[1] @word @run is
 * its main(). */
void test_register_role(const char *word, int (*run)(int argc, char **argv));
#define TEST_ROLE(word, run)                                                   \
	__attribute__((constructor)) static void register_role_##run(void)     \
	{                                                                      \
		test_register_role(word, run);                                 \
	}

/* Ends the test as skipped; @reason names what this machine lacks. */
#define TEST_SKIP(reason) test_skip(reason)
void test_skip(const char *reason) __attribute__((noreturn));

/* By how much all deadlines are longer: DEPUTY_TEST_SLOW in the environment, as
 * in an emulated machine; 1 if not given. */
int test_slowness(void);

/* How often to do what is done over and over for chance to strike: @n times, or
 * so many times less as DEPUTY_TEST_FEWER in the environment says, but once. */
int test_rounds(int n);

/* Open fds of this process. */
int test_count_fds(void);

/* Polls @cond every 2 ms until it holds; fails the test after @seconds. */
#define TEST_WAIT(cond, seconds)                                               \
	do {                                                                   \
		int64_t until_ms = test_now_ms() +                             \
				   (int64_t)(seconds)*1000 * test_slowness();  \
		while (!(cond)) {                                              \
			if (test_now_ms() > until_ms)                          \
				fail_msg("waited %d s for: %s",                \
					 (int)(seconds), #cond);               \
			test_poll_pause();                                     \
		}                                                              \
	} while (0)
int64_t test_now_ms(void);
void test_poll_pause(void);
