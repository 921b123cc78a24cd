// SPDX-License-Identifier: LGPL-2.1-or-later
/* Calls as text: what registers they give, what they are printed as, and where
 * a bad one is said to be wrong.  The numbers are written out here. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "policy/call_text.h"
#include "tests/harness/test.h"

#define X86_64 0xc000003e
#define I386   0x40000003

struct good {
	const char *abi, *text;
	uint32_t arch;
	int nr;
	uint64_t args[6];    /* STRING: an address of a string */
	const char *printed; /* NULL: as text */
};
#define STRING UINT64_C(0x7374720000000000)
#define STRUCT (STRING + 1) /* of one without a string */

static const struct good good[] = {
	{ "x86_64",
	  "mknod(\"/x\", S_IFCHR|0666, 1:3)",
	  X86_64,
	  133,
	  { STRING, 020666, 0x103 },
	  NULL },
	{ "x86_64",
	  " mknod ( \"/x\" ,0666 | S_IFCHR, 0x1:0b11 ) = -1 EPERM",
	  X86_64,
	  133,
	  { STRING, 020666, 0x103 },
	  "mknod(\"/x\", S_IFCHR|0666, 1:3)" },
	{ "x86_64",
	  "mknodat(AT_FDCWD, \"/x\", S_IFBLK|S_ISVTX, 8:0)",
	  X86_64,
	  259,
	  { 0xffffffffffffff9c, STRING, 061000, 0x800 },
	  "mknodat(AT_FDCWD, \"/x\", S_IFBLK|01000, 8:0)" },
	{ "x86_64",
	  "mknodat(-1, NULL, 438, makedev(0x103, 1048575))",
	  X86_64,
	  259,
	  { UINT64_MAX, 0, 0666, 0xfff103ff | 0x10300 },
	  "mknodat(-1, NULL, 0666, 259:1048575)" },
	{ "x86_64",
	  "mknod(\"/x\", S_IFIFO|0, 0)",
	  X86_64,
	  133,
	  { STRING, 010000, 0 },
	  "mknod(\"/x\", S_IFIFO|0000, 0:0)" },
	{ "x86_64",
	  "mknod(\"/x\", S_IFSOCK|S_IFREG, 4294967295)",
	  X86_64,
	  133,
	  { STRING, 0140000, 0xffffffff },
	  "mknod(\"/x\", S_IFSOCK|0000, 4095:1048575)" },
	{ "x86",
	  "mknodat(AT_FDCWD, \"/x\", S_IFCHR, 5:0)",
	  I386,
	  297,
	  { 0xffffff9c, STRING, 020000, 0x500 },
	  "mknodat(AT_FDCWD, \"/x\", S_IFCHR|0000, 5:0)" },
	{ "x32",
	  "mknod(\"/x\", S_IFCHR|0666, 1:3)",
	  X86_64,
	  0x40000085,
	  { STRING, 020666, 0x103 },
	  NULL },
	/* as the log writes what was not read, and a long path */
	{ "x86_64",
	  "setxattr(0x7f00, 0x7f10, 0x7f20, 3, 0)",
	  X86_64,
	  188,
	  { 0x7f00, 0x7f10, 0x7f20, 3, 0 },
	  NULL },
	{ "x86_64",
	  "mknod(\"/x\"..., S_IFCHR|0666, 1:3)",
	  X86_64,
	  133,
	  { STRING, 020666, 0x103 },
	  NULL },
	{ "x86_64",
	  "setxattr(\"/x\", \"user.a\", \"val\", 3, 0)",
	  X86_64,
	  188,
	  { STRING, STRING, STRING, 3, 0 },
	  NULL },
	{ "x86_64",
	  "lsetxattr(\"/x\", \"user.a\", \"\\x79\\0\\177\\n\\\"\\\\\", 4, "
	  "XATTR_CREATE|XATTR_REPLACE)",
	  X86_64,
	  189,
	  { STRING, STRING, STRING, 4, 3 },
	  "lsetxattr(\"/x\", \"user.a\", \"y\\000\\177\\n\\\"\\\\\", 4, "
	  "XATTR_CREATE|XATTR_REPLACE)" },
	{ "x86_64",
	  "fsetxattr(3, \"user.\303\251\", NULL, 0, 0x14)",
	  X86_64,
	  190,
	  { 3, STRING, 0, 0, 0x14 },
	  "fsetxattr(3, \"user.\303\251\", NULL, 0, 0x14)" },
	/* no UTF-8; turns the writing direction; C1 */
	{ "x86_64",
	  "setxattr(\"/\377\", \"\342\200\256\", \"\302\233\", 2, 2)",
	  X86_64,
	  188,
	  { STRING, STRING, STRING, 2, 2 },
	  "setxattr(\"/\\377\", \"\\342\\200\\256\", \"\\302\\233\", 2, "
	  "XATTR_REPLACE)" },
	/* one more byte than is written: its NUL; more than rules look at */
	{ "x86_64",
	  "setxattr(\"\", \"\", \"y\", 2, 0)",
	  X86_64,
	  188,
	  { STRING, STRING, STRING, 2, 0 },
	  NULL },
	{ "x86_64",
	  "setxattr(\"\", \"\", \"y\", 65537, 0)",
	  X86_64,
	  188,
	  { STRING, STRING, STRING, 65537, 0 },
	  NULL },
	{ "x86_64",
	  "setxattrat(AT_FDCWD, \"/x\", AT_SYMLINK_NOFOLLOW|AT_EMPTY_PATH, "
	  "\"user.a\", {value=\"val\", size=3, flags=XATTR_CREATE}, 16)",
	  X86_64,
	  463,
	  { 0xffffffffffffff9c, STRING, 0x1100, STRING, STRING, 16 },
	  NULL },
	{ "x86_64",
	  "setxattrat(3, NULL, 4, NULL, { value = NULL , size=0x10,flags=8 }, "
	  "24)",
	  X86_64,
	  463,
	  { 3, 0, 4, 0, STRUCT, 24 },
	  "setxattrat(3, NULL, 0x4, NULL, {value=NULL, size=16, flags=0x8}, "
	  "24)" },
	{ "x86_64",
	  "setxattrat(3, \"\", 0, \"user.a\", NULL, 16)",
	  X86_64,
	  463,
	  { 3, STRING, 0, STRING, 0, 16 },
	  NULL },
	{ "s390x",
	  "getxattrat(3, \"\", 0, \"user.a\", {value=0x3ff, size=256, "
	  "flags=0}, 16)",
	  0x80000016,
	  464,
	  { 3, STRING, 0, STRING, STRUCT, 16 },
	  NULL },
	{ "x86_64",
	  "getxattr(\"/x\", \"user.a\", \"val\", 256) = 3",
	  X86_64,
	  191,
	  { STRING, STRING, STRING, 256 },
	  "getxattr(\"/x\", \"user.a\", \"val\", 256)" },
	{ "x86_64",
	  "fgetxattr(3, \"user.a\", 0x7ffd0010, 256)",
	  X86_64,
	  193,
	  { 3, STRING, 0x7ffd0010, 256 },
	  NULL },
	{ "x86_64",
	  "listxattr(\"/x\", \"user.a\\0user.b\\0\", 65536)",
	  X86_64,
	  194,
	  { STRING, STRING, 65536 },
	  "listxattr(\"/x\", \"user.a\\000user.b\\000\", 65536)" },
	{ "x86_64",
	  "listxattrat(AT_FDCWD, \"/x\", AT_SYMLINK_NOFOLLOW, NULL, 0)",
	  X86_64,
	  465,
	  { 0xffffffffffffff9c, STRING, 0x100, 0, 0 },
	  NULL },
	{ "x86_64",
	  "removexattr(\"/x\", \"user.a\")",
	  X86_64,
	  197,
	  { STRING, STRING },
	  NULL },
	{ "x86_64",
	  "removexattrat(3, \"/x\", 0, \"user.a\")",
	  X86_64,
	  466,
	  { 3, STRING, 0, STRING },
	  NULL },
	{ "x86_64", "bpf()", X86_64, 321, { 0 }, NULL },
	/* libseccomp tells a made-up number of it */
	{ "x86", "socket()", I386, 359, { 0 }, NULL },
	{ "x86_64",
	  "mount(NULL, \"/x\", 7, 18446744073709551615)",
	  X86_64,
	  165,
	  { 0, STRING, 7, UINT64_MAX },
	  NULL },
};

static char *print(const struct call_text *c, unsigned any)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	assert_non_null(f);
	call_text_print(c, any, f);
	assert_int_equal(fclose(f), 0);
	return text;
}

static void parse_good(const struct good *g, const char *text,
		       struct call_text *ret)
{
	struct call_text_error error;
	const struct arch *arch;

	arch = arch_find(g->abi);
	assert_non_null(arch);
	if (call_text_parse(text, arch, ret, &error) < 0)
		fail_msg("%s:%u: %s", text, error.column, error.reason);
	assert_int_equal(ret->data.arch, g->arch);
	assert_int_equal(ret->data.nr, g->nr);
	for (int i = 0; i < 6; i++) {
		bool string = g->args[i] == STRING;

		if (ret->args[i].there != string)
			fail_msg("%s: string %d", text, i);
		if (string || g->args[i] == STRUCT
			    ? !ret->data.args[i]
			    : ret->data.args[i] != g->args[i])
			fail_msg("%s: argument %d is %#llx", text, i,
				 (unsigned long long)ret->data.args[i]);
	}
}

TEST(call_text, good_ones_give_their_registers_and_come_back)
{
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		const struct good *g = &good[i];
		struct call_text first, again;
		char *text, *same;

		parse_good(g, g->text, &first);
		text = print(&first, 0);
		assert_string_equal(text, g->printed ? g->printed : g->text);
		parse_good(g, text, &again);
		same = print(&again, 0);
		assert_string_equal(same, text);
		free(text);
		free(same);
	}
}

TEST(call_text, strings_are_what_the_escapes_say)
{
	const struct arch *arch;
	struct call_text c;
	struct call_text_error error;
	struct call_bytes v;

	arch = arch_find("x86_64");
	assert_non_null(arch);
	assert_int_equal(
		call_text_parse("setxattr(\"/x\", \"user.\\141\\x62\\t\", "
				"\"\\0\\x1\\18\\?\\'\\e\", 7, 0)",
				arch, &c, &error),
		0);
	v = call_text_bytes(&c, ARG_NAME);
	assert_string_equal(v.text, "user.ab\t");
	v = call_text_bytes(&c, ARG_VALUE);
	assert_int_equal(v.n, 7);
	assert_memory_equal(v.text, "\0\1\0018?'\33", 8);
	assert_string_equal(call_text_bytes(&c, ARG_PATH).text, "/x");
	assert_false(call_text_bytes(&c, ARG_DEV).there);
}

TEST(call_text, a_struct_is_read)
{
	const struct arch *arch = arch_find("x86_64");
	struct call_text_error error;
	struct call_text c;
	char *text;

	assert_int_equal(
		call_text_parse(
			"setxattrat(3, \"\", 0, \"n\", {value=\"y\\0z\", "
			"size=2, flags=XATTR_REPLACE}, 16)",
			arch, &c, &error),
		0);
	assert_true(c.has_packed);
	assert_true(c.packed.value && c.packed.value != c.data.args[4]);
	assert_int_equal(c.packed.size, 2);
	assert_int_equal(c.packed.flags, 2);
	assert_int_equal(call_text_bytes(&c, ARG_VALUE).n, 3);
	text = call_text_string(&c, 1U << ARG_VALUE | 1U << ARG_SIZE);
	assert_string_equal(text, "setxattrat(3, \"\", 0, \"n\", {value=*, "
				  "size=*, flags=XATTR_REPLACE}, 16)");
	free(text);
	assert_int_equal(call_text_parse("getxattrat(3, \"\", 0, \"n\", "
					 "{value=4096, size=1, flags=0}, 16)",
					 arch, &c, &error),
			 0);
	assert_int_equal(c.packed.value, 4096);
	assert_false(call_text_bytes(&c, ARG_VALUE).there);
}

TEST(call_text, a_star_stands_for_any)
{
	const struct arch *arch;
	struct call_text c;
	struct call_text_error error;
	char *text;

	arch = arch_find("x86_64");
	assert_non_null(arch);
	assert_int_equal(call_text_parse("mknod(\"/x\", S_IFCHR, 1:3)", arch,
					 &c, &error),
			 0);
	text = print(&c, 1U << ARG_DEV);
	assert_string_equal(text, "mknod(\"/x\", S_IFCHR|0000, *)");
	free(text);
}

static const struct {
	const char *abi, *text;
	unsigned column;
	const char *reason;
} bad[] = {
	{ "x86_64", "", 1,
	  "expected a call, as mknod(\"/x\", S_IFCHR|0666, 1:3), found the "
	  "end" },
	{ "x86_64", "(", 1,
	  "expected a call, as mknod(\"/x\", S_IFCHR|0666, 1:3), found '('" },
	{ "x86_64", "  mknode()", 3, "unknown syscall \"mknode\"" },
	{ "aarch64", "mknod(\"/x\", 0, 0)", 1, "aarch64 has no mknod" },
	{ "x86_64", "mknod", 6, "expected \"(\", found the end" },
	{ "x86_64", "mknod()", 7,
	  "expected a path (\"/dev/null\" or NULL), found ')'" },
	{ "x86_64", "mknod(/x, 0, 0)", 7,
	  "expected a path (\"/dev/null\" or NULL), found '/'" },
	{ "x86_64", "mknod(\"/x)", 11, "expected a closing '\"', found the end" },
	{ "x86_64", "mknod(\"\\q\")", 9, "expected an escape of C, found 'q'" },
	{ "x86_64", "mknod(\"\\x\")", 10,
	  "expected one or two hexadecimal digits, found '\"'" },
	{ "x86_64", "mknod(\"\\400\")", 9, "an octal escape cannot be above \\377" },
	{ "x86_64", "mknod(\"/x\\0y\", 0, 0)", 10, "a NUL byte would end the string here" },
	{ "x86_64", "mknod(\"/x\")", 11,
	  "expected \",\" and a mode (S_IFCHR|0666), found ')'" },
	{ "x86_64", "mknod(\"/x\", S_IFCHAR, 0)", 13,
	  "expected a mode (S_IFCHR|0666), found S_IFCHAR (did you mean "
	  "\"S_IFCHR\"?)" },
	{ "x86_64", "mknod(\"/x\", XATTR_CREATE, 0)", 13,
	  "expected a mode (S_IFCHR|0666), found XATTR_CREATE" },
	{ "x86_64", "mknod(\"/x\", S_IFCHR|, 0)", 21,
	  "expected a mode (S_IFCHR|0666), found ','" },
	{ "x86_64", "mknod(\"/x\", 0689, 0)", 15, "expected a digit of base 8" },
	{ "x86_64", "mknod(\"/x\", 0x, 0)", 15, "expected a digit of base 16" },
	{ "x86_64", "mknod(\"/x\", 0b12, 0)", 16, "expected a digit of base 2" },
	{ "x86_64", "mknod(\"/x\", 18446744073709551616, 0)", 13,
	  "the number is too big" },
	{ "x86_64", "mknod(\"/x\", -1, 0)", 13,
	  "expected a mode (S_IFCHR|0666), found '-'" },
	{ "x86_64", "mknod(\"/x\", 0, c)", 16,
	  "expected a device (1:3 or makedev(1, 3)), found 'c'" },
	{ "x86_64", "mknod(\"/x\", 0, 4096:0)", 16, "the number is above 4095" },
	{ "x86_64", "mknod(\"/x\", 0, 1:1048576)", 18,
	  "the number is above 1048575" },
	{ "x86_64", "mknod(\"/x\", 0, 4294967296)", 16,
	  "the number is above 4294967295" },
	{ "x86_64", "mknod(\"/x\", 0, 1:)", 18,
	  "expected a minor number, found ')'" },
	{ "x86_64", "mknod(\"/x\", 0, makedev(1))", 25,
	  "expected \",\" and a minor number, found ')'" },
	{ "x86_64", "mknod(\"/x\", 0, 1:3", 19, "expected \")\", found the end" },
	{ "x86_64", "mknod(\"/x\", 0, 1:3, 5)", 19, "expected \")\", found ','" },
	{ "x86_64", "mknod(\"/x\", 0, 1:3) x", 21,
	  "expected nothing more, found 'x'" },
	{ "x86_64", "mknodat(CWD, \"/x\", 0, 1:3)", 9,
	  "expected AT_FDCWD or a directory's fd, found CWD" },
	{ "x86", "mknodat(4294967296, \"/x\", 0, 1:3)", 9,
	  "the number is above 4294967295" },
	{ "x86_64", "setxattr(\"/x\", \"user.a\", \"y\", 3, 0)", 31,
	  "the size is 3, but only 1 of the value is written here" },
	{ "x86_64", "setxattr(\"/x\", \"user.a\", \"y\"..., 3, 0)", 29,
	  "expected \",\" and the value's size in bytes, found '.'" },
	{ "x86_64", "setxattr(\"/x\", \"user.a\", \"y\", 1, \001)", 34,
	  "expected flags (0, XATTR_CREATE, XATTR_REPLACE), found byte 0x01" },
	{ "x86_64", "setxattrat(3, \"\", 0, \"n\", {size=1}, 16)", 28,
	  "expected \"value=\", found 's'" },
	{ "x86_64", "setxattrat(3, \"\", 0, \"n\", {value=-1}, 16)", 34,
	  "expected an attribute's value (\"y\" or NULL), found '-'" },
	{ "x86_64",
	  "setxattrat(3, \"\", 0, \"n\", {value=\"y\", size=3, flags=0}, 16)",
	  44, "the size is 3, but only 1 of the value is written here" },
	{ "x86_64", "setxattrat(3, \"\", 0, \"n\", {value=NULL, size=4294967296, flags=0})",
	  45, "the number is above 4294967295" },
	{ "x86_64", "setxattrat(3, \"\", 0, \"n\", {value=NULL, size=1}, 16)",
	  46, "expected \",\", found '}'" },
	{ "x86_64", "setxattrat(3, \"\", 0, \"n\", 5, 16)", 27,
	  "expected {value=\"y\", size=1, flags=0} or NULL, found '5'" },
	{ "x86_64", "setxattrat(3, \"\", AT_FDCWD, \"n\", NULL, 16)", 19,
	  "expected flags (0, AT_SYMLINK_NOFOLLOW, AT_EMPTY_PATH), found "
	  "AT_FDCWD" },
	{ "x86_64", "getxattr(\"/x\", \"n\", x, 1)", 21,
	  "expected a buffer (NULL, an address, or what was read), found 'x'" },
	{ "x86_64", "bpf(1, 2, 3, 4, 5, 6, 7)", 21,
	  "expected \",\" or \")\", found ','" },
	{ "x86_64", "bpf(x)", 5,
	  "expected a number, a string or NULL, found 'x'" },
};

TEST(call_text, bad_ones_are_said_to_be_wrong_where_they_are)
{
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct call_text_error error = { 0 };
		struct call_text c;
		const struct arch *arch;

		arch = arch_find(bad[i].abi);
		assert_non_null(arch);
		if (call_text_parse(bad[i].text, arch, &c, &error) == 0)
			fail_msg("%s was taken", bad[i].text);
		if (error.column != bad[i].column ||
		    strcmp(error.reason, bad[i].reason) != 0)
			fail_msg("%s: column %u: %s", bad[i].text, error.column,
				 error.reason);
	}
}

TEST(call_text, too_long_ones_are_refused)
{
	static char text[CALL_TEXT_MAX_BYTES + 1];
	struct call_text_error error;
	struct call_text c;
	const struct arch *arch;

	arch = arch_find("x86_64");
	assert_non_null(arch);
	memset(text, ' ', CALL_TEXT_MAX_BYTES - 1);
	memcpy(text, "bpf()", 5);
	assert_int_equal(call_text_parse(text, arch, &c, &error), 0);
	text[CALL_TEXT_MAX_BYTES - 1] = ' ';
	assert_true(call_text_parse(text, arch, &c, &error) < 0);
	assert_string_equal(error.reason, "the call is longer than 8191 bytes");
	/* a string that fills it all */
	memset(text, 'a', CALL_TEXT_MAX_BYTES - 1);
	memcpy(text, "bpf(\"", 5);
	memcpy(text + CALL_TEXT_MAX_BYTES - 3, "\")", 3);
	assert_int_equal(call_text_parse(text, arch, &c, &error), 0);
	assert_int_equal(c.args[0].n, CALL_TEXT_MAX_BYTES - 3 - 5);
}

/* Good ones with some bytes changed, cut out or doubled. */
static size_t damage(uint32_t *seed, const char *text, char *ret, size_t size)
{
	static const char bytes[] = "\"\\(),|:*-=# 0x189aNS_\t\377\302";
	size_t n = strlen(text);

	assert_true(n + 8 < size);
	memcpy(ret, text, n + 1);
	for (unsigned i = 0; i < 4; i++) {
		size_t at;

		*seed = *seed * 1664525U + 1013904223U;
		at = n ? (*seed >> 8) % n : 0;
		switch (*seed >> 30) {
		case 0:
			memmove(ret + at, ret + at + 1, n - at);
			n -= n != 0;
			break;
		case 1:
			memmove(ret + at + 1, ret + at, n - at + 1);
			n++;
			break;
		case 2:
			if (n)
				ret[at] = bytes[*seed % (sizeof(bytes) - 1)];
			break;
		default:
			break;
		}
	}
	return n;
}

/* What is taken comes back as the same text; what is not has its place. */
static void parse_damaged(const char *text, size_t n, const struct arch *arch,
			  unsigned *taken)
{
	static struct call_text c, again;
	struct call_text_error error = { 0 };
	char *first, *second;

	if (call_text_parse(text, arch, &c, &error) < 0) {
		assert_in_range(error.column, 1, n + 1);
		assert_true(error.reason[0]);
		return;
	}
	first = call_text_string(&c, 0);
	if (call_text_parse(first, arch, &again, &error) < 0)
		fail_msg("%s: printed as %s: %s", text, first, error.reason);
	second = call_text_string(&again, 0);
	assert_string_equal(first, second);
	free(first);
	free(second);
	(*taken)++;
}

TEST(call_text, damaged_ones_are_taken_or_refused)
{
	uint32_t seed = 1;
	unsigned taken = 0, tries = 0;
	const struct arch *arch;

	arch = arch_find("x86_64");
	assert_non_null(arch);
	for (unsigned round = 0; round < 5000; round++)
		for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
			char text[256];
			size_t n =
				damage(&seed, good[i].text, text, sizeof(text));

			parse_damaged(text, n, arch, &taken);
			tries++;
		}
	assert_true(taken > 1000 && tries - taken > 1000);
}
