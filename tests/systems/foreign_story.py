# SPDX-License-Identifier: GPL-2.0-or-later
"""The first call, as a foreign exchange and its phones meet it: told without being answered, called back, talking in threes."""
import time

from foreign_exchange import Wrong, want, within
from foreign_isdn import UP, cause, progress
from foreign_line import level, power, tones

HOST, SECOND, THIRD, BUSY = '13800000001', '13800000022', '13900000033', '13800000044'
TONE = -16.0


def tone(hz, dbm0=TONE):
    return tones([(hz, dbm0)], 1)


def line_comes_up(x):
    """The exchange starts long after the node. Until then the node hears nobody, and says so."""
    x.until(lambda: x.line.got['packets'] > 100, 5)
    want('R bit while nothing comes to the node', x.line.last_r, True)
    x.line.start()
    want('R bit cleared', x.until(lambda: x.line.last_r is False, 1), True)
    x.link.establish()
    want('layer 2', x.until(lambda: x.link.state == UP, 3), True)
    x.in_service()
    x.until(lambda: x.line.sequence < 60000, 3)
    want('our sequence has passed 65535', x.line.sequence < 60000, True)
    want('losses of signal that the node counts after it', x.counter('strange') + x.counter('resyncs'), 0)


def restarted(x):
    """Q.931 5.5: a node that starts asks for every channel, those first that it will pick first, and waits for each answer."""
    def asked():
        return [m.timeslot() for m in x.globals if m.name == 'RESTART' and m.ie.get('restart') == b'\x80']
    x.until(lambda: len(asked()) >= 30, 6)
    want('timeslots in RESTART', asked(), [t for t in range(31, 0, -1) if t != 16])
    x.globals.clear()


def packets(x):
    got = x.line.got
    want('control words with anything but L, R and the sequence number', got['odd'], [])
    want('octets of a packet', got['sizes'], {4 + 31 * x.frames_per_packet})
    want('L bit', got['l'], 0)
    want('sequence numbers left out', got['lost'], 0)


def trigger(x):
    """Rules 1, 2: CALL PROCEEDING, ALERTING with PI 8, an announcement, never CONNECT."""
    x.trigger = x.dial(HOST, more=[('sending complete', None)])
    x.trigger.announced()
    heard = x.listen(1.2, x.trigger)[0]
    want('the announcement, dBm0', power(heard[4000:]), within(-35, -5))
    x.trigger.hang_up()
    x.ended = time.monotonic()
    want('its messages', [m.name for m in x.trigger.came], ['CALL PROCEEDING', 'ALERTING', 'RELEASE'])


def callback(x):
    x.host = x.arrival(HOST, 5)
    want('seconds from the caller hanging up', time.monotonic() - x.ended, within(0.8, 3))
    setup = x.host.came[0]
    want('who calls', setup.digits('calling'), '12599')
    want('bearer: 3.1 kHz audio, A-law (rule 7)', setup.ie.get('bearer'), bytes([0x90, 0x90, 0xa3]))
    want('order of elements ascends (Q.931 4.5.1)', setup.order, sorted(o for o in setup.order if o < 0x80) + [o for o in setup.order if o >= 0x80])
    want('channel preferred, from the other end of the span (rule 7)', (setup.timeslot(), setup.exclusive()), (31, False))
    x.host.accept()
    x.run(0.3)
    x.host.answer()
    heard = x.listen(1.5, x.host)[0]
    want('"enter the number you want to call", dBm0', power(heard[4000:]), within(-35, -5))


def second_party(x):
    """The number is keyed as DTMF into the prompt. ALERTING without progress indicator: the node makes ring-back."""
    x.keys(x.host, SECOND + '#')
    x.second = x.arrival(SECOND)
    want('who calls (rule 12: the host)', x.second.calling, HOST)
    x.second.accept()
    heard = x.listen(2.2, x.host)[0]
    want('ring-back of China, 450 Hz, at the host', max(level(heard[at:at + 4000], 450) for at in range(0, len(heard) - 4000, 1000)), within(-25, -8))
    x.second.answer()


def both_hear(x, *calls, dbm0=TONE):
    """Each says a tone of its own: heard by the others within 1 dB, not by himself."""
    pitch = dict(zip(calls, (400, 700, 1100)))
    for c in calls:
        x.line.tone[c.timeslot] = tone(pitch[c], dbm0)
    x.run(0.6)
    heard = dict(zip(calls, x.listen(0.7, *calls)))
    for listener in calls:
        for speaker in calls:
            got = level(heard[listener], pitch[speaker])
            if listener is speaker:
                want(f'{listener.called} hears himself, dBm0', got, within(-150, -45))
            else:
                want(f'{listener.called} hears {speaker.called}, dBm0', got, within(dbm0 - 1, dbm0 + 1))
    x.line.tone = {}


def talk_in_twos(x):
    both_hear(x, x.host, x.second)


def on_hold(x):
    """Rule 9: NOTIFY, remote hold (EN 300 196-1): his music on hold is not let into the talk until NOTIFY, remote retrieval."""
    for told, heard in ((0xf9, within(-150, -45)), (0xfa, within(TONE - 1, TONE + 1))):
        x.second.send('NOTIFY', ('notification', bytes([told])))
        x.line.tone[x.second.timeslot] = tone(700)
        x.run(0.6)
        want(f'the party at the host after NOTIFY {told:x}, dBm0', level(x.listen(0.5, x.host)[0], 700), heard)
        x.line.tone = {}


def more_parties(x, number):
    x.keys(x.host, '*')
    x.run(0.5)
    x.keys(x.host, number + '#')
    return x.arrival(number)


def busy_party(x):
    """DISCONNECT 17 with PI 8 and busy tone, as exchanges send it: released by the node, the host told, the talk goes on."""
    busy = more_parties(x, BUSY)
    busy.accept(alerting=False)
    x.line.tone[busy.timeslot] = tone(450, -10)
    busy.send('DISCONNECT', cause(17), progress(8))
    heard = x.listen(2.0, x.host)[0]
    want('"busy" is said to the host, dBm0', power(heard[8000:]), within(-35, -5))
    busy.expect('RELEASE', 6)
    x.line.tone = {}


def third_party(x):
    """Early sound (PI 8 in ALERTING) goes to the host; then CONNECT, and three talk."""
    x.third = more_parties(x, THIRD)
    x.third.accept(indicator=[progress(8)])
    x.line.tone[x.third.timeslot] = tone(1020)
    heard = x.listen(1.0, x.host, x.second)
    want('early sound at the host, dBm0', level(heard[0][4000:], 1020), within(TONE - 1, TONE + 1))
    want('and not in the conference, dBm0', level(heard[1][4000:], 1020), within(-150, -45))
    x.line.tone = {}
    x.third.answer()
    x.run(0.8)


def talk_in_threes(x):
    both_hear(x, x.host, x.second, x.third)


def host_hangs_up(x):
    second, third = x.second, x.third
    x.host.hang_up()
    for party in (second, third):
        want('cause to the party', party.expect('DISCONNECT', before=('STATUS',)).cause(), 16)
        party.expect('RELEASE COMPLETE')


def line(x):
    if not x.scenario('the exchange starts late; its sequence numbers pass 65535; layer 2 comes up', line_comes_up, keep=True):
        raise Wrong('no line')
    x.scenario('a node that starts sends RESTART for every channel', restarted, keep=True)
    x.scenario('packets are as RFC 5086 has them', packets, keep=True)


def tell_story(x):
    """True if there is anything to go on with."""
    good = x.scenario('the trigger is announced, not answered, and released', trigger)
    good = good and x.scenario('the callback: SETUP, CONNECT, the prompt', callback, keep=True)
    good = good and x.scenario('keys as DTMF; the second party; ring-back to the host', second_party, keep=True)
    return good and x.scenario('host and party hear each other within 1 dB', talk_in_twos, keep=True) and \
        x.scenario('a party that its network puts on hold, and back', on_hold, keep=True)


def end_story(x):
    x.scenario('a busy party: DISCONNECT 17, PI 8 and a tone', busy_party, keep=True)
    if x.scenario('a third party, with early sound', third_party, keep=True):
        x.scenario('three hear each other within 1 dB, nobody himself', talk_in_threes, keep=True)
        x.scenario('the host hangs up: all are released', host_hangs_up)
