"""The projects that come with the product: their own tests pass, one command starts each with its demo load, its routes
answer, and Postgres computes the same rows from the topic."""

import os

import pytest
from product import GENERATOR, ROOT, wait_until

NAMES = sorted(path.parent.name for path in (ROOT / "projects").glob("*/sql"))
# A route of each that has data once events have come, and an aggregate whose rows count all events.
ROUTES = {
    "trips": ["/metrics/region/1?window=1m", "/metrics/regions/top?by=fares&limit=3",
              "/metrics/region/1/timeline?minutes=5"],
    "metrics": ["/metrics?start=-15m&metric=cpu_usage_percent", "/metrics/latest", "/metrics/bursts"],
    "donations": ["/metrics?minutes=10&limit=5", "/streams/top?minutes=10&by=viewers&n=5"],
    "access-log": ["/summary?minutes=10", "/traffic?minutes=10", "/paths/top?minutes=10&limit=5"],
    "nexmark": ["/nexmark/hot-items", "/nexmark/highest-bids", "/nexmark/new-sellers", "/nexmark/channels"],
}
COUNTS = {
    "trips": ("region_trips", "trip_count"), "metrics": ("series_minutes", "measurements"),
    "donations": ("stream_minutes", "chat_messages"), "access-log": ("site_minutes", "requests"),
    "nexmark": ("q0_pass_through", "bids"),
}


def test_each_project_is_known_here():
    assert NAMES == sorted(ROUTES) == sorted(COUNTS)


@pytest.mark.parametrize("name", NAMES)
def test_its_own_tests_pass(product, name):
    done = product.run("test", "--project", name, STREAMPULSE_PROJECT="")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("name", NAMES)
def test_one_command_starts_it_with_its_demo_load(product, name):
    product.up("--project", name, STREAMPULSE_PROJECT="", EVENTS_PER_MINUTE="3000")
    table, column = COUNTS[name]
    wait_until(
        lambda: product.value(f"SELECT coalesce(sum({column}), 0)::bigint FROM {table}") >= 100, "no events", seconds=60)
    for route in ROUTES[name]:
        answer = product.get(route)
        assert answer.status == 200, (route, answer.body)
    assert b"streampulse_" in product.get("/-/metrics").body
    # What the dashboard asks of every project, whatever endpoints it has.
    has_alerts = any((ROOT / "projects" / name / "sql/alerts").glob("*.sql"))
    assert product.get("/api/stats/alerts?limit=200").status == (200 if has_alerts else 404)
    assert product.get("/api/stats/dead_letters").json["data"] == []
    listed = {each["path"] for each in product.get("/api/aggregates").json["endpoints"]}
    assert ("/api/stats/alerts" in listed) == has_alerts
    done = product.run(
        "verify", "--recount", "--project", name, STREAMPULSE_PROJECT="", **product.joining, seconds=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_log_is_followed_through_its_rotation(product):
    log = product.folder / "access.log"
    line = '10.0.0.{} - - [17/May/2026:10:05:03 +0000] "GET /{} HTTP/1.1" 200 12 "-" "curl"\n'
    log.write_text(line.format(1, "before"))
    sent = product.folder / "sent"
    follow = product.start("follow", log, "--dry-run", "--output", sent, program=GENERATOR, log="follow")
    follow.wait_for_output("following")

    def paths():
        return [part.split('"')[0] for part in sent.read_text().split('"path":"')[1:]] if sent.exists() else []

    def append(path, name, end="\n"):
        with open(path, "a") as file:
            file.write(line.format(1, name).rstrip("\n") + end)

    def wait_for(*names):
        wait_until(lambda: paths() == ["/" + name for name in names], lambda: f"{names} are not {paths()}")

    append(log, "one")
    os.rename(log, product.folder / "access.log.1")
    append(product.folder / "access.log.1", "two")
    append(log, "three")
    wait_for("one", "two", "three")
    append(log, "four", end="")
    with open(log, "a") as file:
        file.write("\n")
    wait_for("one", "two", "three", "four")
    # As copytruncate does it: the same file, shorter.
    os.truncate(log, 0)
    wait_until(lambda: follow.output.count("another file") == 2, "the cut was not seen")
    append(log, "five")
    wait_for("one", "two", "three", "four", "five")
    assert follow.stop() == 0
