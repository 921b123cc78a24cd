# SPDX-License-Identifier: LGPL-2.1-or-later
"""workloads_fuse.py NODE DIRECTORY: open NODE, mount a file system of it, serve it.

A child prints the mode of the mounted root directory, 40711, which the server gives.
"""
import ctypes
import os
import struct
import sys

INIT, GETATTR = 26, 3
IN_HEADER = struct.Struct("=IIQ")  # length, opcode, unique
OUT_HEADER = struct.Struct("=IiQ")  # length, error, unique
INIT_OUT = struct.pack("=IIIIHHIIHHI28x", 7, 31, 0, 0, 0, 0, 4096, 1, 0, 0, 0)
ATTR_OUT = struct.pack("=QII6Q10I", 0, 0, 0, 1, 0, 0, 0, 0, 0,
                       0, 0, 0, 0o40711, 2, 0, 0, 0, 4096, 0)
ENOSYS = 38


def mount(fd, directory):
    libc = ctypes.CDLL(None, use_errno=True)
    options = f"fd={fd},rootmode=40000,user_id=0,group_id=0"
    if libc.mount(b"try", directory.encode(), b"fuse", 0, options.encode()):
        sys.exit(f"mount: {os.strerror(ctypes.get_errno())}")


def serve(fd):
    replies = {INIT: INIT_OUT, GETATTR: ATTR_OUT}
    while True:
        _, opcode, unique = IN_HEADER.unpack(os.read(fd, 1 << 17)[:IN_HEADER.size])
        body = replies.get(opcode)
        error = 0 if body else -ENOSYS
        body = body or b""
        os.write(fd, OUT_HEADER.pack(OUT_HEADER.size + len(body), error, unique)
                 + body)
        if opcode == GETATTR:
            return


def main():
    node, directory = sys.argv[1:]
    fd = os.open(node, os.O_RDWR)
    mount(fd, directory)
    child = os.fork()
    if child == 0:
        print(f"{os.stat(directory).st_mode:o}", flush=True)
        os._exit(0)
    serve(fd)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
