#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_poll.py WORLD TOKENS SUBSCRIBERS PAGES PERIOD_S: so many subscribers each ask for their account, their conferences and their
bookings in turn, one request every PERIOD_S, on a connection each; so many live pages listen. Until SIGTERM; then what it took."""
import asyncio
import json
import random
import signal
import sys
import time

PATHS = ['/me', '/conferences', '/bookings', '/me/ledger?limit=10']

with open(sys.argv[1]) as f:
    host, port = json.load(f)['address'].split(':')
with open(sys.argv[2]) as f:
    tokens = f.read().split()
subscribers, pages, period = int(sys.argv[3]), int(sys.argv[4]), float(sys.argv[5])
took, statuses, events, ended = [], {}, 0, 0
stop = asyncio.Event()


async def request(reader, writer, path, token):
    writer.write(('GET /api/v1%s HTTP/1.1\r\nHost: x\r\nCookie: partyline=%s\r\n\r\n' % (path, token)).encode())
    head = await reader.readuntil(b'\r\n\r\n')
    length = 0
    for line in head.split(b'\r\n'):
        if line.lower().startswith(b'content-length:'):
            length = int(line.split(b':')[1])
    await reader.readexactly(length)
    return int(head.split(b' ', 2)[1])


async def subscriber(i):
    rnd = random.Random(i)
    await asyncio.sleep(rnd.random() * period)
    reader = writer = None
    n = i
    while not stop.is_set():
        began = time.monotonic()
        try:
            if writer is None:
                reader, writer = await asyncio.open_connection(host, int(port))
            status = await request(reader, writer, PATHS[n % len(PATHS)], tokens[i % len(tokens)])
        except (OSError, asyncio.IncompleteReadError): # an idle connection that was closed: another one, and the time counts
            writer = None
            status = 0
        took.append(time.monotonic() - began)
        statuses[status] = statuses.get(status, 0) + 1
        n += 1
        await asyncio.sleep(period)


async def page(i):
    global events, ended
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(('GET /api/v1/events HTTP/1.1\r\nHost: x\r\nCookie: partyline=%s\r\n\r\n' % tokens[i % 20]).encode())
    while True:
        line = await reader.readline()
        if not line:
            ended += 1
            return
        events += line.startswith(b'event:')


async def main():
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGTERM, stop.set)
    tasks = [asyncio.create_task(page(i)) for i in range(pages)] + [asyncio.create_task(subscriber(i)) for i in range(subscribers)]
    await asyncio.sleep(2)
    print('polling', flush=True)
    began, first = time.monotonic(), len(took)
    await stop.wait()
    seconds = time.monotonic() - began
    all_took = sorted(took[first:])
    for t in tasks:
        t.cancel()
    good = sum(n for s, n in statuses.items() if s == 200)
    print('%d requests in %.0f s (%.0f a second): p50 %.1f ms, p99 %.1f ms, longest %.1f ms; %d events to %d pages' % (
        len(all_took), seconds, len(all_took) / seconds, 1000 * all_took[len(all_took) // 2], 1000 * all_took[len(all_took) * 99 // 100],
        1000 * all_took[-1], events, pages))
    bad = {s: n for s, n in statuses.items() if s != 200}
    print(('ok   ' if not bad and ended == 0 else 'FAIL ') + '%d answers of 200; others: %r; streams that ended: %d' % (good, bad, ended))


asyncio.run(main())
