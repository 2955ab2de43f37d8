# SPDX-License-Identifier: GPL-2.0-or-later
"""A public exchange made from the standards alone: the network side of Q.931 (ETSI EN 300 403-1) above foreign_isdn.Link, on foreign_line.Line; and how
its scenarios are run. A scenario is plain text from top to bottom: it sends, and waits for what must come; whoever waits keeps the line going.

What the node sends is judged as it comes: a message that its state does not allow, a wrong flag or an unknown call reference is a fault, and no scenario
passes with one that it has not asked for. DIR/foreign.trace has the D channel in words.
"""
import collections
import json
import os
import subprocess
import time

from foreign_isdn import ALAW_SPEECH, UP, Link, Message, called, calling, cause, channel, encode, words
from foreign_line import Line, dtmf

# Network states of Q.931 2.1.2, and what the user may send in them (Annex A, EN 300 403-1); clearing and STATUS are allowed in all.
NULL, INITIATED, OVERLAP, PROCEEDING, DELIVERED, PRESENT, RECEIVED, CONNECTED, INCOMING, ACTIVE = 0, 1, 2, 3, 4, 6, 7, 8, 9, 10
DISCONNECT_REQUEST, DISCONNECT_INDICATION, RELEASE_REQUEST, OVERLAP_RECEIVING = 11, 12, 19, 25
ALLOWED = {
    INITIATED: {'SETUP'},     # once more, at T303
    PRESENT: {'SETUP ACKNOWLEDGE', 'CALL PROCEEDING', 'ALERTING', 'PROGRESS', 'CONNECT'},
    OVERLAP_RECEIVING: {'CALL PROCEEDING', 'ALERTING', 'PROGRESS', 'CONNECT'},
    INCOMING: {'ALERTING', 'PROGRESS', 'CONNECT', 'NOTIFY'},
    RECEIVED: {'PROGRESS', 'CONNECT', 'NOTIFY'},
    ACTIVE: {'CONNECT ACKNOWLEDGE', 'NOTIFY', 'PROGRESS'},
    OVERLAP: {'INFORMATION'},
}
NEXT = {'SETUP ACKNOWLEDGE': OVERLAP_RECEIVING, 'CALL PROCEEDING': INCOMING, 'ALERTING': RECEIVED, 'CONNECT': ACTIVE, 'DISCONNECT': DISCONNECT_REQUEST}
ALWAYS = {'DISCONNECT', 'RELEASE', 'RELEASE COMPLETE', 'STATUS', 'STATUS ENQUIRY', 'FACILITY'}
CROSSING_S = 0.3                        # so long a message may have been on its way


class Wrong(Exception):
    """A scenario did not see what it should."""


def want(what, got, wanted):
    good = wanted(got) if callable(wanted) else got == wanted
    if not good:
        raise Wrong(f'{what}: {got!r}' + ('' if callable(wanted) else f', should be {wanted!r}'))


def within(least, most):
    return lambda got: got is not None and least <= got <= most


class Call:
    """ours: the exchange sent the SETUP. by_hand: nothing is answered by itself. came: all messages; inbox: those not yet expected."""

    def __init__(self, exchange, reference, ours):
        self.exchange, self.reference, self.ours = exchange, reference, ours
        self.timeslot, self.state, self.by_hand = 0, NULL, False
        self.inbox, self.came = [], []
        self.called = self.calling = ''
        self.answered = self.ended = None

    def send(self, message, *elements):
        if message in ('DISCONNECT', 'RELEASE', 'RELEASE COMPLETE'):
            self.over()
            if message == 'RELEASE COMPLETE':
                self.exchange.forget(self)
        state = {'SETUP': PRESENT, 'SETUP ACKNOWLEDGE': OVERLAP, 'CALL PROCEEDING': PROCEEDING, 'ALERTING': DELIVERED, 'CONNECT': ACTIVE,
                 'DISCONNECT': DISCONNECT_INDICATION, 'RELEASE': RELEASE_REQUEST}.get(message)
        self.state = self.state if state is None else state
        if message == 'CONNECT':
            self.answered = time.monotonic()
        self.exchange.link.data(encode(self.reference, 0 if self.ours else 1, message, elements))

    def over(self):
        if self.ended is None:
            self.ended = time.monotonic()

    def expect(self, name, seconds=3.0, before=()):
        """The next message must be this one; others named in before may precede it."""
        self.exchange.until(lambda: any(m.name not in before for m in self.inbox), seconds)
        while self.inbox:
            m = self.inbox.pop(0)
            if m.name == name:
                return m
            if m.name not in before:
                raise Wrong(f'{name} was to come on call reference {self.reference}, came: {m}')
        raise Wrong(f'{name} did not come within {seconds:g} s on call reference {self.reference}')

    def quiet(self, seconds=0.3):
        self.exchange.run(seconds)
        if self.inbox:
            raise Wrong(f'nothing was to come, came: {self.inbox[0]}')

    # ---- what a switch does all day

    def accept(self, timeslot=None, alerting=True, indicator=()):
        """A SETUP of the node's: CALL PROCEEDING with the channel, ALERTING."""
        self.timeslot = timeslot or self.timeslot
        self.send('CALL PROCEEDING', channel(self.timeslot))
        if alerting:
            self.send('ALERTING', *indicator)

    def answer(self):
        self.send('CONNECT')
        self.expect('CONNECT ACKNOWLEDGE')

    def hang_up(self, value=16):
        self.send('DISCONNECT', cause(value))
        self.expect('RELEASE', before=('ALERTING', 'PROGRESS', 'CONNECT ACKNOWLEDGE', 'CALL PROCEEDING'))

    def announced(self):
        """The node's answer to a trigger: rule 1."""
        m = self.expect('CALL PROCEEDING', 2.5)     # a frame may have to be sent again
        want('CALL PROCEEDING names the channel', (m.timeslot(), m.exclusive()), (self.timeslot, True))
        m = self.expect('ALERTING', 2.5)
        want('progress indicator of ALERTING', m.progress(), 8)

    # ---- what came

    def received(self, m):
        self.came.append(m)
        # What crosses our clearing is passed over (5.3.3).
        if self.state not in (DISCONNECT_INDICATION, RELEASE_REQUEST) and m.name not in ALWAYS and m.name not in ALLOWED.get(self.state, ()):
            self.exchange.faults.append(f'{m.name} in network state {self.state}')
        if m.name in NEXT and self.state not in (DISCONNECT_INDICATION, RELEASE_REQUEST):
            self.state = NEXT[m.name]
        self.inbox.append(m)
        if m.name in ('DISCONNECT', 'RELEASE', 'RELEASE COMPLETE'):
            self.over()
        if self.by_hand:
            return
        if m.name == 'DISCONNECT':
            self.send('RELEASE')
        elif m.name == 'RELEASE':
            self.send('RELEASE COMPLETE')
        elif m.name == 'RELEASE COMPLETE':
            self.exchange.forget(self)
        elif m.name == 'STATUS ENQUIRY':
            self.send('STATUS', cause(30), ('call state', bytes([self.state])))
        elif m.name == 'CONNECT':
            self.send('CONNECT ACKNOWLEDGE')


class Exchange:
    def __init__(self, directory, port, frames_per_packet):
        """port: the node's; ours is the next one."""
        self.directory, self.frames_per_packet = directory, frames_per_packet
        self.began = time.monotonic()
        self.history = collections.deque(maxlen=30)
        self.trace = open(os.path.join(directory, 'foreign.trace'), 'w', encoding='utf-8')
        self.faults, self.calls, self.arrived, self.globals = [], {}, [], []
        self.forgotten = {}             # call reference: when
        self.reference = 0
        self.finished = []              # (when answered, called, seconds of talk) of the node's own calls
        self.line = Line(('127.0.0.1', port + 1), ('127.0.0.1', port), self.frame_in, 65436, frames_per_packet)
        Line.hurry()
        self.link = Link(self.frame_out, self.message, time.monotonic)

    # ---- time passes only here

    def turn(self):
        self.line.poll()
        self.link.timers()

    def run(self, seconds):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.turn()

    def until(self, condition, seconds):
        end = time.monotonic() + seconds
        while not condition():
            if time.monotonic() >= end:
                return False
            self.turn()
        return True

    def ask(self, *command):
        """A command's output, the line going on meanwhile."""
        with open(os.path.join(self.directory, 'foreign.ask'), 'w+', encoding='utf-8') as out:
            with subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL) as process:
                if not self.until(lambda: process.poll() is not None, 10):
                    process.kill()
            out.seek(0)
            return out.read()

    def node(self, *words_):
        return self.ask(os.environ['PARTYLINE'], '--config', os.path.join(self.directory, 'node.yaml'), *words_)

    def sql(self, text):
        return self.ask('mariadb', '--no-defaults', '-S', os.path.join(self.directory, 'db/s'), '-u', 'root', '-N', '-B', 'partyline', '-e', text).strip()

    def counter(self, name):
        """Of the span."""
        text = self.node('--json', 'counters', 'span.pstn')
        try:
            return next(c['value'] for c in json.loads(text) if c['name'] == name)
        except (ValueError, KeyError, StopIteration):
            raise Wrong(f'no counter {name} in: {text[:200]}') from None

    def in_service(self, seconds=5):
        """Waits until the node would give the span a call of its own: layer 2 has to have been up for a while."""
        end = time.monotonic() + seconds
        while '"up": true' not in self.node('--json', 'spans'):
            if time.monotonic() > end:
                raise Wrong(f'the node does not have the span in service within {seconds:g} s')
            self.run(0.1)

    # ---- frames and messages

    def note(self, text):
        self.history.append(f'{time.monotonic() - self.began:8.3f} {text}')
        print(self.history[-1], file=self.trace, flush=True)

    def frame_out(self, frame, **how):
        self.note(words(frame, True) + ''.join(' (' + name + ')' for name in how))
        self.line.send_frame(frame, **how)

    def frame_in(self, frame):
        self.note(words(frame, False))
        self.link.received(frame)

    def message(self, octets):
        try:
            m = Message(octets)
        except (ValueError, IndexError) as error:
            self.faults.append(f'no message: {error}')
            return
        if m.reference == 0:
            self.globals.append(m)
            if m.name == 'RESTART':
                elements = [(n, m.ie[n]) for n in ('channel', 'restart') if n in m.ie]
                self.link.data(encode(0, 1, 'RESTART ACKNOWLEDGE', elements))
            return
        call = self.calls.get((m.reference, m.flag == 1))
        if call is None and m.name == 'SETUP' and m.flag == 0:
            call = self.calls[m.reference, False] = Call(self, m.reference, False)
            call.state, call.timeslot = INITIATED, m.timeslot()
            call.called, call.calling = m.digits('called'), m.digits('calling')
            call.came.append(m)
            self.arrived.append(call)
        elif call:
            call.received(m)
        elif m.name not in ('RELEASE COMPLETE', 'STATUS'):
            # what was on its way when the call was given up has crossed that
            if time.monotonic() - self.forgotten.get((m.reference, m.flag == 1), 0) > CROSSING_S:
                self.faults.append(f'{m.name} for call reference {m.reference}/{m.flag}, which nobody has')
            if m.name != 'RELEASE':
                self.link.data(encode(m.reference, 1 - m.flag, 'RELEASE COMPLETE', [cause(81)]))

    def forget(self, call):
        self.forgotten[call.reference, call.ours] = time.monotonic()
        if self.calls.pop((call.reference, call.ours), None) and call.answered and not call.ours:
            self.finished.append((call.answered, call.called, (call.ended or time.monotonic()) - call.answered))
        call.state = NULL

    # ---- calls

    def free_timeslot(self):
        used = {c.timeslot for c in self.calls.values()}
        return next(t for t in range(1, 32) if t != 16 and t not in used)

    def new_call(self, timeslot=None):
        self.reference += 1
        call = self.calls[self.reference, True] = Call(self, self.reference, True)
        call.timeslot = timeslot or self.free_timeslot()
        return call

    def dial(self, number, to='12599', elements=None, more=(), timeslot=None, sender=None):
        """A phone's call to the node. elements: instead of the usual ones; more: behind them; sender: the calling element."""
        call = self.new_call(timeslot)
        usual = [('bearer', ALAW_SPEECH), channel(call.timeslot), sender or calling(number), called(to)]
        call.send('SETUP', *(elements if elements is not None else usual + list(more)))
        return call

    def arrival(self, number, seconds=6.0):
        """The node's SETUP to that number."""
        if not self.until(lambda: any(c.called == number for c in self.arrived), seconds):
            raise Wrong(f'no SETUP to {number} within {seconds:g} s')
        call = next(c for c in self.arrived if c.called == number)
        self.arrived.remove(call)
        return call

    def listen(self, seconds, *calls):
        """What the phones of these calls hear: A-law, one for each."""
        for c in calls:
            self.line.heard[c.timeslot] = bytearray()
        self.run(seconds)
        return [bytes(self.line.heard.pop(c.timeslot)) for c in calls]

    def keys(self, call, keys):
        self.line.say[call.timeslot] = dtmf(keys)
        self.until(lambda: not self.line.say[call.timeslot], 30)

    # ---- scenarios

    def result(self, name, trouble):
        if trouble is None:
            print(f'ok   {name}', flush=True)
            return
        print(f'FAIL {name}: {trouble}', *self.history, sep='\n', flush=True)

    def clean(self):
        """The line as it should be, and nobody on it."""
        self.line.impair, self.line.mark, self.line.flags, self.line.l, self.line.r = None, False, 1, False, False
        self.line.say, self.line.tone, self.line.heard = {}, {}, {}
        self.link.deaf, self.link.lose, self.link.miss = False, 0, 0
        for call in list(self.calls.values()):
            call.by_hand = False
            if call.state not in (NULL, RELEASE_REQUEST, DISCONNECT_INDICATION):
                call.send('RELEASE', cause(16)) if call.state == DISCONNECT_REQUEST else call.send('DISCONNECT', cause(16))
        if not self.until(lambda: not self.calls, 5):
            trouble = ', '.join(f'reference {c.reference} in state {c.state}' for c in self.calls.values())
            self.calls.clear()
            raise Wrong('calls that the node did not release: ' + trouble)

    def scenario(self, name, what, *arguments, keep=False):
        """keep: its calls go on into the next one. True if it held."""
        self.note('---- ' + name)
        trouble, began = None, time.monotonic()
        try:
            if self.link.ups and self.link.state != UP and not self.until(lambda: self.link.state == UP, 5):
                raise Wrong(f'layer 2 is not up: {self.link.state}')
            what(self, *arguments)
            if not keep:
                self.clean()
        except Wrong as wrong:
            trouble = str(wrong)
            if not keep:
                try:
                    self.clean()
                except Wrong as more:
                    trouble += f'; then {more}'
        faults = self.faults + self.link.faults
        if faults and trouble is None:
            trouble = 'what no standard allows: ' + '; '.join(faults)
        self.faults, self.link.faults = [], []
        self.result(f'{name} ({time.monotonic() - began:.1f} s)', trouble)
        return trouble is None
