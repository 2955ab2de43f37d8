# SPDX-License-Identifier: GPL-2.0-or-later
"""The line of an exchange that knows nothing of ours: CESoPSN packets (RFC 5086), HDLC on timeslot 16 (ISO/IEC 13239, Q.921 2), A-law (G.711) and tones.

Written from these documents alone and not from e1/ or dsp/, so that a mistake which both ends of ours share shows. One thread; who owns a Line calls
poll() until what he waits for has come. Times are seconds of the monotonic clock, levels dBm0 (a sine that fills A-law is +3.14), a timeslot is 1..31.
"""
import math
import os
import select
import socket
import struct
import time

RATE = 8000
TIMESLOTS = 31
SIGNALLING = 16
SILENCE = 0xd5          # A-law zero with even bits inverted, as it stands on the line (G.711 3.2)
FULL_DBM0 = 3.14        # a sine whose peaks reach the last value of A-law (G.711 table 5)
FLAG = '01111110'
DTMF_ROWS, DTMF_COLUMNS, DTMF_KEYS = (697, 770, 852, 941), (1209, 1336, 1477), ('123', '456', '789', '*0#')


# ---- G.711 A-law: 13 segments; the inversion of the even bits (0x55) is part of the code

def alaw_value(octet):
    """Output value y of table 1a/G.711 in units of which 4096 is the virtual decision value of the end."""
    code = octet ^ 0x55
    segment, step = code >> 4 & 7, code & 15
    value = 2 * step + 1 if segment == 0 else (2 * step + 33) << (segment - 1)
    return value if code & 0x80 else -value


VALUES = [alaw_value(octet) for octet in range(256)]
NEAREST = sorted((value, octet) for octet, value in enumerate(VALUES))


def alaw_code(value):
    """The octet whose value is nearest: the definition itself, looked for in the table."""
    low, high = 0, len(NEAREST) - 1
    while low < high:
        middle = (low + high) // 2
        if NEAREST[middle][0] < value:
            low = middle + 1
        else:
            high = middle
    if low > 0 and value - NEAREST[low - 1][0] < NEAREST[low][0] - value:
        low -= 1
    return NEAREST[low][1]


CODE = bytes(alaw_code(value) for value in range(-4096, 4097))


def tones(parts, seconds):
    """A-law of sines; parts: (Hz, dBm0)."""
    waves = [(2 * math.pi * hz / RATE, 4096 * 10 ** ((level - FULL_DBM0) / 20)) for hz, level in parts]
    samples = (sum(peak * math.sin(step * i) for step, peak in waves) for i in range(round(seconds * RATE)))
    return bytes(CODE[max(0, min(8192, round(s) + 4096))] for s in samples)


def dtmf(keys, on=0.06, off=0.06):
    """Q.23; durations and levels inside Q.24, which wants 40 ms of each."""
    sound = b''
    for key in keys:
        row = next(i for i, names in enumerate(DTMF_KEYS) if key in names)
        pair = ((DTMF_ROWS[row], -10), (DTMF_COLUMNS[DTMF_KEYS[row].index(key)], -8))
        sound += tones(pair, on) + bytes([SILENCE]) * round(off * RATE)
    return sound


def power(octets):
    """Of everything in it, dBm0."""
    mean = sum(VALUES[o] ** 2 for o in octets) / max(1, len(octets))
    return 10 * math.log10(max(mean, 1e-3) / (4096 ** 2 / 2)) + FULL_DBM0


def levels(octets, hz):
    """Goertzel's power at hz in each tenth of a second, dBm0."""
    size, found, w = RATE // 10, [], 2 * math.cos(2 * math.pi * hz / RATE)
    for at in range(0, len(octets) - size + 1, size):
        before = last = 0.0
        for o in octets[at:at + size]:
            before, last = last, VALUES[o] + w * last - before
        mean = 2 * (before * before + last * last - w * before * last) / size ** 2
        found.append(10 * math.log10(max(mean, 1e-3) / (4096 ** 2 / 2)) + FULL_DBM0)
    return found


def level(octets, hz):
    """The median of these, so that a gap on a busy machine does not count."""
    found = sorted(levels(octets, hz))
    return found[len(found) // 2] if found else -99.0


# ---- HDLC. Bits are text, in the order of the line: '0', '1'

def fcs(data):
    """Q.921 2.7: remainder by x^16 + x^12 + x^5 + 1 of what stands before it, preset and complemented; x^15 goes out first, so least significant bit first."""
    rest = 0xffff
    for octet in data:
        for i in range(8):
            bit = (octet >> i ^ rest) & 1
            rest = rest >> 1 ^ (0x8408 if bit else 0)
    return rest ^ 0xffff


def hdlc_bits(frame, spoil=False):
    """A frame between flags, without them: FCS, least significant bit of each octet first, a zero after five ones."""
    whole = frame + struct.pack('<H', fcs(frame) ^ (0x0100 if spoil else 0))
    return ''.join(f'{octet:08b}'[::-1] for octet in whole).replace('11111', '111110')


class HdlcReceiver:
    def __init__(self):
        self.bits = ''
        self.bad = []           # whole frames with a wrong FCS or a length that is no number of octets; aborts are none

    def octets(self, octets):
        """Those of the timeslot, whose most significant bit is the first on the line. Yields frames without FCS."""
        self.bits += ''.join(f'{o:08b}' for o in octets)
        start = self.bits.find(FLAG)
        while start >= 0:
            end = self.bits.find(FLAG, start + 7)    # neighbours may share a flag, and two flags a zero
            if end < 0:
                break
            yield from self.frame(self.bits[start + 8:end])
            start = end
        self.bits = self.bits[start:] if start >= 0 else self.bits[-7:]
        if len(self.bits) > 40000:
            self.bits = ''

    def frame(self, bits):
        if not bits or '1111111' in bits:            # two flags, or an abort (2.8)
            return
        bits = bits.replace('111110', '11111')
        data = bytes(int(bits[i:i + 8][::-1], 2) for i in range(0, len(bits) - 7, 8))
        if len(bits) % 8 == 0 and len(data) >= 5 and struct.pack('<H', fcs(data[:-2])) == data[-2:]:
            yield data[:-2]
        else:
            self.bad.append(bits)


# ---- the pseudowire

class Line:
    """on_frame(frame) is called for each frame of the D channel.

    Settings that are read for each packet: l, r, m, short (no payload while l), frames_per_packet; mark (ones between frames instead of flags), flags (the
    least number of them between frames);
    impair(sequence, packet) -> [(seconds later, packet)], what becomes of a packet.
    """

    def __init__(self, local, peer, on_frame, sequence, frames_per_packet):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind(local)
        self.socket.setblocking(False)
        self.peer, self.on_frame = peer, on_frame
        self.sequence, self.frames_per_packet = sequence, frames_per_packet
        self.sending = self.l = self.r = self.short = self.mark = False
        self.m = 0
        self.flags, self.impair = 1, None
        self.due, self.later, self.order = 0.0, [], 0
        self.out_bits, self.frames = '', []
        self.say, self.tone, self.at = {}, {}, {}     # timeslot -> A-law still to be said; of a tone without end; where it is
        self.heard = {}                               # timeslot -> what came; only while somebody listens
        self.hdlc = HdlcReceiver()
        self.got = {'packets': 0, 'l': 0, 'r': 0, 'odd': [], 'gaps': 0, 'lost': 0, 'sizes': set(), 'last': None, 'at': 0.0, 'wraps': 0}
        self.last_r = self.last_m = None

    @staticmethod
    def hurry():
        """A switch does not wait for a busy machine; where the system lets it."""
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO | os.SCHED_RESET_ON_FORK, os.sched_param(5))
        except OSError:
            pass

    def start(self):
        self.sending, self.due = True, time.monotonic()

    def stop(self):
        self.sending, self.later = False, []

    # ---- sending

    def d_channel(self, octets):
        need = 8 * octets
        while len(self.out_bits) < need:
            if self.frames:
                self.out_bits += self.frames.pop(0)
            else:
                self.out_bits += '11111111' if self.mark else FLAG
        bits, self.out_bits = self.out_bits[:need], self.out_bits[need:]
        return int(bits, 2).to_bytes(octets, 'big')

    def send_frame(self, frame, spoil=False, abort=False):
        bits = hdlc_bits(frame, spoil)
        if abort:
            bits = bits[:len(bits) // 2] + '1' * 8
        opening = FLAG * self.flags if self.mark or self.flags > 1 or not self.frames else ''
        self.frames.append(opening + bits + FLAG)     # the closing flag is the next one's opening flag too

    def sound(self, timeslot, size):
        out = self.say.get(timeslot, b'')[:size]
        if out:
            self.say[timeslot] = self.say[timeslot][size:]
        tone = self.tone.get(timeslot)
        if tone and len(out) < size:
            at = self.at.get(timeslot, 0)
            more = (tone[at:] + tone)[:size - len(out)]
            self.at[timeslot] = (at + len(more)) % len(tone)
            out += more
        return out.ljust(size, bytes([SILENCE]))

    def packet(self):
        k = self.frames_per_packet
        payload = bytearray([SILENCE]) * (TIMESLOTS * k)
        for timeslot in set(self.say) | set(self.tone):
            payload[timeslot - 1::TIMESLOTS] = self.sound(timeslot, k)
        payload[SIGNALLING - 1::TIMESLOTS] = self.d_channel(k)
        # RFC 5086 4.3: four zero bits, L, R, M (2), FRG (2), LEN (6; 0 unless the packet is shorter than 64 octets), sequence number
        if self.l:
            payload = b'' if self.short else b'\xff' * len(payload)
        length = len(payload) + 4
        return struct.pack('>BBH', self.l << 3 | self.r << 2 | self.m, length if length < 64 else 0, self.sequence) + payload

    def send(self, now):
        while self.sending and self.due <= now:
            if now - self.due > 0.5:                  # the machine stood still: the numbers go on with the time
                skipped = int((now - self.due) * RATE / self.frames_per_packet)
                self.sequence = (self.sequence + skipped) % 65536
                self.due += skipped * self.frames_per_packet / RATE
            packet = self.packet()
            outcome = self.impair(self.sequence, packet) if self.impair else [(0, packet)]
            for delay, what in outcome:
                self.order += 1
                self.later.append((self.due + delay, self.order, what))
            self.sequence = (self.sequence + 1) % 65536
            self.due += self.frames_per_packet / RATE
        self.later.sort()
        while self.later and self.later[0][0] <= now:
            try:
                self.socket.sendto(self.later.pop(0)[2], self.peer)
            except (ConnectionRefusedError, BlockingIOError):
                pass

    # ---- receiving

    def receive(self):
        while True:
            try:
                packet, sender = self.socket.recvfrom(2048)
            except (BlockingIOError, ConnectionRefusedError):
                return
            if sender == self.peer:
                self.received(packet)

    def received(self, packet):
        got = self.got
        first, second, sequence = struct.unpack('>BBH', packet[:4])
        got['packets'] += 1
        got['sizes'].add(len(packet))
        got['l'] += first >> 3 & 1
        self.last_r = bool(first >> 2 & 1)
        got['r'] += self.last_r
        self.last_m = first & 3
        # the first four bits are zero, M is 00 or 10 (RDI) and FRG 00 in a packet of samples; LEN is zero in one of 64 octets and more
        if (first & 0xf1 or second) and len(got['odd']) < 5:
            got['odd'].append(packet[:4].hex())
        if got['last'] is not None:
            step = (sequence - got['last']) % 65536
            got['gaps'] += step != 1
            got['lost'] += step - 1 if 0 < step < 32768 else 0
            got['wraps'] += sequence < got['last'] and step == 1
        got['last'], got['at'] = sequence, time.monotonic()
        payload = packet[4:]
        for timeslot in self.heard:
            self.heard[timeslot] += payload[timeslot - 1::TIMESLOTS]
        for frame in self.hdlc.octets(payload[SIGNALLING - 1::TIMESLOTS]):
            self.on_frame(frame)

    def poll(self):
        """One turn: waits at most until the next packet is due."""
        now = time.monotonic()
        self.send(now)
        wait = [self.due] if self.sending else []
        wait += [self.later[0][0]] if self.later else []
        ready, _, _ = select.select([self.socket], [], [], min(0.02, max(0.0, min(wait) - time.monotonic())) if wait else 0.02)
        if ready:
            self.receive()
