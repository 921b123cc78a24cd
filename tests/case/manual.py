#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""manual.py DEPUTYCTL PAGE.scd SCHEMA: the manual page is of this language.

Each file in it is taken without a warning (one that has no bindings together
with the one before it), each key of the schema is a term or stands in one, each
match in it is JSON and its keys are known, and each word that the schema has to
choose from is named.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

deputyctl, page, schema = sys.argv[1:]
text = pathlib.Path(page).read_text(encoding="utf-8")
defs = json.loads(pathlib.Path(schema).read_text(encoding="utf-8"))
failed = 0


def complain(what):
    global failed
    failed += 1
    print(f"{page}: {what}")


def blocks():
    for block in re.findall(r"^\t?```\n(.*?)^\t?```$", text, re.M | re.S):
        yield block.strip()


def check(files):
    with tempfile.TemporaryDirectory() as folder:
        for i, one in enumerate(files):
            name = pathlib.Path(folder) / f"{i}.json"
            name.write_text(one, encoding="utf-8")
        r = subprocess.run([deputyctl, "policy", "check", folder],
                           capture_output=True, text=True)
        if r.returncode or r.stderr:
            complain(f"this is not taken:\n{files[-1]}\n{r.stderr}")


files = [b for b in blocks() if '"version"' in b]
for i, one in enumerate(files):
    if "bindings" not in json.loads(one):
        check(files[i - 1:i + 1])
    elif not any("bindings" not in json.loads(f) for f in files[i + 1:i + 2]):
        check([one])
if len(files) < 3:
    complain("where are the examples?")

def policy_with(key, value):
    """A policy with one rule that matches that."""
    match, action, call = {key: value}, "continue", "setxattr"
    if key in ("arch", "type", "device", "mode", "directory"):
        call = "@mknod"
    if key in ("device", "directory"):
        match = {"type": "char", "device": ["@safe"]} | match
    if key == "directory":
        action = "emulate"
    if key == "device":
        action = {"errno": "EPERM"}
    rule = {"syscalls": [call], "match": match, "action": action}
    sets = {"sets": {"@names": ["user.a"]}} if "@names" in str(value) else {}
    return sets | {
        "version": 1,
        "policies": {"p": {"rules": [rule], "default": "continue"}},
        "bindings": [{"when": {}, "policy": "p"}],
    }


match_keys = defs["$defs"]["match"]["properties"]
for block in blocks():
    if block.startswith('"') and '"version"' not in block:
        for key, value in json.loads("{" + block + "}").items():
            if key in match_keys:
                check([json.dumps(policy_with(key, value))])


def binding_with(key, value):
    """A policy with one binding that looks at that."""
    when = {key: value}
    if key in ("annotation", "metadata", "id", "bundle"):
        when["peer_uid"] = 0
    return {
        "version": 1,
        "policies": {"p": {"rules": [], "default": "continue"}},
        "bindings": [{"when": when, "policy": "p"}],
    }


when_keys = defs["$defs"]["binding"]["properties"]["when"]["properties"]
shown = set()
for block in blocks():
    if block.startswith('"') and '"version"' not in block:
        for key, value in json.loads("{" + block + "}").items():
            if key in when_keys:
                shown.add(key)
                check([json.dumps(binding_with(key, value))])
for key in sorted(set(when_keys) - shown - {"peer_gid", "comment"}):
    complain(f"shows no example of the key {key} of when")


def walk(node, keys, words):
    if isinstance(node, dict):
        keys.update(node.get("properties", {}))
        words.update(w for w in node.get("enum", []) if isinstance(w, str))
        for value in node.values():
            walk(value, keys, words)
    elif isinstance(node, list):
        for value in node:
            walk(value, keys, words)


keys, words = set(), set()
walk(defs, keys, words)
plain = text.replace("\\", "")
for key in sorted(keys):
    if not (re.search(rf"[*\"{{]\"?{re.escape(key)}[*\"]", plain) or
            f"_{key}_" in plain):
        complain(f"says nothing of the key {key}")
for word in sorted(words):
    if not re.search(rf"(?<![\w@]){re.escape(word)}(?!\w)", plain) and \
            not re.search(rf"[_*]{re.escape(word)}[_*]", plain):
        complain(f"says nothing of the word {word}")
sys.exit(1 if failed else 0)
