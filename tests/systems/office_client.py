# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_client.py: what the tests of partyline-office share: a client that keeps its cookie and CSRF token as a browser does,
one-time codes, the sums of checks."""
import base64
import hashlib
import hmac
import http.client
import json
import re
import struct
import time
import uuid

from office_schema import answer_wrong


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body
        self.etag = headers.get('ETag')

    @property
    def json(self):
        try:
            return json.loads(self.body)
        except ValueError:
            return {}

    @property
    def code(self):
        return self.json.get('code') if isinstance(self.json, dict) else None

    def __repr__(self):
        return '%d %s' % (self.status, self.body[:300])


class Client:
    mismatches = set() # of all clients: answers that are not as the document says

    def __init__(self, address):
        self.address = address
        self.cookie = self.csrf = None
        self.connection = None

    def raw(self, method, path, headers=None, body=None):
        """One request on a kept connection; a connection that the server has closed meanwhile is made anew, once."""
        for again in (True, False):
            if self.connection is None:
                self.connection = http.client.HTTPConnection(self.address, timeout=30)
            try:
                self.connection.request(method, path, body=body, headers=headers or {})
                r = self.connection.getresponse()
                return Answer(r.status, r.headers, r.read())
            except (http.client.RemoteDisconnected, BrokenPipeError, ConnectionResetError, http.client.CannotSendRequest):
                self.connection.close()
                self.connection = None
                if not again:
                    raise

    def __call__(self, method, path, body=None, match=None, key=None, csv=None, **headers):
        h = {k.replace('_', '-'): v for k, v in headers.items()}
        if self.cookie:
            h['Cookie'] = self.cookie
        if self.csrf and method not in ('GET', 'HEAD'):
            h['X-CSRF-Token'] = self.csrf
        if match:
            h['If-Match'] = match
        if key:
            h['Idempotency-Key'] = key if isinstance(key, str) else str(uuid.uuid4())
        if body is not None:
            h['Content-Type'] = 'application/json'
            body = json.dumps(body)
        elif csv is not None:
            h['Content-Type'] = 'text/csv'
            body = csv
        a = self.raw(method, '/api/v1' + path, h, body)
        if method != 'HEAD':
            self.mismatches.update('%s %s: %s' % (method, re.sub('[0-9a-f]{32}', 'ID', path), m) for m in answer_wrong(method, path, a))
        cookie = a.headers.get('Set-Cookie')
        if cookie:
            self.cookie = None if 'Max-Age=0' in cookie else cookie.split(';')[0]
        if a.status == 201 and path == '/session':
            self.csrf = a.json['csrf']
        return a

    def get(self, path):
        return self('GET', path)


def totp(secret, at=None):
    counter = struct.pack('>Q', int(at if at is not None else time.time()) // 30)
    mac = hmac.new(base64.b32decode(secret), counter, hashlib.sha1).digest()
    i = mac[19] & 15
    return '%06d' % ((struct.unpack('>I', mac[i:i + 4])[0] & 0x7fffffff) % 1000000)


class Checks:
    def __init__(self):
        self.passed = self.failed = 0

    def __call__(self, name, good, more=''):
        if good:
            self.passed += 1
            print('ok   ' + name)
        else:
            self.failed += 1
            print('FAIL %s: %s' % (name, more))
        return good

    def same(self, name, got, wanted):
        return self(name, got == wanted, '%r, should be %r' % (got, wanted))

    def answer(self, name, a, status, code=None):
        return self(name, a.status == status and (code is None or a.code == code), '%r, should be %s %s' % (a, status, code or ''))

    def end(self):
        self('every answer is as the document says', not Client.mismatches, '\n       '.join(sorted(Client.mismatches)[:40]))
        print('%d passed, %d failed' % (self.passed, self.failed))
        return 1 if self.failed else 0
