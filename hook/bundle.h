/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A bundle's config.json on disk.
 */

#include <stddef.h>

/**
 * bundle_config() - where a runtime reads it
 * @bundle: NULL: the working directory
 * @config: as crun's --config, from the bundle; NULL: config.json
 * Return: 0 or -ENAMETOOLONG
 */
int bundle_config(const char *bundle, const char *config, char *path,
		  size_t size);

/* Return: 0 or a negative errno; @ret_text is the caller's to free() */
int bundle_read(const char *path, size_t max_bytes, char **ret_text,
		size_t *ret_bytes);

/**
 * bundle_replace() - other bytes in its place, at once: whoever reads gets all
 * of the old or all of the new, with the same owner and mode
 * Return: 0 or a negative errno, then it is as it was
 */
int bundle_replace(const char *path, const char *text, size_t bytes);
