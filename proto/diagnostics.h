/* SPDX-License-Identifier: LGPL-2.1-or-later */
#pragma once

/**
 * A policy's diagnostics as the control interface's []Diagnostic.
 */

#include <json-c/json.h>

#include "policy/diag.h"

/* Return: an array, the caller's to json_put(); NULL for lack of memory */
struct json_object *diagnostics_json(const struct diags *d);
