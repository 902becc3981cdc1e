"""Which order of a result table's key is the right one: what docs/decisions.md says, measured on a real Postgres."""

import time

import psycopg2
import pytest

pytestmark = pytest.mark.deep

KEYS = 1_000
MINUTES = 480
ORDERS = {
    "window first": ("window_start, key", None),
    "key first": ("key, window_start", None),
    "both": ("window_start, key", "key, window_start"),
}


class Table:
    """A result table of KEYS rows a minute, written as a flush writes it."""

    def __init__(self, cursor, name, primary, index):
        self.cursor = cursor
        self.name = f'"{name}"'
        cursor.execute(f"""
            CREATE TABLE {self.name} (
              window_start timestamptz NOT NULL, key text NOT NULL, window_end timestamptz NOT NULL,
              total bigint NOT NULL, failed bigint NOT NULL, size double precision NOT NULL,
              updated_at timestamptz NOT NULL DEFAULT now(), PRIMARY KEY ({primary})) WITH (fillfactor = 70)""")
        if index:
            cursor.execute(f"CREATE INDEX ON {self.name} ({index})")

    def flush(self, minute):
        self.cursor.execute(f"""
            INSERT INTO {self.name} AS t (window_start, key, window_end, total, failed, size)
            SELECT w, md5(key::text), w + interval '1 minute', 1, 0, 1.5
            FROM (SELECT timestamptz '2026-01-01 00:00Z' + %s * interval '1 minute' AS w) window_,
              generate_series(1, {KEYS}) AS key
            ON CONFLICT (window_start, key) DO UPDATE
            SET total = t.total + excluded.total, size = t.size + excluded.size, updated_at = now()""", [minute])

    def seconds_of(self, condition):
        """The best of five: the first one reads the pages, and others use the machine."""
        return min(self.timed(condition) for _ in range(5))

    def timed(self, condition):
        start = time.perf_counter()
        self.cursor.execute(f"SELECT count(*), sum(total) FROM {self.name} WHERE {condition}")
        self.cursor.fetchall()
        return time.perf_counter() - start


def test_the_window_first_is_the_cheapest_to_write_and_to_show_and_an_index_serves_one_key(
        postgres_server, record_property):
    connection = psycopg2.connect(postgres_server.new_database())
    connection.autocommit = True
    with connection.cursor() as cursor:
        cursor.execute("SET jit = off")
        tables = {name: Table(cursor, name, *order) for name, order in ORDERS.items()}
        writing = dict.fromkeys(tables, 0.0)
        # In turns, so that what else the machine does falls on all of them.
        for minute in range(MINUTES):
            for name, table in tables.items():
                start = time.perf_counter()
                table.flush(minute)
                writing[name] += time.perf_counter() - start
        cursor.execute("VACUUM ANALYZE")
        last = f"window_start >= timestamptz '2026-01-01 00:00Z' + interval '{MINUTES - 5} minutes'"
        reading = {name: (table.seconds_of(last), table.seconds_of("key = md5('7')")) for name, table in tables.items()}
    connection.close()
    for name, (latest, one) in reading.items():
        record_property("figure", f"{name}: {1e3 * writing[name] / MINUTES:.1f} ms a flush of {KEYS} rows,"
                                  f" the last five minutes {1e3 * latest:.1f} ms, one key {1e3 * one:.1f} ms")
    assert writing["window first"] < writing["key first"] < writing["both"]
    assert 5 * reading["window first"][0] < reading["key first"][0]
    assert 5 * reading["both"][1] < reading["window first"][1]
