// SPDX-License-Identifier: LGPL-2.1-or-later
#include "hook/whole.h"

#include "lib/own.h"

#define STEP_BYTES ((size_t)64 * 1024)

int whole_read(int fd, size_t max_bytes, char **ret_text, size_t *ret_bytes)
{
	AUTO(free_ptr) char *text = NULL;
	size_t room = 0, bytes = 0;

	for (;;) {
		ssize_t n;

		if (room - bytes < 2) {
			char *more = realloc(text, room + STEP_BYTES);

			if (!more)
				return -ENOMEM;
			text = more;
			room += STEP_BYTES;
		}
		n = read(fd, text + bytes, room - bytes - 1);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		if (n == 0)
			break;
		bytes += (size_t)n;
		if (bytes > max_bytes)
			return -EFBIG;
	}
	text[bytes] = '\0';
	*ret_text = TAKE_PTR(text);
	*ret_bytes = bytes;
	return 0;
}

int whole_write(int fd, const char *text, size_t bytes)
{
	while (bytes > 0) {
		ssize_t n = write(fd, text, bytes);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			bytes -= (size_t)n;
		}
	}
	return 0;
}
