#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""sixty.py make DIR: a WAV file for each of sixty phones. sixty.py judge DIR SECONDS: what each heard, in DIR/NAME.wav, sample by sample.

A phone hears the sum of the two others, each through A-law. A sample of a pattern that is not as it should be, a block left out or played
twice is a deviation; heard by both others of a talk at once it happened on the speaker's way to the node, else on the listener's way back.
"""
import array
import json
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), '..', 'systems'))
import load  # noqa: E402

THREES, BLOCK = 20, 80
PHONES = [[f'{who}{i:02d}' for who in 'hab'] for i in range(THREES)]
TONES = (400, 700, 1100)
MARGIN = 8000  # after the first and before the last sample of a phase: not all phones begin and stop in the same tick


def make(directory):
    for n, name in enumerate(sum(PHONES, [])):
        load.wav_write(f'{directory}/{name}.wav', load.make_signal(n))


def pattern_begins(heard, signals):
    """Where the sum of the two patterns is first heard, and the sum, one period twice."""
    for at in range(0, len(heard) - BLOCK, 2000):
        if max(heard[at:at + BLOCK]) < 8000:  # prompts, tones: quieter
            continue
        expected = load.find_expected(heard, at, *signals)
        if expected:
            return at, expected
    return None, None


def deviations(heard, at, end, expected):
    return [(sample, length, shift) for sample, length, shift in load.walk(heard, at, end, expected)]


class Tones:
    """Is a block of 10 ms the sum of two tones of the right level? Each has whole periods in a block."""

    def __init__(self, wanted):
        self.wanted, self.known = wanted, {}

    def level(self, block, hz):
        re = sum(s * math.cos(2 * math.pi * hz * i / 8000) for i, s in enumerate(block))
        im = sum(s * math.sin(2 * math.pi * hz * i / 8000) for i, s in enumerate(block))
        # 0 dBm0: a sine of 3.14 dB below the largest, 32124
        amplitude = max(2 * math.hypot(re, im) / len(block), 0.1)
        return 20 * math.log10(amplitude / 32124) + 3.14

    def good(self, block):
        key = block.tobytes()
        if key not in self.known:
            self.known[key] = all(abs(self.level(block, hz) + 16) < 1 if hz in self.wanted else self.level(block, hz) < -50
                                  for hz in TONES)
        return self.known[key]


def phase(name, bad, samples, phones):
    """bad: [(talk, phone, sample)]; a line for each, and the verdict."""
    for talk, phone, sample, what in bad[:40]:
        both = [b for b in bad if b[0] == talk and b[1] != phone and abs(b[2] - sample) <= 2 * BLOCK]
        way = 'the speaker to the node' if both else 'the node to the listener'
        print(f'  {PHONES[talk][phone]} at {sample / 8000:.3f} s: {what}; on the way from {way}')
    load.check(f'{name}: {phones} phones, {samples} samples heard, {len(bad)} bad blocks', not bad and phones == 3 * THREES, 'see above')


def judge(directory, seconds):
    half = seconds * 4000
    begun, bad, samples, phones = {}, [], 0, 0
    for talk, names in enumerate(PHONES):
        signals = [[load.ALAW[s + 32768] for s in load.make_signal(3 * talk + k)] for k in range(3)]
        for k, name in enumerate(names):
            heard = load.wav_read(f'{directory}/{name}.wav')
            at, expected = pattern_begins(heard, [signals[j] for j in range(3) if j != k])
            if at is None:
                print(f'  {name} hears no pattern')
                continue
            begun[talk, k] = (at, heard)
            end = at + half - 2 * MARGIN
            phones += 1
            samples += end - at - MARGIN
            probe = load.find_expected(heard, at + MARGIN, *[signals[j] for j in range(3) if j != k]) or expected
            bad += [(talk, k, s, f'{length} samples wrong, {shift} shifted') for s, length, shift in deviations(heard, at + MARGIN, end, probe)]
    phase('patterns', bad, samples, phones)

    bad, samples, phones = [], 0, 0
    for (talk, k), (at, heard) in begun.items():
        tones = Tones([hz for j, hz in enumerate(TONES) if j != k])
        first = at + half + MARGIN
        last = min(first + half - 2 * MARGIN, len(heard) - BLOCK)
        phones += 1
        for i in range(first, last, BLOCK):
            samples += BLOCK
            if not tones.good(heard[i:i + BLOCK]):
                bad.append((talk, k, i, 'a tone is missing'))
    load.check('the tones were heard as long as the patterns', samples >= phones * (half - 3 * MARGIN), samples)
    phase('tones', bad, samples, phones)

    events = [json.loads(line) for line in open(f'{directory}/events.jsonl')]
    theirs = [e['counters'] for e in events if e.get('reply') == 'counters']
    ours = [flat(json.load(open(f'{directory}/node-{when}.json'))) for when in ('begin', 'end')]
    quiet('exchange', *[{f'{g}.{n}': v for g, c in t.items() for n, v in c.items()} for t in theirs[:2]])
    quiet('node', *ours)


def flat(counters):
    return {f'{c["group"]}.{c["name"]}': c['value'] for c in counters}


def quiet(who, before, after):
    """What must not count during the talk."""
    watched = ('rx_errors', 'tx_errors', 'underruns', 'held_frames', 'slips_dropped', 'd_bad_fcs', 'd_aborts', 'd_ring_full', 'layer2_down',
               'los', 'calls_lost', 'skipped_ticks', 'lost_frames', 'recorder_dropped_frames')
    moved = {n: after[n] - before[n] for n in after if n.split('.')[-1] in watched and after[n] != before[n]}
    late = after['media.late_ticks'] - before['media.late_ticks']
    ticks = after['media.ticks'] - before['media.ticks']
    load.check(f'{who}: no error is counted in {ticks} ticks, {late} of them late; the longest {after["media.max_tick_us"]} us', not moved, moved)


if sys.argv[1] == 'make':
    make(sys.argv[2])
else:
    judge(sys.argv[2], int(sys.argv[3]))
