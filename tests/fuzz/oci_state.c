// SPDX-License-Identifier: LGPL-2.1-or-later
/*
 * What an OCI runtime sends.  The first byte says in which pieces it comes;
 * framing must see the same message in any.
 */
#include <errno.h>
#include <string.h>

#include <json-c/json.h>

#include "proto/oci_state.h"
#include "tests/fuzz/fuzz.h"

struct framed {
	int status;
	size_t used;
	struct oci_error error;
};

static struct framed frame(const char *text, size_t n, size_t step)
{
	struct oci_frame f = { 0 };
	struct framed r = { .status = OCI_FRAME_MORE };

	for (size_t at = 0; at < n && r.status == OCI_FRAME_MORE; at += step) {
		size_t piece = step < n - at ? step : n - at, used = 0;

		r.status = oci_frame_feed(&f, text + at, piece, &used, &r.error);
		FUZZ_ASSERT(used <= piece);
		if (r.status == OCI_FRAME_MORE)
			FUZZ_ASSERT(used == piece);
		r.used += used;
	}
	return r;
}

static void check_str(const char *s, size_t max)
{
	FUZZ_ASSERT(s && strlen(s) <= max);
}

static void check_state(const struct oci_state *s)
{
	check_str(s->id, OCI_STATE_ID_MAX);
	check_str(s->status, OCI_STATE_STATUS_MAX);
	check_str(s->bundle, OCI_STATE_BUNDLE_MAX);
	FUZZ_ASSERT(s->id[0]);
	for (const char *p = s->id; *p; p++)
		FUZZ_ASSERT((unsigned char)*p >= 0x20 && *p != 0x7f);
	FUZZ_ASSERT(s->pid >= 0 && s->init_pid >= 0);
	FUZZ_ASSERT(s->fd_index < s->n_fds && s->n_fds <= OCI_STATE_MAX_FDS);
	if (!s->annotations)
		return;
	json_object_object_foreach(s->annotations, key, value)
	{
		FUZZ_ASSERT(json_object_is_type(value, json_type_string));
		FUZZ_ASSERT(oci_annotation(s->annotations, key));
	}
}

static void check_message(const char *text, size_t n)
{
	struct oci_error error = { "" };
	struct oci_state s;
	int r = oci_state_parse(text, n, &s, &error);

	FUZZ_ASSERT(r == 0 || r == -EINVAL);
	if (r == 0) {
		check_state(&s);
		oci_state_done(&s);
	} else {
		FUZZ_ASSERT(error.reason[0]);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data + 1;
	struct framed whole, pieces;

	if (size < 2)
		return 0;
	whole = frame(text, size - 1, size - 1);
	pieces = frame(text, size - 1, data[0] ? data[0] : 1);
	FUZZ_ASSERT(whole.status == pieces.status);
	FUZZ_ASSERT(strcmp(whole.error.reason, pieces.error.reason) == 0);
	FUZZ_ASSERT(whole.status == OCI_FRAME_BAD || whole.used == pieces.used);
	if (whole.status == OCI_FRAME_DONE)
		check_message(text, whole.used);
	else
		check_message(text, size - 1); /* as sure of itself without */
	return 0;
}
