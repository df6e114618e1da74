# SPDX-License-Identifier: PostgreSQL
"""An application in Python that uses a pool of connections from several threads.

usage: app.py psycopg|psycopg2 SIZE

See test/apps/README.md for what it is asked. The two modules beside this one show how each driver
is used; nothing here knows which it is.
"""

import importlib
import json
import queue
import sys
import threading
from collections import Counter

printing = threading.Lock()
halted = threading.Event()


def say(**line):
    with printing:
        print(json.dumps(line), flush=True)


def described(error):
    return {
        "error": type(error).__name__,
        "sqlstate": getattr(error, "sqlstate", None) or getattr(error, "pgcode", None),
        "message": str(error),
    }


class Lane(threading.Thread):
    """One user of the pool: does what it is asked, in order, on a thread of its own."""

    def __init__(self, pool):
        super().__init__(daemon=True)
        self.pool = pool
        self.conn = None
        self.asked = queue.Queue()
        self.start()

    def run(self):
        while True:
            ident, verb, sql = self.asked.get()
            try:
                answer = getattr(self, verb)(sql) or {}
            except Exception as error:  # an application lives on, and so does its lane
                answer = described(error)
            broken = self.conn is not None and self.pool.broken(self.conn)
            say(id=ident, broken=broken, **answer)

    def take(self, _):
        self.conn = self.pool.take()

    def give(self, _):
        conn, self.conn = self.conn, None
        self.pool.give(conn)

    def begin(self, _):
        """The first statement begins a transaction, as PEP 249 has it."""

    def query(self, sql):
        return {"value": self.pool.query(self.conn, sql)}

    def rollback(self, _):
        self.conn.rollback()

    def status(self, _):
        """The answer says whether the connection is broken."""

    def request(self, sql):
        return {"value": self.pool.request(sql)}

    def check(self, _):
        self.pool.check()

    def loop(self, sql):
        requests, errors = 0, Counter()
        while not halted.is_set():
            requests += 1
            try:
                self.pool.request(sql)
            except Exception as error:
                errors[described(error)["error"]] += 1
        return {"requests": requests, "errors": errors}


def main():
    driver, size = sys.argv[1], int(sys.argv[2])
    pool = importlib.import_module("pool_" + driver).Pool(size)
    say(ready=pool.VERSIONS)
    lanes = {}
    for line in sys.stdin:
        words = line.strip().split(" ", 3)
        if words == ["quit"]:
            break
        if words == ["halt"]:
            halted.set()
            continue
        ident, lane, verb = words[:3]
        if lane not in lanes:
            lanes[lane] = Lane(pool)
        lanes[lane].asked.put((int(ident), verb, words[3] if len(words) > 3 else ""))
    pool.close()


main()
