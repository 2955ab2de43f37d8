#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""acceptance.py list                                          "NN calls|called OPTIONS": the ends of the cases' numbers; whether calls go to it; of its trunk
acceptance.py run SIP-PORT CLI CONFIG CAUSES [NAME...]          runs them side by side; a line "NAME: WHAT|STATUS|MORE" of each
acceptance.py overload SIP-PORT PID                            a node that has not got the time that it needs

A case is a function; its first line says what it proves. It has a peer at 127.0.1.NN, to which calls to 138000000NN go, and an account of that number. CAUSES gets lines
"NN CAUSES NAME": what the records of the legs that called NN back have to say;
"NN calling NAME": its own record has its number.
"""
import inspect
import os
import re
import signal
import subprocess
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from peer import Call, Peer, Sound, Wrong, want  # noqa: E402

FIRST = 11
cases = []


def case(*args, **kwargs):
    """called: it has a trunk of its own; options: of that; tcp: its peer has; causes: what the records of who was called back say; calling: the record has its number."""

    def add(f):
        cases.append((f.__name__, f, kwargs))
        return f
    return add(args[0]) if args else add


class Here:
    """What a case has."""

    def __init__(self, nn, sip, cli, kwargs):
        self.nn, self.sip, self.cli = nn, sip, cli
        self.number = '138000000%02d' % nn
        self.rtp = 40000 + nn * 20
        self.sounds, self.peers = [], []
        self.peer = self.another('127.0.1.%d' % nn, sip, kwargs.get('tcp', False))

    def another(self, host, port, tcp=False, node=None):
        self.peers.append(Peer(host, port, node or ('127.0.0.1', self.sip), tcp))
        return self.peers[-1]

    def sound(self, at=0, peer=None):
        self.sounds.append(Sound(peer or self.peer, self.rtp + at))
        return self.sounds[-1]

    def call(self, called='12600'):
        return Call(self.peer, self.number, called)

    def offer(self, at=0, types='8 101', lines='a=rtpmap:101 telephone-event/8000\r\na=fmtp:101 0-15\r\n', version=1):
        return self.peer.sdp(self.rtp + at, types, lines, version)

    def order(self, headers=()):
        """A callback is ordered; the INVITE that comes then."""
        c = self.call('12599')
        c.request('INVITE', headers, self.offer())
        self.peer.status(183, 'INVITE')
        time.sleep(0.3)
        c.request('CANCEL', branch=c.branch, cseq=1, plain=True)
        self.peer.status(200, 'CANCEL')
        lost = self.peer.status(487, 'INVITE')
        c.remote = lost.get('to')
        c.request('ACK', branch=c.branch, cseq=1, plain=True)
        return self.peer.request('INVITE', 8)

    def do(self, *command):
        return subprocess.run(self.cli + list(command), capture_output=True, text=True, timeout=10).stdout

    def end_call(self):
        """Ends the multi-party call of this number from the node's side."""
        found = re.findall(r'^([0-9a-f]{32}) .*86%s' % self.number, self.do('calls'), re.M)
        want('the call is there', found)
        self.do('call', found[0], 'drop')

    def close(self):
        for s in self.sounds + self.peers:
            s.close()


# ---- headers ----

@case(calling=True)
def compact(h):
    """compact header names (RFC 3261 7.3.3), and no space or several about the colon"""
    c = h.call()
    text = c.request('INVITE', ('Supported: timer',), h.offer(), send=False)
    for short, long in (('v', 'Via'), ('f', 'From'), ('t', 'To'), ('i', 'Call-ID'), ('m', 'Contact'), ('l', 'Content-Length'), ('c', 'Content-Type'), ('k', 'Supported')):
        text = text.replace('\r\n' + long + ': ', '\r\n' + short + '  :   ')
    h.peer.send(text.replace('Max-Forwards: ', 'max-forwards:'))
    c.take(h.peer.status(200, 'INVITE'))
    c.ack()
    h.peer.send(re.sub(r'\r\n(Via|From|To|Call-ID): ', lambda m: '\r\n' + {'Via': 'v', 'From': 'f', 'To': 't', 'Call-ID': 'i'}[m.group(1)] + ':',
                       c.request('BYE', send=False)))
    h.peer.status(200, 'BYE')


@case(calling=True)
def folded(h):
    """headers folded over lines (RFC 3261 7.3.1)"""
    c = h.call()
    text = c.request('INVITE', ('Subject: one\r\n two\r\n\tthree',), h.offer(), send=False)
    text = text.replace(';branch', '\r\n ;branch').replace('P-Asserted-Identity: ', 'P-Asserted-Identity:\r\n   ').replace('CSeq: 1 ', 'CSeq: 1\r\n\t')
    h.peer.send(text)
    c.take(h.peer.status(200, 'INVITE'))
    c.ack()
    c.bye()


@case
def vias(h):
    """several Via in one line and in several come back in their order; received is added to the first"""
    c = h.call()
    text = c.request('INVITE', (), h.offer(), send=False)
    more = 'Via: SIP/2.0/UDP 10.9.9.1:5060;branch=z9hG4bKone, SIP/2.0/TCP 10.9.9.2;branch=z9hG4bKtwo\r\nVia: SIP/2.0/UDP three.example;branch=z9hG4bKthree\r\nMax-Forwards'
    h.peer.send(text.replace('Max-Forwards', more, 1))
    answer = c.take(h.peer.status(200, 'INVITE'))
    came = [v.strip() for line in answer.all('via') for v in line.split(',')]
    want('four Via, in order: %s' % came, [re.search('branch=([^;]*)', v).group(1) for v in came] == [c.branch, 'z9hG4bKone', 'z9hG4bKtwo', 'z9hG4bKthree'])
    c.ack()
    c.bye()


@case
def rport(h):
    """an answer goes to where the request came from, with rport (RFC 3581)"""
    c = h.call()
    text = c.request('OPTIONS', send=False)
    h.peer.send(text.replace('127.0.1.%d:%d;branch' % (h.nn, h.sip), '127.0.1.%d:9;rport;branch' % h.nn, 1))
    answer = h.peer.status(200, 'OPTIONS')
    want('rport: ' + answer.get('via'), 'rport=%d' % h.sip in answer.get('via'))


@case(calling=True)
def large(h):
    """an INVITE of 18 kB over UDP, in fragments; what we look at stands behind a hundred other headers"""
    c = h.call()
    text = c.request('INVITE', (), h.offer(), send=False)
    h.peer.send(text.replace('P-Asserted-Identity', ''.join('X-Long-%d: %s\r\n' % (i, 'x' * 170) for i in range(100)) + 'P-Asserted-Identity'))
    c.take(h.peer.status(200, 'INVITE'))
    c.ack()
    c.bye()


@case(calling=True)
def tel_uri(h):
    """tel: with visual separators and a context is called and calls; the record has the number"""
    c = h.call()
    c.local = '<tel:+86-%s-%s>;tag=%s' % (h.number[:3], h.number[3:], c.tag)
    text = c.request('INVITE', (), h.offer(), uri='tel:12600;phone-context=example.org', send=False)
    h.peer.send(text.replace('<tel:+86%s>' % h.number, '<tel:+86-%s-%s-%s>' % (h.number[:3], h.number[3:7], h.number[7:])))
    c.take(h.peer.status(200, 'INVITE'))
    c.ack()
    c.bye()


@case(calling=True)
def sip_user_phone(h):
    """sip:...;user=phone, with parameters in the user part; P-Asserted-Identity twice, sip and tel"""
    c = h.call()
    node = c.uri.split('@')[1]
    text = c.request('INVITE', (), h.offer(), uri='sip:12600;phone-context=+86@%s;user=phone;transport=udp' % node, send=False)
    h.peer.send(text.replace('P-Asserted-Identity: ', 'P-Asserted-Identity: "a, b" <sip:+86%s@ims.example;user=phone>, ' % h.number))
    c.take(h.peer.status(200, 'INVITE'))
    c.ack()
    c.bye()


# ---- offers ----

@case
def delayed_offer(h):
    """INVITE without a description: our offer is in the 200, the answer in the ACK; sound goes where the ACK says"""
    s, c = h.sound(), h.call()
    offer = c.answered()
    want('an offer in the 200', offer.sound()[0] > 0 and '8' in offer.sound()[1])
    c.ack(body=h.offer())
    want('A-law comes', s.types(1.0)[8] > 20)
    c.bye()


@case
def delayed_offer_unanswered(h):
    """our offer in the 200, and an ACK without an answer: ended by BYE, with cause 65"""
    c = h.call()
    c.answered()
    c.ack()
    end = h.peer.request('BYE')
    want('its Reason: ' + end.get('reason'), 'cause=65' in end.get('reason'))
    h.peer.respond(end, 200, 'OK')


@case
def another_port(h):
    """re-INVITE with another port: sound moves; another order of codecs: ours stays (docs/sip.md); mu-law alone: that is said"""
    a, b, c = h.sound(), h.sound(2), h.call()
    c.answered(body=h.offer(types='8 0 101'))
    c.ack()
    want('A-law to the first port', a.types(0.6)[8] > 10)
    c.answered(body=h.offer(2, '8 0 101', version=2))
    c.ack()
    time.sleep(0.1)
    want('A-law to the second port', b.types(0.6)[8] > 10)
    want('and none to the first', not a.types(0.3))
    answer = c.answered(body=h.offer(2, '0 8 101', version=3))
    want('our order: %s' % answer.sound()[1], answer.sound()[1][:2] == ['8', '0'])
    c.ack()
    time.sleep(0.1)
    want('A-law still', b.types(0.6)[8] > 10)
    c.answered(body=h.offer(2, '0 101', version=4))
    c.ack()
    time.sleep(0.1)
    types = b.types(0.6)
    want('mu-law: %s' % types, types[0] > 10 and not types[8])
    c.bye()


@case
def inactive(h):
    """re-INVITE inactive: answered inactive, nothing is sent; sendrecv again: sound again"""
    s, c = h.sound(), h.call()
    c.answered(body=h.offer())
    c.ack()
    answer = c.answered(body=h.offer(lines='a=inactive\r\n', version=2))
    want('inactive', 'a=inactive' in answer.body)
    c.ack()
    time.sleep(0.1)
    want('nothing is sent', not s.types(0.6)[8])
    c.answered(body=h.offer(version=3))
    c.ack()
    time.sleep(0.1)
    want('sound again', s.types(0.6)[8] > 10)
    c.bye()


@case
def two_invites(h):
    """a second INVITE before the first has its final answer: 500 with Retry-After (RFC 3261 14.2); the first goes on"""
    c = h.call('12599')
    c.request('INVITE', (), h.offer())
    first, early = c.branch, h.peer.status(183, 'INVITE')
    c.remote = early.get('to')
    c.request('INVITE', (), h.offer(version=2))
    refused = h.peer.get(lambda m: m.status >= 300 and m.cseq == '2')
    want('500 or 491, with Retry-After: %s' % refused.start, refused.status == 491 or (refused.status == 500 and refused.get('retry-after')))
    c.request('ACK', branch=c.branch, plain=True)
    c.remote = '<%s>' % c.uri
    c.request('CANCEL', branch=first, cseq=1, plain=True)
    h.peer.status(200, 'CANCEL')
    h.peer.status(487, 'INVITE')
    c.remote = early.get('to')
    c.request('ACK', branch=first, cseq=1, plain=True)


@case
def update_in_call(h):
    """UPDATE with a description in a call: hold and back; UPDATE without one: 200 and nothing changes"""
    s, c = h.sound(), h.call()
    c.answered(body=h.offer())
    c.ack()
    c.request('UPDATE', body=h.offer(lines='a=sendonly\r\n', version=2))
    want('recvonly', 'a=recvonly' in h.peer.status(200, 'UPDATE').body)
    c.request('UPDATE', body=h.offer(version=3))
    want('sendrecv', 'a=inactive' not in h.peer.status(200, 'UPDATE').body)
    c.request('UPDATE')
    want('no description', not h.peer.status(200, 'UPDATE').body)
    time.sleep(0.1)
    want('sound', s.types(0.6)[8] > 10)
    c.bye()


@case
def not_a_description(h):
    """a body that is none of ours: 415 and what we accept (RFC 3261 8.2.3); an encoding: 415"""
    c = h.call()
    c.request('INVITE', (), 'hello', type='text/plain')
    refused = h.peer.get(lambda m: m.status >= 300)
    want('415 and Accept: %s, %s' % (refused.start, refused.get('accept')), refused.status == 415 and 'application/sdp' in refused.get('accept'))
    c.remote = refused.get('to')
    c.request('ACK', branch=c.branch, plain=True)
    c = h.call()
    c.request('INVITE', ('Content-Encoding: gzip',), h.offer())
    refused = h.peer.get(lambda m: m.status >= 300)
    want('415: %s' % refused.start, refused.status == 415)
    c.remote = refused.get('to')
    c.request('ACK', branch=c.branch, plain=True)


@case
def multipart(h):
    """SIP-I: the description beside ISUP in a multipart body, before it and behind it; a body that may be left (handling=optional) is"""
    for order in (0, 1):
        c, s = h.call(), h.sound()
        parts = ['Content-Type: application/sdp\r\nContent-Disposition: session\r\n\r\n' + h.offer(),
                 'Content-Type: application/ISUP;version=itu-t92+\r\nContent-Disposition: signal;handling=optional\r\n\r\n\x01\x11\x48\x00\r\n']
        body = ''.join('--b1\r\n' + part + '\r\n' for part in (parts if order else reversed(parts))) + '--b1--\r\n'
        c.request('INVITE', ('MIME-Version: 1.0',), body, type='multipart/mixed;boundary=b1')
        c.take(h.peer.status(200, 'INVITE'))
        c.ack()
        want('sound', s.types(0.6)[8] > 10)
        c.bye()
        s.close()
    c = h.call()
    c.request('INVITE', ('Content-Disposition: render;handling=optional',), 'hello', type='text/plain')
    offer = c.take(h.peer.status(200, 'INVITE'))
    want('an offer in the 200', offer.sound()[0] > 0)
    c.ack(body=h.offer())
    c.bye()


@case
def media_lines(h):
    """video before the audio, two audio lines, an address of the media's own, events as 96, no ptime: answered line by line, the first audio is spoken on"""
    c, s = h.call(), h.sound()
    answer = c.answered(body='v=0\r\no=- 1 1 IN IP4 %(host)s\r\ns=-\r\nc=IN IP4 192.0.2.1\r\nt=0 0\r\nm=video 6000 RTP/AVP 97\r\na=rtpmap:97 H264/90000\r\n'
                        'm=audio %(port)d RTP/AVP 18 8 96\r\nc=IN IP4 %(host)s\r\na=rtpmap:96 telephone-event/8000\r\nm=audio 6004 RTP/AVP 0\r\n' %
                        {'host': h.peer.host, 'port': s.port})
    lines = re.findall(r'm=(\w+) (\d+) \S+ (.*)\r', answer.body)
    want('%s' % lines, [(kind, port != '0') for kind, port, _ in lines] == [('video', False), ('audio', True), ('audio', False)] and lines[1][2] == '8 96')
    c.ack()
    want('sound', s.types(0.6)[8] > 10)
    c.bye()


# ---- what crosses, what comes again ----

@case
def cancel_crosses_200(h):
    """a CANCEL that crosses the 200: it has its own answer, the call stands and is ended by BYE"""
    c = h.call()
    c.answered(body=h.offer())
    c.request('CANCEL', branch=c.branch, cseq=1, plain=True)
    h.peer.get(lambda m: m.method == 'CANCEL' and m.status in (200, 481))
    c.ack()
    h.sound()
    time.sleep(0.5)
    c.bye()


@case(called=True)
def bye_crosses_bye(h):
    """a BYE of ours crosses one of the node's: each has its 200 or 481"""
    invite = h.order()
    h.peer.respond(invite, 200, 'OK', body=h.offer())
    h.peer.request('ACK')
    time.sleep(1)
    c = Call(h.peer, h.number, request=invite)
    h.end_call()
    theirs = h.peer.request('BYE')
    c.request('BYE')
    h.peer.get(lambda m: m.method == 'BYE' and m.status in (200, 481))
    h.peer.respond(theirs, 200, 'OK')


@case
def ok_again(h):
    """a 200 is said again until the ACK, after 0.5, 1, 2 s (RFC 3261 13.3.1.4), then no more"""
    c = h.call()
    first = c.answered(body=h.offer())
    again = h.peer.all_for(4)
    want('twice or three times more: %d' % len(again), 2 <= len(again) <= 4 and all(m.text == first.text for m in again))
    c.ack()
    want('and no more', not h.peer.all_for(4.5))
    c.bye()


@case
def never_acknowledged(h):
    """no ACK at all: the node gives up after 32 s with a BYE"""
    c = h.call()
    c.answered(body=h.offer())
    end = h.peer.request('BYE', 40, over=(200,))
    h.peer.respond(end, 200, 'OK')


@case(called=True)
def ack_again(h):
    """the 200 comes again to the peer's ACK lost, and again is acknowledged"""
    invite = h.order()
    h.peer.respond(invite, 200, 'OK', body=h.offer())
    h.peer.request('ACK')
    for _ in range(3):
        h.peer.respond(invite, 200, 'OK', body=h.offer())
        h.peer.request('ACK')
    c = Call(h.peer, h.number, request=invite)
    c.bye()


@case
def merged(h):
    """the same INVITE over two ways (another branch): the second is refused with 482 (RFC 3261 8.2.2.2), the first goes on"""
    c = h.call('12599')
    text = c.request('INVITE', (), h.offer())
    early = h.peer.status(183, 'INVITE')
    h.peer.send(text.replace(c.branch, c.branch + 'other'))
    refused = h.peer.get(lambda m: m.status >= 300)
    want('482: ' + refused.start, refused.status == 482)
    c.remote = refused.get('to')
    c.request('ACK', branch=c.branch + 'other', cseq=1, plain=True)
    c.remote, c.branch = '<%s>' % c.uri, c.branch[:-5] if c.branch.endswith('other') else c.branch
    c.request('CANCEL', branch=c.branch, cseq=1, plain=True)
    h.peer.status(200, 'CANCEL')
    h.peer.status(487, 'INVITE')
    c.remote = early.get('to')
    c.request('ACK', branch=c.branch, cseq=1, plain=True)


@case
def reliable(h):
    """Require: 100rel: the 183 is reliable and said again until its PRACK; a PRACK of another RSeq 481; the right one 200; then no more"""
    c = h.call('12599')
    c.request('INVITE', ('Require: 100rel',), h.offer())
    invite, early = c.branch, h.peer.status(183, 'INVITE')
    want('Require and RSeq: %s, %s' % (early.get('require'), early.get('rseq')), '100rel' in early.get('require') and early.get('rseq'))
    again = h.peer.status(183, 'INVITE')
    want('the same again', again.text == early.text)
    c.remote, c.target = early.get('to'), early.target
    c.request('PRACK', ('RAck: %d 1 INVITE' % (int(early.get('rseq')) + 7),))
    h.peer.status(481, 'PRACK')
    c.request('PRACK', ('RAck: %s 1 INVITE' % early.get('rseq'),))
    h.peer.status(200, 'PRACK')
    want('and no more', not [m for m in h.peer.all_for(1.2) if m.status == 183])
    c.remote, uri = '<%s>' % c.uri, c.uri
    c.request('CANCEL', branch=invite, cseq=1, plain=True, uri=uri)
    h.peer.status(200, 'CANCEL')
    h.peer.status(487, 'INVITE')
    c.remote = early.get('to')
    c.request('ACK', branch=invite, cseq=1, plain=True, uri=uri)


@case
def bye_early(h):
    """a caller who hangs up before the answer with BYE instead of CANCEL (RFC 3261 15.1.1): 200, and the INVITE gets 487"""
    c = h.call('12599')
    c.request('INVITE', (), h.offer())
    invite, early = c.branch, h.peer.status(183, 'INVITE')
    c.remote = early.get('to')
    c.request('BYE')
    came = [h.peer.get(lambda m: m.status >= 200), h.peer.get(lambda m: m.status >= 200)]
    want('%s' % [m.start for m in came], {(m.method, m.status) for m in came} == {('BYE', 200), ('INVITE', 487)})
    c.request('ACK', branch=invite, cseq=1, plain=True)


# ---- outside a call ----

@case
def options(h):
    """OPTIONS as a keepalive: 200 with Allow, Accept and Supported; twelve in a row"""
    for _ in range(12):
        c = h.call()
        c.request('OPTIONS')
        answer = h.peer.status(200, 'OPTIONS')
    for method in ('INVITE', 'ACK', 'BYE', 'CANCEL', 'OPTIONS', 'PRACK', 'UPDATE', 'INFO'):
        want('Allow: ' + answer.get('allow'), method in ', '.join(answer.all('allow')))
    want('Accept: ' + answer.get('accept'), 'application/sdp' in answer.get('accept'))
    want('Supported: ' + answer.get('supported'), '100rel' in answer.get('supported') and 'timer' in answer.get('supported'))


@case
def keepalives(h):
    """CRLF, empty and short datagrams are dropped; the next call is as before"""
    for data in (b'\r\n\r\n', b'\r\n', b'\0', b'\x00\x01\x00\x00', b'hello\r\n\r\n'):
        h.peer.send(data)
    c = h.call()
    c.answered(body=h.offer())
    c.ack()
    c.bye()


@case
def methods(h):
    """REGISTER, SUBSCRIBE, NOTIFY, MESSAGE, REFER, PUBLISH: 405 and Allow; an unknown one 501; PRACK and UPDATE and BYE of no call 481"""
    for method in ('REGISTER', 'SUBSCRIBE', 'NOTIFY', 'MESSAGE', 'REFER', 'PUBLISH'):
        c = h.call()
        c.request(method, ('Event: dialog', 'Refer-To: <sip:1@example.org>', 'Subscription-State: active'))
        answer = h.peer.get(lambda m: m.method == method and m.status >= 200)
        want('%s: %s, Allow: %s' % (method, answer.start, answer.get('allow')), answer.status == 405 and 'INVITE' in answer.get('allow'))
    for method, status in (('GROK', 501), ('BYE', 481), ('PRACK', 481), ('UPDATE', 481), ('CANCEL', 481), ('INFO', 481)):
        c = h.call()
        c.remote += ';tag=nobody'
        c.request(method, ('RAck: 1 1 INVITE',) if method == 'PRACK' else (), cseq=1)
        answer = h.peer.get(lambda m: m.method == method and m.status >= 200)
        want('%s: %s' % (method, answer.start), answer.status == status)
    c = h.call()
    c.remote += ';tag=nobody'
    c.request('INVITE', (), h.offer())
    answer = h.peer.get(lambda m: m.status >= 200)
    want('INVITE of no dialog: ' + answer.start, answer.status == 481)
    c.request('ACK', branch=c.branch, plain=True)


@case
def requests_that_are_wrong(h):
    """another scheme 416; an extension that is required 420; no From, no Call-ID, a bad CSeq 400 or nothing; the next call is as before"""
    c = h.call()
    c.request('INVITE', (), h.offer(), uri='http://127.0.0.1/')
    answer = h.peer.get(lambda m: m.status >= 300)
    want('http: ' + answer.start, answer.status in (416, 400))
    c.request('ACK', branch=c.branch, plain=True, uri='http://127.0.0.1/')
    c = h.call()
    c.request('INVITE', ('Require: nothing-we-know',), h.offer())
    answer = h.peer.get(lambda m: m.status >= 300)
    want('420: %s %s' % (answer.start, answer.get('unsupported')), answer.status == 420 and answer.get('unsupported') == 'nothing-we-know')
    c.request('ACK', branch=c.branch, plain=True)
    for name, line in (('From', r'From: [^\r]*\r\n'), ('Call-ID', r'Call-ID: [^\r]*\r\n'), ('CSeq', r'CSeq: [^\r]*\r\n'), ('To', r'To: [^\r]*\r\n')):
        c = h.call()
        text = re.sub(line, '', c.request('OPTIONS', send=False), count=1)
        h.peer.send(text)
        came = h.peer.all_for(0.3)
        want('without %s: %s' % (name, [m.start for m in came]), all(m.status == 400 for m in came))
    c = h.call()
    h.peer.send(c.request('OPTIONS', send=False).replace('CSeq: 1 OPTIONS', 'CSeq: 1 INVITE'))
    came = h.peer.all_for(0.3)
    want('another method in CSeq: %s' % [m.start for m in came], all(m.status == 400 for m in came))
    c = h.call()
    h.peer.send(c.request('INVITE', (), h.offer(), send=False).replace('Content-Length: ', 'Content-Length: 9'))
    came = h.peer.all_for(0.5)
    want('a body shorter than it says: %s' % [m.start for m in came], all(m.status in (100, 400) for m in came))
    c = h.call()
    c.answered(body=h.offer())
    c.ack()
    c.bye()


# ---- transport ----

@case(called=True, tcp=True, options='transport: tcp')
def tcp(h):
    """a trunk on TCP: a call in over a connection of the peer's, two requests in one segment and one in two; called back over TCP"""
    h.peer.connect()
    c = h.call()
    text = c.request('INVITE', (), h.offer(), send=False)
    h.peer.send(text[:200])
    time.sleep(0.2)
    h.peer.send(text[200:])
    c.take(h.peer.status(200, 'INVITE'))
    h.peer.send(c.request('ACK', send=False) + c.request('OPTIONS', send=False))
    h.peer.status(200, 'OPTIONS')
    c.bye()
    invite = h.order()
    want('its Via: ' + invite.get('via'), 'SIP/2.0/TCP' in invite.get('via'))
    h.peer.respond(invite, 200, 'OK', body=h.offer())
    h.peer.request('ACK')
    Call(h.peer, h.number, request=invite).bye()


@case(tcp=True)
def tcp_to_udp_trunk(h):
    """a call that comes over TCP on a trunk that calls over UDP: answered where it came from, also a large one (RFC 3261 18.1.1)"""
    h.peer.connect()
    c = h.call()
    c.answered(['X-Long-%d: %s' % (i, 'x' * 400) for i in range(20)], h.offer())
    c.ack()
    c.bye()


@case
def six(h):
    """IPv6: signalling and sound over ::1"""
    node = ('::1', h.sip)
    peer = h.another('::1', h.sip + 1, node=node)
    s = h.sound(peer=peer)
    c = Call(peer, '13800000098')
    answer = c.answered(body=peer.sdp(s.port))
    want('c= of IPv6', 'c=IN IP6 ::1' in answer.body)
    c.ack()
    want('sound', s.types(0.8)[8] > 10)
    c.bye()
    c = Call(peer, '13800000098')
    c.request('INVITE', (), h.offer())
    refused = peer.get(lambda m: m.status >= 300)
    want('an offer of IPv4 alone: 488, %s' % refused.start, refused.status == 488)
    c.request('ACK', branch=c.branch, plain=True)


# ---- called ----

@case(called=True)
def record_route(h):
    """a proxy in the way (Record-Route, lr): ACK and BYE go through it, with Route; a second address in its 200's Contact"""
    proxy = h.another('127.0.1.%d' % h.nn, h.sip + 7)
    invite = h.order()
    h.peer.respond(invite, 200, 'OK', ('Record-Route: <sip:%s;lr>' % proxy.at, 'Record-Route: <sip:127.0.1.%d:%d;lr>' % (h.nn, h.sip)), h.offer())
    # The route is the reverse of what the answer says: the peer's own address first, then the proxy.
    ack = h.peer.request('ACK')
    want('Route of the ACK: %s' % ack.all('route'), [r for line in ack.all('route') for r in line.split(', ')] ==
         ['<sip:127.0.1.%d:%d;lr>' % (h.nn, h.sip), '<sip:%s;lr>' % proxy.at])
    want('its URI is the Contact: ' + ack.start, ack.start.split()[1].startswith('sip:p@'))
    time.sleep(0.5)
    h.end_call()
    bye = h.peer.request('BYE')
    want('Route of the BYE', len([r for line in bye.all('route') for r in line.split(', ')]) == 2)
    h.peer.respond(bye, 200, 'OK')


@case(called=True)
def record_route_in(h):
    """a call that came through proxies: its Record-Route stands in the 200, and the node's BYE goes along it"""
    invite = h.order()
    h.peer.respond(invite, 180, 'Ringing')
    h.peer.respond(invite, 200, 'OK', body=h.offer())
    h.peer.request('ACK')
    Call(h.peer, h.number, request=invite).bye()
    c = h.call()
    routes = ['<sip:127.0.1.%d:%d;lr>' % (h.nn, h.sip), '<sip:proxy.example;lr;x=1>']
    answer = c.answered(['Record-Route: ' + ', '.join(routes)], h.offer())
    want('Record-Route: %s' % answer.all('record-route'), [r.strip() for line in answer.all('record-route') for r in line.split(',')] == routes)
    c.ack()
    c.bye()


@case(called=True)
def another_contact(h):
    """a re-INVITE with another Contact: the BYE goes there (RFC 3261 12.2.2)"""
    other = h.another('127.0.1.%d' % h.nn, h.sip + 7)
    invite = h.order()
    h.peer.respond(invite, 200, 'OK', body=h.offer())
    h.peer.request('ACK')
    c = Call(h.peer, h.number, request=invite)
    c.contact = '<sip:p@%s>' % other.at
    c.answered(body=h.offer(version=2))
    c.ack()
    time.sleep(0.5)
    h.end_call()
    bye = other.request('BYE')
    other.respond(bye, 200, 'OK')


@case(called=True)
def fork(h):
    """two phones ring with tags of their own, a third answers with a description of its own: its sound goes there; a second 200 is acknowledged and ended"""
    first, other = h.sound(), h.sound(2)
    invite = h.order()
    h.peer.respond(invite, 180, 'Ringing', tag='a')
    h.peer.respond(invite, 183, 'Session Progress', body=h.offer(), tag='b')
    time.sleep(0.3)
    h.peer.respond(invite, 200, 'OK', body=h.offer(2), tag='c')
    ack = h.peer.request('ACK')
    want('the ACK has its tag', 'tag=c' in ack.get('to'))
    h.peer.respond(invite, 200, 'OK', body=h.offer(), tag='b')
    ack = h.peer.request('ACK')
    want('the second is acknowledged', 'tag=b' in ack.get('to'))
    bye = h.peer.request('BYE')
    want('and ended', 'tag=b' in bye.get('to'))
    h.peer.respond(bye, 200, 'OK')
    time.sleep(0.2)
    want('sound goes to the one that answered', other.types(0.6)[8] > 10)
    want('and not to the other', not first.types(0.3))
    c = Call(h.peer, h.number, request=invite)
    c.local = c.local.replace('tag=p', 'tag=c')
    c.bye()


@case(called=True)
def long_route(h):
    """a dozen proxies of long names: ACK and BYE are over 1300 octets, and stay on UDP, which is what the trunk is set up for"""
    routes = ['Record-Route: <sip:proxy%d.%s.example.org;lr;ftag=%s>' % (i, 'x' * 40, 'y' * 50) for i in range(12)]
    invite = h.order()
    h.peer.respond(invite, 200, 'OK', routes + ['Record-Route: <sip:%s;lr>' % h.peer.at], h.offer())
    ack = h.peer.request('ACK')
    want('%d octets' % len(ack.text), len(ack.text) > 1300)
    time.sleep(0.5)
    h.end_call()
    h.peer.respond(h.peer.request('BYE'), 200, 'OK')


@case(called=True)
def early_media_plain(h):
    """183 with a description and no 100rel, then 180 without, then 200 without a change: answered"""
    s = h.sound()
    invite = h.order()
    h.peer.respond(invite, 183, 'Session Progress', body=h.offer())
    h.peer.respond(invite, 180, 'Ringing')
    time.sleep(0.3)
    h.peer.respond(invite, 200, 'OK', body=h.offer())
    h.peer.request('ACK')
    want('sound', s.types(1.0)[8] > 10)
    Call(h.peer, h.number, request=invite).bye()


@case(called=True)
def what_an_invite_has(h):
    """our INVITE: Max-Forwards, Allow, Supported, Contact, a branch of RFC 3261, an offer; no header twice; short of 1300 octets, so UDP will do"""
    invite = h.order()
    for name in ('max-forwards', 'allow', 'supported', 'contact', 'via', 'from', 'to', 'call-id', 'cseq', 'p-asserted-identity', 'content-type'):
        want('one %s: %s' % (name, invite.all(name)), len(invite.all(name)) == 1)
    want('branch', ';branch=z9hG4bK' in invite.get('via'))
    want('%d octets' % len(invite.text), len(invite.text) < 1300)
    h.peer.respond(invite, 486, 'Busy Here')
    h.peer.request('ACK')


REFUSALS = (
    (401, 'Unauthorized', 21, ('WWW-Authenticate: Digest realm="r", nonce="n", algorithm=MD5',)),
    (407, 'Proxy Authentication Required', 21, ('Proxy-Authenticate: Digest realm="r", nonce="n", algorithm=MD5, qop="auth"',)),
    (480, 'Temporarily Unavailable', 18, ()),
    (480, 'Temporarily Unavailable', 19, ('Reason: Q.850;cause=19',)),
    (486, 'Busy Here', 17, ('Reason: SIP;cause=486', 'Reason: Q.850;cause=17;text="User, busy"')),
    (487, 'Request Terminated', 127, ()),
    (500, 'Server Internal Error', 34, ('Reason: SIP;cause=500, Q.850 ;cause=34;text="No circuit"',)),
    (604, 'Does Not Exist Anywhere', 1, ()),
    (503, 'Service Unavailable', 41, ('Retry-After: 1 (soon);duration=3',)),
)


@case(called=True, causes=','.join(str(r[2]) for r in REFUSALS))
def refusals(h):
    """what who is called back refuses with: 401, 407, 480, 486, 487, 500, 503, 604, with and without a Reason; each is acknowledged, none comes again"""
    for status, phrase, _, headers in REFUSALS:
        invite = h.order()
        h.peer.respond(invite, status, phrase, headers, contact=False)
        h.peer.request('ACK')
        came = h.peer.all_for(0.3)
        want('nothing after %d: %s' % (status, [m.start for m in came]), not came)


# ---- session timers ----

def timed(h, headers, **kwargs):
    c = h.call()
    return c, c.answered(headers, h.offer(**kwargs))


@case
def timer_too_small(h):
    """Session-Expires below our least: 422 and Min-SE (RFC 4028 5); the next one, as that says, is taken"""
    c = h.call()
    c.request('INVITE', ('Supported: timer', 'Session-Expires: 30;refresher=uac'), h.offer())
    refused = h.peer.get(lambda m: m.status >= 300)
    want('422 and Min-SE: %s, %s' % (refused.start, refused.get('min-se')), refused.status == 422 and int(refused.get('min-se') or 0) >= 90)
    c.request('ACK', branch=c.branch, plain=True)
    c, answer = timed(h, ('Supported: timer', 'Session-Expires: %s;refresher=uac' % refused.get('min-se'), 'Min-SE: ' + refused.get('min-se')))
    want('taken: ' + answer.get('session-expires'), answer.get('session-expires').startswith(refused.get('min-se')))
    c.ack()
    c.bye()


@case
def timer_without_support(h):
    """Session-Expires put in by a proxy for a caller who knows no timers: the node refreshes (RFC 4028 9)"""
    c, answer = timed(h, ('Session-Expires: 1800',))
    want('uas: ' + answer.get('session-expires'), 'refresher=uas' in answer.get('session-expires') or not answer.get('session-expires'))
    want('no Require', 'timer' not in answer.get('require'))
    c.ack()
    c.bye()


def busy(h, s, answer, seconds):
    """A key now and then, so that the menu goes on."""
    for _ in range(seconds // 6):
        time.sleep(6)
        s.key(0, ('127.0.0.1', answer.sound()[0]))
    time.sleep(seconds % 6)


def refreshed(h, s, c, allow, again):
    """The node's refresh, answered; the call goes on."""
    told = ('Require: timer', 'Session-Expires: 90;refresher=uac') + allow
    if again.start.startswith('UPDATE ') and allow and 'UPDATE' in allow[0]:
        h.peer.respond(again, 200, 'OK', told)
    else:
        if again.start.startswith('UPDATE ') and not allow:  # many do not say what they allow
            h.peer.respond(again, 405, 'Method Not Allowed')
            again = h.peer.get(lambda m: m.status == 0)
        want('re-INVITE with a description: %s' % again.start, again.start.startswith('INVITE ') and again.sound()[0] > 0)
        h.peer.respond(again, 200, 'OK', told, h.offer())
        h.peer.request('ACK')
    want('an interval: ' + again.get('session-expires'), again.get('session-expires').startswith('90;refresher=uac'))
    time.sleep(0.5)
    want('sound goes on', s.types(0.6)[8] > 10)
    c.bye()


def timer_refreshed(h, *allow):
    c, s = h.call(), h.sound()
    answer = c.answered(('Supported: timer', 'Session-Expires: 90;refresher=uas') + allow, h.offer())
    want('uas: ' + answer.get('session-expires'), answer.get('session-expires') == '90;refresher=uas')
    c.ack()
    busy(h, s, answer, 30)
    refreshed(h, s, c, allow, h.peer.get(lambda m: m.status == 0, 25))


@case
def timer_we_refresh(h):
    """refresher=uas: an UPDATE comes after half of the interval"""
    timer_refreshed(h, 'Allow: INVITE, ACK, BYE, CANCEL, UPDATE')


@case
def timer_without_update(h):
    """refresher=uas of a peer whose Allow has no UPDATE: the refresh is a re-INVITE with our description"""
    timer_refreshed(h, 'Allow: INVITE, ACK, BYE, CANCEL, OPTIONS')


@case
def timer_without_allow(h):
    """refresher=uas of a peer that says no Allow and answers 405 to the UPDATE: a re-INVITE follows"""
    timer_refreshed(h)


@case(called=True)
def timer_answered(h):
    """a party's 200 with Session-Expires, refresher=uac, and no UPDATE: the node refreshes by re-INVITE with its description"""
    allow = ('Allow: INVITE, ACK, BYE, CANCEL',)
    s, invite = h.sound(), h.order()
    h.peer.respond(invite, 200, 'OK', ('Require: timer', 'Session-Expires: 90;refresher=uac') + allow, h.offer())
    h.peer.request('ACK')
    other = h.another('127.0.1.1', h.sip)  # he talks to somebody, so that the dialogue waits
    time.sleep(3)
    for digit in (1, 3, 9, 0, 0, 0, 0, 0, 0, 0, 1, 11):
        s.key(digit, ('127.0.0.1', invite.sound()[0]))
    party = other.request('INVITE', 10)
    other.respond(party, 200, 'OK', body=other.sdp(h.rtp + 2))
    other.request('ACK')
    refreshed(h, s, Call(h.peer, h.number, request=invite), allow, h.peer.get(lambda m: m.status == 0, 50))


@case
def timer_runs_out(h):
    """refresher=uac, and the caller never refreshes: the node ends it by BYE before the interval is over"""
    s = h.sound()
    c, answer = timed(h, ('Supported: timer', 'Session-Expires: 90;refresher=uac'))
    c.ack()
    began = time.monotonic()
    busy(h, s, answer, 50)
    end = h.peer.request('BYE', 95)
    want('after %d s' % (time.monotonic() - began), 55 < time.monotonic() - began < 91)
    h.peer.respond(end, 200, 'OK')


# ---- identity, keys ----

@case(called=True)
def privacy(h):
    """Privacy: none with History-Info of no diversion (RFC 7044) and a Diversion-less INVITE orders; anonymous From with P-Asserted-Identity too"""
    c = h.call('12599')
    c.local = '"Anonymous" <sip:anonymous@anonymous.invalid>;tag=' + c.tag
    c.request('INVITE', ('Privacy: none', 'History-Info: <sip:12599@ims.example>;index=1, <sip:12599@127.0.0.1>;index=1.1;rc=1'), h.offer())
    h.peer.status(183, 'INVITE')
    time.sleep(0.3)
    c.request('CANCEL', branch=c.branch, cseq=1, plain=True)
    h.peer.status(200, 'CANCEL')
    c.remote = h.peer.status(487, 'INVITE').get('to')
    c.request('ACK', branch=c.branch, cseq=1, plain=True)
    invite = h.peer.request('INVITE', 8)
    h.peer.respond(invite, 486, 'Busy Here')
    h.peer.request('ACK')


@case(called=True, options='info_digits: yes')
def info_digits(h):
    """keys by INFO: application/dtmf-relay, application/dtmf, 10 and 11 for * and #; each 200; other bodies 415 (RFC 6086 4.2.2)"""
    c = h.call()
    c.answered(body=h.offer())
    c.ack()
    for type, body, status in (('application/dtmf-relay', 'Signal=10\r\nDuration=160\r\n', 200), ('application/dtmf-relay', 'Signal=2\r\nDuration=160\r\n', 200), ('application/dtmf-relay', 'Signal= *\nDuration= 100\n', 200),
                               ('application/dtmf', '5', 200), ('application/x-other', 'x', 415)):
        c.request('INFO', body=body, type=type)
        answer = h.peer.get(lambda m: m.method == 'INFO' and m.status >= 200)
        want('%s: %s' % (type, answer.start), answer.status == status)
    c.bye()


def overload(sip, pid):
    """The node is stopped while a call and thousands of packets come: when it goes on, the call is refused at once, and the next one later is taken."""
    h = Here(99, sip, [], {})
    c = h.call()
    os.kill(pid, signal.SIGSTOP)
    c.request('INVITE', (), h.offer())
    ack = h.call().request('ACK', ['X-Long: ' + 'x' * 400], cseq=1, send=False)  # of no call: it is read and left
    for _ in range(9000):
        h.peer.send(ack)
    os.kill(pid, signal.SIGCONT)
    refused = h.peer.get(lambda m: m.status >= 200)
    want('503 and Retry-After: ' + refused.start, refused.status == 503 and refused.get('retry-after'))
    c.remote = refused.get('to')
    c.request('ACK', branch=c.branch, plain=True)
    time.sleep(2)
    h.peer.all_for(0.1)
    c = h.call()
    c.answered(body=h.offer())
    c.ack()
    c.bye()
    h.close()


def run(nn, sip, cli, name, f, kwargs, say):
    h = None
    try:
        h = Here(nn, sip, cli, kwargs)
        f(h)
        error = None
    except (Wrong, OSError, ValueError, AttributeError, subprocess.SubprocessError) as e:
        error = '%s: %s' % (type(e).__name__, e)
        if h:
            error += '; the last that came: ' + ', '.join(m.start for m in h.peer.came[-6:])
    finally:
        if h:
            h.close()
    say('%s: %s|%d|%s' % (name, inspect.getdoc(f), error is not None, error or ''))


def main(argv):
    if argv[1] == 'list':
        for i, (name, _, kwargs) in enumerate(cases):
            print('%02d' % (FIRST + i), 'called' if 'called' in kwargs else 'calls', kwargs.get('options', ''))
        return
    if argv[1] == 'overload':
        overload(int(argv[2]), int(argv[3]))
        return
    sip, cli, names = int(argv[2]), [argv[3], '--config', argv[4]], argv[6:]
    lock = threading.Lock()

    def say(text):
        with lock:
            print(text.replace('\n', ' ').replace('\r', ' '), flush=True)
    with open(argv[5], 'w') as causes:
        for i, (name, _, kwargs) in enumerate(cases):
            if ('causes' in kwargs or 'calling' in kwargs) and (not names or name in names):
                print('%02d' % (FIRST + i), kwargs.get('causes', 'calling'), name, file=causes)
    threads = [threading.Thread(target=run, args=(FIRST + i, sip, cli, name, f, kwargs, say))
               for i, (name, f, kwargs) in enumerate(cases) if not names or name in names]
    for t in threads:
        t.start()
        time.sleep(0.02)
    for t in threads:
        t.join()


if __name__ == '__main__':
    main(sys.argv)
