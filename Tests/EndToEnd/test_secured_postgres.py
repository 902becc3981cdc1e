"""TLS, passwords and client certificates between the product and Postgres, what is said when they are wrong, and their renewal."""

import os
import shutil
import signal

import psycopg2
import pytest
from certificates import Authority
from conftest import scratch_folder
from postgres_server import PostgresServer
from product import wait_until

pytestmark = pytest.mark.deep
PASSWORD = "Pa55-that-nobody-may-see"
RULES = """
local all all trust
host all postgres 127.0.0.1/32 trust
host all streampulse 127.0.0.1/32 trust
hostssl all certified 127.0.0.1/32 cert
hostssl all all 127.0.0.1/32 scram-sha-256
"""


class SecuredPostgres(PostgresServer):
    """With TLS for `secret`, who has a password, and `certified`, who has a certificate."""

    def __init__(self, folder):
        self.authority = Authority(folder, "authority")
        self.foreign = Authority(folder, "foreign")
        self.certificate = folder / "server.pem"
        self.key = folder / "server.key"
        self.trusted = folder / "trusted.pem"
        self.install(*self.authority.sign("server"), self.authority)
        super().__init__(
            folder, ssl="on", ssl_cert_file=self.certificate, ssl_key_file=self.key, ssl_ca_file=self.trusted)
        (self.cluster / "pg_hba.conf").write_text(RULES)
        self.reload()
        self.execute(f"CREATE ROLE secret LOGIN CREATEROLE PASSWORD '{PASSWORD}'")
        self.execute("CREATE ROLE certified LOGIN CREATEROLE")

    def install(self, certificate, key, trusted):
        """The server's certificate, and the authority of its clients'."""
        for source, target in ((certificate, self.certificate), (key, self.key), (trusted.pem, self.trusted)):
            shutil.copy(source, target)
            if os.geteuid() == 0:
                shutil.chown(target, "postgres", "postgres")
            target.chmod(0o600)

    def reload(self):
        before = self.server.output.count("received SIGHUP")
        self.server.process.send_signal(signal.SIGHUP)
        wait_until(lambda: self.server.output.count("received SIGHUP") > before, lambda: self.server.output)

    def secured(self, user, database, host="localhost", password=None, authority=None, **options):
        options = {"sslmode": "verify-full", "sslrootcert": (authority or self.authority).pem} | options
        named = "&".join(f"{name}={value}" for name, value in options.items() if value is not None)
        secret = f":{password}" if password else ""
        return f"postgresql://{user}{secret}@{host}:{self.port}/{database}?{named}"

    def database_of(self, user):
        self.databases += 1
        name = f"secured_{self.databases}"
        self.execute(f"CREATE DATABASE {name} OWNER {user}")
        return name


@pytest.fixture(scope="module")
def secured(nothing_stays_behind):
    folder = scratch_folder("postgres-secured")
    server = SecuredPostgres(folder)
    yield server
    server.stop()
    shutil.rmtree(folder)


def test_passwords_and_client_certificates_are_taken_over_verified_connections(secured, product):
    product.broker()
    pem, key = secured.authority.sign("certified")
    ways = [
        secured.secured("secret", secured.database_of("secret"), password=PASSWORD, channel_binding="require"),
        secured.secured("certified", secured.database_of("certified"), sslcert=pem, sslkey=key),
    ]
    for number, url in enumerate(ways):
        settings = {"DATABASE_URL": url, "KAFKA_GROUP_ID": f"group-{number}"}
        product.must("migrate", **settings)
        processor = product.start("process", **settings)
        processor.wait_for_output('"partitions assigned"')
        server = product.start("serve", **settings)
        server.wait_for_output("StreamPulse is at")
        assert product.get("/api/stats/realtime").status == 200
        assert "FAIL" not in product.must("doctor", **settings)
        assert server.stop() == 0 and processor.stop() == 0


def attacks(secured):
    database = secured.database_of("secret")
    certified = secured.database_of("certified")
    old, old_key = secured.authority.sign("certified", file="old", expired=True)
    foreign, foreign_key = secured.foreign.sign("certified")
    other, other_key = secured.authority.sign("somebody")
    good = {"password": PASSWORD}
    yield "authority", secured.secured("secret", database, authority=secured.foreign, **good), (
        "certificate verify failed", "sslrootcert")
    yield "no file", secured.secured("secret", database, sslrootcert="/nowhere.pem", **good), (
        "/nowhere.pem", "sslrootcert")
    yield "host", secured.secured(
        "secret", database, host="elsewhere.example", hostaddr="127.0.0.1", **good), ("does not match host name", "host")
    yield "password", secured.secured("secret", database, password="wr0ng-secret"), (
        "password authentication failed", "DATABASE_URL")
    yield "no certificate", secured.secured("certified", certified, sslcert="/nowhere.pem"), (
        "valid client certificate", "sslcert")
    yield "foreign certificate", secured.secured("certified", certified, sslcert=foreign, sslkey=foreign_key), (
        "unknown ca", "ssl_ca_file")
    yield "expired certificate", secured.secured("certified", certified, sslcert=old, sslkey=old_key), (
        "certificate expired", "renew")
    yield "certificate of another", secured.secured("certified", certified, sslcert=other, sslkey=other_key), (
        "certificate authentication failed", "of another user")
    # The administrator's way in is without TLS: nothing is bound to a channel there.
    yield "no channel", f"postgresql://streampulse@127.0.0.1:{secured.port}/{database}?sslmode=disable&channel_binding=require", (
        "channel binding required", "scram-sha-256")


def assert_refused(product, url, words, secrets):
    """One line with what is wrong, from whatever command, within seconds."""
    said = product.run("process", seconds=30, DATABASE_URL=url)
    lines = [line for line in said.stderr.splitlines() if words[0] in line]
    assert said.returncode == 1 and len(lines) == 1, said.stderr + said.stdout
    found = product.run("doctor", seconds=30, DATABASE_URL=url)
    page = found.stdout
    assert found.returncode == 1 and page.count(words[0]) == 1, page + found.stderr
    hint = page[page.index(words[0]):].splitlines()[1]
    assert words[1] in hint, page
    for secret in secrets:
        assert secret not in said.stdout + said.stderr + page + found.stderr


def test_each_wrong_setting_is_said_in_one_line_with_the_way_on(secured, product):
    product.broker()
    for _, url, words in attacks(secured):
        assert_refused(product, url, words, (PASSWORD, "wr0ng-secret"))


def test_a_server_without_tls_is_refused_where_it_is_asked_for(postgres_server, product):
    product.broker()
    url = postgres_server.new_database() + "?sslmode=require"
    assert_refused(product, url, ("server does not support SSL", "sslmode"), ())


def test_certificates_are_renewed_without_a_restart_and_an_expired_one_is_said(secured, product):
    """libpq reads its files for each new connection."""
    product.broker()
    folder = secured.folder / "client"
    folder.mkdir()
    paths = {name: folder / name for name in ("root.pem", "client.pem", "client.key")}

    def install(authority, pem, key):
        for source, target in zip((authority.pem, pem, key), paths.values()):
            shutil.copy(source, target)

    install(secured.authority, *secured.authority.sign("certified", file="first"))
    database = secured.database_of("certified")
    url = secured.secured(
        "certified", database, sslrootcert=paths["root.pem"], sslcert=paths["client.pem"], sslkey=paths["client.key"])
    product.settings["DATABASE_URL"] = url
    product.must("migrate")
    product.settings["FLUSH_INTERVAL_MS"] = "20"
    processor, server = product.start("process"), product.start("serve")
    processor.wait_for_output('"partitions assigned"')
    server.wait_for_output("StreamPulse is at")

    def cut():
        secured.execute(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'certified' AND datname = '{database}'")

    try:
        # Both sides take up another authority: whoever connects anew has to have read the new files.
        secured.install(*secured.foreign.sign("server", file="renewed"), secured.foreign)
        secured.reload()
        install(secured.foreign, *secured.foreign.sign("certified", file="renewed-client"))
        cut()
        product.generate("--count", 300, "--seed", 1)
        product.wait_for_events(300)
        wait_until(lambda: product.get("/api/stats/realtime").status == 200, lambda: server.output)

        # Nobody renews the server's in time: it is said once, and waited for.
        secured.install(*secured.foreign.sign("server", file="late", expired=True), secured.foreign)
        secured.reload()
        cut()
        processor.wait_for_output("certificate verify failed")
        wait_until(
            lambda: "certificate verify failed" in product.get("/health").json["database"]["detail"],
            lambda: product.get("/health").body)
        secured.install(*secured.foreign.sign("server", file="at-last"), secured.foreign)
        secured.reload()
        product.generate("--count", 200, "--seed", 2)
        product.wait_for_events(500)
        # Each part that needs the database says so once: the sink, the watch, the forwarder.
        assert processor.output.count("certificate verify failed") <= 3, processor.output
        assert server.stop() == 0 and processor.stop() == 0
        product.assert_verified()
    finally:
        secured.install(*secured.authority.sign("server", file="again"), secured.authority)
        secured.reload()
