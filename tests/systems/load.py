#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""load.py DIR NODE_PID EXCHANGE_PID SECONDS: what load.sh measures, with LOAD_THREES (10) talks of three. Talks to node (DIR/control) and exchange (DIR/x)."""
import array
import json
import os
import random
import socket
import sys
import time
import wave

THREES = int(os.environ.get('LOAD_THREES', '10'))
LEGS = 3 * THREES
PERIOD = 8009          # samples of each signal; prime, so that no tone or frame length divides it
GAP = 160              # 20 ms
CHUNK = 80


def check(name, good, more=''):
    print(f'ok   {name}' if good else f'FAIL {name}: {more}', flush=True)


class Lines:
    """A unix socket of JSON lines."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)
        self.rest = b''

    def read(self, timeout):
        """The lines that have come; waits for one."""
        self.socket.settimeout(max(timeout, 0.001))
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            return []
        if not data:
            raise EOFError('the other end has gone')
        *lines, self.rest = (self.rest + data).split(b'\n')
        return [json.loads(line) for line in lines if line]


class Node(Lines):
    def ask(self, cmd):
        self.socket.sendall(json.dumps({'v': 1, 'id': 1, 'cmd': cmd}).encode() + b'\n')
        while True:
            for line in self.read(30):
                if 'id' in line:
                    return line['result']


class Exchange(Lines):
    def __init__(self, path):
        super().__init__(path)
        self.events, self.replies = [], []

    def pump(self, timeout):
        for line in self.read(timeout):
            (self.replies if 'reply' in line else self.events).append(line)

    def do(self, *commands):
        """All in one write, so that they are done in one turn; their replies."""
        self.replies.clear()
        self.socket.sendall(''.join(c + '\n' for c in commands).encode())
        while len(self.replies) < len(commands):
            self.pump(30)
        bad = [r for r in self.replies if not r['ok']]
        if bad:
            raise RuntimeError(f'the exchange refused: {bad[0]}')
        return list(self.replies)

    def wait(self, ev, count, timeout, key=lambda e: e['called']):
        """Takes count events of this name: a dictionary by number called (or another key)."""
        end = time.monotonic() + timeout
        while True:
            found = [e for e in self.events if e['ev'] == ev]
            if len(found) >= count:
                self.events = [e for e in self.events if e['ev'] != ev]
                return {key(e): e for e in found}
            if time.monotonic() > end:
                raise RuntimeError(f'{len(found)} of {count} {ev} within {timeout} s')
            self.pump(0.2)


# ---- A-law (G.711), in a way that differs from the programs': by segments ---------------------------------------------------------------

def alaw(sample):
    """The value that an A-law line makes of a 16 bit sample."""
    sign, m = (1, sample >> 4) if sample >= 0 else (-1, (-sample - 1) >> 4)
    if m < 32:
        return sign * (m * 16 + 8)
    shift = m.bit_length() - 5
    return sign * ((m >> shift << shift) + (1 << shift - 1)) * 16


ALAW = [alaw(s - 32768) for s in range(65536)]


def make_signal(leg):
    rng = random.Random(leg)
    return [rng.randint(-11000, 11000) for _ in range(PERIOD)]


def wav_write(path, samples):
    with wave.open(path, 'wb') as w:
        w.setparams((1, 2, 8000, 0, 'NONE', ''))
        w.writeframes(array.array('h', samples).tobytes())


def wav_read(path):
    with wave.open(path, 'rb') as w:
        return array.array('h', w.readframes(w.getnframes()))


# ---- what a phone heard ------------------------------------------------------------------------------------------------------------------

def find_expected(heard, at, first, second):
    """The sum of two signals that stands in heard at `at`, as an array of one period; the second began some ticks before or after the first."""
    probe = heard[at:at + CHUNK].tobytes()
    for ticks in sorted(range(-20, 21), key=abs):
        total = [ALAW[max(-32768, min(32767, first[i] + second[(i + 80 * ticks) % PERIOD])) + 32768] for i in range(PERIOD)]
        twice = array.array('h', total + total)
        if find(twice, probe) >= 0:
            return twice
    return None


def find(samples, probe):
    data, at = samples.tobytes(), -1
    while True:
        at = data.find(probe, at + 1)
        if at % 2 == 0 or at < 0:
            return at // 2 if at >= 0 else -1


def walk(heard, at, end, expected):
    """Yields (sample, samples not as expected, samples of the talk that were skipped or came twice) for each deviation."""
    j = find(expected, heard[at:at + CHUNK].tobytes())
    i = at
    while i + CHUNK <= end:
        if heard[i:i + CHUNK] == expected[j:j + CHUNK]:
            i, j = i + CHUNK, (j + CHUNK) % PERIOD
            continue
        while heard[i] == expected[j]:
            i, j = i + 1, (j + 1) % PERIOD
        began = i
        while i + CHUNK <= end:
            k = find(expected, heard[i:i + CHUNK].tobytes())
            if k >= 0:
                break
            i += 1
        else:
            yield began, end - began, 0
            return
        shift = (k - j - (i - began) + PERIOD // 2) % PERIOD - PERIOD // 2
        yield began, i - began, shift
        j = k


# ---- cost --------------------------------------------------------------------------------------------------------------------------------

def cpu_s(pid):
    with open(f'/proc/{pid}/stat') as f:
        words = f.read().rsplit(')', 1)[1].split()
    return (int(words[11]) + int(words[12])) / os.sysconf('SC_CLK_TCK')


def private_kb(pid):
    with open(f'/proc/{pid}/smaps_rollup') as f:
        return sum(int(line.split()[1]) for line in f if line.startswith('Private_'))


def late(node, exchange):
    """Ticks late or never done, of both, now."""
    mine = {c['name']: c['value'] for c in node.ask('counters') if c['group'] == 'media'}
    theirs = exchange.do('counters media')[0]['counters']['media']
    return mine['late_ticks'] + mine['skipped_ticks'], theirs['late_ticks'] + theirs['skipped_ticks']


def invite(x, host):
    """Each party's number is keyed by its host; once more where a digit was lost in a stall. The parties' calls, answered."""
    rung, answered = {}, set()
    for _ in range(3):
        x.do(*(f'dtmf {h} {party}#' for party, h in host.items() if party not in rung))
        end = time.monotonic() + 14
        while len(answered) < len(host) and time.monotonic() < end:
            rung.update({e['called']: e['call'] for e in x.events if e['ev'] == 'ring' and e['called'] in host})
            answered.update(e['call'] for e in x.events if e['ev'] == 'answer' and e['call'] in rung.values())
            x.pump(0.2)
        if len(answered) == len(host):
            return rung
    raise RuntimeError(f'{len(answered)} of {len(host)} parties answered')


def talks(x):
    """Ten hosts trigger at once, are called back, and invite two each."""
    hosts = [f'138000{10000 + i}' for i in range(THREES)]
    members = [f'138000{20000 + i}' for i in range(2 * THREES)]
    x.do(*(f'dial {h} 12599 as=t{i} stay=0' for i, h in enumerate(hosts)))
    x.wait('alerting', THREES, 10, key=lambda e: e['call'])
    time.sleep(1.5)
    x.do(*(f'hangup t{i}' for i in range(THREES)))
    rings = x.wait('ring', THREES, 30)
    call = {h: rings[h]['call'] for h in hosts}
    x.do(*(f'answer {call[h]}' for h in hosts))
    time.sleep(1.5)
    for k in range(2):
        if k:
            time.sleep(1)
            x.do(*(f'dtmf {call[h]} *' for h in hosts))
            time.sleep(1.5)
        x.events.clear()
        call.update(invite(x, {members[2 * i + k]: call[h] for i, h in enumerate(hosts)}))
    time.sleep(2)  # the last joining tone
    return [(call[hosts[i]], call[members[2 * i]], call[members[2 * i + 1]]) for i in range(THREES)]


def main():
    directory, node_pid, exchange_pid, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    end = time.monotonic() + 30
    while not os.path.exists(directory + '/x') and time.monotonic() < end:
        time.sleep(0.1)
    node, x = Node(directory + '/control'), Exchange(directory + '/x')
    while not all(s['up'] for s in x.do('spans')[0]['spans']) and time.monotonic() < end:
        time.sleep(0.2)
    time.sleep(2.5)
    pids = {'node': node_pid, 'exchange': exchange_pid}
    idle_kb = {n: private_kb(p) for n, p in pids.items()}
    idle_cpu = {n: cpu_s(p) for n, p in pids.items()}
    time.sleep(3)
    idle_cpu = {n: (cpu_s(p) - idle_cpu[n]) / 3 for n, p in pids.items()}

    threes = talks(x)
    legs = [call for three in threes for call in three]
    check(f'{LEGS} legs', len(set(legs)) == LEGS and all(s['free'] == 0 for s in x.do('spans')[0]['spans']), 'the span is not full')
    reply = x.do('dial 13800000001 12599')[0]
    refused = x.wait('hangup', 1, 2, key=lambda e: e['call'])
    check('one call more gets 34', refused.get(reply['call'], {}).get('cause') == 34, refused)

    signals = [make_signal(leg) for leg in range(LEGS)]
    for leg in range(LEGS):
        wav_write(f'{directory}/signal{leg}.wav', signals[leg])
        signals[leg] = [ALAW[s + 32768] for s in signals[leg]]
    # Once for the cache: sound files are read on the thread that does the signalling; then all in one turn.
    for again in range(2):
        x.do(*(f'play {legs[leg]} {directory}/signal{leg}.wav loop' for leg in range(LEGS)))
        time.sleep(0.3)
    setup = {e['call']: e for e in x.do('calls')[0]['calls']}
    talk_kb = {n: private_kb(p) for n, p in pids.items()}
    began_cpu, began = {n: cpu_s(p) for n, p in pids.items()}, time.monotonic()
    polls = []
    while time.monotonic() < began + seconds:
        polls.append((time.time(), *late(node, x)))
        time.sleep(0.1)
    took = time.monotonic() - began
    cost = {n: cpu_s(p) - began_cpu[n] for n, p in pids.items()}
    ended = time.time()
    time.sleep(1)
    polls.append((time.time(), *late(node, x)))
    x.do(*(f'record {call} {directory}/heard{leg}.wav now' for leg, call in enumerate(legs)))
    assert len(setup) >= LEGS

    samples = deviations = gaps = unexplained = 0
    missing = []
    for leg, call in enumerate(legs):
        # The recording begins at SETUP and ends when it was written: its end is now, its length tells its beginning.
        path = f'{directory}/heard{leg}.wav'
        heard = wav_read(path)
        began_at = os.stat(path).st_mtime - len(heard) / 8000
        first, last = int((polls[0][0] + 0.2 - began_at) * 8000), min(int((ended - began_at) * 8000), len(heard))
        others = [signals[k] for k in range(leg - leg % 3, leg - leg % 3 + 3) if k != leg]
        expected = None
        for at in range(first, min(first + 16000, last - CHUNK), 400):
            expected = find_expected(heard, at, *others)
            if expected:
                break
        if not expected:
            missing.append(call)
            continue
        samples += last - at
        for sample, length, shift in walk(heard, at, last, expected):
            deviations += 1
            if length <= GAP and abs(shift) <= GAP:
                continue
            gaps += 1
            t = began_at + sample / 8000
            before = [p for p in polls if p[0] < t - 0.25] or polls[:1]
            after = [p for p in polls if p[0] > t + length / 8000 + 0.15] or polls[-1:]
            if before[-1][1:] == after[0][1:]:
                unexplained += 1
                if unexplained <= 20:
                    print(f'gap of {length / 8:.1f} ms (shift {shift / 8:.1f} ms) in {call} at {t:.3f}: no tick was late', flush=True)
    check('every phone hears the two others', not missing, f'{missing} do not')
    check(f'{samples} samples heard in {took:.0f} s: {deviations} deviations, {gaps} gaps over 20 ms, each with a late tick', unexplained == 0,
          f'{unexplained} without')
    print(f'late ticks during the talk: node {polls[-1][1] - polls[0][1]}, exchange {polls[-1][2] - polls[0][2]}')
    for n in pids:
        per_leg = (cost[n] / took - idle_cpu[n]) / LEGS
        print(f'{n}: CPU {100 * cost[n] / took:.1f} % of a core ({100 * idle_cpu[n]:.1f} % idle), {1000 * per_leg:.2f} ms per leg and second; '
              f'{talk_kb[n]} kB private ({idle_kb[n]} idle), {(talk_kb[n] - idle_kb[n]) / LEGS:.0f} kB per leg')
    x.do(*(f'hangup {three[0]}' for three in threes))
    x.wait('gone', LEGS, 15, key=lambda e: e['call'])


if __name__ == '__main__':
    main()
