# SPDX-License-Identifier: GPL-2.0-or-later
"""A SIP peer whose every octet is a test's own: what phones and sipp write by themselves is written here by hand, well or badly.

A Peer has a socket (UDP, or TCP to the node and from it), a Call is one dialog on it, Sound counts the RTP packets of a port. Everything that does not come in time, or is not
what was wanted, is a Wrong with what came instead.
"""
import collections
import re
import select
import socket
import struct
import time
import uuid

COMPACT = {'v': 'via', 'f': 'from', 't': 'to', 'i': 'call-id', 'm': 'contact', 'l': 'content-length', 'c': 'content-type', 'k': 'supported', 'e': 'content-encoding',
           's': 'subject', 'x': 'session-expires'}
SDP = 'v=0\r\no=- 1 %(version)d IN IP%(family)d %(host)s\r\ns=-\r\nc=IN IP%(family)d %(host)s\r\nt=0 0\r\nm=audio %(port)d RTP/AVP %(types)s\r\n%(lines)s'
EVENTS = 'a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n'


class Wrong(Exception):
    pass


def want(what, true):
    if not true:
        raise Wrong(what)


class Message:
    def __init__(self, data):
        head, _, self.body = data.decode('utf-8', 'replace').partition('\r\n\r\n')
        lines = re.sub(r'\r\n[ \t]+', ' ', head).split('\r\n')
        self.start, self.text = lines[0], data.decode('utf-8', 'replace')
        self.headers = []
        for line in lines[1:]:
            name, _, value = line.partition(':')
            name = name.strip().lower()
            self.headers.append((COMPACT.get(name, name), value.strip()))
        self.status = int(self.start.split()[1]) if self.start.startswith('SIP/2.0 ') else 0
        self.cseq, self.method = self.get('cseq', '0 ?').split()[:2]

    def all(self, name):
        return [v for n, v in self.headers if n == name]

    def get(self, name, otherwise=''):
        return next((v for n, v in self.headers if n == name), otherwise)

    @property
    def to_tag(self):
        found = re.search(r';tag=([^;>\s]+)$', self.get('to')) or re.search(r'>;.*tag=([^;\s]+)', self.get('to'))
        return found.group(1) if found else ''

    @property
    def target(self):
        """The URI of its Contact."""
        found = re.search(r'<([^>]*)>', self.get('contact'))
        return found.group(1) if found else self.get('contact').split(';')[0]

    def sound(self):
        """Where it wants its sound: port and payload types."""
        line = re.search(r'm=audio (\d+) RTP/AVP ([\d ]+)', self.body)
        return (int(line.group(1)), line.group(2).split()) if line else (0, [])


class Peer:
    def __init__(self, host, port, node, tcp=False):
        self.host, self.port, self.node, self.tcp = host, port, node, tcp
        self.family = socket.AF_INET6 if ':' in host else socket.AF_INET
        self.at = ('[%s]' if ':' in host else '%s') % host + ':%d' % port
        self.came, self.buffers = [], {} # of each connection what is not yet a whole message
        self.listener = self.stream = None
        self.socket = socket.socket(self.family, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind((host, port))
        if tcp:
            self.listener = socket.socket(self.family, socket.SOCK_STREAM)
            self.listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.listener.bind((host, port))
            self.listener.listen(4)

    def close(self):
        for s in (self.socket, self.listener, *self.buffers):
            if s:
                s.close()

    def connect(self):
        self.stream = socket.socket(self.family, socket.SOCK_STREAM)
        self.stream.bind((self.host, 0))
        self.stream.connect(self.node)
        self.buffers[self.stream] = b''

    def send(self, text):
        data = text.encode() if isinstance(text, str) else text
        if self.stream:
            self.stream.sendall(data)
        else:
            self.socket.sendto(data, self.node)

    def _cut(self, stream):
        """One whole message of a stream."""
        head, blank, rest = self.buffers[stream].lstrip(b'\r\n').partition(b'\r\n\r\n')
        length = re.search(rb'(?im)^(?:content-length|l)\s*:\s*(\d+)', head)
        size = int(length.group(1)) if length else 0
        if not blank or len(rest) < size:
            return None
        self.buffers[stream] = rest[size:]
        self.stream = stream # what is sent next is an answer to it
        return head + blank + rest[:size]

    def _next(self, timeout):
        """A message, whole; None: none in time."""
        until = time.monotonic() + timeout
        while True:
            for stream in self.buffers:
                if (data := self._cut(stream)):
                    return data
            wait = [s for s in (self.socket, self.listener, *self.buffers) if s]
            ready, _, _ = select.select(wait, [], [], max(until - time.monotonic(), 0))
            for s in ready:
                if s is self.listener:
                    self.buffers[s.accept()[0]] = b''
                elif s is self.socket:
                    data = s.recv(65536)
                    if data.strip():
                        return data
                else:
                    data = s.recv(65536)
                    self.buffers[s] += data
                    if not data:
                        del self.buffers[s]
            if not ready and time.monotonic() >= until:
                return None

    def get(self, wanted, timeout=5.0, over=()):
        """The next message for which wanted(message) is true; others are passed over when they are provisional, or of a kind in `over`."""
        until = time.monotonic() + timeout
        while True:
            data = self._next(max(until - time.monotonic(), 0))
            if data is None:
                raise Wrong('nothing came of what was waited for; before: ' + (', '.join(m.start for m in self.came[-4:]) or 'nothing'))
            m = Message(data)
            self.came.append(m)
            if wanted(m):
                return m
            if not 100 <= m.status < 200 and m.start.split()[0] not in over and m.status not in over:
                raise Wrong('instead came: ' + m.start)

    def status(self, status, method, timeout=5.0, over=()):
        return self.get(lambda m: m.status == status and m.method == method, timeout, over)

    def request(self, method, timeout=5.0, over=()):
        return self.get(lambda m: m.status == 0 and m.start.startswith(method + ' '), timeout, over)

    def all_for(self, seconds):
        """Whatever comes in so long."""
        until, out = time.monotonic() + seconds, []
        while (data := self._next(max(until - time.monotonic(), 0))) is not None:
            out.append(Message(data))
        self.came += out
        return out

    def respond(self, request, status, phrase, headers=(), body='', tag='p', contact=True):
        lines = ['SIP/2.0 %d %s' % (status, phrase)]
        lines += ['%s: %s' % (n.title(), v) for n, v in request.headers if n in ('via', 'from', 'call-id', 'cseq', 'record-route')]
        to = request.get('to')
        lines.append('To: ' + (to if ';tag=' in to or not tag else to + ';tag=' + tag))
        if contact:
            lines.append('Contact: <sip:p@%s%s>' % (self.at, ';transport=tcp' if self.tcp else ''))
        lines += headers
        if body:
            lines.append('Content-Type: application/sdp')
        lines += ['Content-Length: %d' % len(body), '', body]
        self.send('\r\n'.join(lines))

    def sdp(self, port, types='8 101', lines=EVENTS, version=1):
        return SDP % {'family': 6 if ':' in self.host else 4, 'host': self.host, 'port': port, 'types': types, 'lines': lines, 'version': version}


class Call:
    """A dialog that this peer begins, with the called number; or (request given) one that the node began."""

    def __init__(self, peer, number, called='12600', request=None):
        self.peer, self.number = peer, number
        self.id, self.tag, self.cseq, self.routes = uuid.uuid4().hex, uuid.uuid4().hex[:8], 0, []
        node = ('[%s]:%d' if ':' in peer.node[0] else '%s:%d') % peer.node[:2]
        self.uri = self.target = 'sip:%s@%s' % (called, node)
        self.local = '<sip:%s@%s>;tag=%s' % (number, peer.at, self.tag)
        self.remote = '<%s>' % self.uri
        self.contact = '<sip:%s@%s%s>' % (number, peer.at, ';transport=tcp' if peer.tcp else '')
        if request:
            self.id, self.target = request.get('call-id'), request.target
            self.local, self.remote = request.get('to') + ';tag=p', request.get('from')

    def request(self, method, headers=(), body='', branch=None, cseq=None, uri=None, type='application/sdp', plain=False, send=True):
        """plain: no header but those that every request has."""
        if method not in ('ACK', 'CANCEL') and cseq is None:
            self.cseq += 1
        self.branch = branch or 'z9hG4bK' + uuid.uuid4().hex[:12]
        lines = ['%s %s SIP/2.0' % (method, uri or self.target), 'Via: SIP/2.0/%s %s;branch=%s' % ('TCP' if self.peer.tcp else 'UDP', self.peer.at, self.branch),
                 'Max-Forwards: 70', 'From: ' + self.local, 'To: ' + self.remote, 'Call-ID: ' + self.id, 'CSeq: %d %s' % (self.cseq if cseq is None else cseq, method)]
        lines += ['Route: ' + r for r in self.routes]
        if not plain:
            lines += ['Contact: ' + self.contact, 'P-Asserted-Identity: <tel:+86%s>' % self.number]
        lines += headers
        if body:
            lines.append('Content-Type: ' + type)
        text = '\r\n'.join(lines + ['Content-Length: %d' % len(body), '', body])
        if send:
            self.peer.send(text)
        return text

    def take(self, answer):
        """A 2xx to the INVITE: the dialog is there."""
        self.remote, self.target = answer.get('to'), answer.target
        return answer

    def ack(self, headers=(), body='', branch=None):
        self.request('ACK', headers, body, branch)

    def answered(self, headers=(), body=''):
        self.request('INVITE', headers, body)
        answer = self.take(self.peer.status(200, 'INVITE'))
        return answer

    def bye(self):
        self.request('BYE')
        return self.peer.status(200, 'BYE')


class Sound:
    """RTP on a port of the peer's."""

    def __init__(self, peer, port):
        self.socket = socket.socket(peer.family, socket.SOCK_DGRAM)
        self.socket.bind((peer.host, port))
        self.port, self.seq, self.ssrc = port, 0, port

    def key(self, digit, to):
        """The end of a telephone-event, three times; to: where the node hears."""
        timestamp = self.seq * 160
        for _ in range(3):
            self.seq += 1
            self.socket.sendto(struct.pack('!BBHIIBBH', 0x80, 0xe5 if timestamp == (self.seq - 1) * 160 else 0x65, self.seq, timestamp, self.ssrc, digit, 0x8a, 800), to)

    def types(self, seconds):
        """How many packets of which payload type come in so long; what came before is dropped."""
        self.socket.setblocking(False)
        try:
            while True:
                self.socket.recv(2048)
        except BlockingIOError:
            pass
        found, until = collections.Counter(), time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                packet = self.socket.recv(2048)
            except socket.timeout:
                break
            if len(packet) >= 12 and packet[0] >> 6 == 2:
                found[packet[1] & 0x7f] += 1
        return found

    def close(self):
        self.socket.close()
