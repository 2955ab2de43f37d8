#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""crash.py DIR BIN CRASHES SEED: what crash.sh measures.

Hosts trigger, are called back, invite a party, talk and hang up, over and over; accounts are recharged meanwhile. At random moments node,
database or both are killed (SIGKILL) and started again. After each crash, and at the end, the money is audited; at the end every leg that
the exchange knows of is compared with what was charged for it."""
import json
import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time

HOSTS = 4
CHECKPOINT_MS = 1000
PRICE_E4 = {'13800': 6000, '13900': 12000}  # a minute, by the second
HELD_MS = 2600                              # 2.5 s of loss of signal, then the exchange clears (rule 9)
STALL_MS = 1000                             # of the disk, or of a busy machine, before something is written down
NEAR_MS = 120                               # node and exchange see a second's end at different moments on a busy machine

directory, binaries, crashes, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])
rng = random.Random(seed)
stop = threading.Event()
problems = []


def check(name, good, more=''):
    print(f'ok   {name}' if good else f'FAIL {name}: {more}', flush=True)


def partyline(*words, said=''):
    return subprocess.run([f'{binaries}/partyline', '--config', f'{directory}/node.yaml', *words], input=said, capture_output=True, text=True,
                          timeout=120)


def sql(text):
    """Rows of words; None while the database is away."""
    r = subprocess.run(['mariadb', '--no-defaults', '-S', f'{directory}/db/s', '-u', 'root', '-N', '-B', 'partyline', '-e', text],
                       capture_output=True, text=True)
    return [line.split('\t') for line in r.stdout.splitlines()] if r.returncode == 0 else None


class Exchange:
    """A connection of one's own: the replies to its commands, and every event."""

    def __init__(self):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(f'{directory}/x')
        self.rest, self.events, self.replies, self.gone = b'', [], [], []

    def pump(self, timeout):
        self.socket.settimeout(max(timeout, 0.001))
        try:
            data = self.socket.recv(1 << 16)
        except TimeoutError:
            return
        if not data:
            raise EOFError('the exchange has gone')
        *lines, self.rest = (self.rest + data).split(b'\n')
        for line in filter(None, lines):
            e = json.loads(line)
            (self.replies if 'reply' in e else self.events).append(e)
            if e.get('ev') == 'gone':
                self.gone.append(e)

    def ask(self, command):
        self.replies.clear()
        self.socket.sendall(command.encode() + b'\n')
        while not self.replies:
            self.pump(30)
        return self.replies[0]

    def wait(self, ev, timeout, **want):
        """The next such event; None when it does not come."""
        end = time.monotonic() + timeout
        while True:
            for i, e in enumerate(self.events):
                if e['ev'] == ev and all(e.get(k) == v for k, v in want.items()):
                    del self.events[:i + 1]
                    return e
            if time.monotonic() > end:
                return None
            self.pump(min(0.2, max(end - time.monotonic(), 0.001)))


# ---- the load ------------------------------------------------------------------------------------------------------------------------

def talk(x, host, party, r):
    """One call, as far as it comes; whatever is missing, somebody has died."""
    mine = []
    x.pump(0.001)
    x.events.clear()
    reply = x.ask(f'dial {host} 12599 stay=0')
    if not reply['ok']:
        return mine
    mine.append(reply['call'])
    if not x.wait('alerting', 4, call=mine[0]):
        return mine
    time.sleep(0.3 + r.random())
    x.ask(f'hangup {mine[0]}')
    ring = x.wait('ring', 8, called=host)
    if not ring:
        return mine
    mine.append(ring['call'])
    x.ask(f'answer {ring["call"]}')
    answered = time.monotonic()
    time.sleep(1.2)
    for _ in range(2):
        x.ask(f'dtmf {ring["call"]} {party}#')
        invited = x.wait('ring', 7, called=party)
        if invited:
            break
    if invited:
        mine.append(invited['call'])
        x.wait('answer', 3, call=invited['call'])
        answered = time.monotonic()
        time.sleep(r.randrange(0, 5) + 0.5)
        x.ask(f'hangup {invited["call"]}')  # half a second after a whole one
        time.sleep(r.random())
    # in the middle of a second of the host's own talk
    e = next((c for c in x.ask('calls').get('calls', []) if c['call'] == ring['call']), None)
    if e and e.get('answer_ms'):
        time.sleep((1.5 - (time.time() - e['answer_ms'] / 1000) % 1) % 1)
    return mine


def load(n):
    r = random.Random(seed * 100 + n)
    x = Exchange()
    host = f'1380001000{n}'
    while not stop.is_set():
        party = r.choice([f'1380002000{n}', f'1390002000{n}'])
        try:
            for call in talk(x, host, party, r)[::-1]:
                x.ask(f'hangup {call}')
        except (OSError, EOFError) as e:
            problems.append(f'load {n}: {e}')
            return
        time.sleep(0.3 + r.random())


paid = {'topup': {}, 'card': {}}
CARD_E4 = 10000


def topup(ident, number, amount):
    """Done?"""
    return partyline('account', 'topup', number, f'{amount // 100}.{amount % 100:02d}', '--id', ident).returncode == 0


def redeem(ident, number, card):
    """Through the node that is killed. A refusal is a mistake: each card is good, and this is the only one who has it."""
    r = partyline('--json', 'card', 'redeem', '-', '--account', number, '--id', ident, said=card + '\n')
    if 'outcome' in r.stdout and r.returncode != 0:
        problems.append(f'card for {number}, {ident}: {r.stdout}')
    return 'outcome' in r.stdout


def recharges():
    """Each has an id of its own, and is repeated until it is known to have been done: it may have been done before."""
    r, count = random.Random(seed * 100 + 99), 0
    with open(f'{directory}/cards.csv', encoding='ascii') as f:
        cards = [line.split(',')[1].strip() for line in f if not line.startswith('#')]
    while not stop.is_set():
        count += 1
        number, amount = f'1380001000{r.randrange(HOSTS)}', r.randrange(1, 500)
        ident = f'{seed:016x}{count:016x}'
        card = cards.pop() if cards and r.random() < 0.5 else None
        while not (redeem(ident, number, card) if card else topup(ident, number, amount)):
            time.sleep(0.3)
        paid['card' if card else 'topup'][ident] = CARD_E4 if card else amount * 100
        time.sleep(r.random())


# ---- the crashes ---------------------------------------------------------------------------------------------------------------------

class Node:
    def __init__(self):
        self.process, self.killed_ms = None, []

    def start(self):
        """Again until it runs: a database that has only just begun may not answer."""
        for _ in range(20):
            log = open(f'{directory}/node.err.log', 'a')
            self.process = subprocess.Popen([f'{binaries}/partylined', '-c', f'{directory}/node.yaml'], stderr=log)
            end = time.monotonic() + 30
            while time.monotonic() < end and self.process.poll() is None:
                if partyline('status').returncode == 0:
                    return True
                time.sleep(0.1)
            self.kill()
        return False

    def kill(self):
        self.process.kill()
        self.killed_ms.append(time.time() * 1000)
        self.process.wait()


def database(what):
    if what == 'kill':
        with open(f'{directory}/db/pid', encoding='ascii') as f:
            pid = int(f.read())
        os.kill(pid, signal.SIGKILL)
        while os.path.exists(f'/proc/{pid}') and open(f'/proc/{pid}/stat').read().rsplit(')', 1)[1].split()[0] != 'Z':
            time.sleep(0.02)
    else:
        subprocess.run(['packaging/mariadb.sh', 'start', f'{directory}/db'], check=True, stdout=subprocess.DEVNULL, env={**os.environ, 'FAST': '1'})


def audit(when):
    wrong = []
    for name, text in (
            ('balance is not its ledger', 'SELECT id FROM account a WHERE balance_e4 <> (SELECT COALESCE(SUM(amount_e4), 0) FROM ledger l '
                                          'WHERE l.account_id = a.id)'),
            ('held is not its holds', "SELECT id FROM account a WHERE held_e4 <> (SELECT COALESCE(SUM(amount_e4), 0) FROM hold h "
                                      "WHERE h.account_id = a.id AND h.state = 'open')"),
            ('below zero', 'SELECT id FROM account WHERE balance_e4 < 0 OR balance_e4 < held_e4'),
            ('charge without settled hold', "SELECT l.id FROM ledger l LEFT JOIN hold h ON h.id = l.call_id WHERE l.kind = 'charge' AND "
                                            "COALESCE(h.state, '') <> 'settled'"),
            ('record and charge differ', 'SELECT r.leg_id FROM leg_record r LEFT JOIN ledger l ON l.id = r.transfer_id JOIN hold h ON h.id = '
                                         "r.call_id AND h.state = 'settled' WHERE COALESCE(r.amount_e4, 0) <> COALESCE(-l.amount_e4, 0)"),
            ('loss', 'SELECT id FROM loss')):
        rows = sql(text)
        if rows is None or rows:
            wrong.append(f'{when}: {name}: {rows}')
    return wrong


def gap_s(i):
    """Until the next crash. Of a few crashes one comes after the other, with time for a whole call only now and then."""
    if crashes > 20:
        return rng.uniform(3, 14)
    return rng.uniform(8, 10) if i % 10 == 9 else rng.uniform(0.5, 4)


def crash_all(node):
    wrong, count = [], {'node': 0, 'database': 0, 'both': 0}
    for i in range(crashes):
        time.sleep(gap_s(i))
        what = rng.choice(['node', 'database', 'both'])
        count[what] += 1
        print(f'crash {i + 1}: {what}', flush=True)
        order = ['node', 'database'] if rng.random() < 0.5 else ['database', 'node']
        for one in order:
            if one == 'node' and what != 'database':
                node.kill()
            if one == 'database' and what != 'node':
                database('kill')
            if what == 'both':
                time.sleep(rng.random() * 0.2)
        time.sleep(rng.uniform(0, 1.5))
        if what != 'node':
            database('start')
        if what != 'database' and not node.start():
            return wrong + ['the node does not start'], count
        if node.process.poll() is not None:
            return wrong + [f'the node has ended by itself with {node.process.returncode}'], count
        wrong += audit(f'after crash {i + 1}')
    return wrong, count


# ---- what is left, and what was charged ----------------------------------------------------------------------------------------------

def settle(x, node):
    """Everybody hangs up; everything is in the database."""
    end, began = time.monotonic() + 90, time.monotonic()
    while time.monotonic() < end:
        for e in x.ask('calls').get('calls', []):
            x.ask(f'hangup {e["call"]}')
        rows = sql("SELECT COUNT(*) FROM hold WHERE state = 'open'")
        if rows == [['0']] and not x.ask('calls').get('calls'):
            break
        x.pump(0.3)
        time.sleep(0.3)
    took = time.monotonic() - began
    node.process.terminate()
    status = node.process.wait(60)
    x.pump(0.5)
    check('the node ends cleanly', status == 0, status)
    return took


def legs_of_node():
    rows = sql('SELECT leg_id, called, timeslot, UNIX_TIMESTAMP(answered_at) * 1000, charged_ms, billable_s, amount_e4, cause, cut FROM leg_record '
               "WHERE direction = 'out' AND answered_at IS NOT NULL")
    return [{'id': r[0], 'called': r[1], 'timeslot': int(r[2]), 'answered': float(r[3]), 'ms': int(r[4]), 's': int(r[5]), 'e4': int(r[6]),
             'cause': int(r[7]), 'cut': r[8] == '1'} for r in rows]


def compare(gone, legs, killed_ms):
    """Each leg the exchange knows of: charged as it says, or cut by a crash and charged to its last checkpoint."""
    wrong, same, cut, unheard, near = [], 0, 0, 0, 0
    for g in gone:
        if g['from_phone'] or g['talk_us'] <= 0:
            continue
        answer = g['answer_ms']
        number = '86' + g['called']
        mine = [leg for leg in legs if leg['called'] == number and leg['timeslot'] == g['timeslot'] and abs(leg['answered'] - answer) < 1500]
        # Also a phone that answered on a dead node's line: the exchange holds its calls until the loss of signal clears them.
        kill = min((k for k in killed_ms if k >= answer - HELD_MS), default=None)
        cut_by = kill is not None and kill <= g['end_ms'] + 100
        talk_s = -(-g['talk_us'] // 1000000)
        words = f"{g['call']} to {g['called']} answered {answer} talked {g['talk_us']} us"
        if len(mine) != 1:
            if not mine and cut_by and kill - answer < CHECKPOINT_MS:
                unheard += 1
            else:
                wrong.append(f'{words}: {len(mine)} records')
            continue
        leg = mine[0]
        legs.remove(leg)
        # It hung up, and the node was killed before that was written down: with a stalled disk that takes as long as it takes.
        late = next((k for k in killed_ms if g['end_ms'] + 100 < k < g['end_ms'] + STALL_MS), None)
        if not cut_by and leg['cut'] and late is not None:
            kill, cut_by = late, True
        if leg['e4'] != leg['s'] * PRICE_E4[g['called'][:5]] // 60:
            wrong.append(f"{words}: {leg['s']} s are not {leg['e4']}")
        if cut_by:
            cut += 1
            # never more than the exchange's time; written down at most an interval, and a stall of the disk, before the kill
            if leg['s'] > talk_s or leg['ms'] < min(kill, g['end_ms']) - answer - CHECKPOINT_MS - STALL_MS:
                wrong.append(f"{words}, cut at {kill:.0f}: charged {leg['ms']} ms")
            continue
        part_ms = g['talk_us'] // 1000 % 1000
        if leg['s'] == talk_s:
            same += 1
        elif abs(leg['s'] - talk_s) == 1 and (part_ms < NEAR_MS or part_ms > 1000 - NEAR_MS or g['by'] == 'line'):
            near += 1
        else:
            after = min((k - g['end_ms'] for k in killed_ms if k > g['end_ms']), default=0)
            wrong.append(f"{words}, ended by {g['by']}, the next kill {after:.0f} ms later: charged {leg['ms']} ms, {leg['s']} s, cut: {leg['cut']}")
    wrong += [f"charged, and the exchange knows nothing: {leg}" for leg in legs if leg['e4'] > 0]
    return wrong, same, cut, unheard, near


def main():
    x, node = Exchange(), Node()
    if not node.start():
        check('the node is up', False)
        return
    time.sleep(4)
    threads = [threading.Thread(target=load, args=(n,)) for n in range(HOSTS)] + [threading.Thread(target=recharges)]
    pump = threading.Event()

    def collect():
        while not pump.is_set():
            x.pump(0.2)

    collector = threading.Thread(target=collect)
    for t in threads + [collector]:
        t.start()
    wrong, count = crash_all(node)
    time.sleep(14)  # undisturbed: whole calls, which the exchange and the ledger must agree on
    stop.set()
    for t in threads:
        t.join()
    pump.set()
    collector.join()
    took = settle(x, node)
    check(f'{crashes} crashes ({", ".join(f"{v} {k}" for k, v in count.items())}): the money is right after each', not wrong, wrong[:5])
    check(f'no hold is left ({took:.0f} s)', sql("SELECT COUNT(*) FROM hold WHERE state = 'open'") == [['0']] and took < 90, took)
    wrong = audit('at the end') + problems
    check('the money is right at the end', not wrong, wrong[:5])
    for kind, sent in paid.items():
        got = sql(f"SELECT COUNT(*), COALESCE(SUM(amount_e4), 0) FROM ledger WHERE kind = '{kind}'")
        check(f'{len(sent)} recharges by {kind}, each once', sent and got == [[str(len(sent)), str(sum(sent.values()))]], (got, sum(sent.values())))
    used = sql("SELECT COUNT(*) FROM v_card WHERE state = 'used' AND ledger_id IS NOT NULL")
    check('as many cards are used', used == [[str(len(paid['card']))]], used)
    r = partyline('audit')
    check('partyline audit finds nothing', r.returncode == 0, r.stdout[-600:] + r.stderr[-200:])
    legs = legs_of_node()
    wrong, same, cut, unheard, near = compare(x.gone, legs, node.killed_ms)
    check(f"{same} legs charged to the exchange's second and the last unit", same > 0 and not wrong, wrong[:8])
    print(f'{near} more ended within {NEAR_MS} ms of a whole second or with their line and differ by one; {cut} cut by a crash and charged to the last '
          f'checkpoint; {unheard} cut within {CHECKPOINT_MS} ms of their answer and not charged')
    check('some were cut by a crash', cut > 0 or crashes < 5, 'none')


main()
