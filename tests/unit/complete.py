#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""complete.py SHELL PROGRAM COMPLETION: presses TAB in a real shell.

SHELL loads the file COMPLETION of PROGRAM, deputyctl.  Each row of the table is
a command line, and the candidates that the shell must offer for its last word.
"""

import fcntl
import os
import pty
import select
import shutil
import struct
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
                    "policy"], "check"),
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
    ("deputyctl --socket /x run --li", ["--listener"], "--base"),
]


class Bash:
    """A shell behind a terminal; Control-G prints its line as it is now."""

    MARK = "=line="

    def __init__(self, completion, path):
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update(PATH=path, TERM="dumb", PS1="", LC_ALL="C.UTF-8")
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("4H", 50, 500, 0, 0))
            os.execvp("bash", ["bash", "--norc", "--noprofile", "-i"])
        for word in ("show-all-if-ambiguous on", "bell-style none",
                     "enable-bracketed-paste off", "page-completions off",
                     "completion-query-items 0"):
            self.send(f"bind 'set {word}'\n")
        self.send("bind -x '\"\\C-g\": printf \"\\n=%s=%s=end=\\n\" line "
                  "\"$READLINE_LINE\"'\n")
        self.send(f". '{completion}'; printf '=%s=\\n' ready\n")
        self.read_until("=ready=")

    def send(self, text):
        os.write(self.fd, text.encode())

    def read_until(self, mark):
        seen, end = "", time.monotonic() + WITHIN_S
        while mark not in seen:
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.fd], [], [], left)[0]:
                sys.exit(f"bash did not print {mark}: {seen!r}")
            seen += os.read(self.fd, 4096).decode(errors="replace")
        return seen

    def offers(self, line):
        self.send(line + "\t\x07")
        said = self.read_until("=end=")
        self.send("\x15\x07")  # the line is printed once more: not the next one
        self.read_until("=end=")
        before, _, after = said.partition(self.MARK)
        if "bash:" in before:
            sys.exit(f"{line!r}: {before}")
        # What is typed is echoed before and after the list.
        completed = after.partition("=end=")[0].split()[-1:]
        return before.replace(line.rstrip(), " ").split() + completed

    def close(self):
        self.send("\x15exit\n")
        os.waitpid(self.pid, 0)
        os.close(self.fd)


SHELLS = {"bash": Bash}


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
