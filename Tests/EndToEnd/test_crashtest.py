"""`streampulse crashtest` as its users run it: green when the product is right, red when it is broken on purpose."""

import re
import subprocess
from pathlib import Path

import pytest
from product import STREAMPULSE

# Faults in seconds and few events, so that half a minute is enough.
SHORT = ("--minutes", "0.25", "--every", "1.2", "--rate", "2000")


def crashtest(scratch, *arguments, seconds=300):
    """Runs it; returns the exit status, the table by name, the verdict, and all output."""
    done = subprocess.run(
        [STREAMPULSE, "crashtest", *(str(argument) for argument in arguments)], cwd=scratch,
        env={"PATH": "/usr/local/bin:/usr/bin:/bin", "TMPDIR": str(scratch)}, stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=seconds)
    table = {name: int(count) for name, count in re.findall(r"^(\S.*?) {2,}(\d+)$", done.stdout, re.MULTILINE)}
    return done.returncode, table, done.stdout.splitlines()[-1], done.stdout + done.stderr


@pytest.mark.long
def test_a_short_crash_test_passes_and_leaves_nothing_behind(scratch):
    status, table, verdict, output = crashtest(scratch, *SHORT, "--seed", 11)
    assert status == 0, output
    assert verdict.startswith("crash test passed: none of ") and verdict.endswith(" seed 11")
    # How much fits into the time depends on the machine; each kind must have been there.
    assert table["faults in all"] >= 3, output
    # Avro, JSON and CSV, and a second stream of the first topic.
    assert table["streams"] == 4, output
    assert table["events"] > 5_000 and table["dead letters"] > 5 and table["rows"] > 100, output
    assert table["commits"] >= 1 and table["rows that differ"] == 0, output
    assert list(scratch.iterdir()) == []


@pytest.mark.long
def test_a_build_that_commits_positions_before_rows_is_caught(scratch):
    status, table, verdict, output = crashtest(
        scratch, *SHORT, "--seed", 1, "--processors", 2, "--planted-bug", "position-before-rows")
    assert status == 1, output
    assert re.match(r"crash test failed: \d+ of \d+ rows differ; .* seed 1$", verdict)
    assert table["rows that differ"] > 0
    # Everything that is needed to find out why is still there.
    kept = Path(re.search(r"^everything is kept in (.*)$", output, re.MULTILINE)[1])
    names = {path.name for path in kept.iterdir()}
    assert {"broker.log", "database", "processor-0-1.log", "processor-1-1.log"} <= names
    assert "differs: " in output


@pytest.mark.deep
@pytest.mark.parametrize("seed", [1, 2])
def test_minutes_of_faults_with_a_real_kafka(scratch, shared, seed):
    """Streams of three formats, two of them of one topic."""
    status, table, _, output = crashtest(
        scratch, "--seed", seed, "--minutes", 3, "--every", 4, "--kafka-command", shared("kafka/kafka-broker"),
        seconds=900)
    assert status == 0, output
    assert table["faults in all"] >= 30 and table["processor killed"] >= 5, output
    assert table["streams"] == 4 and table["events"] > 500_000 and table["dead letters"] > 1_000, output
    assert table["rows that differ"] == 0, output
