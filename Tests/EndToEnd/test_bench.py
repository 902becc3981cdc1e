"""The benchmark as its users meet it: small runs, which say nothing about speed, with servers of their own."""

import json
import subprocess

import pytest
from product import PATIENCE, STREAMPULSE

MEMBERS = ["bench", "unit", "ours", "limit", "ratio", "goal", "met", "rounds", "broker", "date"]


def bench(scratch, *arguments):
    """Runs a bench; it must have got its answers right, whether or not its goals are met."""
    command = [STREAMPULSE, "bench", *arguments]
    result = subprocess.run(
        command, cwd=scratch, env={"PATH": "/usr/bin:/bin", "TMPDIR": str(scratch)}, capture_output=True, text=True,
        timeout=2 * PATIENCE)
    assert result.returncode in (0, 1), result.stderr
    assert "wrong answer" not in result.stderr
    assert list(scratch.iterdir()) == [], "the scratch folder is still there"
    return result


def test_pipeline_counts_right_and_prints_json_lines(scratch):
    result = bench(scratch, "pipeline", "--events", "100000", "--rounds", "2", "--json")
    figures = [json.loads(line) for line in result.stdout.splitlines()]
    assert [figure["bench"] for figure in figures] == [
        "pipeline", "pipeline", "cpu", "cpu of Postgres", "pipeline peak memory",
    ], result.stderr
    assert all(list(figure) == MEMBERS for figure in figures)
    assert all(figure["ours"] > 0 and figure["rounds"] == 2 for figure in figures)
    assert result.returncode == (0 if all(figure["met"] for figure in figures) else 1)


def test_an_unknown_bench_is_wrong_usage(scratch):
    result = subprocess.run(
        [STREAMPULSE, "bench", "warp"], cwd=scratch, capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 2
    assert "there is no bench warp" in result.stderr


@pytest.mark.deep
def test_demo_measures_an_hour_of_up(scratch):
    result = bench(scratch, "demo", "--rounds", "1", "--json")
    figures = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(figure["bench"], figure["unit"]) for figure in figures] == [("demo", "% of a core")]
    assert 0 < figures[0]["ours"] < 100
