# SPDX-License-Identifier: GPL-2.0-or-later
"""The node's own SETUPs and what exchanges make of them: other channels, glare, refusals, first responses of every kind, silence (Q.931 5.1, 5.7)."""
import time

from foreign_exchange import NULL, want, within
from foreign_isdn import cause, channel, progress
from foreign_line import level, power
from foreign_setup import STRANGER, goes_well
from foreign_story import TONE, tone


def ordered(x, host):
    """A trigger of that account, and the callback's SETUP."""
    call = x.dial(host)
    goes_well(x, call)
    return x.arrival(host, 4)


def other_channel(x):
    """Preferred 31 was proposed; the first response says 7."""
    call = ordered(x, '13800000002')
    call.timeslot = 7
    call.accept()
    call.answer()
    heard = x.listen(1.2, call)[0]
    want('the prompt on timeslot 7, dBm0', power(heard[4000:]), within(-35, -5))
    call.hang_up()


def connect_first(x):
    """CONNECT as the first response, with the channel: no CALL PROCEEDING, no ALERTING."""
    call = ordered(x, '13800000003')
    call.send('CONNECT', channel(call.timeslot))
    call.expect('CONNECT ACKNOWLEDGE')
    heard = x.listen(1.2, call)[0]
    want('the prompt, dBm0', power(heard[4000:]), within(-35, -5))
    call.hang_up()


def channel_unavailable(x):
    """RELEASE COMPLETE 44 to the SETUP: rule 7, one more on another channel, at once."""
    call = ordered(x, '13800000004')
    call.send('RELEASE COMPLETE', cause(44))
    again = x.arrival('13800000004', 1)
    want('another channel', again.timeslot != call.timeslot, True)
    again.send('RELEASE COMPLETE', cause(17))
    x.run(0.5)
    want('callbacks', [c.called for c in x.arrived], [])


def glare(x):
    """5.7: both ends take channel 31: the network's call goes first; the node's gets another channel in the first response."""
    call = ordered(x, '13800000005')
    mine = x.dial(STRANGER, timeslot=call.timeslot)
    mine.announced()
    call.timeslot = 9
    call.accept()
    call.answer()
    heard = x.listen(1.2, call, mine)
    for what, octets in zip(('the prompt on timeslot 9, dBm0', 'the announcement on 31, dBm0'), heard):
        want(what, power(octets[4000:]), within(-35, -5))
    mine.hang_up()
    call.hang_up()


def glare_refused(x):
    """The same, and the node's call is refused: 44, so it tries elsewhere."""
    call = ordered(x, '13800000002')
    mine = x.dial(STRANGER, timeslot=call.timeslot)
    mine.announced()
    call.send('RELEASE COMPLETE', cause(44))
    again = x.arrival('13800000002', 1)
    want('another channel', again.timeslot not in (call.timeslot, mine.timeslot), True)
    again.accept(alerting=False)
    again.send('DISCONNECT', cause(17))
    again.expect('RELEASE')
    mine.hang_up()


def never_answered(x):
    """T303: no answer to SETUP; SETUP is repeated once (5.1.1), then given up."""
    call = ordered(x, '13800000002')
    began = time.monotonic()
    call.expect('SETUP', 6)
    want('seconds to the second SETUP', time.monotonic() - began, within(3.0, 5.0))
    call.send('RELEASE COMPLETE', cause(17))


# ---- those to a party; the host is on the line (x.host)

def host_on_line(x):
    x.host = ordered(x, '13800000006')
    x.host.accept(alerting=False)
    x.host.answer()


def invites(x, number, first=False):
    if not first:
        x.run(0.8)      # what became of the last one is being said
    x.keys(x.host, number + '#')
    return x.arrival(number)


def announcement(x):
    """CALL PROCEEDING, then PROGRESS with PI 8: the network says why; the host hears that; DISCONNECT 1."""
    call = invites(x, '13800000061', first=True)
    call.accept(alerting=False)
    call.send('PROGRESS', progress(8))
    x.line.tone[call.timeslot] = tone(1020)
    want('the announcement at the host, dBm0', level(x.listen(0.9, x.host)[0][3000:], 1020), within(TONE - 1, TONE + 1))
    call.send('DISCONNECT', cause(1))
    call.expect('RELEASE')
    x.line.tone = {}


def setup_acknowledged(x):
    """SETUP ACKNOWLEDGE to a SETUP en bloc (some exchanges do), CALL PROCEEDING with PI 8, CONNECT."""
    call = invites(x, '13800000062')
    call.send('SETUP ACKNOWLEDGE', channel(call.timeslot))
    call.send('CALL PROCEEDING', progress(8))
    call.answer()
    x.line.tone[call.timeslot] = tone(700)
    x.run(0.3)
    want('the party at the host, dBm0', level(x.listen(0.6, x.host)[0], 700), within(TONE - 1, TONE + 1))
    x.line.tone = {}
    call.hang_up()


def channel_in_use(x):
    """The first response names the host's own channel: 44 for that one, and one more SETUP (rule 7)."""
    call = invites(x, '13800000063')
    call.send('CALL PROCEEDING', channel(x.host.timeslot))
    want('cause', call.expect('DISCONNECT').cause(), 44)
    again = x.arrival('13800000063', 2)
    again.send('RELEASE COMPLETE', cause(17))
    x.host.send('STATUS ENQUIRY')
    want('state of the host\'s call', x.host.expect('STATUS').state(), 10)


def too_late(x):
    """The party's CONNECT crosses the node's DISCONNECT: it is released, and free (rule 19)."""
    call = invites(x, '13800000064')
    call.accept()
    call.by_hand = True
    want('cause', call.expect('DISCONNECT', 7).cause(), within(16, 19))
    call.send('CONNECT')
    call.send('RELEASE', cause(16))
    call.answered = None
    call.expect('RELEASE COMPLETE', before=('STATUS',))
    x.forget(call)


def all_own(x):
    for name, what in (
            ('another channel in the first response', other_channel),
            ('CONNECT as the first response', connect_first),
            ('channel not available: 44, another is tried', channel_unavailable),
            ('both ends take the same channel', glare),
            ('both ends take the same channel, the node\'s SETUP is refused', glare_refused)):
        x.scenario(name, what)
    x.scenario('a host is called back', host_on_line, keep=True)
    for name, what in (
            ('PROGRESS with an announcement, then DISCONNECT 1', announcement),
            ('SETUP ACKNOWLEDGE and CALL PROCEEDING with PI 8 to a whole number', setup_acknowledged),
            ('the first response names a channel that is in use', channel_in_use),
            ('no answer: cleared after 5 s; the answer comes just then', too_late)):
        if x.host.state != NULL:
            x.scenario(name, what, keep=True)
    x.scenario('the host hangs up', lambda y: y.host.hang_up())
