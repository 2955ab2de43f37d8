# SPDX-License-Identifier: GPL-2.0-or-later
"""What exchanges say that is rare, late, wrong or crossed: in calls, on references that nobody has, with RESTART (Q.931 5.3, 5.5, 5.8)."""
from foreign_exchange import DISCONNECT_REQUEST, Wrong, want, within
from foreign_isdn import called, calling, cause, channel, encode
from foreign_line import power
from foreign_setup import BEARER, STRANGER, goes_well, refused

MENU = '12598'      # a service that answers


# ---- in a call

def answered(x):
    call = x.dial(STRANGER, to=MENU)
    call.expect('CONNECT', 3, before=('CALL PROCEEDING', 'ALERTING', 'PROGRESS'))
    return call


def answering_service(x):
    """The node answers: CONNECT, to which the network says CONNECT ACKNOWLEDGE."""
    call = answered(x)
    heard = x.listen(1.0, call)[0]
    want('what it says, dBm0', power(heard[3000:]), within(-35, -5))
    call.hang_up()


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


def clearing_in_short(x):
    """RELEASE without DISCONNECT (5.3.3); RELEASE COMPLETE alone; DISCONNECT without its cause (5.8.6.1: as if 96 were in it)."""
    call = answered(x)
    call.by_hand = True
    call.send('RELEASE', cause(16))
    call.expect('RELEASE COMPLETE')
    x.forget(call)
    call = answered(x)
    call.send('RELEASE COMPLETE', cause(41))
    x.run(0.5)
    call = answered(x)
    call.send('DISCONNECT')
    want('cause in RELEASE', call.expect('RELEASE').cause(), lambda got: got in (16, 96))
    goes_well(x, x.dial(STRANGER, timeslot=call.timeslot))


def clearing_crosses(x):
    """Rule 2: who stays on is cleared with 21. 5.3.5: the other one's DISCONNECT crosses it."""
    stays, other = x.dial(STRANGER), x.dial(STRANGER)
    for call in (stays, other):
        call.announced()
    other.by_hand = True
    want('cause', stays.expect('DISCONNECT', 6).cause(), 21)
    stays.expect('RELEASE COMPLETE')
    want('cause', other.expect('DISCONNECT', 2).cause(), 21)
    other.send('DISCONNECT', cause(16))
    other.expect('RELEASE')
    other.send('RELEASE COMPLETE')


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


def all_calls(x):
    for name, what in (
            ('a service that answers', answering_service),
            ('a message nobody knows: STATUS 97', unknown_message),
            ('STATUS with another call state', status_differs),
            ('clearing in short', clearing_in_short),
            ('a caller who stays on is cleared with 21; clearing from both ends', clearing_crosses),
            ('call references that nobody has: 81', unknown_references),
            ('SETUP once more on the reference of a call', setup_again),
            ('octets that are no message', strange_frames),
            ('RESTART of a channel', restart_channel),
            ('RESTART of all', restart_all),
            ('a timeslot out of service and back: RESTART from the node', restart_by_node)):
        x.scenario(name, what)
