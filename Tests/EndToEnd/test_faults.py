"""What goes wrong around the product is said clearly, and is over when its cause is: database, definitions, tampering."""

import shutil

import pytest
from product import ROOT, wait_until


def status(product):
    answer = product.get("/health")
    return answer and answer.status


def downloads(product):
    """Those of complete minutes and of the running one."""
    totals = product.get("/api/stats/realtime").json
    return totals["total_downloads"] + totals["running"]["total_downloads"]


def test_a_stopped_database_is_503_until_it_is_back_and_costs_no_event(parts, postgres_server):
    processor = parts.start("process")
    server = parts.start("serve")
    server.wait_for_output("StreamPulse is at")
    parts.generate("--count", 1000, "--seed", 1)
    parts.wait_for_events(1000)
    wait_until(lambda: status(parts) == 200, lambda: f"not healthy: {parts.get('/health').body}")
    assert downloads(parts) == 1000

    postgres_server.stop()
    try:
        wait_until(lambda: status(parts) == 503, "the health does not notice")
        health = parts.get("/health").json
        assert (health["status"], health["database"]["status"], health["broker"]["status"]) == ("down", "down", "up")
        answer = parts.get("/api/stats/regions?minutes=7")
        assert answer.status == 503
        assert answer.headers["Content-Type"].startswith("application/problem+json")
        assert answer.headers["Retry-After"]
        assert answer.json["status"] == 503
        # The load goes on meanwhile.
        parts.generate("--count", 2000, "--seed", 2)
        assert processor.is_running and server.is_running
    finally:
        postgres_server.start()

    wait_until(lambda: status(parts) == 200, lambda: f"not healthy again: {parts.get('/health').body}")
    parts.wait_for_events(3000)
    wait_until(lambda: downloads(parts) == 3000, "old answers are served")
    parts.assert_verified()
    assert processor.stop() == 0
    assert server.stop() == 0


def test_a_database_that_hangs_is_503_until_it_goes_on(parts, postgres_server):
    server = parts.start("serve")
    server.wait_for_output("StreamPulse is at")
    wait_until(lambda: status(parts) == 200, lambda: f"not healthy: {parts.get('/health').body}")
    stopped = postgres_server.pause()
    try:
        wait_until(lambda: status(parts) == 503, "the health does not notice")
        # Whoever asks for data is not kept waiting for ever.
        assert parts.get("/api/stats/regions?minutes=9", seconds=60).status in (503, 504)
    finally:
        postgres_server.resume(stopped)
    wait_until(lambda: status(parts) == 200, lambda: f"not healthy again: {parts.get('/health').body}")
    assert server.stop() == 0


@pytest.fixture
def project(product):
    """A project of the test's own to change, and the product working with it."""
    folder = product.folder / "project"
    for name in ("sql", "schemas", "web"):
        shutil.copytree(ROOT / name, folder / name)
    product.settings["STREAMPULSE_PROJECT"] = str(folder)
    return folder


def edit(file, old, new):
    """Changes a definition and returns line and column of the change, from 1."""
    text = file.read_text()
    assert text.count(old) == 1
    before = text.partition(old)[0]
    file.write_text(text.replace(old, new))
    return before.count("\n") + 1, len(before.rpartition("\n")[2]) + 1


def test_check_finds_the_definitions_valid(product):
    assert product.must("check").splitlines()[-1] == "all definitions are valid"


@pytest.mark.parametrize(("path", "old", "new", "skipped", "words"), [
    ("aggregates/content_stats.sql", "avg(download.duration_seconds)", "avg(download.duration_secs)", 4, "duration_secs"),
    ("aggregates/region_health.sql", "avg(download.duration_seconds)", "count(DISTINCT download.status)", 0, "DISTINCT"),
    ("aggregates/device_stats.sql", "sum(content.size_gb)", "sum(content.size_gb", 0, ""),
    ("alerts/high_error_rate.sql", "CRITICAL 0.15", "CRITICAL often", 0, ""),
])
def test_check_says_where_a_definition_is_wrong(product, project, path, old, new, skipped, words):
    file = project / "sql" / path
    line, column = edit(file, old, new)
    done = product.run("check")
    assert done.returncode == 1
    message = done.stderr.splitlines()[0]
    place = message.removeprefix("streampulse: ").split(": ")[0]
    name, found_line, found_column = place.rsplit(":", 2)
    assert name.endswith(f"sql/{path}"), message
    if words:
        assert (int(found_line), int(found_column)) == (line, column + skipped), message
        assert words in done.stderr
    else:
        assert int(found_line) >= line and int(found_column) >= 1, message


def test_an_incompatible_change_is_refused_and_the_rows_stay(parts, project):
    rows = "SELECT * FROM content_stats ORDER BY window_start, content_id"
    processor = parts.start("process")
    parts.generate("--count", 1000, "--seed", 1)
    parts.wait_for_events(1000)
    assert processor.stop() == 0
    before = parts.query(rows)

    edit(project / "sql/aggregates/content_stats.sql", "sum(content.size_gb)", "max(content.size_gb)")
    parts.must("check")
    for command in ("migrate", "process"):
        done = parts.run(command)
        assert done.returncode == 1, (command, done.stdout, done.stderr)
        message = " ".join(line for line in done.stderr.splitlines() if not line.startswith("{"))
        assert "content_stats" in message and "total_size_gb" in message and "hint:" in message, (command, message)
    assert parts.query(rows) == before


def test_a_project_of_its_users_files_alone_is_migrated_and_shows_the_dashboard(parts, project):
    shutil.rmtree(project / "web")
    shutil.rmtree(project / "sql/schema")
    assert parts.must("migrate").splitlines() == ["nothing to do"]
    server = parts.start("serve")
    server.wait_for_output("StreamPulse is at")
    assert parts.get("/").headers["Content-Type"].startswith("text/html")
    assert parts.get("/app.js").body == (ROOT / "web/app.js").read_bytes()
    assert server.stop() == 0

    # A page of the project's own goes before it.
    (project / "web").mkdir()
    (project / "web/index.html").write_text("<p>ours</p>")
    server = parts.start("serve")
    server.wait_for_output("StreamPulse is at")
    assert b"ours" in parts.get("/").body
    assert server.stop() == 0


def test_a_misspelt_column_is_named_in_its_file_by_whoever_has_the_database(parts, project):
    line, column = edit(project / "sql/endpoints/devices.sql", "FROM device_stats\nWHERE", "FROM device_stat\nWHERE")
    assert parts.must("check")
    for command in ("migrate", "serve"):
        done = parts.run(command)
        assert done.returncode == 1, (command, done.stdout, done.stderr)
        assert f"sql/endpoints/devices.sql:{line}:{column + 5}: relation \"device_stat\" does not exist" in done.stderr


def test_process_says_that_an_empty_database_has_to_be_migrated(product, postgres_server):
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    product.broker()
    done = product.run("process")
    assert done.returncode == 1
    assert "streampulse migrate" in done.stderr


TAMPERING = {
    "a ledger row says more": "UPDATE pulse.ledger SET consumed = consumed + 1 WHERE partition = 0",
    "a ledger row is gone": "DELETE FROM pulse.ledger WHERE partition = 1",
    "a ledger row ends elsewhere": "UPDATE pulse.ledger SET next_offset = next_offset + 1 WHERE partition = 2",
    "a dead letter is claimed": "UPDATE pulse.ledger SET dead = dead + 1 WHERE partition = 0",
    "a count is moved": "UPDATE pulse.ledger_counts SET aggregated = aggregated - 1, late = late + 1 WHERE partition = 0 "
                        "AND aggregate = 'region_health'",
    "the counts are gone": "DELETE FROM pulse.ledger_counts WHERE partition = 1",
    "the progress went back": "UPDATE pulse.progress SET next_offset = next_offset - 1 WHERE partition = 0",
    "a result is gone": "DELETE FROM content_stats WHERE content_id = (SELECT min(content_id) FROM content_stats)",
    "a result was counted twice": "UPDATE device_stats SET total_downloads = 2 * total_downloads",
}


def test_verify_fails_after_any_tampering(parts, postgres_server):
    processor = parts.start("process")
    parts.generate("--count", 2000, "--seed", 1)
    parts.wait_for_events(2000)
    assert processor.stop() == 0
    parts.assert_verified()
    original = parts.settings["DATABASE_URL"]
    for name, statement in TAMPERING.items():
        parts.settings["DATABASE_URL"] = postgres_server.new_database(copy_of=original)
        parts.query(statement)
        done = parts.run("verify")
        assert done.returncode == 1, name
        assert "FAIL" in done.stdout and done.stdout.splitlines()[-1].endswith("NOT VERIFIED"), name
