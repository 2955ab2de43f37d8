#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""told.py mark HEARD.wav                      how long the recording is by now, in seconds
told.py heard HEARD.wav SOUNDS FROM NAME...     were the prompts of these names heard, in this order, from then on? Status 0 when they were.

A prompt is found by the course of its loudness, in steps of 10 ms, in what a phone recorded: coding, a level that differs, a packet that came late change it little. The
tones that these phones say (400, 700, 1100 Hz) are taken out before. What fits less than by FITS is not it.
"""
import math
import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), '..', 'systems'))
from tones import read  # noqa: E402

STEPS_S = 100
TONES = (400, 700, 1100)
FITS = 0.95  # the same prompt by 0.99; any other of those that are asked for by less than 0.92


def without(samples, rate, hz):
    """A notch, IIR of second order."""
    turn, r = -2 * math.cos(2 * math.pi * hz / rate), 0.98
    x1 = x2 = y1 = y2 = 0.0
    out = []
    for x in samples:
        y = x + turn * x1 + x2 - turn * r * y1 - r * r * y2
        x1, x2, y1, y2 = x, x1, y, y1
        out.append(y)
    return out


def course(samples, rate):
    for hz in TONES:
        samples = without(samples, rate, hz)
    step = rate // STEPS_S
    power = [sum(x * x for x in samples[i:i + step]) / step for i in range(0, len(samples) - step, step)]
    return [math.sqrt(math.sqrt((a + 2 * b + c) / 4)) for a, b, c in zip(power, power[1:], power[2:])]


def best(heard, wanted):
    """The best fit (correlation) and where it is."""
    n = len(wanted)
    mean = sum(wanted) / n
    shape = [x - mean for x in wanted]
    norm = math.sqrt(sum(x * x for x in shape))
    found = (0.0, -1)
    for at in range(len(heard) - n + 1):
        part = heard[at:at + n]
        dot = sum(a * b for a, b in zip(part, shape))
        m = sum(part) / n
        spread = math.sqrt(max(sum(x * x for x in part) - n * m * m, 0.0))
        if spread > 0 and dot / (spread * norm) > found[0]:
            found = (dot / (spread * norm), at)
    return found


def main(argv):
    samples, rate = read(argv[2])
    if argv[1] == 'mark':
        print('%.2f' % (len(samples) / rate))
        return
    heard = course(samples[int(float(argv[4]) * rate):], rate)
    for name in argv[5:]:
        prompt, prompt_rate = read(os.path.join(argv[3], name + '.wav'))
        wanted = course(prompt, prompt_rate)
        fit, at = best(heard, wanted)
        if fit < FITS:
            sys.exit('%s was not heard: the best fit is %.2f' % (name, fit))
        heard = heard[at + len(wanted) * 3 // 4:]


if __name__ == "__main__":
    main(sys.argv)
