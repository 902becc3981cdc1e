"""The API with a streaming replica to read from: what comes from where, how far behind it is, and what happens without it."""

import json
import os
import shutil
import subprocess
import urllib.request

import psycopg2
import pytest
from conftest import scratch_folder
from postgres_server import BINARIES, PostgresServer
from product import Program, as_user, free_port, wait_until


class Replica:
    """A streaming copy of a whole server."""

    def __init__(self, primary, folder):
        self.primary = primary
        self.folder = folder
        self.port = free_port()
        self.cluster = folder / "replica"
        self.cluster.mkdir(mode=0o700)
        if primary.user:
            shutil.chown(self.cluster, primary.user, primary.user)
        subprocess.run(
            [BINARIES / "pg_basebackup", "-d", primary.url("postgres", "postgres").rpartition("/")[0], "-D", self.cluster,
             "-R", "--checkpoint=fast", "--no-sync"], check=True, capture_output=True, cwd=self.cluster,
            env=primary.environment, **as_user(primary.user))
        self.start()

    def start(self):
        options = {
            "listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off",
            "wal_retrieve_retry_interval": "100ms", "timezone": "UTC", "log_statement": "all",
        }
        arguments = [part for name, value in options.items() for part in ("-c", f"{name}={value}")]
        self.server = Program(
            [BINARIES / "postgres", "-D", self.cluster, *arguments], self.folder / "replica.log",
            self.primary.environment, self.cluster, self.primary.user)

        def is_ready():
            try:
                psycopg2.connect(self.url("postgres")).close()
                return True
            except psycopg2.OperationalError:
                assert self.server.is_running, self.server.output
                return False

        wait_until(is_ready, lambda: self.server.output)

    def url(self, database, user="postgres"):
        return f"postgresql://{user}@127.0.0.1:{self.port}/{database}"

    def execute(self, sql):
        connection = psycopg2.connect(self.url("postgres"))
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql)
        connection.close()

    def stop(self):
        self.server.stop()


@pytest.fixture
def pair(nothing_stays_behind, product):
    """A primary and its replica."""
    folder = scratch_folder("replicated")
    primary = PostgresServer(folder, wal_level="replica")
    replica = Replica(primary, folder)
    yield primary, replica
    replica.stop()
    primary.stop()
    shutil.rmtree(folder)


def post(product, path, **body):
    request = urllib.request.Request(
        product.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"}, method="POST")
    with urllib.request.urlopen(request) as answer:
        return answer.status


def test_queries_are_the_replicas_while_it_is_there_and_never_miss_what_was_announced_or_written(pair, product):
    primary, replica = pair
    product.settings["DATABASE_URL"] = primary.new_database()
    name = product.settings["DATABASE_URL"].rpartition("/")[2]
    product.settings["DATABASE_READ_URL"] = replica.url(name, "streampulse")
    product.settings["CACHE_TTL"] = "0"
    product.broker()
    product.must("migrate")
    processor, server = product.start("process"), product.start("serve")
    processor.wait_for_output('"partitions assigned"')
    server.wait_for_output("the read replica answers queries")
    path = "/api/stats/realtime?minutes=60"

    def total():
        return product.get(path).json["total_downloads"]

    def lag():
        return product.get(path).headers["X-Replica-Lag"]

    product.generate("--count", 500, "--seed", 1)
    wait_until(lambda: total() == 500, total)
    assert float(lag()) < 5
    assert "total_downloads" in replica.server.output

    # What is pushed is there: the replica stands still, and nothing is announced before it goes on.
    with urllib.request.urlopen(
        urllib.request.Request(product.url + path, headers={"Accept": "text/event-stream"})) as stream:
        def next_total():
            for line in stream:
                if line.startswith(b"data: "):
                    return json.loads(line[6:])["total_downloads"]

        assert next_total() == 500
        replica.execute("SELECT pg_wal_replay_pause()")
        product.generate("--count", 100, "--seed", 2)
        product.wait_for_events(600)
        wait_until(lambda: float(lag()) > 0.5, lag)
        assert total() == 500
        # Who writes reads it: from the primary until the replica has it.
        assert post(product, "/api/stats/silences", matcher={}, until="+2h", comment="a look") == 200
        assert lag() is None and total() == 600
        replica.execute("SELECT pg_wal_replay_resume()")
        assert next_total() == 600
    wait_until(lambda: float(lag() or "inf") < 0.5, lag)

    # Without it the primary answers, and it is said once.
    replica.stop()
    wait_until(lambda: lag() is None, lag)
    product.generate("--count", 50, "--seed", 3)
    wait_until(lambda: total() == 650, total)
    assert product.get(path).status == 200
    found = product.run("doctor")
    assert "FAIL  replica" in found.stdout and "DATABASE_READ_URL" in found.stdout, found.stdout
    replica.start()
    wait_until(lambda: lag() is not None, lag)
    assert server.output.count("the read replica is away") == 1
    assert server.output.count("the read replica answers queries") == 2
    # One that is no replica is not asked: it may hold anything.
    product.settings["DATABASE_READ_URL"] = product.settings["DATABASE_URL"]
    assert "is no replica" in product.run("doctor").stdout
    assert server.stop() == 0 and processor.stop() == 0
