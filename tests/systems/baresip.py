#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""baresip.py PORT COMMAND [ARGUMENT]: a command to a baresip by its module ctrl_tcp (JSON in netstrings) on 127.0.0.1:PORT.

keys DIGITS     pressed one by one, 100 ms each and 100 ms apart
listen FILE     what it tells of itself, a line of JSON each, until it ends or another command comes (it has one connection at a time)
others          as they are: dial URI, hangup, hold, resume
"""
import json
import socket
import sys
import time

RELEASED = '\x04'


def command(s, name, argument=None):
    words = {'command': name}
    if argument is not None:
        words['params'] = argument
    text = json.dumps(words).encode()
    s.sendall(b'%d:%s,' % (len(text), text))


def listen(s, path):
    s.settimeout(None)
    rest = b''
    with open(path, 'w') as f:
        while data := s.recv(65536):
            rest += data
            while b':' in rest:
                length, _, more = rest.partition(b':')
                if len(more) <= int(length):
                    break
                f.write(more[:int(length)].decode() + '\n')
                f.flush()
                rest = more[int(length) + 1:]


def main(argv):
    with socket.create_connection(('127.0.0.1', int(argv[1])), 5) as s:
        if argv[2] == 'listen':
            listen(s, argv[3])
        elif argv[2] == 'keys':
            for digit in argv[3]:
                command(s, 'sndcode', digit)
                time.sleep(0.1)
                command(s, 'sndcode', RELEASED)
                time.sleep(0.1)
        else:
            command(s, argv[2], argv[3] if len(argv) > 3 else None)
        time.sleep(0.2)  # what it answers is in its log


main(sys.argv)
