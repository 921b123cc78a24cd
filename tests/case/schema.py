#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""schema.py SCHEMA CORPUS BUILTIN: what the parser takes, schema.json takes.

good/, warned/ and bad/checker/ are valid by the schema (of the latter only the checker
sees what is wrong), bad/ is not; bad/json/ is no JSON, so no schema's business.
"""
import json
import pathlib
import sys

try:
    import jsonschema
    validator_class = jsonschema.Draft202012Validator
except (ImportError, AttributeError):
    print("skipped: python3-jsonschema (4 or later) is not installed")
    sys.exit(77)

schema_path, corpus, builtin = map(pathlib.Path, sys.argv[1:])
schema = json.loads(schema_path.read_text(encoding="utf-8"))
validator_class.check_schema(schema)
validator = validator_class(schema)
failed = 0


def check(path, want):
    global failed
    document = json.loads(path.read_text(encoding="utf-8"))
    error = next(validator.iter_errors(document), None)
    if (error is None) != want:
        failed += 1
        print(f"{path}: {'valid' if error is None else error.message}, "
              f"but the parser {'takes' if want else 'refuses'} it")


folders = {"good": True, "warned": True, "bad": False, "bad/checker": True}
for folder, want in folders.items():
    files = sorted((corpus / folder).glob("*.json"))
    if not files:
        sys.exit(f"{corpus / folder}: no files")
    for path in files:
        check(path, want)
check(builtin, True)
sys.exit(1 if failed else 0)
