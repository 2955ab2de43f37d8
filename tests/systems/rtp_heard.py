#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""rtp_heard.py ADDRESS PORT SECONDS: listens for so long, then prints when the first RTP packet came (ms UTC, 0: none) and how many of which payload types."""
import collections
import socket
import sys
import time


def main(argv):
    types, first = collections.Counter(), 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind((argv[1], int(argv[2])))
        until = time.monotonic() + float(argv[3])
        while (left := until - time.monotonic()) > 0:
            s.settimeout(left)
            try:
                packet = s.recv(2048)
            except socket.timeout:
                break
            if len(packet) >= 12 and packet[0] >> 6 == 2:
                first = first or int(time.time() * 1000)
                types[packet[1] & 0x7f] += 1
    print(first, ' '.join('%d:%d' % kv for kv in sorted(types.items())))


main(sys.argv)
