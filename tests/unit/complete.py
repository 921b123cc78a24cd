#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""complete.py SHELL PROGRAM COMPLETION: presses TAB in a real shell.

SHELL loads the file COMPLETION of PROGRAM, deputyctl.  Each row of the table is
a command line, and the candidates that the shell must offer for its last word.
"""

import fcntl
import os
import pty
import re
import select
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
import time

WITHIN_S = 30  # for one answer of a shell

# The line; the words that must be offered; a word that must not be.
ROWS = [
    ("deputyctl sta", ["status"], "show"),
    ("deputyctl po", ["policy"], "doctor"),
    ("deputyctl ", ["status", "list", "show", "reload", "doctor", "run",
                    "policy", "help"], "check"),
    ("deputyctl policy ", ["check", "explain", "test", "diff", "profile"],
     "status"),
    ("deputyctl policy ch", ["check"], "profile"),
    ("deputyctl --js", ["--json"], "--base"),
    ("deputyctl policy check --pr", ["--profile"], "--json"),
    ("deputyctl policy profile --", ["--base", "--dialect", "--listener"],
     "--profile"),
    ("deputyctl policy profile file --dialect ", ["oci", "docker", "lxc"], "file"),
    ("deputyctl policy diff old.json ne", ["new.json"], "old.json"),
    ("deputyctl policy check o", ["old.json"], "new.json"),
    ("deputyctl policy explain old.json ", [], "new.json"),
    ("deputyctl --socket /x run --li", ["--listener"], "--base"),
    ("deputyctl run -- deputyc", ["deputyctl"], "--listener"),
    ("deputyctl run --wait-killable deputyc", ["deputyctl"], "--listener"),
    ("deputyctl show --socket /x --j", ["--json"], "status"),
    ("deputyctl help ", ["status", "policy", "run"], "check"),
    ("deputyctl help policy ", ["check", "diff"], "status"),
]


class Terminal:
    """A shell behind a terminal; Control-G prints its line as it is now."""

    ESCAPES = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[=>])|\r")

    def __init__(self, argv, environ, setup, press="\t\x07"):
        self.name, self.press = argv[0], press
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 50, 500, 0, 0))
            os.environ.update(environ, PS1="", LC_ALL="C.UTF-8")
            os.execvp(argv[0], argv)
        for line in setup:
            self.send(line + "\n")
        self.send("printf '=%s=\\n' ready\n")
        self.read_until("=ready=")

    def send(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, mark):
        seen, end = "", time.monotonic() + WITHIN_S
        while mark not in seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                sys.exit(f"{self.name} did not print {mark}: {seen!r}")
            seen += os.read(self.fd, 4096).decode(errors="replace")
        return self.ESCAPES.sub("", seen)

    def offers(self, line):
        self.send(line + self.press)
        said = self.read_until("=end=")
        self.send("\x15\x07")  # the line is printed once more: not the next one
        self.read_until("=end=")
        before, _, after = said.partition("=line=")
        if f"{self.name}:" in before or "_deputyctl:" in before:
            sys.exit(f"{line!r}: {before}")
        # What is typed is echoed before and after the list.
        completed = after.partition("=end=")[0].split()[-1:]
        return before.replace(line.rstrip(), " ").split() + completed

    def close(self):
        self.send("\x15exit\n")
        os.waitpid(self.pid, 0)
        os.close(self.fd)


def bash(completion, path):
    options = ("show-all-if-ambiguous on", "bell-style none", "page-completions off",
               "enable-bracketed-paste off", "completion-query-items 0")
    return Terminal(
        ["bash", "--norc", "--noprofile", "-i"], {"PATH": path, "TERM": "dumb"},
        [f"bind 'set {option}'" for option in options] +
        ["bind -x '\"\\C-g\": printf \"\\n=%s=%s=end=\\n\" line \"$READLINE_LINE\"'",
         f". '{completion}'"])


class Zsh:
    """As installed: a file _deputyctl in fpath.  What is typed while functions run
    may be lost, so Control-G presses TAB, too; and zsh draws again what it had
    drawn for an earlier line, so each line has a shell of its own."""

    SETUP = [
        "unsetopt list_ambiguous beep prompt_cr prompt_sp",
        "unset zle_bracketed_paste; LISTMAX=0",
        "autoload -U compinit; compinit -u -D",
        "zstyle ':completion:*' verbose no",
        "zstyle ':completion:*' insert-tab false",
        "bindkey -e; bindkey '^U' kill-whole-line; tab=${$(bindkey '^I')[2]}",
        "told() { [[ -z $BUFFER ]] || zle $tab; zle -R; zle -I; "
        "printf '\\n=%s=%s=end=\\n' line \"$BUFFER\"; BUFFER='' }",
        "zle -N told; bindkey '^G' told",
    ]

    def __init__(self, completion, path):
        self.path, self.scratch = path, os.path.dirname(os.getcwd())
        os.symlink(completion, f"{self.scratch}/_deputyctl")

    def offers(self, line):
        shell = Terminal(["zsh", "-f", "-i"], {"PATH": self.path, "TERM": "xterm"},
                         [f"fpath=('{self.scratch}' $fpath)"] + self.SETUP,
                         press="\x07")
        offered = shell.offers(line)
        shell.close()
        return offered

    def close(self):
        pass


class Fish:
    """It has a command for what TAB does."""

    def __init__(self, completion, path):
        self.completion, self.path = completion, path

    def offers(self, line):
        done = subprocess.run(
            ["fish", "-N", "-c", f"source '{self.completion}'; complete -C '{line}'"],
            check=True, timeout=WITHIN_S, capture_output=True, text=True,
            env=dict(os.environ, PATH=self.path, HOME=os.getcwd()))
        if done.stderr:
            sys.exit(f"{line!r}: {done.stderr}")
        return [word.partition("\t")[0] for word in done.stdout.split("\n")]

    def close(self):
        pass


SHELLS = {"bash": bash, "zsh": Zsh, "fish": Fish}


def main():
    shell, program, completion = sys.argv[1:]
    if not shutil.which(shell):
        print(f"skipped: no {shell}")
        return 77
    failed = 0
    with tempfile.TemporaryDirectory() as scratch:
        os.symlink(os.path.abspath(program), f"{scratch}/deputyctl")
        completion = os.path.abspath(completion)
        os.mkdir(f"{scratch}/files")
        os.chdir(f"{scratch}/files")
        for name in ("old.json", "new.json"):
            open(name, "w", encoding="ascii").close()
        tried = SHELLS[shell](completion, f"{scratch}:{os.environ['PATH']}")
        for line, wanted, unwanted in ROWS:
            offered = tried.offers(line)
            if set(wanted) <= set(offered) and unwanted not in offered:
                continue
            failed += 1
            print(f"{shell}: {line!r} offers {offered}, not {wanted}")
        tried.close()
        os.chdir("/")
    print(f"{shell}: {len(ROWS)} lines, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
