# SPDX-License-Identifier: GPL-2.0-or-later
"""tests/systems/office_world.py: the people of tests/systems/office.bash, logged in."""
import csv
import json
import os
import subprocess
import time

from office_client import Checks, Client, totp

OWNER, ANOTHER, THEIRS = '8613800000001', '8613800000002', '8613800000005'
PASSWORD = '836152'


class World:
    def __init__(self, path):
        with open(path) as f:
            self.__dict__.update(json.load(f))
        self.check = Checks()

    def client(self):
        return Client(self.address)

    def subscriber(self, number=OWNER, password=PASSWORD):
        c = self.client()
        a = c('POST', '/session', {'kind': 'subscriber', 'number': number, 'password': password})
        assert a.status == 201, a
        return c

    def operator(self, name):
        """A code is good once, so a session is kept, from one script to the next. The second login within 30 s takes the code after."""
        kept = os.path.join(self.dir, 'session-' + name)
        c = self.client()
        if os.path.exists(kept):
            with open(kept) as f:
                c.cookie, c.csrf = f.read().split('\n')
            if c.get('/session').status == 200:
                return c
        for step in (0, 30):
            a = c('POST', '/session', {'kind': 'operator', 'name': name, 'password': 'password-of-' + name,
                                       'code': totp(self.secrets[name], time.time() + step)})
            if a.status == 201:
                with open(kept, 'w') as f:
                    f.write(c.cookie + '\n' + c.csrf)
                return c
        raise AssertionError(a)

    def sql(self, statement):
        """What no client can do: time that goes by, an office that dies between two statements."""
        return subprocess.run(['mariadb', '--no-defaults', '-S', self.dir + '/db/s', '-u', 'root', '-N', '-B', 'partyline', '-e', statement], check=True,
                              stdout=subprocess.PIPE).stdout.decode().strip()

    def cards(self, batch):
        """The numbers of its cards, as the printer has them."""
        with open(os.path.join(self.dir, batch + '.csv')) as f:
            return [cell for row in csv.reader(f) for cell in row if cell.isdigit() and len(cell) >= 16]

    def conference(self, c, parties=1, seconds=60):
        """The conference that lives, once so many parties are in."""
        end = time.time() + seconds
        while time.time() < end:
            items = c.get('/conferences').json['items']
            if items and sum(p['state'] == 'in' for p in items[0]['parties'][1:]) >= parties:
                return items[0]
            time.sleep(0.2)
        raise AssertionError('no conference lives: %r' % items)
