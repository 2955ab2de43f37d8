# SPDX-License-Identifier: GPL-2.0-or-later
"""Calls to the node, as exchanges send them: SETUP with all that may be in it, or is missing (Q.931 5.1, 5.8; ETSI EN 300 403-1)."""
from foreign_exchange import want, within
from foreign_isdn import ALAW_SPEECH, called, calling, cause, channel, progress

STRANGER = '13911110000'     # nobody's account
BEARER = ('bearer', ALAW_SPEECH)


def goes_well(x, call):
    """An ordinary trigger, cleared by the caller."""
    call.announced()
    call.hang_up()


def refused(call, *causes, seconds=2.0):
    """RELEASE COMPLETE is the first answer (5.3.2 a)."""
    m = call.expect('RELEASE COMPLETE', seconds)
    want('cause', m.cause(), lambda got: got in causes)


def refused_later(call, *causes):
    """libpri refuses these after CALL PROCEEDING (libpri has no other way): DISCONNECT, which 5.1.9 allows too."""
    m = call.expect('DISCONNECT', 2.0, before=('CALL PROCEEDING',))
    want('cause', m.cause(), lambda got: got in causes)
    call.expect('RELEASE COMPLETE')


# ---- SETUP

def two_at_once(x):
    calls = [x.dial(STRANGER) for _ in range(2)]
    for call in calls:
        call.announced()
    for call in calls:
        call.send('DISCONNECT', cause(16))
    for call in calls:
        call.expect('RELEASE')


def thirty_at_once(x):
    """Every B channel in one go; the thirty-first finds none."""
    calls = [x.dial(STRANGER, timeslot=t) for t in range(1, 32) if t != 16]
    last = x.new_call(1)
    last.send('SETUP', BEARER, channel(1, exclusive=False), calling(STRANGER), called('12599'))
    for call in calls:
        call.announced()
    refused(last, 34)
    for call in calls:
        call.send('DISCONNECT', cause(16))
    for call in calls:
        call.expect('RELEASE')


def given_up(x):
    """The caller puts down before the first answer: RELEASE COMPLETE, DISCONNECT or RELEASE right behind the SETUP."""
    call = x.dial(STRANGER)
    call.send('RELEASE COMPLETE', cause(16))
    x.run(0.5)
    call = x.dial(STRANGER)
    call.send('DISCONNECT', cause(16))
    # libpri's answer to a DISCONNECT that comes before it has said a word is RELEASE COMPLETE
    x.until(lambda: any(m.name in ('RELEASE', 'RELEASE COMPLETE') for m in call.inbox), 3)
    want('the last message', call.inbox[-1].name if call.inbox else None, lambda got: got in ('RELEASE', 'RELEASE COMPLETE'))
    call = x.dial(STRANGER)
    call.send('RELEASE', cause(16))
    call.expect('RELEASE COMPLETE', 3, before=('CALL PROCEEDING', 'ALERTING'))


def extra_elements(x):
    """Facility, low and high layer compatibility, display, subaddresses, user-user, another codeset and elements nobody knows, in ascending order."""
    call = x.new_call()
    low = ('low layer', bytes([0x80, 0x90, 0xa3]))
    call.send('SETUP', ('sending complete', None), BEARER, channel(call.timeslot), ('facility', bytes.fromhex('91a1060201010201ff')), progress(3, 1),
              ('display', b'A'), (0x3a, b'\x01\x02'), (0x55, b'\xff' * 20), calling(STRANGER), ('calling subaddress', b'\x80\x50\x11'), called('12599'),
              low, ('high layer', bytes([0x91, 0x81])), ('user-user', b'\x04hello'), (0x9d, None), (0x01, b'\x00'), (0x95, None), (0x40, b'\x01'))
    goes_well(x, call)
    call = x.new_call()
    call.send('SETUP', BEARER, channel(call.timeslot), calling(STRANGER), called('12599'), low, (0xa1, None))
    goes_well(x, call)


def must_understand(x):
    """5.8.7.1: an element nobody knows whose first four bits are 0 must be understood: 96 or 99."""
    refused(x.dial(STRANGER, more=[(0x0e, b'\x80')]), 96, 99)


def missing_elements(x):
    """5.8.6.1: SETUP without a mandatory element: 96."""
    call = x.new_call()
    call.send('SETUP', channel(call.timeslot), calling(STRANGER), called('12599'))
    refused(call, 96)
    call = x.new_call()
    call.send('SETUP', BEARER, calling(STRANGER), called('12599'))
    refused(call, 96)


def spoilt_elements(x):
    """5.8.6.2: SETUP with a mandatory element of impossible contents: 100."""
    call = x.new_call()
    call.send('SETUP', ('bearer', b'\x80'), channel(call.timeslot), calling(STRANGER), called('12599'))
    refused(call, 96, 100)


def bearers(x):
    """Rule 6: 64 kbit/s and video 88, others 65."""
    for octets, value in ((b'\x88\x90', 88), (b'\x98\x90', 88)):
        call = x.new_call()
        call.send('SETUP', ('bearer', octets), channel(call.timeslot), calling(STRANGER), called('12599'))
        refused(call, value)
    call = x.new_call()
    call.send('SETUP', ('bearer', b'\x87\x90\xa3'), channel(call.timeslot), calling(STRANGER), called('12599'))
    refused_later(call, 65)


def wrong_numbers(x):
    refused(x.dial(STRANGER, to='12345'), 1)
    refused_later(x.dial(STRANGER, to='1259', more=[('sending complete', None)]), 28)


def channels(x):
    """Rule 6: what is busy or does not exist."""
    first = x.dial(STRANGER, timeslot=3)
    first.announced()
    second = x.new_call(3)
    second.send('SETUP', BEARER, channel(3, exclusive=True), calling(STRANGER), called('12599'))
    refused(second, 44)
    third = x.new_call(3)
    third.send('SETUP', BEARER, channel(3, exclusive=False), calling(STRANGER), called('12599'))
    m = third.expect('CALL PROCEEDING')
    want('another channel than the busy one, exclusive', (m.timeslot() != 3, m.exclusive()), (True, True))
    third.expect('ALERTING')
    third.hang_up()
    fourth = x.new_call(16)
    fourth.send('SETUP', BEARER, channel(16), calling(STRANGER), called('12599'))
    refused(fourth, 82, 44)
    any_ = x.new_call()
    any_.send('SETUP', BEARER, ('channel', b'\xa3'), calling(STRANGER), called('12599'))     # "any channel" (4.5.13 octet 3)
    m = any_.expect('CALL PROCEEDING')
    want('any channel: one is named', m.timeslot(), within(1, 31))
    any_.expect('ALERTING')
    any_.hang_up()
    first.hang_up()


def caller_forms(x):
    """Rules 4, 11: each is one and the same caller; the record has the number as it came."""
    number = '13911110101'
    for digits, ton, plan, sender in ((number, 0, 1, None), (number, 2, 1, None), ('86' + number, 1, 1, None), (number, 0, 0, None), (number, 4, 1, None),
                                      ('0086' + number, 0, 1, None), ('0' + number, 0, 1, None)):
        goes_well(x, x.dial(digits, sender=sender or calling(digits, ton, plan)))
    x.run(0.7)
    got = x.sql(f"SELECT COUNT(*) FROM leg_record WHERE role = 'trigger' AND calling = '86{number}' AND cause = 16")
    want('records of that caller', got, '7')


def caller_withheld(x):
    """Rule 4: withheld, not available, not screened, failed, absent, without octet 3a: announced and refused, no order."""
    host = '13800000006'
    for sender in (calling(host, presentation=1), calling('', presentation=2), calling(host, screening=0), calling(host, screening=2),
                   ('display', b'no number'), ('calling', bytes([0x81]) + host.encode())):
        goes_well(x, x.dial(host, sender=sender))
    x.run(1.6)
    want('callbacks', [c.called for c in x.arrived], [])


def overlap(x):
    """5.1.3: the number in pieces: SETUP ACKNOWLEDGE, INFORMATION, one digit and several; CALL PROCEEDING when it is whole."""
    call = x.dial(STRANGER, to='1')
    m = call.expect('SETUP ACKNOWLEDGE')
    want('SETUP ACKNOWLEDGE names the channel', (m.timeslot(), m.exclusive()), (call.timeslot, True))
    for digits in ('2', '59'):
        call.send('INFORMATION', called(digits))
        call.quiet(0.15)
    call.send('INFORMATION', called('9'))
    goes_well(x, call)
    call = x.dial(STRANGER, to='', elements=None)
    call.expect('SETUP ACKNOWLEDGE')
    call.send('INFORMATION', called('12599'), ('sending complete', None))
    goes_well(x, call)
    call = x.dial(STRANGER, to='125')
    call.expect('SETUP ACKNOWLEDGE')
    call.send('INFORMATION', called('77'))
    want('cause', call.expect('DISCONNECT', 2, before=('CALL PROCEEDING',)).cause(), 1)
    call.expect('RELEASE COMPLETE')


def all_setups(x):
    for name, what in (
            ('two SETUPs at once', two_at_once),
            ('thirty SETUPs at once, and one more: 34', thirty_at_once),
            ('a SETUP given up before its answer', given_up),
            ('SETUP with facility, low layer compatibility, other codesets, elements nobody knows', extra_elements),
            ('SETUP with an unknown element that must be understood', must_understand),
            ('SETUP without a mandatory element: 96', missing_elements),
            ('SETUP with a spoilt mandatory element', spoilt_elements),
            ('bearers that are no telephone call: 88, 65', bearers),
            ('numbers that are nobody\'s: 1, 28', wrong_numbers),
            ('channels busy, preferred, not there, any', channels),
            ('calling number by type and plan', caller_forms),
            ('calling number withheld, unscreened, missing: refused', caller_withheld),
            ('called number in several INFORMATION', overlap)):
        x.scenario(name, what)
