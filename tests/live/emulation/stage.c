// SPDX-License-Identifier: LGPL-2.1-or-later
#include "tests/live/emulation/stage.h"

#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "tests/harness/test.h"

void stage_open(struct stage *s, const struct stage_kind *kind,
		const struct play *play, enum world_fs fs)
{
	s->kind = kind;
	s->play = play;
	world_init(&s->world, fs);
	kind->open(s);
}

void stage_close(struct stage *s)
{
	s->kind->close(s);
	world_done(&s->world);
}

char *stage_perform(struct stage *s, const struct act *act, const char *alike,
		    struct act_outcome *ret)
{
	memset(ret, 0, sizeof(*ret));
	return s->kind->perform(s, act, alike, ret);
}

void stage_tell(const unsigned count[ROW_ENDS])
{
	print_message("%u rows good, %u bad, %u not for this machine\n",
		      count[ROW_GOOD], count[ROW_BAD], count[ROW_NOT_PLAYED]);
	assert_int_equal(count[ROW_BAD], 0);
	assert_true(count[ROW_GOOD] > 0);
}

bool stage_knows_call(const struct stage *s, const char *name)
{
	return !s->kind->knows_call || s->kind->knows_call(name);
}

/* -- a container and a worker of the test's own, for each act ------------------- */

struct performance {
	const struct play *play;
	const struct act *act;
	struct act_outcome *outcome; /* shared with the test */
};

static void open_inmate(struct stage *s)
{
	s->own = mmap(NULL, sizeof(struct act_outcome), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	assert_true(s->own != MAP_FAILED);
}

static void close_inmate(struct stage *s)
{
	(void)munmap(s->own, sizeof(struct act_outcome));
}

static int run_performance(void *ctx)
{
	struct performance *p = ctx;

	p->play->run(p->act, p->outcome);
	return 0;
}

static char *perform_in_inmate(struct stage *s, const struct act *act,
			       const char *alike, struct act_outcome *ret,
			       bool rootless)
{
	struct performance p = { s->play, act, s->own };
	struct inmate_plan plan = { .notified = act->notified,
				    .run = run_performance,
				    .ctx = &p,
				    .rootless = rootless };
	struct inmate i;
	struct attendant a;
	char root[64], *tree;

	memset(s->own, 0, sizeof(*ret));
	inmate_start(&s->world, &plan, &i);
	if (act->notified) {
		attendant_start(&a, &s->world, &i, s->play->policy);
		inmate_go(&i);
	}
	assert_int_equal(inmate_result(&i), 0);
	(void)snprintf(root, sizeof(root), "/proc/%d/root/.", i.pid);
	tree = world_snapshot(root, alike);
	inmate_end(&i);
	if (act->notified)
		attendant_expect_exit(&a);
	memcpy(ret, s->own, sizeof(*ret));
	return tree;
}

static char *perform_as_root(struct stage *s, const struct act *act,
			     const char *alike, struct act_outcome *ret)
{
	return perform_in_inmate(s, act, alike, ret, false);
}

static char *perform_rootless(struct stage *s, const struct act *act,
			      const char *alike, struct act_outcome *ret)
{
	return perform_in_inmate(s, act, alike, ret, true);
}

const struct stage_kind stage_inmate = {
	.open = open_inmate,
	.close = close_inmate,
	.perform = perform_as_root,
};

const struct stage_kind stage_inmate_rootless = {
	.open = open_inmate,
	.close = close_inmate,
	.perform = perform_rootless,
};
