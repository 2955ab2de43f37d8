#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_matrix.py WORLD: every endpoint times every role, as a table. First all that must be refused, after which nothing of the owner's may
have changed and nothing of his may have been in an answer; then all that is allowed.

Y allowed (an answer that is no 401, 403, 404), U 401, F 403, N 404: what is another's does not exist."""
import json
import os
import re
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from office_client import Client
from office_world import ANOTHER, OWNER, THEIRS, World

w = World(sys.argv[1])
check = w.check
ACTORS = ['anonymous', 'owner', 'another', 'clerk', 'operator', 'auditor', 'stranger']
BOOKING = {'start': '2031-07-01T09:00', 'parties': [{'number': '13900000002', 'name': 'a party'}]}
RATES = 'local,,0.60,0,0,1,0\ndomestic,,1.20,0,0,1,0\n'

# What is needed stands in {}: see things(). The letters: anonymous, owner, another subscriber, clerk, operator, auditor, another provider's operator.
TABLE = [
    ('GET /openapi.json', 'YYYYYYY', {}),
    ('GET /status', 'YYYYYYY', {}),
    ('POST /session', 'YYYYYYY', {'body': {'kind': 'subscriber', 'number': '13', 'password': 'x'}}),
    ('GET /session', 'UYYYYYY', {}),
    ('GET /events', 'UYYYYYY', {'head': True}),
    ('GET /me', 'UYYFFFF', {}),
    ('PATCH /me', 'UYYFFFF', {'body': {'language': 'en'}, 'match': '*'}),
    ('PUT /me/password', 'UYYFFFF', {'body': {'old': '1', 'new': '1'}}),
    ('GET /me/ledger', 'UYYFFFF', {}),
    ('POST /me/recharges', 'UYYFFFF', {'body': {'card': '0000000000000000', 'number': '13'}, 'key': True}),
    ('GET /me/rate?called=13900000002', 'UYYFFFF', {}),
    ('GET /me/contacts', 'UYYFFFF', {}),
    ('POST /me/contacts', 'UYYFFFF', {'body': {'name': 'n', 'number': '13900000002'}}),
    ('GET /me/contacts/{contact}', 'UYNFFFF', {}),
    ('PUT /me/contacts/{contact}', 'UYNFFFF', {'body': {'name': 'n', 'number': '13900000002'}, 'match': '*'}),
    ('GET /me/groups', 'UYYFFFF', {}),
    ('POST /me/groups', 'UYYFFFF', {'body': {'name': 'n', 'contacts': []}}),
    ('GET /me/groups/{group}', 'UYNFFFF', {}),
    ('PUT /me/groups/{group}', 'UYNFFFF', {'body': {'name': 'n', 'contacts': []}, 'match': '*'}),
    ('DELETE /me/groups/{group}', 'UYNFFFF', {}),
    ('DELETE /me/contacts/{contact}', 'UYNFFFF', {}),
    ('GET /bookings', 'UYYYYYY', {}),
    ('POST /bookings', 'UYYFFFF', {'body': BOOKING, 'key': True}),
    ('GET /bookings/{booking}', 'UYNYYYN', {}),
    ('PUT /bookings/{booking}', 'UYNFFFF', {'body': BOOKING, 'match': '*'}),
    ('DELETE /bookings/{booking}', 'UYNYYFN', {}),
    ('GET /conferences', 'UYYYYYY', {}),
    ('GET /conferences/{live}', 'UYNYYYN', {}),
    ('PATCH /conferences/{live}', 'UYNFYFN', {'body': {'locked': False}}),
    ('POST /conferences/{live}/parties', 'UYNFYFN', {'body': {'number': '13900000004'}, 'key': True}),
    ('PATCH /conferences/{live}/parties/1', 'UYNFYFN', {'body': {'muted': False}}),
    ('DELETE /conferences/{live}/parties/0', 'UYNFYFN', {}),
    ('DELETE /conferences/{live}', 'UYNFYFN', {'refused_only': True}),
    ('GET /calls', 'UYYYYYY', {}),
    ('GET /calls/{call}', 'UYNYYYN', {}),
    ('GET /records', 'UFFFYYY', {}),
    ('GET /records/export?from=2000-01-01T00:00&to=2199-01-01T00:00', 'UFFFYYY', {}),
    ('GET /accounts', 'UFFYYYY', {}),
    ('POST /accounts', 'UFFYYFY', {'body': {'number': '13800000088', 'tariff': 'none'}, 'key': True}),
    ('GET /accounts/{number}', 'UFFYYYN', {}),
    ('PATCH /accounts/{number}', 'UFFYYFN', {'body': {'language': 'en'}, 'match': '*'}),
    ('GET /accounts/{number}/ledger', 'UFFYYYN', {}),
    ('POST /accounts/{number}/topups', 'UFFYYFN', {'body': {'amount_e4': 1}, 'key': True}),
    ('GET /accounts/{number}/numbers', 'UFFYYYN', {}),
    ('POST /accounts/{number}/numbers', 'UFFYYFN', {'body': {'number': '13800000002'}}),
    ('DELETE /accounts/{number}/numbers/{number}', 'UFFYYFN', {}),
    ('PUT /accounts/{number}/password', 'UFFYYFN', {'body': {'password': '836152'}}),
    ('DELETE /accounts/{number}/lock', 'UFFYYFN', {}),
    ('GET /card-batches', 'UFFYYYY', {}),
    ('GET /card-batches/ours', 'UFFYYYN', {}),
    ('PATCH /card-batches/ours', 'UFFFYFN', {'body': {'state': 'activated'}, 'match': '*'}),
    ('POST /cards/search', 'UFFYYYN', {'body': {'card': 'ours-0000002'}}),
    ('PATCH /cards/ours-0000002', 'UFFFYFN', {'body': {'state': 'activated'}}),
    ('GET /card-failures', 'UFFYYYY', {}),
    ('GET /tariffs', 'UFFYYYY', {}),
    ('GET /tariffs/standard', 'UFFYYYN', {}),
    ('GET /tariffs/standard/rates', 'UFFYYYN', {}),
    ('GET /tariffs/standard/export', 'UFFYYYN', {}),
    ('POST /tariffs/standard/versions?dry_run=true', 'UFFFYFY', {'csv': RATES}),
    ('POST /tariffs/standard/try', 'UFFYYYN', {'csv': 'x\n'}),
    ('GET /services', 'UFFYYYY', {}),
    ('GET /areas', 'UFFYYYY', {}),
    ('POST /areas?dry_run=true', 'UFFFYFF', {'csv': '8610,10,Beijing\n'}),
    ('GET /areas/export', 'UFFYYYY', {}),
    ('GET /bars', 'UFFYYYY', {}),
    ('POST /bars?dry_run=true', 'UFFFYFF', {'csv': 'exact,110,x\n'}),
    ('GET /bars/export', 'UFFYYYY', {}),
    ('GET /nodes', 'UFFYYYF', {}),
    ('GET /spans', 'UFFYYYF', {}),
    ('GET /nodes/sys/spans/pstn', 'UFFYYYF', {}),
    ('PATCH /nodes/sys/spans/pstn', 'UFFFYFF', {'body': {'in_service': True, 'timeslot': 1}}),
    ('GET /trunks', 'UFFYYYF', {}),
    ('GET /alarms', 'UFFYYYF', {}),
    ('GET /nodes/sys/counters', 'UFFYYYF', {}),
    ('GET /audit-trail', 'UFFFYYY', {}),
    ('POST /books/checks', 'UFFFYYF', {}),
    ('DELETE /session', 'UYYYYYY', {'refused_only': True}),
]


def things(owner, operator):
    contact = owner('POST', '/me/contacts', {'name': 'marker-contact', 'number': '13900000002'}).json['id']
    group = owner('POST', '/me/groups', {'name': 'marker-group', 'contacts': [contact]}).json['id']
    booking = owner('POST', '/bookings', dict(BOOKING, parties=[{'number': '13900000003', 'name': 'marker-party'}]), key=True).json['id']
    calls = operator.get('/calls?host=13800000001').json['items']
    return {'contact': contact, 'group': group, 'booking': booking, 'live': w.conference(owner)['id'], 'number': OWNER,
            'call': calls[0]['id'] if calls else None}


def snapshot(owner):
    """All that is the owner's, without what moves by itself."""
    me = owner.get('/me').json
    return json.dumps([me['language'], me['state'], me['numbers'], me['balance'], owner.get('/me/contacts').json, owner.get('/me/groups').json,
                       owner.get('/bookings?when=all').json, owner.get('/me/ledger').json,
                       [(p['order'], p['state']) for c in owner.get('/conferences').json['items'] for p in c['parties']]], sort_keys=True)


def ask(c, row, need):
    (method, path), more = row[0].split(' '), row[2]
    path = path.format(**need)
    if more.get('head'):
        return Client.__call__(c, 'HEAD', path)
    return c(method, path, more.get('body'), match=more.get('match'), key=more.get('key'), csv=more.get('csv'))


def letter(a):
    return {401: 'U', 403: 'F', 404: 'N'}.get(a.status, 'Y' if a.status < 500 else '%d' % a.status)


def rows(need):
    """A call that has ended has its row asked in office_end.py too: as a rule none has yet."""
    for row in TABLE:
        if '{call}' not in row[0] or need['call']:
            yield row


actors = {'anonymous': w.client(), 'owner': w.subscriber(OWNER), 'another': w.subscriber(ANOTHER)}
actors.update({name: w.operator(name) for name in ACTORS[3:]})
need = things(actors['owner'], actors['operator'])
before = snapshot(actors['owner'])
secrets = [s for s in (need['contact'], need['group'], need['booking'], need['live'], 'marker-', '"%s"' % OWNER) if s]

document = json.load(open('office/openapi.json'))
described = {(m.upper(), re.sub(r'{\w+}', '{}', path)) for path, methods in document['paths'].items() for m in methods}
pattern = {m + ' ' + path: re.compile('^' + path.replace('{}', '[^/]+') + '$') for m, path in described}
covered = {p for p in pattern for row in TABLE if row[0].split(' ')[0] == p.split(' ')[0] and pattern[p].match(row[0].split(' ')[1].split('?')[0])}
check.same('every endpoint of the document is in the table', sorted(set(pattern) - covered), [])

for row in rows(need): # what must be refused
    for i, name in enumerate(ACTORS):
        if row[1][i] == 'Y':
            continue
        a = ask(actors[name], row, need)
        check.same('%s: %s' % (row[0], name), letter(a), row[1][i])
        leaked = [s for s in secrets if name in ('anonymous', 'another', 'stranger') and s.encode() in a.body and s not in row[0].format(**need)]
        if leaked:
            check('%s: nothing of the owner\'s for %s' % (row[0], name), False, a)
check.same('nothing of the owner\'s has changed', snapshot(actors['owner']), before)

for row in rows(need): # what is allowed; the owner is the last, because some of it is the thing's end
    if row[2].get('refused_only'):
        continue
    for name in ('anonymous', 'another', 'stranger', 'auditor', 'clerk', 'operator', 'owner'):
        if row[1][ACTORS.index(name)] != 'Y':
            continue
        a = ask(actors[name], row, need)
        if row[0] == 'POST /session':
            check('%s: %s' % (row[0], name), a.status == 422, a)
            continue
        check.same('%s: %s' % (row[0], name), letter(a), 'Y')
        if name in ('another', 'stranger') and any(s.encode() in a.body for s in secrets):
            check('%s: nothing of the owner\'s for %s' % (row[0], name), False, a)
sys.exit(check.end())
