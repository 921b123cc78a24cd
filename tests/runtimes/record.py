#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""record.py DIR LISTEN FORWARD: hand what runtimes send to the socket LISTEN on
to the socket FORWARD, fds and all, as the user who sent it, and keep the bytes
of each connection that said anything in DIR/NUMBER.json."""
import itertools
import os
import signal
import socket
import struct
import sys

FDS_MAX = 16
directory, listen, forward = sys.argv[1:]


def become_peer(runtime):
    credentials = runtime.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    _, uid, gid = struct.unpack("3i", credentials)
    os.setgroups([])
    os.setresgid(gid, gid, gid)
    os.setresuid(uid, uid, uid)


def keep(text, name):
    with open(name + ".part", "wb") as file:
        file.write(text)
    os.rename(name + ".part", name)


def relay(runtime, name):
    text = b""
    deputyd = socket.socket(socket.AF_UNIX)
    deputyd.connect(forward)
    while True:
        data, fds, _, _ = socket.recv_fds(runtime, 65536, FDS_MAX)
        if not data:
            break
        socket.send_fds(deputyd, [data], fds)
        for fd in fds:
            os.close(fd)
        text += data
    if text:
        keep(text, name)


os.umask(0)
signal.signal(signal.SIGCHLD, signal.SIG_IGN)
server = socket.socket(socket.AF_UNIX)
server.bind(listen)
server.listen(64)
for number in itertools.count(1):
    connection, _ = server.accept()
    if os.fork() == 0:
        server.close()
        become_peer(connection)
        relay(connection, f"{directory}/{number:03}.json")
        os._exit(0)
    connection.close()
