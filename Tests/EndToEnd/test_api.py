"""The API as its clients meet it: parameters, its own description, writing, and what the audit log has of that."""

import http.client
import json
import shutil
import subprocess
import urllib.error
import urllib.request
from urllib.parse import quote

import pytest
from dashboard import loading
from product import ROOT, Answer, wait_until

PYTHON = ROOT / ".build/python/bin/python"
ENDPOINTS = {
    "region.sql": """\
-- name: GET /metrics/region/{region_id}
-- summary: One region, window by window.
-- param: region_id text ~ '^[A-Za-z-]+$'   -- The region
-- param: start     timestamptz = -1h       -- Windows that begin then or later
-- param: end       timestamptz ?           -- Windows that begin before
-- returns: rows
SELECT window_start,
       -- All of them.
       total_downloads
FROM region_health
WHERE region = :region_id AND window_start >= :start AND (:end IS NULL OR window_start < :end)
ORDER BY window_start;
""",
    "several.sql": """\
-- name: GET /metrics
-- summary: Some regions together.
-- param: region text[] ? ~ '^[a-z",]{0,20}$' -- Only these
-- param: step   interval = 5 minutes in 1s..1 day
-- returns: object
SELECT count(*) AS n, :step AS step FROM region_health WHERE :region IS NULL OR region = ANY (:region);
""",
    "restart.sql": """\
-- name: POST /api/regions/{region}/restart
-- summary: Has a region restarted.
-- param: region text
-- param: reason text = unknown -- Why
-- returns: object
SELECT request_restart(:region, :reason, :who) AS id;
""",
}
SCHEMA = """
CREATE TABLE restarts (
  id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, region text UNIQUE, reason text CHECK (reason <> 'none'), who text);
CREATE FUNCTION request_restart(region text, reason text, who text) RETURNS bigint
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public AS $$
DECLARE made bigint;
BEGIN
  IF region = 'nowhere' THEN RAISE EXCEPTION 'there is no region %', region; END IF;
  INSERT INTO restarts (region, reason, who) VALUES (region, reason, who) RETURNING id INTO made;
  RETURN made;
END $$;
"""
ALERTS = """
INSERT INTO alerts (alert_type, severity, message, region, metric_name, metric_value, threshold_value, aggregate, key,
                    window_start, window_end)
SELECT 'HIGH_ERROR_RATE', 'WARNING', 'Too many', 'eu', 'error_rate', 0.2, 0.1, 'region_health', '{"region": "eu"}',
       now() - n * interval '1 minute', now() - (n - 1) * interval '1 minute'
FROM generate_series(1, 5) AS n
"""


def with_endpoints(product, database):
    """A migrated product whose project has these endpoints beside the shipped ones."""
    project = product.folder / "project"
    shutil.copytree(ROOT / "sql", project / "sql")
    shutil.copytree(ROOT / "schemas", project / "schemas")
    for name, text in ENDPOINTS.items():
        (project / "sql/endpoints" / name).write_text(text)
    product.settings |= {"STREAMPULSE_PROJECT": str(project), "DATABASE_URL": database}
    product.query(SCHEMA)
    product.broker()
    product.must("migrate")
    product.query(ALERTS)
    return product


@pytest.fixture(scope="module")
def served(new_product, postgres_server):
    """A running server of such a project, without tokens."""
    product = with_endpoints(new_product(CACHE_TTL="0"), postgres_server.new_database())
    product.start("serve").wait_for_output("StreamPulse is at")
    return product


def send(product, method, path, body=None, **headers):
    data = None if body is None else json.dumps(body).encode()
    content = {} if body is None else {"Content-Type": "application/json"}
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    request = urllib.request.Request(product.url + path, data, content | sent, method=method)
    try:
        with urllib.request.urlopen(request, timeout=60) as response:
            return Answer(response.status, response.headers, response.read())
    except urllib.error.HTTPError as error:
        with error:
            return Answer(error.code, error.headers, error.read())


def rows(product, table):
    return product.query(f"SELECT * FROM {table}")


def test_parameters_stand_in_the_path_and_are_times_lengths_and_lists(served):
    assert served.get("/metrics/region/eu").json["data"] == []
    at = quote("2026-01-31T13:00:00+01:00")
    assert served.get(f"/metrics/region/eu?start={at}&end=-1m").status == 200
    assert served.get("/metrics/region/eu%2F1").status == 400
    assert served.get("/metrics/region/eu?start=yesterday").json["parameter"] == "start"
    assert served.get("/metrics?region=a&region=b%22,c&step=90s").json == {"n": 0, "step": "00:01:30"}
    assert served.get("/metrics?step=2d").json["detail"].startswith("step must be a length of time between 1s and 24h")
    # Prometheus' own are elsewhere then.
    assert served.get("/-/metrics").body.startswith(b"# ")


def test_the_description_has_the_columns_as_the_database_knows_them(served):
    paths = served.get("/openapi.json").json["paths"]

    def members(path):
        schema = paths[path]["get"]["responses"]["200"]["content"]["application/json"]["schema"]
        return schema["properties"]

    row = members("/metrics/region/{region_id}")["data"]["items"]["properties"]
    assert row["window_start"]["type"] == "string" and row["window_start"]["format"] == "date-time"
    assert row["total_downloads"] == {"type": "integer", "format": "int64", "description": "All of them."}
    assert members("/metrics")["n"]["type"] == "integer"
    assert members("/api/stats/alerts")["next"]["type"] == ["integer", "null"]
    listed = served.get("/api/aggregates").json["endpoints"]
    regions = next(each for each in listed if each["path"] == "/api/stats/regions")
    assert regions["reads"] == ["region_health"] and regions["streams"] == ["content_downloads"]
    assert "FROM region_health" in regions["sql"]


def test_a_wrong_statement_is_found_before_anybody_asks(served):
    project = served.folder / "wrong"
    shutil.copytree(served.settings["STREAMPULSE_PROJECT"], project)
    file = project / "sql/endpoints/region.sql"
    file.write_text(file.read_text().replace("total_downloads\n", "total_downlods\n"))
    for command in (["check", "--database"], ["serve"]):
        done = served.run(*command, STREAMPULSE_PROJECT=str(project), API_PORT="0")
        assert done.returncode != 0
        assert 'sql/endpoints/region.sql:9:8: column "total_downlods" does not exist' in done.stdout + done.stderr


def test_pages_follow_one_another_by_the_member_next(served):
    first = served.get("/api/stats/alerts?limit=2").json
    second = served.get(f"/api/stats/alerts?limit=2&cursor={first['next']}").json
    third = served.get(f"/api/stats/alerts?limit=2&cursor={second['next']}").json
    ids = [each["id"] for page in (first, second, third) for each in page["data"]]
    assert len(ids) == 5 == len(set(ids)) and ids == sorted(ids, reverse=True)
    assert third["next"] is None


def test_an_alert_is_acknowledged_once_and_again_without_harm(served):
    alert = served.value("SELECT min(id) FROM alerts")
    for _ in range(2):
        assert send(served, "POST", f"/api/stats/alerts/{alert}/acknowledge").json == {"id": alert, "acknowledged": True}
    assert served.value("SELECT acknowledged_by FROM alerts WHERE id = %s", [alert]) == "local"
    assert [each["id"] for each in served.get("/api/stats/alerts?acknowledged=true").json["data"]] == [alert]
    assert send(served, "POST", "/api/stats/alerts/4711/acknowledge").status == 404
    assert send(served, "POST", "/api/stats/alerts/x/acknowledge").status == 400
    found = served.query("SELECT who, origin, subject, result FROM pulse.audit_log WHERE action LIKE '%acknowledge'"
                         " AND result = 'done'")
    assert found == [("local", "127.0.0.1", f"id={alert}", "done")] * 2


def test_a_silence_is_said_once_and_ended_once(served):
    silence = {"matcher": {"region": "eu"}, "until": "2099-01-01T00:00:00Z", "comment": "Planned"}
    made = [send(served, "POST", "/api/stats/silences", silence).json["id"] for _ in range(2)]
    assert made[0] == made[1]
    listed = served.get("/api/stats/silences").json["data"]
    assert [(each["id"], each["matcher"], each["created_by"]) for each in listed] == [(made[0], {"region": "eu"}, "local")]
    for method, path in (("DELETE", ""), ("POST", "/unsilence")):
        assert send(served, method, f"/api/stats/silences/{made[0]}{path}").json == {"id": made[0], "ended": True}
    assert served.get("/api/stats/silences").json["count"] == 0
    assert send(served, "DELETE", "/api/stats/silences/4711").status == 404
    past = send(served, "POST", "/api/stats/silences", silence | {"until": "-1h"})
    assert (past.status, past.json["detail"]) == (422, "until has passed already")
    assert send(served, "POST", "/api/stats/silences", silence | {"matcher": []}).status == 422


def test_a_project_has_functions_of_its_own(served):
    made = send(served, "POST", "/api/regions/eu/restart", {"reason": "slow"})
    assert made.status == 200
    assert served.query("SELECT region, reason, who FROM restarts") == [("eu", "slow", "local")]
    refused = send(served, "POST", "/api/regions/nowhere/restart")
    assert (refused.status, refused.json["detail"]) == (422, "there is no region nowhere")
    conflict = send(served, "POST", "/api/regions/eu/restart")
    assert conflict.status == 409 and b"restarts" not in conflict.body
    assert served.value("SELECT count(*) FROM restarts") == 1


def test_the_writing_role_can_do_nothing_else(served):
    for statement in ("DELETE FROM alerts", "SELECT * FROM pulse.silences", "SELECT * FROM pulse.audit_log",
                      "UPDATE alerts SET acknowledged_at = now()", "SELECT pulse.silence_alerts('{}', now(), '', '')"):
        with pytest.raises(Exception, match="permission denied"):
            served.query(f"SET ROLE streampulse_writer; {statement}")


def test_pages_of_other_origins_write_nothing(served):
    path = "/api/stats/alerts/1/acknowledge"
    assert send(served, "POST", path, Origin="https://evil.example").status == 403
    assert send(served, "POST", path, Host="evil.example").status == 403
    assert send(served, "POST", path, X_Forwarded_For="10.0.0.1").status == 403


def test_guessing_tokens_fills_no_disk_and_is_in_the_audit_log(new_product, postgres_server):
    product = with_endpoints(new_product(), postgres_server.new_database())
    lines = product.must("token", "ops", "--scopes", "read+write").split()
    secret, entry = lines[1], lines[3]
    server = product.start("serve", API_TOKENS=entry)
    server.wait_for_output("StreamPulse is at")
    connection = http.client.HTTPConnection("127.0.0.1", product.port)
    for number in range(2000):
        connection.request("POST", "/api/stats/alerts/1/acknowledge", headers={"Authorization": f"Bearer sp_{number}"})
        answer = connection.getresponse()
        answer.read()
        assert answer.status in (401, 429)
    # Others are answered meanwhile; who has tried too often waits, whatever is sent then.
    assert product.get("/health").status in (200, 503)
    wait_until(lambda: send(product, "POST", "/api/stats/alerts/1/acknowledge",
                            Authorization=f"Bearer {secret}").status == 200, "the right token is never taken again")
    assert server.stop() == 0
    found = product.query("SELECT result, sum(times), count(*) FROM pulse.audit_log WHERE action LIKE 'POST%' GROUP BY 1")
    entries = {result: (times, count) for result, times, count in found}
    assert entries["done"] == (1, 1)
    refused = [entries[result] for result in ("wrong token", "too many requests")]
    assert sum(times for times, _ in refused) >= 2000 and sum(count for _, count in refused) <= 20
    assert product.value("SELECT who FROM pulse.audit_log WHERE result = 'done' AND action LIKE 'POST%'") == "ops"


def test_the_scope_admin_reads_the_audit_log_and_what_is_in_dead_letters(new_product, postgres_server):
    product = with_endpoints(new_product(), postgres_server.new_database())
    made = [product.must("token", name, "--scopes", scopes).split() for name, scopes in (
        ("root", "read+admin"), ("eye", "read"))]
    (admin, reader), entries = [lines[1] for lines in made], [lines[3] for lines in made]
    product.query("""
        INSERT INTO dead_letters (stream, cluster, topic, partition, record_offset, key, value, headers, code, reason)
        SELECT 'content_downloads', 'c', 'content-downloads', 0, n, NULL, '\\x00ff41', '[]', 'TRUNCATED', 'the payload ends'
        FROM generate_series(1, 3) AS n""")
    server = product.start("serve", API_TOKENS=",".join(entries))
    server.wait_for_output("StreamPulse is at")

    def get(path, token):
        return send(product, "GET", path, Authorization=f"Bearer {token}")

    page = get("/api/dead-letters?limit=2", admin).json
    assert [each["record_offset"] for each in page["data"]] == [3, 2] and page["data"][0]["value_bytes"] == 3
    more = get(f"/api/dead-letters?limit=2&cursor={page['next']}", admin)
    assert [each["record_offset"] for each in more.json["data"]] == [1] and "Link" not in more.headers
    letter = get(f"/api/dead-letters/{page['next']}", admin).json
    assert (letter["value_hex"], letter["key_hex"], letter["reason"]) == ("00ff41", None, "the payload ends")
    assert get("/api/dead-letters/4711", admin).status == 404
    for path in ("/api/dead-letters", "/api/dead-letters/1", "/api/audit"):
        assert get(path, reader).status == 403
    noted = get("/api/audit?who=root", admin).json["data"]
    assert [each["action"] for each in noted] == [
        "GET /api/dead-letters/{id}", "GET /api/dead-letters", "GET /api/dead-letters"]
    assert noted[0]["subject"] == f"id={page['next']}" and noted[0]["result"] == "done"
    assert get("/api/ledger", reader).json["data"] == []
    assert server.stop() == 0


def test_commands_and_definitions_are_in_the_audit_log(served):
    found = served.query("SELECT origin, action FROM pulse.audit_log WHERE origin IN ('migrate', 'definitions')")
    assert found == [("migrate", "migrated"), ("definitions", "put in force")]


def test_the_documentation_is_a_page_without_anything_from_elsewhere(served):
    page = served.get("/docs")
    assert page.status == 200 and "default-src 'self'" in page.headers["Content-Security-Policy"]
    assert b"<script src=\"/docs.js\"" in page.body and b"http://" not in page.body and b"https://" not in page.body
    for file in ("/docs.js", "/styles/docs.css"):
        assert served.get(file).status == 200


def attack(product, examples):
    """What schemathesis has to say against the API, with all of its checks, which are those that it has by default."""
    done = subprocess.run(
        [PYTHON, "-m", "schemathesis.cli", "--config-file", ROOT / "Tests/EndToEnd/schemathesis.toml", "run",
         f"{product.url}/openapi.json", "--max-examples", str(examples),
         "--generation-database", "none", "--seed", "1", "--request-timeout", "60", "--no-color"],
        capture_output=True, text=True, cwd=product.folder)
    shown = "\n".join(line[:400] for line in done.stdout.splitlines()[-300:])
    assert done.returncode == 0, shown + done.stderr


def test_no_answer_violates_the_description(served):
    assert PYTHON.exists(), "there is no .build/python: run make test-packages"
    attack(served, 1)


@pytest.mark.deep
def test_no_answer_of_thousands_violates_the_description(served):
    attack(served, 80)


@pytest.mark.deep
def test_the_first_page_of_the_product_is_painted_soon(served, browser, record_property):
    # The best of three: others use this machine, too. On a machine at rest 300 ms are the goal.
    loads = [loading(browser, lambda: browser.get(served.url + "/")) for _ in range(3)]
    first = min(load["first"] for load in loads)
    record_property("figure", f"the product's first page: first paint {first:.0f} ms")
    assert first < 1000


def test_the_documentation_can_be_tried(served, browser):
    browser.get(served.url + "/docs")
    wait_until(lambda: browser.execute_script("return document.querySelectorAll('article').length > 8"), "no routes")
    browser.execute_script("""
        const form = [...document.querySelectorAll("form")].find((each) => each.ariaLabel === "Try GET /metrics/region/{region_id}");
        form.elements.region_id.value = "eu";
        form.dispatchEvent(new Event("input"));
        form.requestSubmit();""")
    text = "return document.getElementById('get_metrics_region_region_id').closest('article').innerText"
    wait_until(lambda: '"count": 0' in browser.execute_script(text), lambda: browser.execute_script(text))
    assert "/metrics/region/eu" in browser.execute_script(text)
