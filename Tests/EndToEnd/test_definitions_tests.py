"""check, explain and test: the commands for whoever writes definitions, as docs/tooling.md has them."""

import json
import re
import shutil
import time
import xml.etree.ElementTree as xml

import pytest
from product import ROOT

TOOLING = (ROOT / "docs/tooling.md").read_text()


@pytest.fixture
def project(product, postgres_server):
    """The shipped project in a folder of the test's own, and a database that nobody else has."""
    folder = product.folder / "project"
    shutil.copytree(ROOT / "sql", folder / "sql")
    shutil.copytree(ROOT / "schemas", folder / "schemas")
    product.settings["STREAMPULSE_PROJECT"] = str(folder)
    product.settings["DATABASE_URL"] = postgres_server.new_database()
    return folder


def test_what_builds_on_a_wrong_definition_is_not_checked_and_not_blamed(product, project):
    file = project / "sql/aggregates/region_health.sql"
    file.write_text(file.read_text().replace("avg(download.speed_mbps)", "agv(download.speed_mbps)"))
    done = product.run("check")
    assert done.returncode == 1
    assert all(line.startswith("  ") or "sql/aggregates/region_health.sql:" in line for line in done.stderr.splitlines())
    assert "did you mean avg?" in done.stderr
    lines = done.stdout.splitlines()
    assert "aggregate content_stats of content_downloads" in lines
    assert "not checked: alert HIGH_ERROR_RATE, which needs region_health" in lines
    assert lines[-1] == f"1 error in 1 file; {sum('not checked: ' in line for line in lines)} definitions not checked because of that"
    assert product.run("chekc").returncode == 2


def test_an_explanation_has_what_the_documentation_says(product, project):
    text = product.must("explain", "region_health")
    for part in ("CREATE TABLE region_health", "INSERT INTO region_health", "ns of processor time an event"):
        assert part in text
    explained = json.loads(product.must("explain", "region_health", "--json"))
    section = TOOLING.split("## explain")[1].split("## Tests")[0]
    rows = [row.split("|")[1:3] for row in re.findall(r"^\| `.*$", section, re.MULTILINE)]
    assert set(explained) == {name for names, _ in rows for name in re.findall(r"`(\w+)`", names)}
    # Of each member the last columns of the table name what is inside.
    documented = {name: re.findall(r"`(\w+)`", meaning) for names, meaning in rows for name in re.findall(r"`(\w+)`", names)}
    for member in ("columns", "keys", "accumulators"):
        assert list(explained[member][0]) == documented[member]
    assert set(explained["cost"]) | set(explained["cost"]["accumulators"][0]) == set(documented["cost"])
    assert json.loads(product.must("explain", "region_health", "--json", "--no-cost"))["cost"] is None
    for name in ("content_downloads", "/api/stats/regions", "GET /api/stats/regions", "HIGH_ERROR_RATE"):
        assert product.must("explain", name)
    done = product.run("explain", "region_heath")
    assert done.returncode == 2 and "did you mean region_health?" in done.stderr


def test_the_tests_of_the_project_and_of_the_documentation_pass(product, project, scratch):
    example = re.search(r"^```sql\n(-- .*?)^```", TOOLING, re.MULTILINE | re.DOTALL)[1]
    (project / "sql/tests/documented.sql").write_text(example)
    assert "test documented" in product.must("check").splitlines()
    report = scratch / "report.xml"
    lines = product.must("test", "--junit", report).splitlines()
    names = ["cdn_failure", "documented", "high_error_rate", "look_back", "no_data", "region_health"]
    assert [line.split(":")[0] for line in lines[:-1]] == [f"ok   {name}" for name in names]
    assert re.fullmatch(r"6 tests, passed, in \d+ ms", lines[-1])
    suite = xml.parse(report).getroot()
    assert suite.attrib["tests"] == "6" and suite.attrib["failures"] == "0"
    assert [case.attrib["name"] for case in suite] == names
    assert product.query("SELECT nspname FROM pg_namespace WHERE nspname LIKE 'streampulse_test%'") == []


def test_a_failing_test_shows_what_differs(product, project, scratch):
    file = project / "sql/tests/region_health.sql"
    file.write_text(file.read_text().replace('"total_downloads": 3,', '"total_downloads": 4,'))
    report = scratch / "report.xml"
    done = product.run("test", "region_health", "--junit", report)
    assert done.returncode == 1
    assert '- {"total_downloads": 4, "failed_downloads": 1, "total_size_gb": 8}' in done.stdout
    assert '+ {"total_downloads": 3, "failed_downloads": 1, "total_size_gb": 8}' in done.stdout
    assert "1 test, 1 FAILED" in done.stdout.splitlines()[-1]
    assert xml.parse(report).getroot().find("testcase/failure").attrib["message"] == "the rows differ"
    done = product.run("test", "region_heath")
    assert done.returncode == 2 and "did you mean region_health?" in done.stderr
    file.write_text(file.read_text().replace("-- rows:", "-- row:", 1))
    done = product.run("test")
    assert done.returncode == 1 and "did you mean rows?" in done.stderr


def test_tests_run_again_when_a_file_is_saved(product, project):
    watch = product.start("test", "region_health", "--watch")
    watch.wait_for_output("1 test, passed")
    file = project / "sql/aggregates/region_health.sql"
    file.write_text(file.read_text().replace("status = 'failed'", "status = 'broken'"))
    watch.wait_for_output("1 test, 1 FAILED")
    assert watch.stop() == 0


def test_without_a_database_there_is_a_private_one_and_it_is_quick_the_second_time(product, project):
    del product.settings["DATABASE_URL"]
    product.must("test")
    start = time.monotonic()
    assert "5 tests, passed" in product.must("test")
    # Twice what is promised: others may be at work on this machine.
    assert time.monotonic() - start < 4
