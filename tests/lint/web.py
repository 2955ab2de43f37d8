#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/lint/web.py: the portal's pages as a machine without a browser can see to them.

Each function below named rule_... is one rule: it yields what breaks it, as "file: text". Only the last wants npm; without it, or when it cannot fetch what the
lock file names, that is said. The last line is "N passed, N failed", counted in rules.
"""
import gzip
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys

WEB = 'web'
DIST = WEB + '/dist'
TEXTS = {tag: '%s/src/text/%s.json' % (WEB, tag) for tag in ('en', 'zh-CN')}
FIRST_PAGE_MAX = 200 * 1000
NODE = 18  # Debian 12's


def read(path, mode='r'):
    with open(path, mode, **({} if 'b' in mode else {'encoding': 'utf8'})) as f:
        return f.read()


def sources():
    for folder, _, names in sorted(os.walk(WEB + '/src')):
        yield from (os.path.join(folder, n) for n in sorted(names) if n.endswith(('.js', '.jsx')))


def catalogues():
    return {tag: json.loads(read(path)) for tag, path in TEXTS.items()}


def rule_texts_alike():
    """Both catalogues have the same keys, with the same things to fill in, and no text is empty."""
    en, zh = catalogues()['en'], catalogues()['zh-CN']
    for key in sorted(set(en) ^ set(zh)):
        yield '%s: %s is only there' % (TEXTS['en' if key in en else 'zh-CN'], key)
    for key in sorted(set(en) & set(zh)):
        if not en[key] or not zh[key]:
            yield '%s: %s is empty' % (TEXTS['en'], key)
        if sorted(re.findall(r'\{\w+\}', en[key])) != sorted(re.findall(r'\{\w+\}', zh[key])):
            yield '%s: %s: other things to fill in than in English' % (TEXTS['zh-CN'], key)


def rule_texts_used():
    """Each key that pages name is in the catalogue, and each that is there is named. A key made of a name and a value counts by its beginning."""
    keys = set(catalogues()['en'])
    named, begun = set(), set()
    for path in sources():
        text = read(path)
        for key in re.findall(r"'([a-z_]+(?:\.[\w-]+)+)'", text):
            if key in keys:
                named.add(key)
            elif re.search(r"\bt\((?:[^()']*\? )?'%s'" % re.escape(key), text):
                yield '%s: %s is in no catalogue' % (path, key)
        begun |= {m for m in re.findall(r"t\(`([a-z_.]+[._])\$", text)} | {m + '.' for m in re.findall(r"t_of\('([a-z_.]+)'", text)}
    for start in sorted(begun):
        if not any(k.startswith(start) for k in keys):
            yield '%s: nothing begins with %s' % (TEXTS['en'], start)
    for key in sorted(keys - named):
        if not any(key.startswith(start) for start in begun):
            yield '%s: %s is used by no page' % (TEXTS['en'], key)


def rule_texts_apart():
    """No text in a page itself, but in the catalogue."""
    for path in sources():
        for n, line in enumerate(read(path).split('\n'), 1):
            found = re.search(r'>([^<>{}=;()&|?]*[A-Za-z一-鿿]{2}[^<>{}=;()&|?]*)</', line) or re.search(r'\b(?:label|title|placeholder|alt|aria-label)="([^"]+)"', line)
            if found:
                yield '%s:%d: "%s" belongs into the catalogue' % (path, n, found.group(1).strip())


def rule_problems():
    """Each problem that the API knows has words."""
    document = json.loads(read('office/openapi.json'))
    texts = catalogues()['en']
    for code in document['components']['schemas']['Problem']['properties']['code']['enum']:
        if 'problem.' + code not in texts:
            yield '%s: problem.%s is missing' % (TEXTS['en'], code)


def rule_locked():
    """What is installed is named with version and digest, from no place in particular, and runs with Debian's Node."""
    lock = json.loads(read(WEB + '/package-lock.json'))
    for name, p in lock['packages'].items():
        if not name:
            continue
        if 'resolved' in p:
            yield '%s/package-lock.json: %s: comes from an address' % (WEB, name)
        if 'integrity' not in p:
            yield '%s/package-lock.json: %s: no digest' % (WEB, name)
        wanted = p.get('engines', {}).get('node', '')
        if wanted and not any(int(m) <= NODE for m in re.findall(r'(?:>=|\^|~)?\s*(\d+)', wanted)):
            yield '%s/package-lock.json: %s: wants Node %s' % (WEB, name, wanted)


def rule_built():
    """web/dist was made from these sources, and each packed file holds what lies beside it."""
    listed = {}
    for line in read(DIST + '/sources.txt').splitlines():
        digest, name = line.split('  ', 1)
        listed[name] = digest
    there = [os.path.relpath(os.path.join(folder, n), WEB) for top in ('src', 'public') for folder, _, names in os.walk(os.path.join(WEB, top)) for n in names]
    for name in sorted(set(there + ['package.json', 'package-lock.json', 'build.mjs']) | set(listed)):
        path = os.path.join(WEB, name)
        if name not in listed or not os.path.exists(path) or hashlib.sha256(read(path, 'rb')).hexdigest() != listed[name]:
            yield '%s: web/dist was not built from it: npm --prefix web run build' % path
    for folder, _, names in os.walk(DIST):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith('.gz') and gzip.decompress(read(path, 'rb')) != read(path[:-3], 'rb'):
                yield '%s: holds something else than the file beside it' % path


def rule_small():
    """The first page, packed: its HTML, style, and the scripts that it or they import at once."""
    todo, seen, octets = ['index.html'], set(), 0
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        packed = os.path.join(DIST, name + '.gz')
        octets += os.path.getsize(packed if os.path.exists(packed) else os.path.join(DIST, name))
        text = read(os.path.join(DIST, name))
        if name.endswith('.html'):
            todo += [m.lstrip('/') for m in re.findall(r'(?:src|href)="(/[^"]+)"', text)]
        if name.endswith('.js'):
            todo += [os.path.join(os.path.dirname(name), m) for m in re.findall(r'(?:from|import)\s*"\./([^"]+)"', text)]
    if octets > FIRST_PAGE_MAX:
        yield '%s: the first page takes %d octets, more than %d' % (DIST, octets, FIRST_PAGE_MAX)


def rule_rebuilt():
    """Built anew, it is the same."""
    if not shutil.which('npm'):
        print('note: web: npm is not here, so web/dist was not built anew and compared (its sources\' digests were)')
        return
    if not os.path.exists(WEB + '/node_modules/esbuild/package.json'):
        got = subprocess.run(['npm', '--prefix', WEB, 'ci', '--ignore-scripts', '--fetch-retries=0', '--fetch-timeout=60000'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
        if got.returncode != 0:
            print('note: web: npm cannot fetch what web/package-lock.json names, so web/dist was not built anew and compared')
            return
    got = subprocess.run(['npm', '--prefix', WEB, 'run', '--silent', 'check'], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=300)
    if got.returncode != 0:
        yield got.stdout.strip() or 'npm run check: status %d' % got.returncode


def main():
    passed = failed = 0
    for name, rule in [(n, f) for n, f in globals().items() if n.startswith('rule_')]:
        wrong = list(rule())
        for line in wrong:
            print(line)
        print('%s %s' % ('FAIL' if wrong else 'ok  ', rule.__doc__.split('\n')[0]))
        passed += not wrong
        failed += bool(wrong)
    print('%d passed, %d failed' % (passed, failed))
    return failed > 0


sys.exit(main())
