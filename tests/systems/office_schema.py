# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_schema.py: is an answer as the document says? Written apart from office/schema.c: types, required and unknown members, enums, patterns, times."""
import json
import re

with open('office/openapi.json') as f:
    DOCUMENT = json.load(f)
PATHS = [(re.compile('^' + re.sub(r'{\w+}', '[^/]+', path) + '$'), path) for path in sorted(DOCUMENT['paths'], key=lambda p: p.count('{'))]
TYPES = {'object': dict, 'array': list, 'string': str, 'boolean': bool, 'null': type(None)}
TIME = re.compile(r'^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$')


def resolve(s):
    while '$ref' in s:
        at = DOCUMENT
        for part in s['$ref'].split('/')[1:]:
            at = at[part]
        s = at
    return s


def whole(s):
    """allOf as one object."""
    s = resolve(s)
    if 'allOf' not in s:
        return s
    parts = [whole(p) for p in s['allOf']]
    return {'type': 'object', 'required': [r for p in parts for r in p.get('required', [])],
            'properties': {k: v for p in parts for k, v in p.get('properties', {}).items()}}


def is_type(v, name):
    if name == 'integer':
        return isinstance(v, int) and not isinstance(v, bool)
    return isinstance(v, TYPES[name])


def wrong(s, v, at=''):
    """What is wrong with v, as texts."""
    s = whole(s)
    if 'oneOf' in s:
        return [] if any(not wrong(one, v, at) for one in s['oneOf']) else ['%s: none of the forms: %r' % (at, v)]
    kinds = s.get('type', [])
    kinds = [kinds] if isinstance(kinds, str) else kinds
    if kinds and not any(is_type(v, k) for k in kinds):
        return ['%s: %r is no %s' % (at, v, kinds)]
    if 'enum' in s and v not in s['enum']:
        return ['%s: %r is none of %s' % (at, v, s['enum'])]
    if isinstance(v, str) and s.get('format') == 'date-time' and not TIME.match(v):
        return ['%s: %r is no time' % (at, v)]
    if isinstance(v, str) and 'pattern' in s and not re.search(s['pattern'], v):
        return ['%s: %r does not fit %s' % (at, v, s['pattern'])]
    if isinstance(v, list):
        return [w for i, one in enumerate(v) for w in wrong(s.get('items', {}), one, '%s/%d' % (at, i))]
    if isinstance(v, dict) and 'properties' in s:
        return (['%s/%s is missing' % (at, k) for k in s.get('required', []) if k not in v] + ['%s/%s is not in the document' % (at, k) for k in v if k not in s['properties']] +
                [w for k, one in v.items() if k in s['properties'] for w in wrong(s['properties'][k], one, '%s/%s' % (at, k))])
    return []


def answer_wrong(method, path, answer):
    """What is wrong with an answer of the API; what is no operation has a problem for an answer."""
    path = path.split('?')[0]
    operation = next((DOCUMENT['paths'][p].get(method.lower()) for pattern, p in PATHS if pattern.match(path)), None)
    if answer.status >= 400 or operation is None:
        return wrong({'$ref': '#/components/schemas/Problem'}, answer.json) if answer.body else []
    response = operation['responses'].get(str(answer.status))
    if response is None:
        return ['status %d is not in the document' % answer.status]
    content = response.get('content')
    if content is None:
        return ['a body where there is none'] if answer.body else []
    kind = next(iter(content))
    if not (answer.headers['Content-Type'] or '').startswith(kind):
        return ['%s, should be %s' % (answer.headers['Content-Type'], kind)]
    if 'ETag' in response.get('headers', {}) and not answer.etag:
        return ['no ETag']
    return wrong(content[kind]['schema'], answer.json) if kind == 'application/json' else []
