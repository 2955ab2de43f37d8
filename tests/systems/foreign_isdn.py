# SPDX-License-Identifier: GPL-2.0-or-later
"""The network side of a primary rate link: the data link layer (Q.921, point to point) and the messages of Q.931, as octets and in words."""
import struct

# ---- Q.931 4.4, table 4-2

MESSAGES = {
    0x01: 'ALERTING', 0x02: 'CALL PROCEEDING', 0x03: 'PROGRESS', 0x05: 'SETUP', 0x07: 'CONNECT', 0x0d: 'SETUP ACKNOWLEDGE', 0x0f: 'CONNECT ACKNOWLEDGE',
    0x45: 'DISCONNECT', 0x46: 'RESTART', 0x4d: 'RELEASE', 0x4e: 'RESTART ACKNOWLEDGE', 0x5a: 'RELEASE COMPLETE',
    0x62: 'FACILITY', 0x6e: 'NOTIFY', 0x75: 'STATUS ENQUIRY', 0x79: 'CONGESTION CONTROL', 0x7b: 'INFORMATION', 0x7d: 'STATUS',
}
TYPES = {name: code for code, name in MESSAGES.items()}
# 4.5.1, table 4-3 (codeset 0)
ELEMENTS = {
    0x04: 'bearer', 0x08: 'cause', 0x14: 'call state', 0x18: 'channel', 0x1c: 'facility', 0x1e: 'progress', 0x27: 'notification', 0x28: 'display',
    0x2c: 'keypad', 0x34: 'signal', 0x6c: 'calling', 0x6d: 'calling subaddress', 0x70: 'called', 0x71: 'called subaddress', 0x74: 'redirecting',
    0x79: 'restart', 0x7c: 'low layer', 0x7d: 'high layer', 0x7e: 'user-user', 0xa1: 'sending complete',
}
NAMES = {name: code for code, name in ELEMENTS.items()}
ALAW_SPEECH = bytes([0x80, 0x90, 0xa3])       # 4.5.5: speech, 64 kbit/s circuit mode, layer 1 G.711 A-law


def channel(timeslot, exclusive=True):
    """4.5.13: primary rate, this interface, number of a B channel; on E1 the number of its timeslot."""
    return 'channel', bytes([0xa9 if exclusive else 0xa1, 0x83, 0x80 | timeslot])


def cause(value, location=2):
    """4.5.12; location 2: public network serving the local user."""
    return 'cause', bytes([0x80 | location, 0x80 | value])


def progress(description, location=2):
    """4.5.23; 8: in-band information or an appropriate pattern is now available."""
    return 'progress', bytes([0x80 | location, 0x80 | description])


def called(digits, ton=0):
    return 'called', bytes([0x80 | ton << 4 | 1]) + digits.encode()


def calling(digits, ton=0, plan=1, presentation=0, screening=3):
    """4.5.10; screening 3: network provided."""
    return 'calling', bytes([ton << 4 | plan, 0x80 | presentation << 5 | screening]) + digits.encode()


def encode(reference, flag, message, elements):
    """elements: (name or code, contents); of one octet with contents None. flag: 1 to the side that gave the reference."""
    code = TYPES.get(message, message)
    out = bytes([0x08, 2]) + struct.pack('>H', reference | flag << 15) + bytes([code])
    for name, contents in elements:
        octet = NAMES.get(name, name)
        out += bytes([octet]) if contents is None else bytes([octet, len(contents)]) + contents
    return out


class Message:
    """One that came: name, reference, flag, ie (name -> contents of the first of that name), names in order."""

    def __init__(self, octets):
        if len(octets) < 5 or octets[0] != 0x08 or octets[1] != 2:
            raise ValueError('no Q.931 message with a call reference of two octets: ' + octets.hex())
        word = struct.unpack('>H', octets[2:4])[0]
        self.reference, self.flag = word & 0x7fff, word >> 15
        self.name = MESSAGES.get(octets[4], f'message 0x{octets[4]:02x}')
        self.ie, self.order, at = {}, [], 5
        while at < len(octets):
            octet = octets[at]
            if octet & 0x80:
                contents, at = b'', at + 1
            else:
                size = octets[at + 1]
                contents, at = octets[at + 2:at + 2 + size], at + 2 + size
                if len(contents) != size:
                    raise ValueError('an element longer than its message: ' + octets.hex())
            name = ELEMENTS.get(octet, f'0x{octet:02x}')
            self.ie.setdefault(name, contents)
            self.order.append(octet)

    def cause(self):
        contents = self.ie.get('cause')
        if not contents:
            return None
        return contents[1 if contents[0] & 0x80 else 2] & 0x7f

    def timeslot(self):
        contents = self.ie.get('channel')
        return contents[2] & 0x7f if contents and len(contents) > 2 else None

    def exclusive(self):
        return bool(self.ie['channel'][0] & 0x08)

    def progress(self):
        contents = self.ie.get('progress')
        return contents[1] & 0x7f if contents else None

    def digits(self, name):
        contents = self.ie.get(name)
        if not contents:
            return None
        return contents[1 if contents[0] & 0x80 else 2:].decode()

    def state(self):
        contents = self.ie.get('call state')
        return contents[0] & 0x3f if contents else None

    def __str__(self):
        words = [f'{self.name} ref {self.reference}/{self.flag}']
        for name, contents in self.ie.items():
            if name == 'cause':
                words.append(f'cause {self.cause()}')
            elif name == 'channel':
                words.append(f'channel {self.timeslot()}{" exclusive" if self.exclusive() else " preferred"}')
            elif name == 'progress':
                words.append(f'PI {self.progress()}')
            elif name in ('called', 'calling'):
                words.append(f'{name} {self.digits(name)}')
            elif name == 'call state':
                words.append(f'state {self.state()}')
            else:
                words.append(f'{name} {contents.hex()}')
        return ', '.join(words)


# ---- Q.921

FRAMES = {0x6f: 'SABME', 0x0f: 'DM', 0x43: 'DISC', 0x63: 'UA', 0x87: 'FRMR', 0x03: 'UI', 0xaf: 'XID'}
RELEASED, ASKING, UP, RECOVERING, LEAVING = 'TEI assigned', 'awaiting establishment', 'established', 'timer recovery', 'awaiting release'
T200, T203, N200, WINDOW = 1.0, 10.0, 3, 7     # 5.9, table 9; k is 7 on a primary rate access


def words(frame, from_us):
    """A frame for people to read."""
    control = frame[2]
    way = '->' if from_us else '<-'
    command = (frame[0] >> 1 & 1) == (1 if from_us else 0)     # table 1/Q.921: a command of the network has C/R 1
    if control & 3 == 3:
        return f'{way} {FRAMES.get(control & 0xef, hex(control))}{" P/F" if control & 0x10 else ""}'
    nr, pf = frame[3] >> 1, ' P/F' if frame[3] & 1 else ''
    if control & 1:
        name = {1: 'RR', 5: 'RNR', 9: 'REJ'}.get(control, hex(control))
        return f'{way} {name} {"command" if command else "response"} N(R) {nr}{pf}'
    try:
        message = str(Message(frame[4:]))
    except (ValueError, IndexError) as error:
        message = f'({error})'
    return f'{way} I N(S) {control >> 1} N(R) {nr}{pf}: {message}'


class Link:
    """The network side. send(frame), deliver(octets of layer 3), clock() seconds. faults: what was received that Q.921 does not allow.

    For those who want to see the other side recover: deaf (nothing received counts), lose (so many of our own I frames are numbered and not sent), miss (so
    many of theirs are not heard).
    """

    def __init__(self, send, deliver, clock):
        self.send, self.deliver, self.clock = send, deliver, clock
        self.deaf, self.lose, self.miss = False, 0, 0
        self.seen = {}                                # what was received, by its name: how many
        self.faults = []
        self.state = RELEASED
        self.ups = 0
        self.reset()

    def reset(self):
        self.vs = self.va = self.vr = 0
        self.sent, self.queue = {}, []                # N(S) -> octets, not acknowledged; what waits
        self.rejecting = False
        self.t200 = self.t203 = None
        self.tries = 0

    # ---- frames of ours

    def u(self, control, command, pf=True):
        self.send(bytes([0x02 if command else 0x00, 0x01, control | (0x10 if pf else 0)]))

    def s(self, control, command, pf):
        self.send(bytes([0x02 if command else 0x00, 0x01, control, self.vr << 1 | pf]))

    def establish(self):
        self.reset()
        self.state, self.tries = ASKING, 1
        self.u(0x6f, True)
        self.t200 = self.clock() + T200

    def release(self):
        self.state = LEAVING
        self.u(0x43, True)
        self.t200, self.t203 = self.clock() + T200, None

    def data(self, octets):
        self.queue.append(octets)
        self.pump()

    def pump(self):
        while self.queue and self.state == UP and (self.vs - self.va) % 128 < WINDOW:
            octets = self.queue.pop(0)
            self.sent[self.vs] = octets
            self.i(self.vs, octets)
            self.vs = (self.vs + 1) % 128
            self.t203 = None
            if self.t200 is None:
                self.t200 = self.clock() + T200

    def i(self, ns, octets, p=0):
        if self.lose > 0:
            self.lose -= 1
            return
        self.send(bytes([0x02, 0x01, ns << 1, self.vr << 1 | p]) + octets)

    def resend(self, first):
        while first != self.vs:
            self.i(first, self.sent[first])
            first = (first + 1) % 128

    # ---- frames of theirs

    def received(self, frame):
        if self.deaf:
            return
        if len(frame) < 3 or frame[0] & 0xfd or frame[1] != 0x01:
            self.faults.append('address is not SAPI 0, TEI 0: ' + frame[:2].hex())
            return
        command = not frame[0] & 0x02                 # of the user: 0
        control = frame[2]
        name = FRAMES.get(control & 0xef) if control & 3 == 3 else 'I' if not control & 1 else {1: 'RR', 5: 'RNR', 9: 'REJ'}.get(control)
        self.seen[name] = self.seen.get(name, 0) + 1
        if name is None:
            self.faults.append('no frame of Q.921: ' + frame[:4].hex())
        elif control & 3 == 3:
            self.unnumbered(name, bool(control & 0x10))
        elif self.state in (UP, RECOVERING):
            if name == 'I':
                if not command:
                    self.faults.append('an I frame that is a response')
                self.information(frame)
            self.supervisory(name, command, frame[3] >> 1, frame[3] & 1)

    def unnumbered(self, name, pf):
        if name == 'SABME':
            self.reset()
            self.state = UP
            self.ups += 1
            self.u(0x63, False, pf)
            self.t203 = self.clock() + T203
        elif name == 'DISC':
            self.u(0x63 if self.state in (UP, RECOVERING) else 0x0f, False, pf)
            self.reset()
            self.state = RELEASED
        elif name == 'UA' and self.state == ASKING:
            if not pf:
                self.faults.append('UA with F 0 to a SABME with P 1')
            queue = self.queue
            self.reset()
            self.state, self.queue = UP, queue
            self.ups += 1
            self.t203 = self.clock() + T203
            self.pump()
        elif name in ('UA', 'DM') and self.state == LEAVING:
            self.reset()
            self.state = RELEASED
        elif name == 'FRMR':
            self.faults.append('FRMR')
            self.establish()

    def information(self, frame):
        ns, p = frame[2] >> 1, frame[3] & 1
        if self.miss > 0:
            self.miss -= 1
        elif ns == self.vr:
            self.vr = (self.vr + 1) % 128
            self.rejecting = False
            self.deliver(frame[4:])
            self.s(0x01, False, p)
        elif (self.vr - ns) % 128 <= WINDOW:          # known already: sent again
            self.s(0x01, False, p)
        elif not self.rejecting:                      # 5.8.1: one before it is missing
            self.rejecting = True
            self.s(0x09, False, p)
        elif p:
            self.s(0x01, False, 1)

    def supervisory(self, name, command, nr, pf):
        if (nr - self.va) % 128 > (self.vs - self.va) % 128:
            self.faults.append(f'N(R) {nr} acknowledges what was not sent: V(A) {self.va}, V(S) {self.vs}')
            self.establish()
            return
        while self.va != nr:
            del self.sent[self.va]
            self.va = (self.va + 1) % 128
        if command and pf and name != 'I':
            self.s(0x01, False, 1)
        if self.state == RECOVERING and not command and pf and name != 'I':
            self.state, self.tries = UP, 0
            self.t200 = self.clock() + T200 if self.va != self.vs else None
            self.resend(self.va)
        elif name == 'REJ':
            self.resend(self.va)
        if self.state == UP:
            self.t200 = None if self.va == self.vs else self.t200 or self.clock() + T200
            self.t203 = self.clock() + T203 if self.va == self.vs else None
        self.pump()

    def timers(self):
        now = self.clock()
        if self.t203 and now >= self.t203:
            self.t203, self.t200, self.state, self.tries = None, now + T200, RECOVERING, 1
            self.s(0x01, True, 1)
        if not self.t200 or now < self.t200:
            return
        self.tries += 1
        self.t200 = now + T200
        if self.state == ASKING:
            self.u(0x6f, True)                        # for ever: a node may come later
        elif self.state == LEAVING or self.tries > N200 + 1:
            self.establish()
        else:                                         # 5.6.7: ask with P
            self.state = RECOVERING
            self.s(0x01, True, 1)
