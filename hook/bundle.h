/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A bundle's config.json on disk.
 */

#include <stddef.h>

/**
 * bundle_config() - the path from which a runtime reads the configuration
 * @bundle: NULL: the working directory
 * @config: as in crun's --config, relative to the bundle; NULL: config.json
 * Return: 0 or -ENAMETOOLONG
 */
int bundle_config(const char *bundle, const char *config, char *path,
		  size_t size);

/* Return: 0 or a negative errno; @ret_text is the caller's to free() */
int bundle_read(const char *path, size_t max_bytes, char **ret_text,
		size_t *ret_bytes);

/**
 * bundle_replace() - replace the file atomically
 * A reader gets the whole old or the whole new text.  Owner and mode stay.
 * Return: 0, or a negative errno; the file is then unchanged
 */
int bundle_replace(const char *path, const char *text, size_t bytes);
