#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_fuzz.py WORLD [REQUESTS [SEED]]: requests made from the API's own document, and then spoilt: wrong types, huge, unicode, members twice,
cut short, SQL and HTML. From a logged-in subscriber, an operator, and nobody. No answer is a 5xx, none takes 5 s, each error is a problem, and what was
written comes back as it was."""
import json
import os
import random
import re
import socket
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from office_client import Client
from office_world import OWNER, World

w = World(sys.argv[1])
check = w.check
count = int(sys.argv[2]) if len(sys.argv) > 2 else 1000
seed = int(sys.argv[3]) if len(sys.argv) > 3 else 1
rnd = random.Random(seed)
document = json.load(open('office/openapi.json'))

NASTY = ['', ' ', '\u0001', '\u202e\u0627', '王' * 40, '𝕏', "'", "' OR '1'='1", "'; DROP TABLE account; --", '"><script>alert(1)</script>', '${7*7}', '%s%n%x', '../../etc/passwd',
         'a' * 300, 'A' * 70000, '-1', '0', '1e400', '9' * 40, 'null', 'true', '\\', '\\u0000', '\ud7ff', '+8613800000001', '13800000001', '13900000002', 'zh-CN', '2030-02-30T09:00',
         '2030-01-01T09:00', '*', '"*"', '{}', '\n', '\r\nX-Evil: 1', 'Ｆｕｌｌｗｉｄｔｈ', '٣٤٥', '🎉', 'UNION SELECT password_hash FROM account']
VALUES = [None, True, False, 0, -1, 1, 2 ** 31, 2 ** 63 - 1, -2 ** 63, 2 ** 64, 10 ** 40, 0.5, 1e308, [], {}, [[]], [None] * 70, {'a': {'b': {}}}]
# these would log the fuzzer out, change its password, end its call, or take it from the machine
SPARED = {'sessionClose', 'mePassword', 'eventsGet', 'accountPassword', 'conferenceEnd', 'accountNumberEnd', 'spanChange', 'booksCheck'}


def resolve(s):
    while '$ref' in s:
        at = document
        for part in s['$ref'].split('/')[1:]:
            at = at[part]
        s = at
    return s


def made(s, depth=0):
    """A value that fits."""
    s = resolve(s)
    if 'oneOf' in s:
        return made(rnd.choice(s['oneOf']), depth)
    if 'enum' in s:
        return rnd.choice(s['enum'])
    kind = s.get('type', 'object')
    if isinstance(kind, list):
        kind = rnd.choice(kind)
    if kind == 'object':
        return {k: made(v, depth + 1) for k, v in s.get('properties', {}).items() if k in s.get('required', []) or rnd.random() < 0.6}
    if kind == 'array':
        return [made(s['items'], depth + 1) for _ in range(rnd.randint(s.get('minItems', 0), min(s.get('maxItems', 4), 4)))]
    if kind == 'integer':
        return rnd.randint(max(s.get('minimum', 0), -1000), min(s.get('maximum', 1000), 100000))
    if kind == 'boolean':
        return rnd.random() < 0.5
    if kind == 'null':
        return None
    pattern = s.get('pattern', '')
    if pattern.startswith('^[0-9a-f]{32}'):
        return '%032x' % rnd.getrandbits(128)
    if 'T[0-9]{2}' in pattern:
        return '20%02d-%02d-%02dT%02d:%02d' % (rnd.randint(20, 40), rnd.randint(1, 12), rnd.randint(1, 31), rnd.randint(0, 23), rnd.randint(0, 59))
    if '[+]?[0-9]' in pattern:
        return rnd.choice(['13900000002', '02584110001', '8613800000001', '13800000002', '12599', '+12125550100', '1'])
    if '[0-9 -]{16' in pattern:
        return '%016d' % rnd.getrandbits(50)
    if pattern == '^[0-9]{6}$':
        return '%06d' % rnd.randint(0, 999999)
    return rnd.choice(['a', 'Robert', '王小明', 'standard', 'ours', "O'Brien <b>"])


def spoilt(v):
    """The same with one thing in it that is not as it should be."""
    if isinstance(v, dict) and v and rnd.random() < 0.8:
        k = rnd.choice(list(v))
        out = dict(v)
        kind = rnd.random()
        if kind < 0.15:
            del out[k]
        elif kind < 0.25:
            out[rnd.choice(NASTY)[:200]] = rnd.choice(VALUES)
        else:
            out[k] = spoilt(v[k])
        return out
    if isinstance(v, list) and v and rnd.random() < 0.7:
        out = list(v)
        out[rnd.randrange(len(out))] = spoilt(rnd.choice(v))
        return out * rnd.choice([1, 1, 1, 100])
    return rnd.choice(NASTY) if rnd.random() < 0.6 else rnd.choice(VALUES)


def text_of(v):
    """As JSON, sometimes broken."""
    kind = rnd.random()
    text = json.dumps(v, ensure_ascii=rnd.random() < 0.5)
    if kind < 0.05:
        return text[:rnd.randrange(len(text) + 1)].encode('utf-8', 'replace')
    if kind < 0.10 and isinstance(v, dict) and v:
        k = rnd.choice(list(v))
        return ('{%s: %s, %s' % (json.dumps(k), json.dumps(v[k]), text[1:])).encode('utf-8', 'replace')
    if kind < 0.13:
        raw = bytearray(text.encode('utf-8', 'replace') or b'{}')
        raw[rnd.randrange(len(raw))] = rnd.randrange(256)
        return bytes(raw)
    if kind < 0.15:
        return b'[' * rnd.choice([10, 3000, 60000])
    if kind < 0.16:
        return text.encode('utf-16')
    return text.encode('utf-8', 'replace')


def quoted(text):
    return ''.join(c if c.isalnum() and ord(c) < 128 else ''.join('%%%02X' % b for b in c.encode('utf-8', 'replace')) for c in text)


def one(clients):
    path = rnd.choice(list(document['paths']))
    method = rnd.choice(list(document['paths'][path]))
    op = document['paths'][path][method]
    if op['operationId'] in SPARED:
        return None
    fitting = ['subscriber'] * ('subscriber' in op['x-roles']) + ['operator'] * ('operator' in op['x-roles'])
    who = rnd.choice(fitting or list(clients)) if rnd.random() < 0.85 else rnd.choice(list(clients))
    c = clients[who]
    headers = {'Cookie': c.cookie} if c.cookie else {}
    if c.csrf and rnd.random() < 0.97:
        headers['X-CSRF-Token'] = c.csrf
    query = []
    for p in [resolve(p) for p in op.get('parameters', [])]:
        value = made(p['schema']) if rnd.random() < 0.8 else rnd.choice(NASTY)[:2000]
        if p['in'] == 'path':
            known = {'number': OWNER, 'batch': 'ours', 'tariff': 'standard', 'node': 'sys', 'span': 'pstn', 'order': '1', 'serial': 'ours-0000003'}.get(p['name'])
            if known == OWNER and op['operationId'] == 'accountChange': # else the fuzzer would close its own account
                known = '8613800000077'
            if known and rnd.random() < 0.7:
                value = known
            elif known_ids.get(p['name']) and rnd.random() < 0.7:
                value = rnd.choice(known_ids[p['name']])
            path = path.replace('{%s}' % p['name'], quoted(str(value)) or 'x')
        elif p['in'] == 'query' and rnd.random() < 0.4:
            query.append(p['name'] + '=' + quoted(json.dumps(value) if isinstance(value, bool) else str(value)))
        elif p['in'] == 'header' and p['name'] != 'X-CSRF-Token' and rnd.random() < 0.95:
            value = '*' if p['name'] == 'If-Match' and rnd.random() < 0.7 else '%032x' % rnd.getrandbits(128) if rnd.random() < 0.8 else value
            headers[p['name']] = re.sub(r'[^\x20-\x7e]', '?', str(value))[:500]
    if rnd.random() < 0.02:
        query.append(quoted(rnd.choice(NASTY)[:100]))
    body = None
    content = op.get('requestBody', {}).get('content')
    if content:
        kind = next(iter(content))
        headers['Content-Type'] = kind if rnd.random() < 0.97 else rnd.choice(['text/plain', 'application/xml', ''])
        if kind == 'text/csv':
            body = rnd.choice(['local,,0.60,0,0,1,0\ndomestic,,1.20,0,0,1,0\n', '8610,10,Beijing\n', 'exact,9999,x\n', ',' * 5000, '"', '\ufeff', '\n' * 100, 'a,b\x00c\n',
                               'prefix,1,1e9,0,0,1,0\n', '=cmd|calc,1,2\n', 'local,,-1,0,0,1,0\n']).encode()
            if method == 'post' and 'dry_run' not in str(query) and not path.endswith('/try'):
                query.append('dry_run=true') # so that the world stays as it is
        else:
            value = made(content[kind]['schema'])
            body = text_of(spoilt(value) if rnd.random() < 0.7 else value)
    sent = method.upper() if rnd.random() < 0.97 else rnd.choice(['HEAD', 'OPTIONS', 'TRACE', 'BREW', 'PROPFIND'])
    began = time.time()
    a = c.raw(sent, '/api/v1' + path + ('?' + '&'.join(query) if query else ''), headers, body)
    took = time.time() - began
    if a.status == 201 and isinstance(a.json, dict) and 'id' in a.json:
        known_ids.setdefault(re.sub('.*/(contact|group|booking)s$', r'\1', path), []).append(a.json['id'])
    # a card service without its key, and a node that is none, are no faults of the office
    bad = a.status >= 500 and a.code not in ('node-unreachable',)
    shape = a.status < 400 or sent == 'HEAD' or (a.headers['Content-Type'] == 'application/problem+json' and a.json.get('status') == a.status and a.code)
    if bad or took > 5 or not shape or 'X-Evil' in a.headers:
        check('%s %s as %s' % (sent, path[:200], who), False, 'query %r, body %r: %r in %.1f s' % (query, (body or b'')[:300], a, took))
    return a.status


def torn():
    """What is no HTTP, or only a part of it."""
    host, port = w.address.split(':')
    for text in (b'GET', b'GET / HTTP/9.9\r\n\r\n', b'\x16\x03\x01\x02\x00\x01', b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n',
                 b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n', b'GET /' + b'a' * 100000 + b' HTTP/1.1\r\n\r\n',
                 b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nffffffffffffffff\r\n', b'GET /api/v1/me HTTP/1.1\r\n' + b'A: b\r\n' * 10000,
                 b'GET /%00%2e%2e%2f%ff HTTP/1.1\r\nHost: x\r\n\r\n', b'POST /api/v1/session HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"kind"'):
        with socket.create_connection((host, int(port)), timeout=5) as s:
            try:
                s.sendall(text)
                s.settimeout(0.2)
                s.recv(4096)
            except OSError:
                pass


def data_is_data(c):
    """What looks like SQL or HTML comes back as it was, and does nothing."""
    for text in [t for t in NASTY if t and len(t.encode()) <= 63 and not re.search('[\x00-\x1f\x7f]', t)]:
        a = c('POST', '/me/contacts', {'name': text, 'number': '13900000002'})
        if a.status != 201 or c.get('/me/contacts/' + a.json['id']).json.get('name') != text:
            check('%r comes back as it was' % text, False, a)
        c('DELETE', '/me/contacts/' + a.json.get('id', 'x'))
    check('names that look like SQL, HTML, formats come back as they were', True)


known_ids = {}
clients = {'subscriber': w.subscriber(), 'operator': w.operator('operator'), 'nobody': w.client()}
sums = {}
began = time.time()
done = 0
while done < count:
    status = one(clients)
    if status is not None:
        done += 1
        sums[status] = sums.get(status, 0) + 1
torn()
data_is_data(clients['subscriber'])
print('note seed %d: %d requests in %.0f s: %s' % (seed, done, time.time() - began, ', '.join('%d times %d' % (n, s) for s, n in sorted(sums.items()))))
check('%d requests: no 5xx, no hang, every error a problem' % done, True)
check('both sides were seen: answered and refused', sum(n for s, n in sums.items() if s < 300) > count // 50 and sum(n for s, n in sums.items() if s >= 400) > count // 4, sums)
check('it is there and well', w.client().get('/status').json.get('database') is True)
check('the fuzzer is still who it was', clients['subscriber'].get('/me').status == 200)
sys.exit(check.end())
