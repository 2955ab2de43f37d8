#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Sound files for phones of others, and what they heard.

tones.py make FILE HZ DBM0 SECONDS [RATE]   a tone at 8000 samples a second: FILE.wav or FILE.raw (16 bit), FILE.alaw (G.711, for sipp)
tones.py level FILE FROM TO HZ...           the power of each frequency in dBm0, whole numbers, between two times in seconds (below 0: from the end)
tones.py steady FILE FROM TO HZ...          the same, the median of fifths of a second: a gap or a jump in the phase on a busy machine does not count
tones.py loudest FILE                      the loudest tenth of a second, dBm0

dBm0 as G.711 has it: a sine of full scale is +3.14.
"""
import math
import struct
import sys
import wave

RATE = 8000
FULL = 32768.0
MAX_DBM0 = 3.14


def alaw(sample):
    """G.711 table 1a, from 16 bits linear."""
    sign, value = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    value >>= 3
    if value < 32:
        code = value >> 1
    else:
        segment = value.bit_length() - 5
        code = segment << 4 | value >> segment & 0x0f
    return (code | sign) ^ 0x55


def make(path, hz, dbm0, seconds, rate):
    amplitude = FULL * 10 ** ((dbm0 - MAX_DBM0) / 20)
    samples = [max(-32768, min(32767, round(amplitude * math.sin(2 * math.pi * hz * i / rate)))) for i in range(int(seconds * rate))]
    if path.endswith('.wav'):
        with wave.open(path, 'wb') as w:
            w.setnchannels(1)
            w.setsampwidth(2)
            w.setframerate(rate)
            w.writeframes(struct.pack('<%dh' % len(samples), *samples))
    else:
        with open(path, 'wb') as f:
            f.write(bytes(alaw(s) for s in samples) if path.endswith('.alaw') else struct.pack('<%dh' % len(samples), *samples))


def read(path):
    """Samples and rate; a recording that is still being written has no length in its header."""
    with open(path, 'rb') as f:
        data = f.read()
    rate, channels = RATE, 1
    if path.endswith('.wav'):
        fmt, body = data.find(b'fmt '), data.find(b'data')
        channels, rate = struct.unpack('<HI', data[fmt + 10:fmt + 16])
        data = data[body + 8:]
    count = len(data) // 2
    return struct.unpack('<%dh' % count, data[:count * 2])[::channels], rate


def level(samples, rate, hz):
    re = sum(s * math.cos(2 * math.pi * hz * i / rate) for i, s in enumerate(samples))
    im = sum(s * math.sin(2 * math.pi * hz * i / rate) for i, s in enumerate(samples))
    amplitude = 2 * math.hypot(re, im) / len(samples) if samples else 0
    return 20 * math.log10(max(amplitude, 1e-3) / FULL) + MAX_DBM0


def main(argv):
    if argv[1:2] == ['make'] and len(argv) in (6, 7):
        make(argv[2], float(argv[3]), float(argv[4]), float(argv[5]), int(argv[6]) if len(argv) > 6 else RATE)
    elif argv[1:2] in (['level'], ['steady']) and len(argv) > 5:
        samples, rate = read(argv[2])
        begin, end = float(argv[3]), float(argv[4])
        at = [max(0, int(t * rate) if t >= 0 else len(samples) + int(t * rate)) for t in (begin, end)]
        part = samples[at[0]:at[1] if end != 0 or begin >= 0 else len(samples)]
        # whole tenths of a second, so that tones in tens of hertz do not leak
        step = rate // 5 if argv[1] == 'steady' else len(part) // (rate // 10) * (rate // 10)
        pieces = [part[i:i + step] for i in range(0, len(part) - step + 1, step)] if step else []
        for hz in argv[5:]:
            levels = sorted(level(piece, rate, float(hz)) for piece in pieces)
            print('%d' % round(levels[len(levels) // 2] if levels else -200), end=' ')
        print()
    elif argv[1:2] == ['loudest'] and len(argv) == 3:
        samples, rate = read(argv[2])
        step = rate // 10
        power = max((sum(s * s for s in samples[i:i + step]) / step for i in range(0, len(samples) - step, step)), default=0)
        print('%d' % round(10 * math.log10(max(power, 1e-6) * 2 / FULL ** 2) + MAX_DBM0))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv)
