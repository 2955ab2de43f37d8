#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/lint/rules.py BUILD: the rules of docs/architecture.md that a machine can see to.

Each function below named rule_... is one rule: it yields what breaks it, as "file:line: text". BUILD has the objects, for rule_globals.
The last line is "N passed, N failed", counted in rules.
"""
import os
import re
import subprocess
import sys
from functools import lru_cache

# docs/architecture.md, "Who may include whom".
MAY_INCLUDE = {
    'core': '',
    'dsp': '',
    'media': 'core dsp',
    'store': 'core',
    'control': 'core',
    'leg': 'core media',
    'route': 'leg core',
    'e1': 'core dsp media',
    'rtp': 'core dsp media',
    'sip': 'rtp leg media dsp core',
    'conference': 'core media',
    'billing': 'core store',
    'booking': 'core store',
    'call': 'leg route conference billing media core',
    'prompts': 'core media',
    'ivr': 'call leg booking billing prompts media core',
    'node': 'core dsp media store control leg route e1 rtp sip conference call booking billing prompts ivr',
    'office': 'control billing booking store core',
    'cli': 'control billing booking store core',
    'exchange': 'e1 media dsp core',
}
# A file that may do more than its folder.
MAY_INCLUDE_MORE = {'e1/e1_leg.c': 'leg', 'e1/e1_leg.h': 'leg', 'cli/cli.c': 'route', 'cli/cli.h': 'route', 'office/config.c': 'route', 'office/config.h': 'route', 'booking/zone.c': 'billing',
                    'booking/booking.c': 'billing', 'control/settings.h': 'store'}
MAY_INCLUDE_NOT = {'exchange': ['e1/e1_leg.h']}
# Headers of libraries, and who may include them: folders, or files.
LIBRARIES = {
    'libpri.h': ['e1/q931.c'],
    'dahdi/user.h': ['e1/dahdi.c', 'e1/dahdi_card.c', 'e1/dahdi_open.c', 'media/tones.c'],
    'dahdi/tonezone.h': ['media/tones.c'],
    'mysql.h': ['store'],
    'spandsp.h': ['tests', 'rtp/codec.c'],
    'microhttpd.h': ['office'],
    'yaml.h': ['core/config.c'],
    'sodium.h': ['billing/card_key.c', 'billing/password.c'],
    'gnutls/crypto.h': ['office', 'billing/totp.c'],
}
COLUMNS = 130
LONG_FILE = 400  # lines; a note, not a failure (house rule 3)


@lru_cache(maxsize=None)
def tracked():
    names = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '-z'], stdout=subprocess.PIPE, check=True).stdout.decode().split('\0')
    return [n for n in names if n and os.path.isfile(n)]


@lru_cache(maxsize=None)
def text(path):
    with open(path, 'rb') as f:
        data = f.read()
    return '' if b'\0' in data else data.decode('utf-8', 'replace')


def blank(m):  # keeps the line numbers
    return re.sub(r'[^\n]', ' ', m.group(0))


TOKEN = re.compile(r'/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


@lru_cache(maxsize=None)
def no_comments(path):
    return TOKEN.sub(lambda m: blank(m) if m.group(0).startswith('/') else m.group(0), text(path))


@lru_cache(maxsize=None)
def code(path):
    return TOKEN.sub(blank, text(path))


def folder(path):
    return path.split('/')[0] if '/' in path else ''


def sources(*suffixes, product=True):
    return [p for p in tracked() if p.endswith(suffixes) and (not product or folder(p) in MAY_INCLUDE)]


def hits(path, content, pattern, say):
    for m in re.finditer(pattern, content):
        yield '%s:%d: %s' % (path, content.count('\n', 0, m.start()) + 1, say % m.group(0).strip() if '%s' in say else say)


def rule_include():
    """a folder includes only what docs/architecture.md allows it"""
    for path in sources('.c', '.h'):
        me = folder(path)
        allowed = [me] + MAY_INCLUDE[me].split() + MAY_INCLUDE_MORE.get(path, '').split()
        for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*"([^"]+)"', no_comments(path), re.M):
            line = no_comments(path).count('\n', 0, m.start()) + 1
            if '/' not in m.group(1):
                yield '%s:%d: "%s" without its folder' % (path, line, m.group(1))
            elif folder(m.group(1)) not in allowed or m.group(1) in MAY_INCLUDE_NOT.get(me, []):
                yield '%s:%d: %s may not include "%s"' % (path, line, me, m.group(1))


def rule_own_header_first():
    """each .c with a header of its name includes that first"""
    for path in sources('.c'):
        own = path[:-2] + '.h'
        first = re.search(r'^[ \t]*#[ \t]*include[ \t]*["<]([^">]+)', no_comments(path), re.M)
        if os.path.exists(own) and first and first.group(1) != own:
            yield '%s: includes %s before its own header' % (path, first.group(1))


def rule_libraries():
    """a library's header is included where the architecture says, and nowhere else"""
    for path in sources('.c', '.h'):
        for m in re.finditer(r'^[ \t]*#[ \t]*include[ \t]*<([^>]+)>', no_comments(path), re.M):
            allowed = LIBRARIES.get(m.group(1))
            if allowed is not None and path not in allowed and folder(path) not in allowed:
                yield '%s: <%s> belongs to %s' % (path, m.group(1), ' '.join(allowed))


def rule_targets():
    """each target that the Makefile calls phony, and each `make NAME` of the README, has a rule"""
    make = text('Makefile').replace('\\\n', ' ')
    rules = set()
    for m in re.finditer(r'^([A-Za-z][\w% -]*):(?!=)', make, re.M):
        rules.update(m.group(1).split())
    named = set(re.search(r'^\.PHONY:(.*)$', make, re.M).group(1).split())
    named |= set(re.findall(r'^ {4}make ([a-z][\w-]*)', text('README.md'), re.M))
    for name in sorted(named - rules - {'FORCE'}):  # which never has one
        yield 'Makefile: %s has no rule' % name


def rule_time():
    """time comes from core/clock.h and randomness from core/random.h"""
    pattern = r'(?<![\w.>])(time|gettimeofday|clock_gettime|clock|ftime|timespec_get|rand|rand_r|random|srand|srandom|drand48|lrand48|getrandom|getentropy)[ \t]*\('
    for path in sources('.c', '.h'):
        if path not in ('core/clock.c', 'core/random.c'):
            yield from hits(path, code(path), pattern, '%s) outside core/clock.c and core/random.c')


def rule_sql_time():
    """SQL never asks the server for the time or for chance: both are parameters"""
    pattern = r'(?i)\b(now|sysdate|curdate|curtime|utc_timestamp|utc_date|utc_time|rand|uuid)\(|\bunix_timestamp\(\s*\)|\b(current_timestamp|current_date|current_time|localtimestamp)\b'
    for path in tracked():
        if path.endswith('.sql'):
            yield from hits(path, re.sub(r'--[^\n]*', blank, text(path)), pattern, '%s in SQL')
        elif path in sources('.c', '.h'):
            strings = TOKEN.sub(lambda m: m.group(0) if m.group(0)[0] == '"' else blank(m), text(path))
            only = ''.join(c if keep or c == '\n' else ' ' for c, keep in in_strings(strings))
            yield from hits(path, only, pattern, '%s in SQL')


def in_strings(content):
    inside, escaped = False, False
    for c in content:
        if escaped:
            escaped = False
        elif c == '\\':
            escaped = True
        elif c == '"':
            inside = not inside
        yield c, inside


def rule_globals():
    """no variable that can change at file scope or static in a function, outside core/"""
    for path in sources('.c'):
        obj = os.path.join(sys.argv[1], 'obj', path[:-2] + '.o')
        if folder(path) == 'core' or not os.path.exists(obj):
            continue
        table = subprocess.run(['objdump', '-t', obj], stdout=subprocess.PIPE, check=True).stdout.decode()
        for line in table.splitlines():
            m = re.match(r'\S+ .{7} (\S+)\t\S+\s+(?:\.\w+ )?(\S+)$', line)
            # .data.rel.ro holds constant tables of pointers. Sections and zero-length marks have no name of their own.
            if m and re.match(r'\.(data|bss|tdata|tbss)\b(?!\.rel\.ro)|\*COM\*', m.group(1)) and not m.group(2).startswith('.'):
                yield '%s: %s can change (%s)' % (path, m.group(2), m.group(1))


def rule_licence():
    """the first line (after #!) is the SPDX line"""
    for path in tracked():
        if path.endswith(('.c', '.h', '.sh', '.py', '.sql')) or path in ('Makefile', '.ci/run'):
            lines = text(path).splitlines()[:2] + ['']
            if 'SPDX-License-Identifier: GPL-2.0-or-later' not in (lines[1] if lines[0].startswith('#!') else lines[0]):
                yield path


def rule_left_over():
    """nothing is left for later in the source"""
    for path in tracked():
        if not path.startswith('tests/lint/'):
            yield from hits(path, text(path), r'\b(TODO|FIXME)\b', '%s')


def rule_paths():
    """no path of one machine"""
    for path in tracked():
        if path.startswith('tests/lint/'):
            continue
        for n, line in enumerate(text(path).splitlines(), 1):
            if re.search(r'(?<![\w./-])/work\b|(?<![\w.}-])/tmp/', line) and not re.search(r'mkd?temp|TMPDIR|/tmp/[\w.-]*XXXXXX', line):
                yield '%s:%d: %s' % (path, n, line.strip())


def rule_proofs():
    """each scenario and unit test that docs/multiparty.md names as a proof is there, and each of its tables has one in every row"""
    scenarios = set(re.findall(r'SCENARIO\(\s*(\w+)', ''.join(text(p) for p in tracked() if re.match(r'tests/worlds/.*\.c$', p))))
    path = 'docs/multiparty.md'
    for n, line in enumerate(text(path).splitlines(), 1):
        if line.startswith('|') and '---' not in line and 'proved by' not in line and '`' not in line and 'unit:' not in line and 'systems/' not in line:
            yield '%s:%d: no proof: %s' % (path, n, line)
        for name in re.findall(r'`([a-z]+(?:_[a-z0-9]+)+)`', line.split('|')[-2] if line.startswith('|') else ''):
            if name not in scenarios:
                yield '%s:%d: there is no scenario %s' % (path, n, name)
        for file, test in re.findall(r'unit:([a-z]\w+)(?::(\w+))?', line):
            source = 'tests/unit/%s.c' % file
            if source not in tracked() or (test and test not in text(source)):
                yield '%s:%d: there is no %s %s' % (path, n, source, test)


def rule_lines():
    """lines of C end without blanks and within 130 columns"""
    for path in sources('.c', '.h', product=False):
        for n, line in enumerate(text(path).splitlines(), 1):
            if line != line.rstrip():
                yield '%s:%d: blanks at the end' % (path, n)
            if len(line.expandtabs(8)) > COLUMNS:
                yield '%s:%d: %d columns' % (path, n, len(line.expandtabs(8)))


def main():
    rules = [(n, f) for n, f in sorted(globals().items()) if n.startswith('rule_')]
    failed = 0
    for name, rule in rules:
        found = list(rule())
        failed += bool(found)
        print('%-4s %s: %s' % ('no' if found else 'ok', name[5:], rule.__doc__))
        for line in found[:40]:
            print('       ' + line)
        if len(found) > 40:
            print('       and %d more' % (len(found) - 40))
    for path in sources('.c', product=False):
        if text(path).count('\n') > LONG_FILE:
            print('note %s has %d lines' % (path, text(path).count('\n')))
    print('%d passed, %d failed' % (len(rules) - failed, failed))
    return 1 if failed else 0


sys.exit(main())
