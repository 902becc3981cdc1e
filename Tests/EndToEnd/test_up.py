"""`make run`: one command, and within a minute there is live data in every endpoint and in a browser."""

import os
import re
import signal
import socket
import stat
import subprocess
import time

import psycopg2
import pytest
from dashboard import connection, console_errors, metric, open_dashboard, texts, values, wait
from descendants import assert_none_left, descendants
from product import GENERATOR, ROOT, free_port, wait_until

# An alert comes when the minute has ended.
pytestmark = pytest.mark.long
ENDPOINTS = ("realtime", "trending", "regions", "alerts", "timeseries", "devices")


@pytest.fixture(scope="module")
def running(new_product):
    """A running `up` with its demo load, and beside it an outage in Tokyo."""
    product = new_product()
    product.up()
    product.started = time.monotonic()
    product.start(
        "--rate", "40", "--seed", "7", "--regions", "4", "--incident", "JP-Tokyo:+0s:10m:60%", program=GENERATOR,
        log="incident")
    return product


def answers(product):
    return {name: product.get(f"/api/stats/{name}") for name in ENDPOINTS}


def test_within_a_minute_every_endpoint_answers_with_data(running):
    def have_data():
        found = answers(running)
        assert {answer.status for answer in found.values()} == {200}
        bodies = {name: answer.json for name, answer in found.items()}
        # Whether there is an alert yet is a matter of the minute that has to end first.
        filled = [name for name in ENDPOINTS if name not in ("realtime", "alerts") and bodies[name]["data"]]
        return bodies if len(filled) == 4 and bodies["realtime"]["total_downloads"] > 0 else None

    bodies = wait_until(have_data, "not every endpoint has data", seconds=60)
    assert time.monotonic() - running.started < 60

    assert set(bodies["realtime"]) == {
        "total_downloads", "unique_content", "avg_success_rate", "avg_download_time", "downloads_per_minute",
        "complete_until", "running"}
    assert 0 < bodies["realtime"]["avg_success_rate"] < 1
    assert set(bodies["trending"]) == {"data", "count", "window_minutes", "complete_until"}
    assert set(bodies["trending"]["data"][0]) == {
        "content_id", "title", "total_downloads", "successful_downloads", "failed_downloads", "success_rate"}
    assert bodies["trending"]["count"] == len(bodies["trending"]["data"]) == 5
    assert set(bodies["regions"]) == {"data", "count", "window_minutes", "complete_until"}
    for row in bodies["regions"]["data"]:
        assert set(row) == {"region", "downloads", "success_rate", "avg_speed", "health_status"}
        health = "healthy" if row["success_rate"] >= 0.95 else "degraded" if row["success_rate"] >= 0.9 else "critical"
        assert row["health_status"] == health
    assert set(bodies["alerts"]) == {"data", "count", "unacknowledged_count", "next"}
    assert set(bodies["timeseries"]) == {"data", "count", "start_time", "end_time", "complete_until"}
    assert set(bodies["timeseries"]["data"][0]) == {"window_start", "total_downloads", "success_rate", "running"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:00Z", bodies["timeseries"]["data"][0]["window_start"])
    assert set(bodies["devices"]) == {"data", "count", "window_minutes", "complete_until"}
    assert set(bodies["devices"]["data"][0]) == {"device", "total_downloads", "success_rate", "avg_speed"}


def test_the_health_is_good(running):
    health = running.get("/health")
    assert health.status == 200
    assert health.json["status"] == "ok"
    assert [health.json[part]["status"] for part in ("database", "broker", "processor")] == ["up", "up", "running"]


def test_an_outage_raises_alerts_whose_values_are_those_of_the_row(running):
    def tokyo():
        answer = running.get("/api/stats/alerts?limit=200")
        return [
            alert for alert in answer.json["data"]
            if alert["region"] == "JP-Tokyo" and alert["alert_type"] == "HIGH_ERROR_RATE"
        ]

    alert = wait_until(tokyo, "no alert about JP-Tokyo", interval=0.5)[0]
    assert alert["severity"] == "CRITICAL"
    assert (alert["metric_name"], alert["threshold_value"]) == ("error_rate", 0.15)
    total, failed, value = running.query(
        """
        SELECT r.total_downloads, r.failed_downloads, a.metric_value
        FROM alerts AS a JOIN region_health AS r
          ON r.region = a.region AND r.window_start >= a.window_start AND r.window_end <= a.window_end
        WHERE a.id = %s
        ORDER BY abs(a.metric_value - r.failed_downloads::double precision / r.total_downloads)
        """, [alert["id"]])[0]
    assert alert["metric_value"] == value == failed / total
    assert total >= 5
    assert alert["message"] == (
        f"Error rate in JP-Tokyo is {100 * value:.1f} % over {total} downloads (threshold 15.0 %)")
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", alert["created_at"])

    # Every alert has the severity of its value, every region and window has at most one.
    found = running.query(
        "SELECT severity, threshold_value, metric_value, region, window_start FROM alerts WHERE alert_type = 'HIGH_ERROR_RATE'")
    for severity, threshold, rate, _, _ in found:
        assert rate > 0.1
        assert (severity, threshold) == (("CRITICAL", 0.15) if rate > 0.15 else ("WARNING", 0.1))
    assert len({row[3:] for row in found}) == len(found)


def test_the_dashboard_shows_moving_numbers_and_no_error(running, browser):
    open_dashboard(browser, running.url)
    assert connection(browser) == "live"
    assert "JP-Tokyo" in " ".join(texts(browser, "alert-list .row-detail"))
    shown = {name: metric(browser, name) for name in ("downloads", "unique", "successRate")}
    assert all(value > 0 for value in shown.values()), shown
    # The total is that of complete minutes and stays for one; what has come since grows.
    for _ in range(2):
        before = values(browser, "stat-card .running data")
        wait(browser, lambda: values(browser, "stat-card .running data") != before, "the running minute does not move")
    assert connection(browser) == "live"
    assert console_errors(browser) == []


def test_a_bad_parameter_is_answered_with_its_name_and_range(running):
    for query, name, requirement in (
        ("realtime?minutes=0", "minutes", "1"), ("realtime?minutes=1441", "minutes", "1440"),
        ("regions?minutes=five", "minutes", "1440"), ("trending?limit=1e3", "limit", "100"),
        ("alerts?severity=FATAL", "severity", "CRITICAL"), ("alerts?acknowledged=perhaps", "acknowledged", ""),
        ("devices?limit=-1", "limit", "100"), ("realtime?minuts=5", "minuts", "minutes"),
        ("realtime?minutes=5&minutes=6", "minutes", ""),
    ):
        answer = running.get(f"/api/stats/{query}")
        assert answer.status == 400, query
        assert answer.headers["Content-Type"].startswith("application/problem+json"), query
        problem = answer.json
        assert problem["status"] == 400 and problem["parameter"] == name, query
        assert name in problem["detail"] and requirement in problem["detail"], (query, problem)


@pytest.mark.parametrize("path", ["/api/stats/nothing", "/api/stats/", "/nothing.html", "/../sql/streams", "/%00"])
def test_an_unknown_path_is_not_found(running, path):
    answer = running.get(path)
    assert answer.status in (400, 404) if "%00" in path or ".." in path else answer.status == 404
    assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_an_incident_is_staged_soon_and_announced_on_the_terminal(running):
    line = running.programs[0].wait_for_output("staged: for ")
    assert re.search(r"\d\d:\d\d:\d\dZ staged: for \d+ s, \d+ % of the downloads in JP-Tokyo fail$", line)


def test_the_file_that_lets_others_join_is_for_its_owner_only(running):
    assert stat.S_IMODE((running.data / "env").stat().st_mode) == 0o600
    assert stat.S_IMODE((running.data / "pgpass").stat().st_mode) == 0o600
    assert {"KAFKA_BOOTSTRAP_SERVERS", "DATABASE_URL", "DATABASE_READER_URL"} <= set(running.joining)
    running.assert_verified()


def test_people_have_a_login_that_reads_everything_and_changes_nothing(running):
    connection = psycopg2.connect(running.joining["DATABASE_READER_URL"])
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            for table in ("region_health", "alerts", "active_alerts", "dead_letters", "ledger", "audit_log", "progress"):
                cursor.execute(f"SELECT count(*) FROM {table}")
            cursor.execute("SELECT window_start, total_downloads FROM latest(NULL::region_health)")
            assert len({start for start, _ in cursor.fetchall()}) == 1
            for statement in ("DELETE FROM alerts", "CREATE TABLE mine (n int)", "SET default_transaction_read_only = off;"
                              " DELETE FROM alerts"):
                with pytest.raises(psycopg2.Error, match="read-only|permission denied"):
                    cursor.execute(statement)
    finally:
        connection.close()


def test_a_second_up_on_its_data_folder_is_refused_and_leaves_its_files_alone(running):
    own = dict(running.joining)
    second = running.run("up", "--no-demo", API_PORT=str(free_port()), **own)
    assert second.returncode != 0 and f"is using {running.data}" in second.stderr
    assert running.joining == own


@pytest.mark.parametrize("arguments", [
    ["check"], ["migrate"], ["verify"], ["verify", "--recount"], ["dead-letters", "list"],
    ["replay", "region_health", "--from", "beginning", "--dry-run"],
], ids=" ".join)
def test_every_command_accepts_the_file_env_exported(running, arguments):
    assert "STREAMPULSE_URL" in running.joining
    running.must(*arguments, **running.joining)


def test_the_services_and_the_generator_accept_the_file_env_exported(running):
    assert running.must("--count", 1, "--regions", 4, program=GENERATOR, **running.joining).startswith("sent 1 event ")
    for command in ("serve", "process"):
        # Of a topic and group of its own: the running processor keeps its partitions.
        own = {"API_PORT": "0", "KAFKA_TOPIC": "joining", "KAFKA_GROUP_ID": "joining"}
        service = running.start(command, **own, **running.joining)
        service.wait_for_output("StreamPulse is at" if command == "serve" else "partitions assigned")
        assert service.stop(signal.SIGTERM) == 0
        running.programs.remove(service)


def test_everything_listens_on_the_loopback_interface_only(running):
    # Every address that a process below this one listens on; in hexadecimal as /proc has them.
    inodes = set()
    for pid in descendants():
        sockets = subprocess.run(["ls", "-l", f"/proc/{pid}/fd"], capture_output=True, text=True).stdout
        inodes |= set(re.findall(r"socket:\[(\d+)\]", sockets))
    listening = []
    for table, loopback in (("tcp", "0100007F"), ("tcp6", "00000000000000000000000001000000")):
        with open(f"/proc/net/{table}") as lines:
            for fields in map(str.split, list(lines)[1:]):
                if fields[3] == "0A" and fields[9] in inodes:
                    address, port = fields[1].split(":")
                    listening.append(int(port, 16))
                    assert address == loopback, fields
    database = int(running.joining["DATABASE_URL"].rpartition(":")[2].split("/")[0])
    assert {database, running.port} <= set(listening)


def test_ctrl_c_stops_everything_in_order(running):
    up, incident = running.programs
    assert incident.stop(signal.SIGINT) == 0
    assert up.stop(signal.SIGINT) == 0
    assert not (running.data / "env").exists()
    assert running.get("/health") is None
    assert_none_left()
    assert "error" not in [line.partition('"level":"')[2].partition('"')[0] for line in up.output.splitlines()]


def test_the_data_outlives_a_stop_and_a_crash(product):
    rows = "SELECT content_id, window_start, download_count FROM content_stats ORDER BY 1, 2"
    first = product.up("--no-demo")
    product.generate("--count", 1000, "--seed", 1, "--start", "2026-01-01T00:00:00Z", "--span", "3m")
    product.wait_for_events(1000)
    before = product.query(rows)
    assert first.stop() == 0

    second = product.up("--no-demo")
    assert product.query(rows) == before
    product.generate("--count", 500, "--seed", 2, "--start", "2026-01-01T00:03:00Z", "--span", "3m")
    product.wait_for_events(1500)
    before = product.query(rows)
    second.kill()

    third = product.up("--no-demo")
    assert product.query(rows) == before
    product.generate("--count", 500, "--seed", 3, "--start", "2026-01-01T00:06:00Z", "--span", "3m")
    product.wait_for_events(2000)
    assert "2000 records" in product.assert_verified()
    assert third.stop(signal.SIGTERM) == 0


def test_a_killed_up_takes_its_database_and_its_demo_load_along(product):
    up = product.up()
    wait_until(lambda: product.value("SELECT count(*) FROM region_health") > 0, "the demo load does not arrive")
    others = [command for pid, command in descendants().items() if pid != up.pid]
    assert any("event-generator" in command for command in others)
    assert any(str(product.data) in command for command in others)
    up.kill()
    wait_until(
        lambda: not [command for command in descendants().values()
                     if "event-generator" in command or str(product.data) in command],
        "something outlives the kill")


def test_a_port_in_use_is_one_clear_line(product):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", product.port))
        taken.listen()
        done = product.run("up", "--no-demo")
    assert done.returncode != 0
    lines = [line for line in done.stderr.splitlines() if not line.startswith("{")]
    assert len(lines) == 1
    assert lines[0].startswith("streampulse: ") and f"port {product.port} is in use" in lines[0]
    assert done.stdout == ""
    assert not product.data.exists()


def test_make_run_builds_and_starts_it():
    # The tests may themselves run below make, whose flags would be handed down.
    environment = {key: value for key, value in os.environ.items() if not key.startswith(("MAKE", "MFLAGS"))}
    done = subprocess.run(
        ["make", "-n", "run"], capture_output=True, text=True, cwd=ROOT, env=environment, check=True)
    steps = [line for line in done.stdout.splitlines() if line.strip()]
    assert steps[-1] == "exec .build/release/streampulse up"
    for program in ("streampulse", "event-generator"):
        assert any("build -c release" in step and f"--product {program}" in step for step in steps)
