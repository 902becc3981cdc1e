"""Views from their files to the API, and what `plan` says that `migrate` would do."""

import json
import shutil

import pytest
from product import ROOT

VIEW = """
-- Regions of all time.
CREATE VIEW regions AS
SELECT region, sum(total_downloads)::bigint AS downloads FROM region_health GROUP BY region;
"""
ENDPOINT = """
-- name: GET /api/regions/all
-- summary: Downloads of each region.
-- returns: rows
SELECT region, downloads FROM regions ORDER BY region;
"""


@pytest.fixture
def project(parts):
    """The shipped project with a view and an endpoint that reads it, not migrated yet."""
    folder = parts.folder / "project"
    for name in ("sql", "schemas"):
        shutil.copytree(ROOT / name, folder / name)
    (folder / "sql/views").mkdir()
    (folder / "sql/views/regions.sql").write_text(VIEW)
    (folder / "sql/endpoints/all_regions.sql").write_text(ENDPOINT)
    parts.settings["STREAMPULSE_PROJECT"] = str(folder)
    return folder


def steps(parts):
    done = parts.run("plan", "--json")
    plan = json.loads(done.stdout)
    assert done.returncode == (0 if plan["possible"] else 1)
    return {step["name"]: step for step in plan["steps"] if step["effect"] != "nothing"}


def test_a_view_is_planned_made_and_read_and_follows_a_replay(parts, project):
    assert [(name, step["effect"]) for name, step in steps(parts).items()] == [("regions", "new")]
    assert parts.must("migrate").splitlines() == ["created the view regions"]
    assert parts.must("plan").splitlines()[-1] == "nothing to do"
    processor = parts.start("process")
    parts.generate("--count", 1000, "--seed", 1)
    parts.wait_for_events(1000)
    server = parts.start("serve")
    server.wait_for_output("StreamPulse is at")
    before = parts.get("/api/regions/all").json
    assert sum(row["downloads"] for row in before["data"]) == 1000

    parts.must("replay", "region_health", "--from", "beginning")
    assert parts.get("/api/regions/all").json == before
    assert processor.stop() == 0 and server.stop() == 0

    view = project / "sql/views/regions.sql"
    view.write_text(VIEW.replace("AS downloads", "AS n"))
    done = parts.run("serve")
    assert done.returncode == 1
    assert "sql/views/regions.sql: the view regions has changed" in done.stderr


def test_a_plan_is_followed_or_refused_when_things_have_moved_on(parts, project):
    file = str(project / "plan.json")
    parts.must("plan", "--out", file)
    parts.query("CREATE VIEW regions AS SELECT 1 AS a")
    done = parts.run("migrate", "--plan", file)
    assert done.returncode == 1
    assert "the database has moved on since the plan was made: view regions; nothing was done" in done.stderr
    parts.query("DROP VIEW regions")
    assert parts.must("migrate", "--plan", file).splitlines() == ["created the view regions"]

    definition = project / "sql/aggregates/region_health.sql"
    definition.write_text(definition.read_text().replace("1 minute", "2 minutes"))
    done = parts.run("migrate", "--plan", file)
    assert done.returncode == 1 and "the definitions are not those" in done.stderr
    step = steps(parts)["region_health"]
    assert step["effect"] == "beside"
    assert step["changes"] == ["window was tumble 60 seconds, now is tumble 120 seconds"]
    assert "streampulse replay region_health --from beginning" in step["advice"]
    done = parts.run("migrate", "--plan", str(project / "none.json"))
    assert done.returncode == 1 and "there is no such file" in done.stderr
