#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sip_again.py NODE:PORT FROM NUMBER: a caller over UDP whose every packet gets lost once, so that he sends it again (RFC 3261 17.1.1, 17.2.1).

Status 0 when each gets the same answer both times.
"""
import re
import socket
import sys

SDP = 'v=0\r\no=- 1 1 IN IP4 %s\r\ns=-\r\nc=IN IP4 %s\r\nt=0 0\r\nm=audio 40000 RTP/AVP 8\r\n'


def main(argv):
    host, port = argv[1].rsplit(':', 1)
    node, source, number = (host, int(port)), argv[2], argv[3]
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((source, 0))
    s.settimeout(5)
    body = SDP % (source, source)

    def request(method, to='', body=''):
        text = '\r\n'.join(('%s sip:12599@%s:%d SIP/2.0' % ((method,) + node), 'Via: SIP/2.0/UDP %s:%d;branch=z9hG4bKagain' % s.getsockname(),
                            'Max-Forwards: 70', 'From: <sip:%s@%s>;tag=1' % (number, source), 'To: <sip:12599@%s>%s' % (host, to), 'Call-ID: again',
                            'CSeq: 1 ' + method, 'Contact: <sip:%s@%s:%d>' % ((number,) + s.getsockname()), 'P-Asserted-Identity: <tel:+86%s>' % number,
                            'Content-Type: application/sdp', 'Content-Length: %d' % len(body), '', body)).encode()
        s.sendto(text, node)
        return text

    def answer(status, method):
        """The next answer of that status; provisional ones of others do not count."""
        while True:
            text = s.recv(65536).decode()
            if text.startswith('SIP/2.0 %d' % status) and re.search('CSeq: 1 ' + method, text):
                return re.sub('(?i)\r\n(date|timestamp):[^\r]*', '', text)
            if not text.startswith('SIP/2.0 1'):
                sys.exit('instead of %d to %s: %s' % (status, method, text.split('\r\n')[0]))

    def twice(method, status, to='', body=''):
        request(method, to, body)
        first = answer(status, method)
        request(method, to, body)
        if answer(status, method) != first:
            sys.exit('another answer to %s that came again' % method)
        return first

    told = twice('INVITE', 183, body=body)
    to = re.search('To:[^\r]*(;tag=[^;\r]*)', told).group(1)
    request('CANCEL')
    answer(200, 'CANCEL')
    answer(487, 'INVITE')
    request('INVITE', body=body)  # the 487 was lost
    answer(487, 'INVITE')
    request('ACK', to)
    print('the same each time')


main(sys.argv)
