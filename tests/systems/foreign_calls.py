# SPDX-License-Identifier: GPL-2.0-or-later
"""What exchanges say that is rare, late, wrong or crossed: in calls, on references that nobody has, with RESTART, and to the node's own SETUP (Q.931 5)."""
import time

from foreign_exchange import DISCONNECT_REQUEST, Wrong, want, within
from foreign_isdn import called, calling, cause, channel, encode
from foreign_line import power
from foreign_setup import BEARER, STRANGER, goes_well, refused

MENU = '12598'      # a service that answers


# ---- in a call

def answered(x):
    """A service that answers: CONNECT, the network's CONNECT ACKNOWLEDGE; the caller hangs up."""
    call = x.dial(STRANGER, to=MENU)
    call.expect('CONNECT', 3, before=('CALL PROCEEDING', 'ALERTING', 'PROGRESS'))
    heard = x.listen(1.0, call)[0]
    want('what it says, dBm0', power(heard[3000:]), within(-35, -5))
    return call


def unknown_message(x):
    """5.8.4: STATUS 97 (or 98), and the call is as it was."""
    call = answered(x)
    for code in (0x3f, 0x61):
        call.send(code)
        m = call.expect('STATUS')
        want('answer to a message nobody knows', (m.cause(), m.state()), lambda got: got[0] in (97, 98) and got[1] == 10)
    call.send('ALERTING')
    m = call.expect('STATUS')
    want('answer to ALERTING in the active state', (m.cause(), m.state()), lambda got: got[0] in (97, 98, 101) and got[1] == 10)
    call.hang_up()


def status_differs(x):
    """5.8.11: STATUS with state null: the call is gone, without a word; with another state it is cleared with 101, or kept."""
    call = answered(x)
    call.send('STATUS', cause(101), ('call state', b'\x00'))
    x.forget(call)
    x.run(0.5)
    again = x.dial(STRANGER, to=MENU, timeslot=call.timeslot)
    again.expect('CONNECT', 3, before=('CALL PROCEEDING', 'ALERTING', 'PROGRESS'))
    again.send('STATUS', cause(101), ('call state', b'\x07'))
    x.run(0.7)
    if not again.inbox:
        again.hang_up()
    else:
        want('cause', again.expect('DISCONNECT').cause(), 101)


def clearing_crosses(x):
    """5.3.5: both sides clear at once; RELEASE without DISCONNECT; RELEASE COMPLETE alone (5.8.3.2)."""
    call = answered(x)
    call.by_hand = True
    call.send('RELEASE', cause(16))
    call.expect('RELEASE COMPLETE')
    x.forget(call)
    call = answered(x)
    call.send('RELEASE COMPLETE', cause(41))
    x.run(0.5)
    call = x.dial(STRANGER)
    call.announced()
    call.by_hand = True
    want('cause', call.expect('DISCONNECT', 7).cause(), 21)
    call.send('DISCONNECT', cause(16))               # crossed theirs
    call.expect('RELEASE')
    call.send('RELEASE COMPLETE')


def unknown_references(x):
    """5.8.3.2: what comes on a call reference that nobody has."""
    def said(message, *elements, flag=0):
        call = x.new_call()
        call.by_hand, call.state = True, DISCONNECT_REQUEST
        x.link.data(encode(call.reference, flag, message, elements))
        x.until(lambda: call.inbox, 0.3)
        x.run(0.05)
        x.calls.pop((call.reference, True), None)
        return [(m.name, m.cause()) for m in call.inbox]
    for message in ('INFORMATION', 'DISCONNECT', 'ALERTING', 'STATUS ENQUIRY', 'CONNECT'):
        got = said(message, *([cause(16)] if message == 'DISCONNECT' else []))
        want(f'answer to {message}', got, lambda g: len(g) == 1 and g[0][0] in ('RELEASE', 'RELEASE COMPLETE') and g[0][1] == 81)
    want('answer to RELEASE', said('RELEASE', cause(16)), [('RELEASE COMPLETE', 81)])
    want('answer to RELEASE COMPLETE', said('RELEASE COMPLETE', cause(16)), [])
    # 5.8.11 wants no answer; libpri has one, which a peer without such a call passes over
    want('answer to STATUS, null', said('STATUS', cause(30), ('call state', b'\x00')), lambda g: g in ([], [('RELEASE COMPLETE', 101)]))
    want('answer to STATUS, active', said('STATUS', cause(30), ('call state', b'\x0a')),
         lambda g: len(g) == 1 and g[0][0] in ('RELEASE', 'RELEASE COMPLETE') and g[0][1] == 101)
    want('answer to SETUP with the flag of an answer', said('SETUP', BEARER, channel(1), calling(STRANGER), called('12599'), flag=1), [])


def setup_again(x):
    """5.8.3.2 e): a SETUP on the reference of a call that is there is passed over."""
    call = x.dial(STRANGER)
    call.announced()
    x.link.data(encode(call.reference, 0, 'SETUP', [BEARER, channel(call.timeslot), calling(STRANGER), called('12599')]))
    call.quiet(0.4)
    call.hang_up()


def strange_frames(x):
    """5.8.1, 5.8.2: another protocol discriminator, a message too short, a call reference of other length: passed over."""
    for octets in ('4102000105', '080200', '08', '080005', '0801010504038090a3', '0806000105040380'):
        x.link.data(bytes.fromhex(octets))
    x.run(0.5)
    goes_well(x, x.dial(STRANGER))


# ---- RESTART (5.5)

def restart(x, *elements):
    x.globals.clear()
    x.link.data(encode(0, 0, 'RESTART', elements))
    if not x.until(lambda: any(m.name == 'RESTART ACKNOWLEDGE' for m in x.globals), 3):
        raise Wrong('no RESTART ACKNOWLEDGE')
    m = next(m for m in x.globals if m.name == 'RESTART ACKNOWLEDGE')
    want('RESTART ACKNOWLEDGE says what RESTART said', {n: m.ie.get(n) for n, _ in elements}, dict(elements))


def restart_channel(x):
    """Its call is over at both ends, others go on."""
    gone, stays = answered(x), answered(x)
    restart(x, channel(gone.timeslot), ('restart', b'\x80'))
    x.forget(gone)
    stays.send('STATUS ENQUIRY')
    want('state of the other call', stays.expect('STATUS').state(), 10)
    goes_well(x, x.dial(STRANGER, timeslot=gone.timeslot))
    stays.hang_up()


def restart_all(x):
    """Class 110: a single interface; class 111: all interfaces."""
    for what in (b'\x86', b'\x87'):
        calls = [answered(x), x.dial(STRANGER)]
        calls[1].announced()
        restart(x, ('restart', what))
        for call in calls:
            x.forget(call)
        goes_well(x, x.dial(STRANGER, timeslot=calls[0].timeslot))


def restart_by_node(x):
    """Rule 8: a channel that leaves service: 44; that comes back: RESTART, and it is used again once that is acknowledged."""
    x.node('span', 'pstn', 'out', '5')
    refused(x.dial(STRANGER, timeslot=5), 44)
    x.globals.clear()
    x.node('span', 'pstn', 'in', '5')
    want('RESTART', x.until(lambda: x.globals, 2), True)
    m = x.globals[0]
    want('what it says', (m.name, m.flag, m.timeslot(), m.ie.get('restart')), ('RESTART', 0, 5, b'\x80'))
    goes_well(x, x.dial(STRANGER, timeslot=5))


# ---- the node's own calls

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
    call = ordered(x, '13800000003')
    began = time.monotonic()
    call.expect('SETUP', 6)
    want('seconds to the second SETUP', time.monotonic() - began, within(3.0, 5.0))
    call.send('RELEASE COMPLETE', cause(17))


def all_calls(x):
    for name, what in (
            ('a message nobody knows: STATUS 97', unknown_message),
            ('STATUS with another call state', status_differs),
            ('clearing from both ends, and in short', clearing_crosses),
            ('call references that nobody has: 81', unknown_references),
            ('SETUP once more on the reference of a call', setup_again),
            ('octets that are no message', strange_frames),
            ('RESTART of a channel', restart_channel),
            ('RESTART of all', restart_all),
            ('a timeslot out of service and back: RESTART from the node', restart_by_node),
            ('another channel in the first response', other_channel),
            ('CONNECT as the first response', connect_first),
            ('channel not available: 44, another is tried', channel_unavailable),
            ('both ends take the same channel', glare),
            ('both ends take the same channel, the node\'s SETUP is refused', glare_refused),
            ('no answer to SETUP: once more', never_answered)):
        x.scenario(name, what)
