#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_end.py WORLD: the live call is ended on the page; then it has its record, and the working of each charge."""
import csv
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from office_world import ANOTHER, World

w = World(sys.argv[1])
check = w.check

c = w.subscriber()
call = w.conference(c)['id']
check.answer('ended', c('DELETE', '/conferences/' + call), 204)
end = time.time() + 20
while time.time() < end and not c.get('/calls').json['items']:
    time.sleep(0.2)
detail = c.get('/calls/' + call).json
members = [g for g in detail.get('legs', []) if g['role'] == 'member' and g['answered_at']]
check('its legs have the working of what they cost', len(members) >= 2 and all(g['working']['amount'] == g['amount'] and g['working']['lines'] for g in members), detail)
check.same('which make the charge', sum(g['amount']['e4'] for g in detail['legs']), detail['charge']['e4'])
check('the trunk is not for him', all(g['trunk'] is None for g in detail['legs']))
o = w.operator('operator')
check('but for the operator', all(g['trunk'] for g in o.get('/calls/' + call).json['legs']))
# its row of the matrix (office_matrix.py), which is asked before any call has ended
for name, wanted in (('anonymous', 401), ('another', 404), ('stranger', 404), ('clerk', 200), ('operator', 200), ('auditor', 200), ('owner', 200)):
    asks = w.client() if name == 'anonymous' else w.subscriber(ANOTHER) if name == 'another' else c if name == 'owner' else w.operator(name)
    check.same('GET /calls/{call}: ' + name, asks.get('/calls/' + call).status, wanted)
    seen = asks.get('/calls').body.decode()
    check.same('GET /calls: %s sees it, or not' % name, call in seen, wanted == 200)
check('records', any(r['call'] == call for r in o.get('/records?number=13900000003').json['items']))
rows = list(csv.DictReader(o.get('/records/export?from=2000-01-01T00:00&to=2199-01-01T00:00').body.decode().replace('# ', '', 1).splitlines()))
mine = [k for k in rows if k['call'] == call]
check.same('the record file has each of its legs, once', sorted(k['leg'] for k in mine), sorted(g['id'] for g in detail['legs']))
check.same('and what they cost', sum(int(k['amount_e4'] or 0) for k in mine), detail['charge']['e4'])
check('by when they began', [k['began_at'] for k in rows] == sorted(k['began_at'] for k in rows))
calls = list(csv.DictReader(o.get('/records/export?from=2000-01-01T00:00&to=2199-01-01T00:00&kind=calls').body.decode().replace('# ', '', 1).splitlines()))
check.same('and the call', [int(k['amount_e4']) for k in calls if k['call'] == call], [detail['charge']['e4']])
check.same('another provider has no row', len(w.operator('stranger').get('/records/export?from=2000-01-01T00:00&to=2199-01-01T00:00').body.splitlines()), 1)
with open(os.path.join(w.dir, 'cookie'), 'w') as f:
    f.write(c.cookie)
sys.exit(check.end())
