"""The README's tour of `streampulse dev`: files are applied when they are saved, and mistakes are said and change nothing."""

import shutil

import pytest
from product import ROOT, wait_until

AGGREGATE = """-- Downloads of each kind of device, whatever their end.
CREATE MATERIALIZED VIEW devices_now WITH (retention = '1 day') AS
SELECT "user".device_type,
       -- All attempts.
       count(*) AS downloads
FROM content_downloads
GROUP BY tumble("timestamp", INTERVAL '1 minute'), "user".device_type;
"""


@pytest.fixture
def project(product):
    folder = product.folder / "project"
    for name in ("sql", "schemas"):
        shutil.copytree(ROOT / name, folder / name)
    product.settings["STREAMPULSE_PROJECT"] = str(folder)
    return folder


def definitions(product):
    return product.get("/health").json["definitions"]


def test_a_saved_aggregate_gets_its_table_endpoint_and_chart_and_a_mistake_is_said_with_its_place(product, project):
    dev = product.start("dev", "--no-demo", log="dev")
    dev.wait_for_output("StreamPulse is at")
    pid = dev.pid
    product.generate("--count", 1000, "--seed", 1)
    product.wait_for_events(1000)
    assert definitions(product) == {"state": "applied", "errors": []}

    file = project / "sql/aggregates/devices_now.sql"
    file.write_text(AGGREGATE.replace("count(*)", "cuont(*)"))
    wait_until(lambda: definitions(product)["state"] == "failed", lambda: dev.output)
    (error,) = definitions(product)["errors"]
    assert (error["file"], error["line"], error["column"]) == ("sql/aggregates/devices_now.sql", 5, 8)
    assert "did you mean count" in error["hint"]
    dev.wait_for_output("sql/aggregates/devices_now.sql:5:8: ")

    file.write_text(AGGREGATE)
    dev.wait_for_output("definitions taken over")
    wait_until(lambda: definitions(product)["state"] == "applied", lambda: dev.output)
    assert "devices_now" in [each["name"] for each in product.get("/api/aggregates").json["data"]]
    # What was there before is in it, and what comes.
    product.generate("--count", 500, "--seed", 2)
    product.wait_for_events(1500)
    product.wait_for_events(1500, "devices_now", "downloads")
    rows = wait_until(lambda: product.get("/api/aggregates/devices_now").json["data"], "no rows")
    assert {"device_type", "window_start", "downloads"} <= set(rows[0])
    product.assert_verified()

    # Another meaning: its rows are made anew, in the same process.
    file.write_text(AGGREGATE.replace("count(*)", "count(*) FILTER (WHERE download.status = 'failed')"))
    wait_until(
        lambda: product.value("SELECT sum(downloads) FROM devices_now")
        == product.value("SELECT sum(failed_downloads) FROM device_stats"), lambda: dev.output)
    assert dev.pid == pid and dev.is_running
    product.assert_verified()
    assert dev.stop() == 0
