"""Each command with exactly the rights in Postgres that docs/security.md gives it, and refused without one of them."""

import re

import pytest
from product import ROOT, wait_until


def documented_grants():
    """The statements of the page, as an administrator would paste them."""
    page = (ROOT / "docs/security.md").read_text()
    block = re.search(r"<!-- least rights -->\n```sql\n(.*?)```", page, re.S).group(1)
    for role, name in (
        ("streampulse_worker", "least_worker"), ("streampulse_api", "least_api"), ("streampulse_looker", "least_reader"),
    ):
        block = block.replace(role, name)
    return block


@pytest.fixture(scope="module")
def least(new_product, postgres_server):
    """A migrated database of one role, with others that have what the page gives them."""
    product = new_product()
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.broker()
    product.must("migrate")
    for role in ("least_worker", "least_api", "least_reader"):
        postgres_server.execute(f"DROP ROLE IF EXISTS {role}; CREATE ROLE {role} LOGIN")
    connection = product.database()
    connection.cursor().execute(documented_grants())
    connection.close()
    postgres_server.execute("GRANT streampulse_reader, streampulse_writer TO least_api")
    return product


def as_role(product, role):
    return {"DATABASE_URL": product.settings["DATABASE_URL"].replace("streampulse@", role + "@")}


def test_process_and_serve_work_with_the_least_rights(least):
    processor = least.start("process", **as_role(least, "least_worker"))
    processor.wait_for_output('"partitions assigned"')
    server = least.start("serve", **as_role(least, "least_api"))
    server.wait_for_output("StreamPulse is at")
    least.generate("--count", 500, "--seed", 1)
    least.wait_for_events(500)
    for path in ("/health", "/api/stats/realtime", "/api/aggregates/region_health", "/api/stats/alerts",
                 "/api/stats/silences", "/api/ledger", "/api/audit", "/api/dead-letters"):
        wait_until(lambda: least.get(path).status == 200, lambda: f"{path}: {least.get(path).body}")
    doctor = least.must("doctor", **as_role(least, "least_worker"))
    assert "FAIL" not in doctor, doctor
    for program in (server, processor):
        assert program.stop() == 0
        assert '"level":"warning"' not in program.output, program.output


@pytest.mark.parametrize("command", [
    ("verify",), ("verify", "--recount"), ("plan",), ("dead-letters", "list"), ("alerts", "list"),
    ("compare", "region_health", "region_health"), ("check", "--database"),
])
def test_what_only_looks_works_for_one_who_may_only_look(least, command):
    done = least.run(*command, **as_role(least, "least_reader"))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("role, command, words", [
    ("least_reader", ("process",), "permission denied"),
    ("least_worker", ("migrate",), "GRANT CREATE ON DATABASE"),
    ("least_worker", ("deploy",), "GRANT CREATE ON DATABASE"),
    ("least_worker", ("replay", "region_health", "--from", "beginning"), "permission denied for schema pulse_replay"),
    ("least_reader", ("alerts", "silence", "region=x", "--for", "1 hour"), "permission denied for table silences"),
])
def test_what_is_beyond_a_role_is_refused_in_one_line(least, role, command, words):
    if command == ("process",):
        processor = least.start(*command, **as_role(least, role))
        processor.wait_for_output(words)
        wait_until(lambda: processor.output.count("permission denied") >= 1, lambda: processor.output)
        processor.stop()
        return
    done = least.run(*command, **as_role(least, role))
    assert done.returncode == 1 and done.stderr.count(words) == 1, done.stdout + done.stderr


def test_one_right_less_is_named(least):
    def refused(role, revoked, granted, *command):
        connection = least.database()
        cursor = connection.cursor()
        cursor.execute(revoked)
        try:
            return least.run(*command, **as_role(least, role))
        finally:
            cursor.execute(granted)
            connection.close()

    done = refused(
        "least_api", "REVOKE SELECT ON pulse.project FROM least_api", "GRANT SELECT ON pulse.project TO least_api", "serve")
    assert done.returncode == 1 and done.stderr.count("permission denied for table project") == 1, done.stderr
    done = refused(
        "least_worker", "REVOKE INSERT ON region_health FROM least_worker", "GRANT INSERT ON region_health TO least_worker",
        "doctor")
    found = [line for line in done.stdout.splitlines() if line.startswith("FAIL") and "region_health" in line]
    assert len(found) == 1 and "may not read and write all of public.region_health" in found[0], done.stdout
