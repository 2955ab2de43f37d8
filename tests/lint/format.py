#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/lint/format.py [--write] [FILE...]: clang-format, except for what is set by hand here and it cannot keep.

A line that differs from its result only in the amount of blanks after the indentation stays (tables of members, macros, comments), and so
does an enum, an initializer or a long expression that the author has put on fewer lines. Every other difference is shown, or written.
Comments wider than 130 columns are wrapped or moved above their line, statements are broken.
"""
import difflib
import os
import re
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor


def same(line):
    """What must agree: the column where it begins, and the rest with every run of blanks as one."""
    line = line.rstrip('\n')
    indent = re.match(r'\s*', line).group(0)
    rest = re.sub(r'[ \t]+', ' ', line[len(indent):])
    # Blanks that only alignment puts there or takes away.
    rest = re.sub(r' ?(/\*|\*/) ?', r'\1', rest)
    return indent.expandtabs(8) + rest if not rest.startswith(('*', '//')) else rest


def by_hand(mine, theirs):
    """The same tokens on fewer lines, or in a macro with other blanks. Statements are never the author's matter."""
    if ''.join(''.join(mine).split()) != ''.join(''.join(theirs).split()):
        return False
    if all(line.startswith('#define') for line in mine) and len(mine) == len(theirs):
        return True
    code = re.sub(r'/\*.*?\*/', '', ''.join(mine), flags=re.S)
    return len(mine) < len(theirs) and not re.search(r'\b(if|else|for|while|do|switch)\b', code)


COLUMNS = 130


def wide(line):
    return len(line.rstrip('\n').expandtabs(8)) > COLUMNS


def narrow(lines):
    """Comments within the columns; code that is too wide is for its author."""
    out = []
    todo = list(lines)
    while todo:
        line = todo.pop(0)
        starred = re.match(r'([ \t]*)(/\*|\*)( +)', line)
        trailing = re.match(r'([ \t]*)(\S.*?)[ \t]*(/\*.*\*/)\n$', line)
        if not wide(line):
            out.append(line)
        elif starred:
            text = line.rstrip().removesuffix(' */')
            cut = max(i for i in range(len(text)) if text[i] == ' ' and len(text[:i].expandtabs(8)) <= COLUMNS)
            star = starred.group(1) + (' ' if starred.group(2) == '/*' else '') + '*' + starred.group(3)
            if cut <= starred.end():
                out.append(line)
                continue
            rest = line[cut + 1:]
            out.append(line[:cut].rstrip() + '\n')
            # A paragraph that goes on takes the words in; a list or a table does not.
            follows = re.match(re.escape(star) + r'(?![-*])\S(?!.*\S  )', todo[0]) if todo and '*/' not in rest else None
            if follows and not rest.rstrip().endswith(':'):
                todo[0] = star + rest.rstrip() + ' ' + todo[0][len(star):]
            else:
                todo.insert(0, star + rest)
        elif trailing and not trailing.group(2).endswith('\\'):
            todo[:0] = [trailing.group(1) + trailing.group(3) + '\n', trailing.group(1) + trailing.group(2) + '\n']
        else:
            out.append(line)
    return out


def fold(lines, path):
    """Statements within the columns: clang-format with a limit, for the wide lines only."""
    ranges = ['--lines=%d:%d' % (n, n) for n, line in enumerate(lines, 1) if wide(line)]
    if not ranges:
        return lines
    with open('.clang-format') as f:
        style = f.read().replace('ColumnLimit: 0', 'ColumnLimit: %d' % COLUMNS)
    with tempfile.NamedTemporaryFile('w', suffix='.clang-format') as f:
        f.write(style)
        f.flush()
        return subprocess.run(['clang-format', '--style=file:' + f.name, '--assume-filename=' + path] + ranges, input=''.join(lines).encode(),
                              stdout=subprocess.PIPE, check=True).stdout.decode().splitlines(True)


def format_once(mine, path):
    theirs = subprocess.run(['clang-format', '--assume-filename=' + path], input=''.join(mine).encode(), stdout=subprocess.PIPE,
                            check=True).stdout.decode().splitlines(True)
    merged = []
    for op, a, b, c, d in difflib.SequenceMatcher(None, [same(x) for x in mine], [same(x) for x in theirs], autojunk=False).get_opcodes():
        keep = op == 'equal' or op == 'replace' and by_hand(mine[a:b], theirs[c:d])
        merged += mine[a:b] if keep else theirs[c:d]
    return fold(narrow(merged), path)


def format_one(path):
    with open(path) as f:
        mine = f.readlines()
    result = mine
    for _ in range(4):  # one thing moved may move another
        before, result = result, format_once(result, path)
        if result == before:
            break
    return path, mine, result


def main():
    args = sys.argv[1:]
    write = '--write' in args
    files = [a for a in args if a != '--write']
    if not files:
        files = subprocess.run(['git', '-c', 'safe.directory=*', 'ls-files', '*.c', '*.h'], stdout=subprocess.PIPE, check=True).stdout.decode().split()
        files = [f for f in files if os.path.exists(f)]
    bad = 0
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for path, mine, merged in pool.map(format_one, files):
            if mine == merged:
                continue
            bad += 1
            if write:
                with open(path, 'w') as f:
                    f.writelines(merged)
                print('formatted', path)
            else:
                sys.stdout.writelines(difflib.unified_diff(mine, merged, path, path + ' formatted', n=0))
    if bad and not write:
        print('%d of %d files: make format' % (bad, len(files)))
        return 1
    return 0


sys.exit(main())
