"""What operators are given for Prometheus and Grafana names what a running product tells, and a real Prometheus reads it."""

import json
import re
import shutil
import subprocess
import urllib.parse
import urllib.request

import pytest
from product import ROOT, free_port, wait_until

PROMETHEUS = ROOT / "ops/prometheus"
DASHBOARDS = sorted((ROOT / "ops/grafana").glob("*.json"))
RUNBOOK = (ROOT / "docs/runbook.md").read_text()

pytestmark = pytest.mark.skipif(not shutil.which("promtool"), reason="there is no promtool: run make test-packages")


def dashboard_queries():
    for path in DASHBOARDS:
        for panel in json.loads(path.read_text())["panels"]:
            for target in panel["targets"]:
                query = target["expr"].replace("$__rate_interval", "1m").replace("$stream", ".*")
                yield f"{path.stem}: {panel['title']}", query


def rules():
    """Each alert's name with its expression."""
    text = (PROMETHEUS / "alerts.yml").read_text()
    return re.findall(r"- alert: (\w+)\n\s+expr: (.+)", text)


def promtool(*arguments, text=None):
    done = subprocess.run(
        ["promtool", *arguments], input=text, capture_output=True, text=True, cwd=PROMETHEUS, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_rules_are_valid_and_do_what_their_cases_say():
    promtool("check", "config", "--syntax-only", "prometheus.yml")
    promtool("check", "rules", "alerts.yml")
    promtool("test", "rules", "alerts_test.yml")


def test_each_alert_has_its_section_in_the_runbook():
    for name, _ in rules():
        assert f"### {name}\n" in RUNBOOK, name
        assert f"runbook: docs/runbook.md#{name.lower()}" in (PROMETHEUS / "alerts.yml").read_text()


@pytest.fixture(scope="module")
def running(new_product):
    product = new_product()
    product.up()
    wait_until(lambda: product.get("/api/stats/realtime").json["total_downloads"] > 0, "there are no events")
    return product


def test_what_is_told_is_what_prometheus_takes(running):
    body = running.get("/-/metrics").body.decode()
    promtool("check", "metrics", text=body)
    told = set(re.findall(r"^# TYPE (\S+) ", body, re.MULTILINE))
    named = " ".join([query for _, query in dashboard_queries()] + [expression for _, expression in rules()])
    for name in set(re.findall(r"\b(?:streampulse|process)_[a-z_]+", named)):
        assert re.sub("_(bucket|sum|count)$", "", name) in told or name in told, name


def test_a_real_prometheus_scrapes_it_and_answers_every_query_of_rules_and_dashboards(running, tmp_path):
    port = free_port()
    configuration = (PROMETHEUS / "prometheus.yml").read_text()
    configuration = configuration.replace("127.0.0.1:8000", f"127.0.0.1:{running.port}").replace("15s", "1s")
    # Nobody runs "process" beside it here.
    configuration = configuration[:configuration.index("  - job_name: streampulse-process")]
    (tmp_path / "prometheus.yml").write_text(configuration)
    shutil.copy(PROMETHEUS / "alerts.yml", tmp_path)
    running.start(
        f"--config.file={tmp_path}/prometheus.yml", f"--storage.tsdb.path={tmp_path}/data",
        f"--web.listen-address=127.0.0.1:{port}", program=shutil.which("prometheus"), log="prometheus")

    def query(expression):
        url = f"http://127.0.0.1:{port}/api/v1/query?" + urllib.parse.urlencode({"query": expression})
        try:
            with urllib.request.urlopen(url, timeout=10) as response:
                return json.load(response)["data"]["result"]
        except (ConnectionError, urllib.error.URLError) as error:
            # What Prometheus says against an expression is an HTTPError, which fails the test.
            if isinstance(error, urllib.error.HTTPError) and error.code != 503:
                raise AssertionError(f"{expression}: {error.read()}") from error
            return []

    wait_until(lambda: query('up{job="streampulse"} == 1'), "Prometheus does not reach the product", seconds=60)
    wait_until(
        lambda: query('sum(rate(streampulse_events_total{outcome="consumed"}[10s])) > 0'), "no events are seen",
        seconds=60)
    for _, expression in list(dashboard_queries()) + rules():
        query(expression)
    assert query("streampulse_lag_records") and query("streampulse_build_info")
    firing = query('ALERTS{alertstate="firing"}')
    assert not firing, firing
