# SPDX-License-Identifier: PostgreSQL
"""psycopg 3 and its psycopg_pool, used as their manual shows."""

import psycopg
import psycopg_pool


def first(cursor):
    return str(cursor.fetchone()[0]) if cursor.description else None


class Pool:
    VERSIONS = "psycopg %s, psycopg_pool %s, libpq %d" % (
        psycopg.__version__,
        psycopg_pool.__version__,
        psycopg.pq.version() // 10000,
    )

    def __init__(self, size):
        self.pool = psycopg_pool.ConnectionPool("", min_size=size, max_size=size)
        self.pool.wait()

    def request(self, sql):
        with self.pool.connection() as conn:
            return first(conn.execute(sql))

    def take(self):
        return self.pool.getconn()

    def give(self, conn):
        self.pool.putconn(conn)

    def query(self, conn, sql):
        return first(conn.execute(sql))

    def broken(self, conn):
        return conn.broken

    def check(self):
        self.pool.check()

    def close(self):
        self.pool.close()
