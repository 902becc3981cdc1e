"""`streampulse doctor` names what is wrong in a line with the way on, and says nothing about a healthy system."""

import json
import os
import re
import shutil
import socket
import struct
import subprocess
import threading

import pytest
from product import ROOT, STREAMPULSE, free_port, wait_until


def examine(product, **settings):
    """The exit status and the findings, by what they are about."""
    done = product.run("doctor", "--json", **settings)
    assert done.stdout, done.stderr
    document = json.loads(done.stdout)
    assert document["healthy"] == (done.returncode == 0)
    assert done.returncode == int(any(one["gravity"] == "failure" for one in document["findings"]))
    return document["findings"]


def finds(findings, area, text, advice, gravity="failure"):
    """There is this finding, and its way on."""
    found = [one for one in findings if one["area"] == area and text in one["problem"]]
    assert len(found) == 1, findings
    assert found[0]["gravity"] == gravity and advice in found[0]["advice"], found
    return found[0]


def test_a_healthy_system_has_no_finding(product):
    product.up()
    wait_until(lambda: product.get("/api/stats/realtime").json["total_downloads"] > 0, "there are no events")
    done = product.run("doctor")
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == "nothing is wrong: looked at process, definitions, postgres, kafka, api\n"
    # The private Postgres lets nobody in without its password.
    wrong = re.sub(r":[^:@/]*@", ":wrong@", product.joining["DATABASE_URL"])
    finds(
        examine(product, DATABASE_URL=wrong), "postgres", "password authentication failed", "PG_PASSWORD")


@pytest.fixture(scope="module")
def system(new_product, postgres_server):
    """A project with its broker and database, migrated and processed; Postgres is one without durability."""
    product = new_product(DATABASE_URL=postgres_server.new_database(), KAFKA_GROUP_ID="doctor")
    product.broker()
    product.must("migrate")
    product.processor = product.start("process")
    product.processor.wait_for_output("definitions loaded")
    wait_until(
        lambda: not [one for one in examine(product) if "no processor" in one["problem"]], "the processor is not seen")
    return product


def test_what_the_server_may_lose_is_a_warning(system):
    finds(examine(system), "postgres", "fsync is off", "turn fsync on", gravity="warning")


@pytest.mark.parametrize("settings, text, advice", [
    ({"DATABASE_URL": "postgresql://nobody@127.0.0.1:1/none"}, "Connection refused", "is Postgres running"),
    ({"DATABASE_URL": "postgresql://u@no.such.host.invalid/none"}, "no.such.host.invalid", "DATABASE_URL or PG_HOST"),
])
def test_a_server_that_is_not_there(system, settings, text, advice):
    finds(examine(system, **settings), "postgres", text, advice)


def test_a_database_a_role_and_a_database_that_is_not_prepared(system, postgres_server):
    finds(examine(system, DATABASE_URL=postgres_server.url("nowhere")), "postgres", "does not exist", "createdb")
    finds(
        examine(system, DATABASE_URL=postgres_server.url("postgres", "stranger")), "postgres", "does not exist",
        "createuser")
    finds(
        examine(system, DATABASE_URL=postgres_server.new_database()), "postgres", "not up to date",
        "streampulse migrate")


def test_a_user_without_rights_and_one_who_only_reads(system, postgres_server):
    postgres_server.execute("CREATE ROLE visitor LOGIN")
    name = system.settings["DATABASE_URL"].rsplit("/", 1)[1]
    findings = examine(system, DATABASE_URL=postgres_server.url(name, "visitor"))
    assert [one for one in findings if one["area"] == "postgres" and one["gravity"] == "failure"], findings
    postgres_server.execute("ALTER ROLE streampulse SET default_transaction_read_only = on")
    try:
        finds(examine(system), "postgres", "read-only", "ALTER ROLE")
    finally:
        postgres_server.execute("ALTER ROLE streampulse RESET default_transaction_read_only")


def test_brokers_and_topics(system):
    finds(
        examine(system, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{free_port()}"), "kafka", "no broker answers",
        "advertised.listeners")
    finds(
        examine(system, KAFKA_TOPIC="elsewhere"), "stream content_downloads", "there is no topic elsewhere",
        "correct KAFKA_TOPIC")
    finds(
        examine(system, KAFKA_PROPERTY_SECURITY_PROTOCOL="nonsense"), "kafka", "nonsense", "KAFKA_PROPERTY_")


def test_definitions_with_an_error(system, tmp_path):
    folder = tmp_path / "sql/streams"
    folder.mkdir(parents=True)
    (folder / "trips.sql").write_text("CREATE FOREIGN TABLE trips (id txet) SERVER kafka OPTIONS (topic 't');\n")
    findings = examine(system, STREAMPULSE_PROJECT=str(tmp_path))
    assert [one for one in findings if one["area"] == "definitions" and "trips.sql:1:" in one["problem"]], findings


def test_a_port_that_another_program_uses(system):
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(5)
        finds(examine(system, API_PORT=str(server.getsockname()[1])), "api", "another program", "API_PORT")


def test_a_limit_of_descriptors_that_is_too_low(system):
    done = system.run("-c", f"ulimit -n 256; exec {STREAMPULSE} doctor --json", program="/bin/bash")
    finds(json.loads(done.stdout)["findings"], "process", "256", "ulimit -n", gravity="warning")


def copied(folder, change):
    """A copy of the shipped project that `change` is made to."""
    for part in ("sql", "schemas"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("schema", "tests"))
    change(folder / "sql")
    return {"STREAMPULSE_PROJECT": str(folder), "STREAMPULSE_PROJECT_NAME": ROOT.name}


def test_a_table_that_does_not_fit_its_definition(system, tmp_path):
    def change(sql):
        file = sql / "aggregates/device_stats.sql"
        file.write_text(file.read_text().replace("INTERVAL '1 minute'", "INTERVAL '2 minutes'"))
    finds(examine(system, **copied(tmp_path, change)), "postgres", "aggregate device_stats: window was", "streampulse replay")


def test_targets_that_nobody_is_reached_at_and_secrets_that_are_not_set(system, tmp_path):
    def change(sql):
        (sql / "alerts/targets.sql").write_text(
            f"-- target: oncall webhook http://127.0.0.1:{free_port()}/hook\n"
            "-- secret: env DOCTOR_SECRET\n")
    settings = copied(tmp_path, change)
    findings = examine(system, **settings)
    finds(findings, "target oncall", "nobody is reached at 127.0.0.1", "notify-test oncall", gravity="warning")
    finds(findings, "target oncall", "DOCTOR_SECRET", "set it for")
    assert not [one for one in examine(system, DOCTOR_SECRET="whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", **settings)
                if "DOCTOR_SECRET" in one["problem"]]


def test_a_registry_that_is_away_and_one_that_refuses(system):
    finds(
        examine(system, SCHEMA_REGISTRY_URL=f"http://127.0.0.1:{free_port()}"), "registry",
        "no schema registry answers", "SCHEMA_REGISTRY_URL", gravity="warning")
    with socket.create_server(("127.0.0.1", 0)) as server:
        def refuse():
            connection, _ = server.accept()
            with connection:
                connection.recv(65536)
                connection.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        thread = threading.Thread(target=refuse, daemon=True)
        thread.start()
        finds(
            examine(system, SCHEMA_REGISTRY_URL=f"http://127.0.0.1:{server.getsockname()[1]}"), "registry",
            "refuses this user or token (401)", "SCHEMA_REGISTRY_TOKEN")
        thread.join()


def answer(request, advertised):
    """What a Kafka broker answers that knows no version of ApiVersions but 0, and tells a wrong address in Metadata 2."""
    key, version, correlation = struct.unpack(">hhi", request[:8])
    if key == 18:
        known = struct.pack(">hhhhhh", 18, 0, 0, 3, 0, 2)
        body = struct.pack(">hi", 35 if version else 0, 2) + known
    else:
        host = b"127.0.0.1"
        body = struct.pack(">ii", 1, 7) + struct.pack(">h", len(host)) + host + struct.pack(">ih", advertised, -1)
        body += struct.pack(">h", 4) + b"fake" + struct.pack(">ii", 7, 0)
    return struct.pack(">ii", len(body) + 4, correlation) + body


def serve_metadata(server, advertised):
    def talk(connection):
        with connection:
            while head := connection.recv(4, socket.MSG_WAITALL):
                request = connection.recv(struct.unpack(">i", head)[0], socket.MSG_WAITALL)
                connection.sendall(answer(request, advertised))

    def accept():
        try:
            while True:
                threading.Thread(target=talk, args=server.accept()[:1], daemon=True).start()
        except OSError:
            pass

    threading.Thread(target=accept, daemon=True).start()


def test_a_broker_that_advertises_an_address_where_it_is_not(system):
    advertised = free_port()
    with socket.create_server(("127.0.0.1", 0)) as server:
        serve_metadata(server, advertised)
        findings = examine(system, KAFKA_BOOTSTRAP_SERVERS=f"127.0.0.1:{server.getsockname()[1]}")
        finds(findings, "kafka", f"advertises 127.0.0.1:{advertised}", "advertised.listeners")
        server.shutdown(socket.SHUT_RDWR)


def test_a_broker_that_knows_no_login(system):
    finds(
        examine(
            system, KAFKA_PROPERTY_SECURITY_PROTOCOL="SASL_PLAINTEXT", KAFKA_PROPERTY_SASL_MECHANISM="PLAIN",
            KAFKA_PROPERTY_SASL_USERNAME="u", KAFKA_PROPERTY_SASL_PASSWORD="wrong"),
        "kafka", "no broker answers", "")


@pytest.mark.parametrize("set, reset, text, advice, gravity", [
    ("SET default_transaction_isolation = 'serializable'", "RESET default_transaction_isolation",
     "transactions of this user are serializable", "RESET default_transaction_isolation", "warning"),
    ("CONNECTION LIMIT 1", "CONNECTION LIMIT -1", "too many connections for role", "CONNECTION LIMIT", "failure"),
    ("NOLOGIN", "LOGIN", "not permitted to log in", "LOGIN", "failure"),
])
def test_a_role_with_other_settings(system, postgres_server, set, reset, text, advice, gravity):
    postgres_server.execute(f"ALTER ROLE streampulse {set}")
    try:
        finds(examine(system), "postgres", text, advice, gravity=gravity)
    finally:
        postgres_server.execute(f"ALTER ROLE streampulse {reset}")


def test_roles_of_the_api_that_are_gone(system, postgres_server):
    settings = {"RESULT_SCHEMA": "doctored", "STREAMPULSE_PROJECT": str(ROOT / "projects/trips"), "KAFKA_GROUP_ID": "t"}
    system.must("migrate", **settings)
    assert not [one for one in examine(system, **settings) if "no member of the role" in one["problem"]]
    for role in ("streampulse_reader_doctored", "streampulse_writer_doctored"):
        system.query(f"DROP OWNED BY {role}; DROP ROLE {role}")
    findings = examine(system, **settings)
    finds(findings, "postgres", "role streampulse_reader_doctored", "CREATEROLE", gravity="warning")
    finds(findings, "postgres", "role streampulse_writer_doctored", "CREATEROLE", gravity="warning")


def test_another_project_in_the_schema_and_a_newer_program_before(system):
    finds(examine(system, STREAMPULSE_PROJECT_NAME="stranger"), "postgres", "belongs to the project", "RESULT_SCHEMA")
    system.query("INSERT INTO pulse.migrations (name, checksum) VALUES ('9999_future.sql', '')")
    finds(examine(system), "postgres", "newer version of StreamPulse (9999_future.sql)", "has migrated it")
    system.query("DELETE FROM pulse.migrations WHERE name = '9999_future.sql'")


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_a_disk_that_is_full(system, tmp_path):
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", str(tmp_path)]).returncode:
        pytest.skip("nothing can be mounted here")
    try:
        finds(examine(system, STREAMPULSE_DATA_DIR=str(tmp_path)), "process", "is full", "make room")
    finally:
        subprocess.run(["umount", str(tmp_path)], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting takes root")
def test_time_zones_that_the_server_has_otherwise_and_none_at_all(system, tmp_path):
    def change(sql):
        (sql / "aggregates/berlin_days.sql").write_text(
            "CREATE MATERIALIZED VIEW berlin_days AS SELECT count(*) AS downloads FROM content_downloads\n"
            "GROUP BY tumble(\"timestamp\", INTERVAL '1 day', 'Europe/Berlin');\n")

    def seen(mount, **settings):
        """What is found where other zone files lie over the system's, in a mount namespace of its own."""
        done = system.run(
            "-m", "sh", "-c", f'mount {mount} && exec "$0" doctor --json', STREAMPULSE, program="unshare", **settings)
        assert done.stdout, done.stderr
        return json.loads(done.stdout)["findings"]

    zones, settings = "/usr/share/zoneinfo", copied(tmp_path, change)
    assert not [one for one in examine(system, **settings) if "time zone" in one["problem"]]
    found = seen(f"--bind {zones}/America/New_York {zones}/Europe/Berlin", **settings)
    finds(found, "postgres", "other time zone data than this machine: Europe/Berlin", "tzdata", gravity="warning")
    finds(seen(f"-t tmpfs none {zones}"), "process", "no time zone data", "install the package tzdata", gravity="warning")


def test_dead_letters_and_then_a_processor_that_is_gone(system):
    system.generate("downloads", "--format", "json", "--count", "5")
    wait_until(lambda: system.value("SELECT count(*) FROM dead_letters") == 5, "there are no dead letters")
    finds(
        examine(system), "stream content_downloads", "dead letters within the last hour: 5", "dead-letters list",
        gravity="warning")
    assert system.processor.stop() == 0
    finds(examine(system), "stream content_downloads", "no processor is running", "streampulse process")
    # The processor may have left some of these letters unsent.
    system.query("DELETE FROM pulse.outbox")
    system.query("INSERT INTO pulse.outbox (letter, topic, created_at) SELECT max(id), 'nowhere', now() - interval '9 minutes' "
                 "FROM dead_letters")
    finds(
        examine(system), "stream content_downloads", "forwarded to nowhere wait for 9 minutes", "does that topic exist",
        gravity="warning")
    system.query("DELETE FROM pulse.outbox")


def test_records_that_wait_partitions_that_are_gone_and_a_topic_that_was_made_anew(system):
    area = "stream content_downloads"
    # A processor that does nothing: the last one has ended.
    system.generate("downloads", "--count", "50")
    system.query("UPDATE pulse.progress SET updated_at = now() - interval '7 minutes'")
    waiting = [one for one in examine(system) if "records that wait" in one["problem"]]
    assert waiting and all("nothing was committed for 7 minutes" in one["problem"] for one in waiting), waiting
    key = system.query("SELECT stream, cluster, topic FROM pulse.progress LIMIT 1")[0]
    insert = ("INSERT INTO pulse.progress (stream, cluster, topic, partition, next_offset, epoch, owner) "
              "VALUES (%s, %s, %s, 7, 10, 1, 'x')")
    system.query(insert, key)
    finds(examine(system), area, "partition 7 of content-downloads is gone", "docs/exactly-once.md")
    system.query("DELETE FROM pulse.progress WHERE partition = 7")
    system.query("UPDATE pulse.progress SET next_offset = 100000 WHERE partition = 0")
    finds(examine(system), area, "before the position 100000: the topic was made anew", "docs/exactly-once.md")
    system.query("UPDATE pulse.progress SET cluster = 'another'")
    finds(examine(system), area, "another Kafka cluster", "right ones", gravity="warning")
