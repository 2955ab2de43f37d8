#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_api.py WORLD: every resource as a page uses it; what must be refused; a live conference and its events."""
import http.client
import json
import os
import sys
import threading
import time
import uuid

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from office_client import Client, totp
from office_world import ANOTHER, OWNER, PASSWORD, THEIRS, World

w = World(sys.argv[1])
check = w.check


def logins():
    c = w.client()
    check.answer('anonymous: 401', c.get('/me'), 401, 'login-required')
    a = c('POST', '/session', {'kind': 'subscriber', 'number': '13800000002', 'password': '111111'})
    check.answer('a wrong password', a, 401, 'wrong-password')
    b = c('POST', '/session', {'kind': 'subscriber', 'number': '13811111111', 'password': '111111'})
    check('nobody learns who is a subscriber', (a.status, a.body) == (b.status, b.body), (a, b))
    a = c('POST', '/session', {'kind': 'subscriber', 'number': '13800000002', 'password': PASSWORD})
    check.answer('the right one', a, 201)
    cookie = a.headers['Set-Cookie']
    check('the cookie is HttpOnly and SameSite=Strict', 'HttpOnly' in cookie and 'SameSite=Strict' in cookie and 'Path=/' in cookie, cookie)
    check.same('who am I', (c.get('/session').json['number'], c.get('/session').json['role']), (ANOTHER, 'subscriber'))
    csrf, c.csrf = c.csrf, None
    check.answer('without the CSRF token nothing is changed', c('POST', '/me/contacts', {'name': 'x', 'number': '13900000002'}), 403, 'csrf')
    c.csrf = '0' * 64
    check.answer('nor with another', c('POST', '/me/contacts', {'name': 'x', 'number': '13900000002'}), 403, 'csrf')
    c.csrf = csrf
    check.answer('nor from another site', c('POST', '/me/contacts', {'name': 'x', 'number': '13900000002'}, Sec_Fetch_Site='cross-site'), 403, 'csrf')
    cookie = c.cookie
    w.sql("UPDATE office_session SET seen_at = seen_at - INTERVAL 31 MINUTE WHERE csrf = '%s'" % csrf)
    check.answer('half an hour without a request ends it', c.get('/me'), 401, 'login-required')
    w.sql("UPDATE office_session SET seen_at = seen_at + INTERVAL 31 MINUTE, created_at = created_at - INTERVAL 13 HOUR WHERE csrf = '%s'" % csrf)
    check.answer('and so do twelve hours', c.get('/me'), 401, 'login-required')
    w.sql("UPDATE office_session SET created_at = created_at + INTERVAL 13 HOUR WHERE csrf = '%s'" % csrf)
    check.answer('logout', c('DELETE', '/session'), 204)
    c.cookie = cookie
    check.answer('the old cookie is worth nothing', c.get('/me'), 401, 'login-required')
    for i in range(3):
        a = w.client()('POST', '/session', {'kind': 'subscriber', 'number': THEIRS, 'password': '11111%d' % i})
    check.answer('the third wrong one locks', a, 429, 'locked')
    check('and says for how long', int(a.headers['Retry-After']) == 1800, a.headers['Retry-After'])
    a = w.client()('POST', '/session', {'kind': 'subscriber', 'number': THEIRS, 'password': PASSWORD})
    check.answer('then the right one is of no use', a, 429, 'locked')
    for i in range(3):
        a = w.client()('POST', '/session', {'kind': 'subscriber', 'number': '13811111119', 'password': '11111%d' % i})
    check.answer('somebody who does not exist is locked alike', a, 429, 'locked')
    stranger = w.operator('stranger')
    check.answer('an operator opens the lock', stranger('DELETE', '/accounts/%s/lock' % THEIRS), 200)
    w.subscriber(THEIRS)
    # operators
    code = totp(w.secrets['auditor'])
    login = {'kind': 'operator', 'name': 'auditor', 'password': 'password-of-auditor', 'code': code}
    check.answer('an operator with a wrong code', w.client()('POST', '/session', dict(login, code='%06d' % ((int(code) + 1) % 1000000))), 401, 'wrong-password')
    check.answer('with a wrong password', w.client()('POST', '/session', dict(login, password='password-of-clerk')), 401, 'wrong-password')
    check.answer('with both right', w.client()('POST', '/session', login), 201)
    check.answer('a code is good once', w.client()('POST', '/session', login), 401, 'wrong-password')
    check.answer('an unknown operator', w.client()('POST', '/session', dict(login, name='nobody')), 401, 'wrong-password')


def problems():
    c = w.subscriber()
    raw = {'Cookie': c.cookie, 'X-CSRF-Token': c.csrf}

    def post(path, body, kind='application/json', more=None):
        return c.raw('POST', '/api/v1' + path, dict(raw, **{'Content-Type': kind}, **(more or {})), body)
    check.answer('no JSON', post('/me/contacts', '{"name":'), 400, 'syntax')
    check.answer('a member twice', post('/me/contacts', '{"name":"a","name":"b","number":"13900000002"}'), 400, 'syntax')
    check.answer('no UTF-8', post('/me/contacts', b'{"name":"\xff","number":"13900000002"}'), 400, 'syntax')
    check.answer('another media type', post('/me/contacts', 'name=a', 'application/x-www-form-urlencoded'), 415, 'media-type')
    check.answer('too long', post('/me/contacts', '{"name":"' + 'a' * 100000 + '"}'), 413, 'too-large')
    a = post('/me/contacts', '{"name":7,"extra":1}')
    check.answer('values that cannot be', a, 422, 'invalid')
    check.same('each is told with where it is', sorted(e['pointer'] for e in a.json['errors']), ['#/extra', '#/name', '#/number'])
    check.answer('a number that is none', c('POST', '/me/contacts', {'name': 'a', 'number': '12'}), 422, 'invalid')
    check.answer('an unknown address', c.get('/nothing'), 404, 'not-found')
    check.answer('another version of the API', c.raw('GET', '/api/v2/me'), 404, 'not-found')
    a = c('PUT', '/me')
    check.answer('another method', a, 405, 'method-not-allowed')
    check.same('those that are allowed are told', a.headers['Allow'], 'GET, HEAD, PATCH')
    check.answer('a method nobody knows', c.raw('BREW', '/api/v1/me', raw), 405, 'method-not-allowed')
    check.answer('a parameter nobody knows', c.get('/calls?foo=1'), 400, 'invalid')
    check.answer('a parameter twice', c.get('/calls?limit=1&limit=2'), 400, 'invalid')
    check.answer('a cursor of somebody else\'s', c.get('/calls?cursor=x~y'), 400, 'invalid')
    check.answer('without an Idempotency-Key', c('POST', '/me/recharges', {'card': '1' * 16}), 400, 'key-required')
    check.answer('without If-Match', c('PATCH', '/me', {'language': 'en'}), 428, 'precondition-required')
    check.answer('with a stale one', c('PATCH', '/me', {'language': 'en'}, match='"stale"'), 412, 'precondition-failed')
    check('problems are application/problem+json', c.get('/nothing').headers['Content-Type'] == 'application/problem+json')
    a = c.get('/me')
    for name, value in (('X-Content-Type-Options', 'nosniff'), ('X-Frame-Options', 'DENY'), ('Referrer-Policy', 'no-referrer'), ('Cache-Control', 'no-store')):
        check.same('header ' + name, a.headers[name], value)
    check("no inline, nobody's frame", "default-src 'none'" in a.headers['Content-Security-Policy'] and "frame-ancestors 'none'" in a.headers['Content-Security-Policy'])
    page = c.raw('GET', '/')
    check('the pages are served', page.status == 200 and b'<title>t' in page.body and 'unsafe' not in page.headers['Content-Security-Policy'], page)
    check.same('a page that has not changed is not sent again', c.raw('GET', '/', {'If-None-Match': page.etag}).status, 304)
    check('what has a hash in its name is kept', 'immutable' in c.raw('GET', '/assets/app-0123abcd.js').headers['Cache-Control'])
    check.same('no path leads out of the pages', c.raw('GET', '/../office.yaml').status, 404)
    check.same('a path of the application is its page', c.raw('GET', '/bookings/new').body, page.body)


def account():
    c = w.subscriber()
    me = c.get('/me')
    check.same('balance as money', me.json['balance'], {'e4': 500000, 'text': '50.00', 'currency': 'CNY'})
    a = c('PATCH', '/me', {'language': 'zh-CN'}, match=me.etag)
    check.same('another language', a.json.get('language'), 'zh-CN')
    a = c('PATCH', '/me', {'language': 'en', 'callback_check': 'password'}, match=a.etag)
    check.same('what a callback asks for', (a.json.get('language'), a.json.get('callback_check')), ('en', 'password'))
    c('PATCH', '/me', {'callback_check': 'service'}, match=a.etag)
    card, other = w.cards('ours')[:2]
    key = str(uuid.uuid4())
    a = c('POST', '/me/recharges', {'card': card}, key=key)
    check.same('a card is redeemed', (a.status, a.json.get('amount', {}).get('e4'), a.json.get('balance', {}).get('e4')), (200, 100000, 600000))
    b = c('POST', '/me/recharges', {'card': card}, key=key)
    check('with the same key it was once, and is answered alike', (b.status, b.body) == (a.status, a.body), b)
    check.answer('the same key for another card', c('POST', '/me/recharges', {'card': other}, key=key), 422, 'key-reused')
    check.answer('a used card', c('POST', '/me/recharges', {'card': card}, key=True), 409, 'card-refused')
    check.answer("another provider's card", c('POST', '/me/recharges', {'card': w.cards('theirs')[0]}, key=True), 409, 'card-refused')
    a = c('POST', '/me/recharges', {'card': ' '.join(other[i:i + 4] for i in range(0, 20, 4)).strip(), 'number': '13800000002'}, key=True)
    check.same("for another's number; his balance is not told", (a.status, a.json.get('number'), a.json.get('balance')), (200, ANOTHER, None))
    ledger = c.get('/me/ledger').json['items']
    check.same('the ledger', [(m['kind'], m['amount']['e4'], m['balance']['e4']) for m in ledger], [('card', 100000, 600000), ('opening', 500000, 500000)])
    first = c.get('/me/ledger?limit=1').json
    check.same('page by page', [m['kind'] for m in first['items'] + c.get('/me/ledger?limit=1&cursor=' + first['next']).json['items']], ['card', 'opening'])
    check.same('times have a zone', ledger[0]['at'][-1], 'Z')
    a = c.get('/me/rate?called=13900000002&seconds=61')
    check.same('what a call would cost, with the working', (a.json['minute']['e4'], a.json['class'], a.json['working']['amount']['e4'], len(a.json['working']['lines'])), (12000, 'domestic', 12200, 1))
    check.answer('a wrong old password', c('PUT', '/me/password', {'old': '111111', 'new': '927451'}), 403, 'forbidden')
    check.answer('a weak new one', c('PUT', '/me/password', {'old': PASSWORD, 'new': '123456'}), 422, 'weak-password')
    elsewhere = w.subscriber()
    check.answer('a new password', c('PUT', '/me/password', {'old': PASSWORD, 'new': '927451'}), 204)
    check.answer('ends the other sessions', elsewhere.get('/me'), 401)
    check.answer('not this one', c.get('/me'), 200)
    c('PUT', '/me/password', {'old': '927451', 'new': PASSWORD})
    # address book
    a = c('POST', '/me/contacts', {'name': "Робин'); DROP TABLE contact;-- <b>", 'number': '13900000002'})
    check.same('SQL and HTML are data', c.get('/me/contacts/' + a.json['id']).json['name'], "Робин'); DROP TABLE contact;-- <b>")
    b = c('PUT', '/me/contacts/' + a.json['id'], {'name': '王', 'number': '02584110001'}, match=a.etag)
    check.same('changed', (b.status, b.json.get('number'), b.json.get('version')), (200, '862584110001', 2))
    check.answer('not from what is stale', c('PUT', '/me/contacts/' + a.json['id'], {'name': 'x', 'number': '13900000002'}, match=a.etag), 412)
    for i in range(5):
        c('POST', '/me/contacts', {'name': 'c%d' % i, 'number': '1390000010%d' % i})
    seen, cursor = [], ''
    while cursor is not None:
        page = c.get('/me/contacts?limit=2' + ('&cursor=' + cursor if cursor else '')).json
        seen += [k['name'] for k in page['items']]
        cursor = page['next']
    check.same('page by page, by name', seen, ['c0', 'c1', 'c2', 'c3', 'c4', '王'])
    ids = [k['id'] for k in c.get('/me/contacts').json['items']]
    g = c('POST', '/me/groups', {'name': '家', 'contacts': [ids[1], ids[0]]})
    check.same('a group in its order', [k['name'] for k in g.json.get('contacts', [])], ['c1', 'c0'])
    check.answer("a group of another's contacts", w.subscriber(ANOTHER)('POST', '/me/groups', {'name': 'x', 'contacts': [ids[0]]}), 422, 'invalid')
    c('DELETE', '/me/contacts/' + ids[0])
    check.same('a contact that goes leaves its groups', [k['name'] for k in c.get('/me/groups/' + g.json['id']).json['contacts']], ['c1'])
    check.answer('a group goes', c('DELETE', '/me/groups/' + g.json['id']), 204)
    check.answer('and is gone', c.get('/me/groups/' + g.json['id']), 404)


def bookings():
    c = w.subscriber()
    body = {'start': '2030-07-01T09:00', 'zone': 'Europe/Berlin', 'length_s': 3600, 'redials': 3, 'interval_s': 120, 'music': 1,
            'parties': [{'number': '13900000002', 'name': '张三'}, {'number': '02584110001'}]}
    key = str(uuid.uuid4())
    a = c('POST', '/bookings', body, key=key)
    check.same('booked', (a.status, a.json.get('start'), a.json.get('next_at')), (201, '2030-07-01T09:00:00+02:00', '2030-07-01T07:00:00.000Z'))
    check.same('where it is', a.headers['Location'], '/api/v1/bookings/' + a.json['id'])
    check.same('with the same key it is one', c('POST', '/bookings', body, key=key).json['id'], a.json['id'])
    b = c('PUT', '/bookings/' + a.json['id'], dict(body, start='2030-07-02T09:00', repeat='weekly', weekdays=['tue', 'fri']), match=a.etag)
    check.same('changed', (b.status, b.json.get('version'), b.json.get('weekdays')), (200, 2, ['tue', 'fri']))
    check.answer('not from what is stale', c('PUT', '/bookings/' + a.json['id'], body, match=a.etag), 412, 'precondition-failed')
    check.same('in the list', [k['id'] for k in c.get('/bookings').json['items']], [a.json['id']])
    check.answer('in the past', c('POST', '/bookings', dict(body, start='2020-01-01T09:00'), key=True), 422, 'invalid')
    check.answer('no such zone', c('POST', '/bookings', dict(body, zone='../../etc/passwd'), key=True), 422, 'invalid')
    bad = c('POST', '/bookings', dict(body, parties=[{'number': '13800000001'}]), key=True)
    check.same('the host among the parties', (bad.status, bad.json['errors'][0]['pointer']), (422, '#/parties/0/number'))
    check.answer("another's number as host", c('POST', '/bookings', dict(body, host='13800000002'), key=True), 422, 'invalid')
    check.same('cancelled', c('DELETE', '/bookings/' + a.json['id']).json.get('state'), 'cancelled')
    check.answer('once', c('DELETE', '/bookings/' + a.json['id']), 409, 'over')
    begun = c('POST', '/bookings', body, key=True)
    w.sql("UPDATE booking SET state = 'begun' WHERE id = '%s'" % begun.json['id'])
    check.answer('one that has begun is not changed', c('PUT', '/bookings/' + begun.json['id'], body, match=begun.etag), 409, 'begun')
    check.answer('nor cancelled', c('DELETE', '/bookings/' + begun.json['id']), 409, 'begun')
    w.sql("UPDATE booking SET state = 'done', wall_at = '2029-01-01' WHERE id = '%s'" % begun.json['id'])
    check.same('then past', [k['id'] for k in c.get('/bookings?when=past').json['items']], [a.json['id'], begun.json['id']])


def serving():
    c, o, audit = w.operator('clerk'), w.operator('operator'), w.operator('auditor')
    check.same('accounts by how a number begins', [k['number'] for k in c.get('/accounts?q=138000').json['items']], [OWNER, ANOTHER])
    a = c('POST', '/accounts', {'number': '13800000077', 'tariff': 'standard'}, key=True)
    check.same('a new account', (a.status, a.json.get('number')), (201, '8613800000077'))
    check.answer('an opening balance is an operator\'s', c('POST', '/accounts', {'number': '13800000078', 'tariff': 'standard', 'opening_e4': 1}, key=True), 403)
    check.answer("another provider's tariff", o('POST', '/accounts', {'number': '13800000078', 'tariff': 'theirs'}, key=True), 422, 'invalid')
    key = str(uuid.uuid4())
    for _ in range(2):
        t = c('POST', '/accounts/13800000077/topups', {'amount_e4': 123456}, key=key)
    check.same('topped up, once', (t.status, t.json['balance']['text']), (201, '12.3456'))
    # an office that died between the act and its answer: the act is not done again
    w.sql("UPDATE office_once SET status = NULL, answer = NULL, begun_at = begun_at - INTERVAL 60 SECOND WHERE idempotency_key = '%s'" % key)
    t = c('POST', '/accounts/13800000077/topups', {'amount_e4': 123456}, key=key)
    check.same('once also when the office died in it', (t.status, t.json['balance']['text']), (201, '12.3456'))
    w.sql("UPDATE office_once SET status = NULL, answer = NULL, begun_at = begun_at + INTERVAL 60 SECOND WHERE idempotency_key = '%s'" % key)
    check.answer('while it is under way, it is said so', c('POST', '/accounts/13800000077/topups', {'amount_e4': 123456}, key=key), 409, 'key-in-progress')
    done, others = [], []
    for _ in range(8):
        k = Client(w.address)
        k.cookie, k.csrf = c.cookie, c.csrf
        others.append(threading.Thread(target=lambda k=k: done.append(k('POST', '/accounts/13800000077/topups', {'amount_e4': 10000}, key='the-same-key-at-once').status)))
    for t in others:
        t.start()
    for t in others:
        t.join()
    check('eight at once with one key', set(done) <= {201, 409} and 201 in done, done)
    check.same('are one', c.get('/accounts/13800000077').json['balance']['text'], '13.3456')
    a = c.get('/accounts/13800000077')
    check.answer('a clerk does not change limits', c('PATCH', '/accounts/13800000077', {'kind': 'operator', 'credit_e4': 10000}, match=a.etag), 403)
    a = o('PATCH', '/accounts/13800000077', {'kind': 'operator', 'credit_e4': 1000000, 'discount_bp': 1250}, match=a.etag)
    check.same('an operator does', (a.status, a.json.get('kind'), a.json.get('available', {}).get('text')), (200, 'operator', '113.3456'))
    check.answer('several settings, the last of them refused', o('PATCH', '/accounts/13800000077', {'callback_check': 'press-1', 'language': 'zh-CN', 'credit_e4': 7, 'tariff': 'nowhere'}, match=a.etag), 422)
    again = o.get('/accounts/13800000077')
    check.same('nothing of it was done', (again.etag, again.json['callback_check'], again.json['credit']['e4']), (a.etag, 'service', 1000000))
    a = c('PATCH', '/accounts/13800000077', {'state': 'suspended'}, match=a.etag)
    check.same('suspended', a.json.get('state'), 'suspended')
    check.answer('closing is an operator\'s', c('PATCH', '/accounts/13800000077', {'state': 'closed'}, match=a.etag), 403)
    check.answer('another number', c('POST', '/accounts/13800000077/numbers', {'number': '13800000079'}), 201)
    check.answer("somebody's number", c('POST', '/accounts/13800000077/numbers', {'number': '13800000002'}), 409, 'exists')
    check.answer('one leaves', c('DELETE', '/accounts/13800000077/numbers/13800000079'), 204)
    check.answer('not the last', c('DELETE', '/accounts/13800000077/numbers/13800000077'), 409, 'nothing-left')
    check.answer('no password can be asked for where none is', c('PATCH', '/accounts/13800000077', {'callback_check': 'password'}, match='*'), 422, 'invalid')
    check.answer('a password', c('PUT', '/accounts/13800000077/password', {'password': '836152'}), 204)
    check.answer('an auditor changes nothing', audit('PUT', '/accounts/13800000077/password', {'password': '836152'}), 403)
    a = o.get('/card-batches/fresh')
    check.answer('a batch skips no state', o('PATCH', '/card-batches/fresh', {'state': 'activated'}, match=a.etag), 409, 'conflict')
    check.same('what it can become', a.json.get('next'), ['printed', 'blocked'])
    blocked = o('PATCH', '/card-batches/fresh', {'state': 'blocked'}, match=a.etag)
    check.same('blocked, it goes on from there', (blocked.json.get('state'), blocked.json.get('next')), ('blocked', ['printed']))
    check.answer('and is not activated', o('PATCH', '/card-batches/fresh', {'state': 'activated'}, match=blocked.etag), 409, 'conflict')
    a = o.get('/card-batches/fresh')
    check.same('printed', o('PATCH', '/card-batches/fresh', {'state': 'printed'}, match=a.etag).json.get('state'), 'printed')
    card = w.cards('ours')[5]
    found = c('POST', '/cards/search', {'card': card})
    check.same('a card by its number', (found.status, found.json.get('batch'), found.json.get('state')), (200, 'ours', 'activated'))
    check.same('blocked', o('PATCH', '/cards/' + found.json['serial'], {'state': 'blocked'}).json.get('state'), 'blocked')
    check.answer("another provider's card", c('POST', '/cards/search', {'card': w.cards('theirs')[3]}), 404)
    check('failed attempts', len(c.get('/card-failures').json['items']) >= 2)
    a = o('POST', '/tariffs/standard/versions?dry_run=true', csv='local,,0.60,0,0,1,0\nfrobnicate\n')
    check.same('mistakes with their lines', (a.status, [k['line'] for k in a.json['lines']]), (422, [2]))
    good = 'local,,0.50,0,0,1,0\ndomestic,,1.00,0,0,1,0\n'
    check.same('a dry run changes nothing', (o('POST', '/tariffs/standard/versions?dry_run=true&at=2031-01-01T00:00', csv=good).json, len(o.get('/tariffs/standard').json['versions'])),
               ({'rows': 2, 'dry_run': True}, 1))
    check.same('a new version', o('POST', '/tariffs/standard/versions?at=2031-01-01T00:00', csv=good).json, {'rows': 2, 'dry_run': False})
    check.same('is there', [v['version'] for v in o.get('/tariffs/standard').json['versions']], [1, 2])
    check('exported as imported', b'domestic,,1.00,' in o.get('/tariffs/standard/export?at=2031-06-01T00:00').body)
    check.answer("another provider's tariff is not there", o.get('/tariffs/theirs'), 404)
    a = o('POST', '/tariffs/theirs/versions', csv=good)
    check('nor written', a.status == 422, a)
    check.same('calls that were, tried', o('POST', '/tariffs/standard/try', csv='8613800000001,8613900000002,2026-03-02 10:00:00,61000\n').json['sum']['text'], '1.22')
    check.answer('areas are the house\'s', w.operator('stranger')('POST', '/areas', csv='8620,20,Guangzhou\n'), 403)
    check.same('an area', o('POST', '/areas', csv='8620,20,Guangzhou\n').json, {'rows': 1, 'dry_run': False})
    check.same('is there', o.get('/areas?prefix=8620').json['items'], [{'prefix': '8620', 'area': '20', 'name': 'Guangzhou'}])
    day = '?from=2026-01-01T00:00&to=2026-01-02T00:00'
    check.same('a record file', o.get('/records/export' + day).body.decode().split(',')[:3], ['# leg', 'call', 'account'])
    check.same('of calls', audit.get('/records/export' + day + '&kind=calls').body.decode().split(',')[:3], ['# call', 'booking', 'account'])
    check.answer('of no time', o.get('/records/export?from=2026-01-01T00:00&to=2026-01-01T00:00'), 400)
    check.answer('without a time', o.get('/records/export?from=2026-01-01T00:00'), 400)
    check.same('who took it is in the trail', [(t['what'], t['who'], t['after'].split(' ')[0]) for t in audit.get('/audit-trail?limit=2').json['items']],
               [('records.export', 'office:auditor', 'calls'), ('records.export', 'office:operator', 'legs')])
    trail = audit.get('/audit-trail?subject=13800000077').json['items']
    check('every act is in the audit trail, with who and where from', {'account.add', 'account.topup', 'account.limits', 'account.state', 'account.password'} <= {t['what'] for t in trail} and
          all((t['who'], t['origin']) in (('office:clerk', '127.0.0.1'), ('office:operator', '127.0.0.1')) for t in trail), trail)
    theirs = w.operator('stranger').get('/audit-trail?limit=200').json['items']
    check('another provider sees none of it', theirs and not any('13800000077' in t['subject'] or t['who'] in ('office:clerk', 'office:operator') for t in theirs), theirs)
    books = audit('POST', '/books/checks').json
    check.same('the books agree', books.get('discrepancies'), [])
    nodes = {n['name']: n for n in c.get('/nodes').json['items']}
    check('a node that answers, and one that does not', nodes['sys']['reachable'] and not nodes['dead']['reachable'] and nodes['dead']['problem'], nodes)
    check('the one is an alarm', any(a['kind'] == 'node' and a['node'] == 'dead' for a in c.get('/alarms').json['items']))
    check.same('a timeslot leaves service', o('PATCH', '/nodes/sys/spans/pstn', {'in_service': False, 'timeslot': 30}).json.get('out_of_service'), 1)
    o('PATCH', '/nodes/sys/spans/pstn', {'in_service': True, 'timeslot': 30})
    check.answer('of a node that does not answer', o('PATCH', '/nodes/dead/spans/pstn', {'in_service': False}), 503, 'node-unreachable')


class Events(threading.Thread):
    """A stream of server-sent events: (moment, event, data)."""

    def __init__(self, c):
        super().__init__(daemon=True)
        self.seen = []
        self.connection = http.client.HTTPConnection(w.address, timeout=120)
        self.connection.request('GET', '/api/v1/events', headers={'Cookie': c.cookie})
        self.response = self.connection.getresponse()
        self.over = False
        self.start()

    def run(self):
        event = None
        try:
            for line in self.response:
                line = line.decode().rstrip('\n')
                if line.startswith('event: '):
                    event = line[7:]
                elif line.startswith('data: '):
                    self.seen.append((time.time(), event, json.loads(line[6:])))
        except (OSError, ValueError, AttributeError):
            pass
        self.over = True

    def until(self, fits, seconds=10):
        end = time.time() + seconds
        while time.time() < end:
            for moment, event, data in list(self.seen):
                if fits(event, data):
                    return moment
            time.sleep(0.02)
        return None


def party(data, number):
    return next((p for p in data.get('parties', []) if p['number'] == number and p['state'] != 'ended'), {})


def live():
    c, o, other = w.subscriber(), w.operator('operator'), w.subscriber(ANOTHER)
    call = w.conference(c)['id']
    events, theirs = Events(c), Events(other)
    check('a page that opens hears of what lives', events.until(lambda e, d: e == 'conference' and d['id'] == call) is not None)
    key = str(uuid.uuid4())
    began = time.time()
    a = c('POST', '/conferences/%s/parties' % call, {'number': '13900000003'}, key=key)
    check.same('invited', (a.status, a.json.get('number')), (202, '8613900000003'))
    check.same('with the same key once', c('POST', '/conferences/%s/parties' % call, {'number': '13900000003'}, key=key).json, a.json)
    moment = events.until(lambda e, d: party(d, '8613900000003').get('state') in ('ringing', 'dialling', 'reserving', 'rating', 'in'))
    check('told within a second', moment is not None and moment - began < 1.0, moment and moment - began)
    check('and in', events.until(lambda e, d: party(d, '8613900000003').get('state') == 'in') is not None)
    check.answer('twice is refused', c('POST', '/conferences/%s/parties' % call, {'number': '13900000003'}, key=True), 409)
    order = a.json['order']
    check.answer('muted', c('PATCH', '/conferences/%s/parties/%d' % (call, order), {'muted': True}), 204)
    check('and shown so', events.until(lambda e, d: party(d, '8613900000003').get('muted')) is not None)
    check.answer('locked', c('PATCH', '/conferences/%s' % call, {'locked': True}), 200)
    check('and shown so', events.until(lambda e, d: d.get('locked')) is not None)
    check.answer('a locked room takes nobody', c('POST', '/conferences/%s/parties' % call, {'number': '13900000004'}, key=True), 409)
    c('PATCH', '/conferences/%s' % call, {'locked': False})
    tracks = c.get('/conferences/' + call).json['music_tracks']
    check.same('/status has as many tracks', w.client().get('/status').json['music_tracks'], tracks)
    if tracks:
        check.answer('music', c('PATCH', '/conferences/%s' % call, {'music': 1}), 200)
        check('and shown so', events.until(lambda e, d: d.get('music') == 1) is not None)
        c('PATCH', '/conferences/%s' % call, {'music': 0})
    check.answer('a track too many', c('PATCH', '/conferences/%s' % call, {'music': 16}), 422 if tracks < 16 else 200)
    check.answer('an operator sees it', o.get('/conferences/' + call), 200)
    check.answer('and acts in it', o('PATCH', '/conferences/%s/parties/1' % call, {'muted': False}), 204)
    check('which is in the audit trail', any(t['what'] == 'conference.unmute' and t['who'] == 'office:operator' for t in o.get('/audit-trail?subject=13800000001').json['items']))
    began = time.time()
    check.answer('dropped', c('DELETE', '/conferences/%s/parties/%d' % (call, order)), 204)
    moment = events.until(lambda e, d: any(p['order'] == order and p['state'] == 'ended' for p in d.get('parties', [])))
    check('told within a second', moment is not None and moment - began < 1.0, moment and moment - began)
    check('minutes left are told', isinstance(c.get('/conferences/' + call).json['seconds_left'], int))
    check.same('another subscriber hears nothing of it', [e for e in theirs.seen if e[1] in ('conference', 'gone')], [])
    check.answer('nor sees it', other.get('/conferences/' + call), 404)
    c('DELETE', '/session')
    end = time.time() + 3
    while not events.over and time.time() < end:
        time.sleep(0.2)
    check('a logout ends the stream', events.over)


document = w.client().get('/openapi.json')
check('the document is served as it is in the tree', document.json == json.load(open('office/openapi.json')))
for part in (logins, problems, account, bookings, serving, live):
    part()
sys.exit(check.end())
