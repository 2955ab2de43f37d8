#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""foreign.py DIR PORT FRAMES story|calls: plays the scenarios of the foreign exchange against the node whose span is at PORT, FRAMES a packet; prints ok
and FAIL lines, after a failure the last frames of the D channel. Status 1 only when it could not go on. PARTYLINE: the command line's program."""
import math
import sys

import foreign_calls
import foreign_own
import foreign_setup
import foreign_story
import foreign_wire
from foreign_exchange import Exchange, Wrong, want, within

PRICE = {'138': 100, '139': 200}      # foreign.sh's tariff: 0.60 and 1.20 a minute, by the second, in 1/10000 for each second begun


def charged(x):
    """Rules 19, 21: a leg for each call that the phones answered, its talk by the exchange's own watch, its price by the second begun."""
    def legs():
        return [line.split() for line in x.sql(
            "SELECT called, ROUND(TIMESTAMPDIFF(MICROSECOND, answered_at, ended_at) / 1000), charge_e4 FROM v_leg "
            "WHERE role IN ('host', 'member') AND answered_at IS NOT NULL ORDER BY answered_at").splitlines()]
    x.until(lambda: len(legs()) >= len(x.finished), 5)
    found = legs()
    want('numbers that talked', [leg[0] for leg in found], ['86' + called for _, called, _ in sorted(x.finished)])
    for (called, talk_ms, charge), (_, _, talk) in zip(found, sorted(x.finished)):
        want(f'{called} talked, ms', int(talk_ms), within(1000 * talk - 250, 1000 * talk + 250))
        want(f'{called} pays', int(charge), math.ceil(int(talk_ms) / 1000) * PRICE[called[2:5]])


def main():
    x = Exchange(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
    try:
        foreign_story.line(x)
        if sys.argv[4] == 'calls':
            foreign_setup.all_setups(x)
            foreign_calls.all_calls(x)
            foreign_own.all_own(x)
        elif foreign_story.tell_story(x):
            foreign_wire.disturb(x)
            foreign_story.end_story(x)
            x.scenario('no answer to SETUP: once more', foreign_own.never_answered)
            x.scenario('the line is lost in a call: over since then', foreign_wire.long_loss)
            x.scenario('the exchange begins anew', foreign_wire.begins_anew)
        x.scenario('every talk is charged once, by its seconds', charged)
    except Wrong as wrong:
        print(f'FAIL the exchange cannot go on: {wrong}')
        return 1
    return 0


if __name__ == '__main__':
    sys.exit(main())
