#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""storm.py ADDRESS:PORT FROM COUNT SEED: COUNT mutated SIP messages to a node, each from a good one and a description of tests/fuzz/corpus/sdp.

From the address FROM, by UDP, every twentieth over TCP. Between them the node is asked by a good OPTIONS each 500 messages, and must answer
within 5 s; if not, the status is 1. The same SEED is the same storm. Prints how many were sent and what came back.
"""
import collections
import glob
import random
import re
import socket
import sys
import time

REQUESTS = ('INVITE', 'INVITE', 'INVITE', 'INVITE', 'OPTIONS', 'BYE', 'CANCEL', 'ACK', 'PRACK', 'UPDATE', 'INFO', 'REGISTER', 'SUBSCRIBE', 'NOTIFY', 'REFER',
            'MESSAGE', 'PUBLISH')
RESPONSES = ('100 Trying', '180 Ringing', '183 Session Progress', '200 OK', '302 Moved', '401 Unauthorized', '486 Busy Here', '503 Service Unavailable', '699 ?')
HEADERS = ('P-Asserted-Identity: <tel:+8613800000099>, <sip:+8613800000099@x;user=phone>', 'Privacy: id;header;none', 'Supported: 100rel, timer',
           'Require: 100rel', 'Require: precondition', 'Diversion: <tel:+8613900000002>;reason=unknown;privacy=full',
           'History-Info: <sip:+8613900000002@x?Reason=SIP%3Bcause%3D302>;index=1, <sip:12599@x;cause=486>;index=1.1;mp=1',
           'Reason: Q.850;cause=17;text="User busy", SIP;cause=486', 'Session-Expires: 90;refresher=uac', 'Min-SE: 90', 'RAck: 1 1 INVITE', 'RSeq: 1',
           'Retry-After: 5', 'Route: <sip:x;lr>', 'Record-Route: <sip:x;lr>', 'P-Early-Media: supported', 'Remote-Party-ID: <sip:1@x>;screen=yes',
           'Refer-To: <sip:110@x>', 'Replaces: x;to-tag=1;from-tag=2', 'Content-Encoding: gzip', 'Expires: 4294967296', 'Warning: 304 x "y"')
WORDS = (b'', b'\0', b'\r\n\r\n', b'\r\n', b' ', b'"', b'<', b'>', b';', b'@', b'%00', b'%', b'-1', b'4294967296', b'99999999999999999999', b'65536', b'\xff\xfe',
         b'(', b'm=image 4000 udptl (\r\n', b'm=application 9 TCP/MSRP @\r\n', b'a' * 3000, b'SIP/2.0', b'sip:', b'tel:', b';;;;', b',,,,')


class Storm:
    def __init__(self, node, source, seed):
        self.node, self.source, self.random = node, source, random.Random(seed)
        self.bodies = [open(f, 'rb').read() for f in sorted(glob.glob('tests/fuzz/corpus/sdp/*'))]
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.bind((source, 0))
        self.udp.setblocking(False)
        self.heard = collections.Counter()
        self.number = 0

    def message(self):
        r = self.random
        self.number += 1
        port = self.udp.getsockname()[1]
        call = 'storm%d' % (self.number if r.random() < 0.8 else r.randrange(1, self.number + 1))
        method = r.choice(REQUESTS)
        cseq = r.choice((1, 1, 1, 2, self.number))
        lines = ['Via: SIP/2.0/UDP %s:%d;branch=z9hG4bK%d' % (self.source, port, r.choice((self.number, self.number, 7))), 'Max-Forwards: 70',
                 'From: <sip:13800000099@%s>;tag=%d' % (self.source, r.choice((1, self.number))),
                 'To: <sip:12599@%s:%d>%s' % (self.node + (r.choice(('', '', ';tag=x')),)),
                 'Call-ID: ' + call, 'CSeq: %d %s' % (cseq, method), 'Contact: <sip:13800000099@%s:%d>' % (self.source, port)]
        lines += [r.choice(HEADERS) for _ in range(r.randrange(4))]
        body = b''
        if method in ('INVITE', 'UPDATE', 'PRACK', 'ACK') and r.random() < 0.85:
            body = r.choice(self.bodies)
            if r.random() < 0.7:
                body = self.mutated(body)
            lines.append('Content-Type: ' + r.choice(('application/sdp', 'application/sdp', 'application/sdp', 'multipart/mixed;boundary=b', 'text/plain')))
        lines.append('Content-Length: %d' % len(body))
        first = '%s sip:12599@%s:%d SIP/2.0' % ((method,) + self.node)
        if r.random() < 0.15:
            first = 'SIP/2.0 ' + r.choice(RESPONSES)
        whole = '\r\n'.join([first] + lines).encode() + b'\r\n\r\n' + body
        return whole if r.random() < 0.2 else self.mutated(whole)

    def mutated(self, data):
        r = self.random
        for _ in range(r.choice((1, 1, 2, 3, 8))):
            at = r.randrange(len(data) + 1)
            kind = r.randrange(7)
            if kind == 0:
                data = data[:at] + bytes((r.randrange(256),)) + data[at + 1:]
            elif kind == 1:
                data = data[:at] + r.choice(WORDS) + data[at:]
            elif kind == 2:
                data = data[:at] + data[at + r.choice((1, 2, 10, 100)):]
            elif kind == 3:
                data = data[:at] + data[max(0, at - r.choice((5, 50, 500))):]
            elif kind == 4:
                lines = data.split(b'\r\n')
                lines.insert(r.randrange(len(lines) + 1), lines[r.randrange(len(lines))])
                data = b'\r\n'.join(lines)
            elif kind == 5:
                numbers = list(re.finditer(rb'[0-9]+', data))
                if numbers:
                    n = r.choice(numbers)
                    data = data[:n.start()] + r.choice((b'0', b'-1', b'255', b'65536', b'2147483648', b'18446744073709551616', b'1' * 200)) + data[n.end():]
            elif r.random() < 0.3:
                data = data[:at]
        return data[:60000]

    def listen(self):
        while True:
            try:
                data = self.udp.recv(65536)
            except BlockingIOError:
                return
            word = data[:12].decode('latin-1')
            self.heard[word[8:11] if word.startswith('SIP/2.0') else word.split(' ')[0]] += 1

    def alive(self):
        """A good OPTIONS from a socket of its own, as often as SIP does it."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind((self.source, 0))
            s.settimeout(0.5)
            self.number += 1
            text = '\r\n'.join(('OPTIONS sip:%s:%d SIP/2.0' % self.node, 'Via: SIP/2.0/UDP %s:%d;branch=z9hG4bKgood%d' % (s.getsockname() + (self.number,)),
                                'From: <sip:%s>;tag=1' % self.source, 'To: <sip:%s>' % self.node[0], 'Call-ID: good%d' % self.number, 'CSeq: 1 OPTIONS',
                                'Max-Forwards: 70', 'Content-Length: 0', '', '')).encode()
            until = time.monotonic() + 5
            while time.monotonic() < until:
                s.sendto(text, self.node)
                try:
                    if s.recv(65536).startswith(b'SIP/2.0 200'):
                        return True
                except socket.timeout:
                    pass
        return False

    def tcp(self, data):
        try:
            with socket.create_connection(self.node, 2, (self.source, 0)) as s:
                s.sendall(data)
        except OSError:
            self.heard['tcp refused'] += 1

    def run(self, count):
        for i in range(count):
            data = self.message()
            if i % 20 == 19:
                self.tcp(data)
            else:
                try:
                    self.udp.sendto(data, self.node)
                except OSError:
                    pass
            if i % 10 == 9:
                time.sleep(0.004)
                self.listen()
            if i % 500 == 499 and not self.alive():
                print('the node does not answer OPTIONS after %d messages' % (i + 1))
                return 1
        time.sleep(1)
        self.listen()
        print('%d messages, back: %s' % (count, ' '.join('%s:%d' % kv for kv in sorted(self.heard.items()))))
        return 0


def main(argv):
    host, port = argv[1].rsplit(':', 1)
    return Storm((host, int(port)), argv[2], int(argv[4])).run(int(argv[3]))


sys.exit(main(sys.argv))
