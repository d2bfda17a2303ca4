"""Binds sockets and becomes a program that is given them, as systemd does it: UDP and TCP on an address, each on a free port."""

import os
import socket
import sys

address, program = sys.argv[1], sys.argv[2:]
family = socket.AF_INET6 if ":" in address else socket.AF_INET
kinds = [socket.SOCK_DGRAM, socket.SOCK_STREAM]
sockets = [socket.socket(family, kind) for kind in kinds]
for one in sockets:
    one.bind((address, 0))
    if one.type == socket.SOCK_STREAM:
        one.listen()
# Numbers that none of them has.
high = [os.dup2(one.fileno(), 100 + number) for number, one in enumerate(sockets)]
for number, one in enumerate(high):
    os.dup2(one, 3 + number)
os.environ.update(LISTEN_FDS=str(len(sockets)), LISTEN_PID=str(os.getpid()))
os.execv(program[0], program)
