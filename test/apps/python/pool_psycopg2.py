# SPDX-License-Identifier: PostgreSQL
"""psycopg2 and its ThreadedConnectionPool, used as their manual shows."""

import psycopg2
import psycopg2.extensions
import psycopg2.pool


class Pool:
    VERSIONS = "psycopg2 %s, libpq %d" % (
        psycopg2.__version__.split()[0],
        psycopg2.extensions.libpq_version() // 10000,
    )

    def __init__(self, size):
        # It keeps no more than its minimum.
        self.pool = psycopg2.pool.ThreadedConnectionPool(size, size, "")

    def request(self, sql):
        conn = self.pool.getconn()
        try:
            with conn:
                return self.query(conn, sql)
        finally:
            self.pool.putconn(conn)

    def take(self):
        return self.pool.getconn()

    def give(self, conn):
        self.pool.putconn(conn)

    def query(self, conn, sql):
        with conn.cursor() as cursor:
            cursor.execute(sql)
            return str(cursor.fetchone()[0]) if cursor.description else None

    def broken(self, conn):
        return conn.closed != 0

    def close(self):
        self.pool.closeall()
