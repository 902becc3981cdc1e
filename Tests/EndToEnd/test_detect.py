"""`streampulse detect`: rows in, scores out; and how good they are on metrics whose anomalies others have marked."""

import csv
import gzip
import json
import subprocess
import sys

import pytest
from product import PATIENCE, STREAMPULSE

# One threshold for every series and step; docs/detection.md has what was measured with it.
STANDARD_LEVEL = 0.75
# Slightly below what is measured, so that a change that costs something is seen.
OPERATIONAL_LIMITS = {"f1": 0.64, "vus_pr": 0.73, "false_per_1k": 0.62, "delay_median": 1}
NAB_LIMITS = {"standard": 53, "reward_low_FP_rate": 47, "reward_low_FN_rate": 59}


def detect(text, *arguments):
    return subprocess.run(
        [STREAMPULSE, "detect", *(arguments or ["--csv", "-"])], input=text, capture_output=True, text=True,
        timeout=PATIENCE)


def rows(result):
    assert result.returncode == 0, result.stderr
    lines = list(csv.reader(result.stdout.splitlines()))
    assert lines[0] == ["timestamp", "anomaly_score"]
    return lines[1:]


def series(count, spike=None):
    lines = ["timestamp,value"]
    for row in range(count):
        value = 100 + 7 * (row * 37 % 11) + (5000 if row == spike else 0)
        lines.append(f"2025-03-{1 + row // 144:02}T{row % 144 // 6:02}:{row % 6}0:00Z,{value}")
    return "\n".join(lines) + "\n"


def test_every_row_has_a_score_and_a_spike_has_the_highest():
    scores = rows(detect(series(1000, spike=700)))
    assert len(scores) == 1000
    assert scores[0][0] == "2025-03-01T00:00:00Z"
    numbers = [float(score) for _, score in scores]
    assert all(0 <= number <= 1 for number in numbers)
    assert max(range(1000), key=numbers.__getitem__) == 700
    assert numbers[700] >= STANDARD_LEVEL


def test_a_score_depends_on_nothing_that_follows():
    whole = rows(detect(series(1000, spike=700)))
    assert rows(detect(series(701, spike=700))) == whole[:701]


def test_a_row_is_answered_before_the_next_one_comes():
    process = subprocess.Popen(
        [STREAMPULSE, "detect", "--csv", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1)
    try:
        process.stdin.write("timestamp,value\n")
        assert process.stdout.readline() == "timestamp,anomaly_score\n"
        for time in (1756600000, 1756600060):
            process.stdin.write(f"{time},1\n")
            assert process.stdout.readline().startswith(f"{time},0.")
    finally:
        process.stdin.close()
        assert process.wait(PATIENCE) == 0
        process.stdout.close()


def test_a_missing_value_keeps_its_row():
    lines = series(400, spike=300).splitlines()
    lines[302] = lines[302].split(",")[0] + ","
    scores = rows(detect("\n".join(lines)))
    assert len(scores) == 400
    assert 0 < float(scores[301][1]) < float(scores[300][1])


@pytest.mark.parametrize(
    "text, message",
    [
        ("timestamp,value\n2025-01-01T00:00:00Z,1\nyesterday,2\n", 'standard input:3: the timestamp "yesterday"'),
        ("timestamp,value\n2025-01-01T00:00:00Z,much\n", 'standard input:2: the value "much" is no number; write'),
        ("time,value\n", "standard input:1: the header has no column timestamp, but time,value; write"),
        ("", "standard input: there is no line"),
    ])
def test_a_bad_row_is_named_with_its_line(text, message):
    result = detect(text)
    assert result.returncode == 1
    assert message in result.stderr


def test_a_file_that_is_not_there_and_a_command_without_one_are_refused():
    missing = detect("", "--csv", "/nowhere/data.csv")
    assert (missing.returncode, "/nowhere/data.csv" in missing.stderr) == (1, True)
    bare = subprocess.run([STREAMPULSE, "detect"], capture_output=True, text=True, timeout=PATIENCE)
    assert (bare.returncode, "--csv is missing" in bare.stderr) == (2, True)


def score_all(data, results):
    """Scores every series of a folder as the scorers want them."""
    for path in sorted(data.rglob("*.csv.gz")):
        with gzip.open(path, "rt") as file:
            result = detect(file.read())
        assert result.returncode == 0, f"{path}: {result.stderr}"
        target = results / path.relative_to(data).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(result.stdout)


def judge(scorer, data, results, *arguments):
    result = subprocess.run(
        [sys.executable, scorer, "--results", results, "--labels", data.parent / "labels.json", "--data", data, "--json",
         *arguments], capture_output=True, text=True, timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    return json.loads(result.stdout)


def test_incidents_of_operational_metrics_are_found(shared, scratch):
    scorer, data = shared("opsmetrics/ops_score.py"), shared("opsmetrics/dev/data")
    score_all(data, scratch)
    total = judge(scorer, data, scratch, "--threshold", str(STANDARD_LEVEL))["total"]
    print({name: total[name] for name in OPERATIONAL_LIMITS})
    assert total["f1"] >= OPERATIONAL_LIMITS["f1"], total
    assert total["vus_pr"] >= OPERATIONAL_LIMITS["vus_pr"], total
    assert total["false_per_1k"] <= OPERATIONAL_LIMITS["false_per_1k"], total
    assert total["delay_median"] <= OPERATIONAL_LIMITS["delay_median"], total


def test_anomalies_of_the_numenta_benchmark_are_found(shared, scratch):
    scorer, data = shared("nab/nab_score.py"), shared("nab/dev/data")
    score_all(data, scratch)
    report = judge(scorer, data, scratch)
    print({profile: report[profile]["score"] for profile in NAB_LIMITS})
    for profile, limit in NAB_LIMITS.items():
        assert report[profile]["score"] >= limit, (profile, report[profile])
