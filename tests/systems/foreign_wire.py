# SPDX-License-Identifier: GPL-2.0-or-later
"""What lines do: packets, frames and the data link layer go wrong while two people talk. Each time the talk must go on, or end as the rules say.

Begins with x.host and x.second talking (foreign_story.tell_story).
"""
import random

from foreign_exchange import ACTIVE, Wrong, want, within
from foreign_isdn import RELEASED, UP, encode
from foreign_line import level, levels
from foreign_story import TONE, tone


STALL = 160      # frames that a busy machine may cost for once, of some 7000


def one_hears(x, seconds=0.6):
    """The host's tone at the party, steady within 1 dB."""
    x.line.tone[x.host.timeslot] = tone(400)
    x.run(0.3)
    heard = x.listen(seconds, x.second)[0]
    x.line.tone = {}
    if not within(TONE - 1, TONE + 1)(level(heard, 400)):
        raise Wrong(f'what the party hears of the host, dBm0 in each tenth of a second, should be {TONE}: {[round(v, 1) for v in levels(heard, 400)]}')


def asks(x, seconds=3.0):
    """Q.931 5.8.10: STATUS ENQUIRY is answered with STATUS, cause 30, the call's state."""
    x.host.send('STATUS ENQUIRY')
    m = x.host.expect('STATUS', seconds)
    want('answer to STATUS ENQUIRY', (m.cause(), m.state()), (30, ACTIVE))


def counted(x, *names):
    return [x.counter(name) for name in names]


# ---- packets

def impaired(x, impair, *names):
    """What those counters grew by while a tone was heard through it."""
    before = counted(x, *names)
    x.line.impair = impair
    one_hears(x)
    x.line.impair = None
    x.run(0.1)
    return [after - b for after, b in zip(counted(x, *names), before)]


def swapped_pairs(x):
    want('frames missing', *impaired(x, lambda n, packet: [(0.0015 if n % 2 == 0 else 0, packet)], 'lost_frames'), within(0, STALL))


def duplicated(x):
    missing, twice = impaired(x, lambda n, packet: [(0, packet), (0.0002, packet)], 'lost_frames', 'duplicates')
    want('frames missing', missing, within(0, STALL))
    want('packets that came twice', twice, within(500, 5000))


def lost(x):
    want('frames missing for a packet in fifty', *impaired(x, lambda n, packet: [] if n % 50 == 0 else [(0, packet)], 'lost_frames'), within(80, 800))


def jitter(x):
    chance = random.Random(5086)
    want('frames missing', *impaired(x, lambda n, packet: [(chance.uniform(0, 0.010), packet)], 'lost_frames'), within(0, STALL))


def silence_while(x, seconds, seen):
    """The node's packets in that time: seen(line) must be true at the end of it; then the call must be alive, and be heard."""
    x.run(seconds)
    good = seen(x.line)
    x.line.l = x.line.r = False
    x.line.m, x.line.frames_per_packet = 0, x.frames_per_packet
    if not x.line.sending:
        x.line.start()
    if not good:
        raise Wrong('the node does not say what it should in its packets')
    asks(x)
    one_hears(x)


def short_loss(x):
    x.line.stop()
    silence_while(x, 0.4, lambda line: line.last_r)


def alarm_indication(x):
    """L: the far line is dead. Packets come all the same, so R stays clear (RFC 5086 4.3); what is seen of it on the line is RDI, M = 10."""
    x.line.l = True
    silence_while(x, 0.4, lambda line: not line.last_r and line.last_m == 2)


def alarm_indication_without_payload(x):
    x.line.l = x.line.short = True
    try:
        silence_while(x, 0.4, lambda line: not line.last_r and line.last_m == 2)
    finally:
        x.line.short = False


def remote_failure(x):
    before = x.counter('rai')
    x.line.r = True
    silence_while(x, 0.3, lambda line: not line.last_r)
    want('remote alarms counted', x.counter('rai') - before, 1)


def remote_defect(x):
    """M = 10: the gateway's E1 line says that its far end does not receive."""
    before = x.counter('rai')
    x.line.m = 2
    silence_while(x, 0.3, lambda line: not line.last_r)
    want('remote alarms counted', x.counter('rai') - before, 1)


def other_packet_size(x):
    before = x.counter('rx_malformed')
    x.line.frames_per_packet = 40
    silence_while(x, 0.4, lambda line: line.last_r)
    want('packets of another size, each counted', x.counter('rx_malformed') - before, within(40, 200))
    x.in_service()


# ---- HDLC

def between_frames(x):
    for mark in (False, True):
        for flags in (1, 2, 17):
            x.line.mark, x.line.flags = mark, flags
            for _ in range(3):
                x.host.send('STATUS ENQUIRY')
            for _ in range(3):
                m = x.host.expect('STATUS')
                want(f'answer with {flags} flags, {"ones" if mark else "flags"} between frames', (m.cause(), m.state()), (30, ACTIVE))


def spoilt(x, counter, **how):
    """The next frame is spoilt on its way; T200 finds out."""
    before = x.counter(counter)
    send = x.link.send

    def once(frame):
        x.link.send = send
        x.frame_out(frame, **how)
    x.link.send = once
    asks(x, 4)
    want(counter, x.counter(counter) - before, 1)


# ---- Q.921

def reject(x):
    """5.8.1: one I frame is lost, the next shows it."""
    before = x.link.seen.get('REJ', 0)
    x.link.lose = 1
    for _ in range(3):
        x.host.send('STATUS ENQUIRY')
    for _ in range(3):
        x.host.expect('STATUS', 0.8)
    want('REJ from the node', x.link.seen.get('REJ', 0) - before, 1)


def rejected(x):
    """5.8.1 the other way: we have not heard one of the node's and say REJ."""
    x.link.miss = 1
    for _ in range(3):
        x.host.send('STATUS ENQUIRY')
    for _ in range(3):
        x.host.expect('STATUS', 0.8)
    want('messages after it', [m.name for m in x.host.inbox], [])


def not_ready(x):
    """5.6.5: RNR; what the node has to say waits for RR."""
    x.link.s(0x05, False, 0)
    x.host.send('STATUS ENQUIRY')
    x.host.quiet(0.5)
    x.link.s(0x01, False, 0)
    want('state', x.host.expect('STATUS', 0.5).state(), ACTIVE)


def sent_again(x):
    """5.6.7: we are deaf, the node's T200 expires, it asks with P and sends again."""
    x.host.send('STATUS ENQUIRY')
    x.run(0.02)
    x.link.deaf = True
    x.run(0.6)
    x.link.deaf = False
    m = x.host.expect('STATUS', 3)
    want('state', m.state(), ACTIVE)
    want('messages after it', [m.name for m in x.host.inbox], [])


def same_frame_twice(x):
    """5.8.1: an N(S) that was there already is not handed on again."""
    x.host.send('STATUS ENQUIRY')
    x.host.expect('STATUS')
    x.link.i((x.link.vs - 1) % 128, encode(x.host.reference, 1, 'STATUS ENQUIRY', []))
    x.host.quiet(0.5)
    asks(x)


def established_again(x):
    """Q.931 5.8.8: a spontaneous reset of the data link; calls in the active state stay."""
    x.link.establish()
    want('layer 2', x.until(lambda: x.link.state == UP, 3), True)
    want('the host released', x.host.ended, None)
    asks(x)
    one_hears(x)


def released_and_established(x):
    """Q.931 5.8.9: DISC and, a second later, SABME; T309 keeps the calls."""
    x.link.release()
    want('layer 2', x.until(lambda: x.link.state in (RELEASED, UP), 3), True)
    x.run(0.7)
    if x.link.state != UP:
        x.link.establish()
    want('layer 2', x.until(lambda: x.link.state == UP, 3), True)
    x.in_service()
    x.host.inbox = [m for m in x.host.inbox if (m.name, m.state()) != ('STATUS', ACTIVE)]     # libpri tells its state unasked
    asks(x)
    one_hears(x)


def disturb(x):
    """All of it, in the talk that is on."""
    for name, what, *arguments in (
            ('packets in swapped pairs: nothing is missing', swapped_pairs),
            ('each packet twice', duplicated),
            ('one packet in fifty lost', lost),
            ('jitter of 5 ms either way, order not kept', jitter),
            ('HDLC: one flag between frames, two, many; idle as flags and as ones', between_frames),
            ('HDLC: an aborted frame', spoilt, 'd_aborts'),
            ('HDLC: a wrong FCS', spoilt, 'd_bad_fcs'),
            ('Q.921: REJ after a lost frame', reject),
            ('Q.921: our REJ', rejected),
            ('Q.921: RNR and RR', not_ready),
            ('Q.921: T200 after our deafness', sent_again),
            ('Q.921: an I frame twice', same_frame_twice),
            ('Q.931 5.8.8: the data link is reset in a call', established_again),
            ('Q.931 5.8.9: DISC and SABME in a call', released_and_established),
            ('no packets for 0.4 s: R to the exchange, the call lives', short_loss),
            ('L (AIS) for 0.4 s: the call lives', alarm_indication),
            ('L without payload for 0.4 s: the call lives', alarm_indication_without_payload),
            ('R for 0.3 s: a remote alarm, the call lives', remote_failure),
            ('M = 10 (RDI) for 0.3 s: a remote alarm, the call lives', remote_defect),
            ('packets of 40 frames where 8 are agreed: none is taken', other_packet_size)):
        how = {'d_aborts': {'abort': True}, 'd_bad_fcs': {'spoil': True}}.get(arguments[0] if arguments else None, {})
        x.scenario(name, lambda y, w=what, a=arguments, h=how: w(y, *a, **h), keep=True)


# ---- the end of the line

def long_loss(x):
    """Rule 9: after 2.5 s without signal the calls are over, since its beginning."""
    call = x.dial('13800000003')
    call.announced()
    call.hang_up()
    call = x.arrival('13800000003', 4)
    call.accept()
    call.answer()
    x.run(1.2)
    x.line.stop()
    call.over()
    x.run(3.0)
    x.forget(call)
    x.line.start()
    x.link.establish()
    want('layer 2', x.until(lambda: x.link.state == UP, 4), True)
    x.in_service()
    x.run(0.5)
    got = x.sql("SELECT CONCAT(COUNT(*), ' ', MAX(cause)) FROM v_leg WHERE called = '8613800000003' AND answered_at IS NOT NULL")
    want('its leg, cause 27 (physical failure)', got, '1 27')


def begins_anew(x):
    """The exchange is switched off and on in no time: another sequence, layer 2 from the beginning, call references from 1, RESTART."""
    call = x.dial('13911110000', to='12598')
    call.expect('CONNECT', before=('CALL PROCEEDING', 'ALERTING', 'PROGRESS'))
    x.line.stop()
    x.run(0.05)
    x.line.sequence = (x.line.sequence + 30000) % 65536
    x.forget(call)
    x.reference = 0
    x.line.start()
    x.link.establish()
    want('layer 2', x.until(lambda: x.link.state == UP, 4), True)
    x.link.data(encode(0, 0, 'RESTART', [('restart', b'\x87')]))
    want('RESTART ACKNOWLEDGE', x.until(lambda: any(m.name == 'RESTART ACKNOWLEDGE' for m in x.globals), 3), True)
    x.in_service()
    call = x.dial('13911110000', timeslot=call.timeslot)
    call.announced()
    call.hang_up()
