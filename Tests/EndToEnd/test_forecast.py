"""`streampulse detect --forecast`: what is expected of rows to come, and how good it is."""

import csv
import gzip
import json
import random
import subprocess
from collections import Counter, defaultdict
from datetime import datetime, timezone

import pytest
from product import PATIENCE, ROOT, STREAMPULSE

GENERATOR = ROOT / ".build/release/event-generator"
DAY = 86_400
NAMES = ["expected", "low80", "high80", "low95", "high95"]


def forecast(rows, step):
    """{horizon in seconds: {time: row of numbers}} of pairs of seconds and values."""
    text = "timestamp,value\n" + "".join(f"{time},{value}\n" for time, value in rows)
    result = subprocess.run(
        [STREAMPULSE, "detect", "--csv", "-", "--forecast", str(step)], input=text, capture_output=True, text=True,
        timeout=PATIENCE)
    assert result.returncode == 0, result.stderr
    found = defaultdict(dict)
    for row in csv.DictReader(result.stdout.splitlines()):
        assert int(row["time"]) - int(row["made_at"]) == int(row["horizon_seconds"])
        found[int(row["horizon_seconds"])][int(row["time"])] = {name: float(row[name]) for name in NAMES}
    return found


def judge(rows, expected, since=0):
    """Sums over the rows that have a day before: errors, those of the day before, rows, and how many are in the bands."""
    values = dict(rows)
    total = Counter()
    for time, value in rows:
        found, before = expected.get(time), values.get(time - DAY)
        if found is None or before is None or time < since:
            continue
        total["errors"] += abs(value - found["expected"])
        total["naive"] += abs(value - before)
        total["rows"] += 1
        total["in95"] += found["low95"] <= value <= found["high95"]
        total["in80"] += found["low80"] <= value <= found["high80"]
    return total


def test_rows_to_come_are_forecast_as_they_come():
    noise = random.Random(1)
    rows = [(1_700_000_000 // 60 * 60 + 60 * row, 100 + noise.gauss(0, 5)) for row in range(300)]
    found = forecast(rows, 60)
    assert sorted(found) == [300, 900, 3600]
    assert max(found[300]) == rows[-1][0] + 300
    for row in found[300].values():
        assert row["low95"] <= row["low80"] <= row["expected"] <= row["high80"] <= row["high95"]
    total = judge(rows + [(time - DAY, 0) for time, _ in rows], found[300])
    assert 0.85 <= total["in95"] / total["rows"] <= 1
    # What is known later changes nothing.
    assert forecast(rows[:200], 60)[300] == {time: row for time, row in found[300].items() if time < rows[200][0] + 300}


@pytest.mark.parametrize("step, message", [("7000", "--forecast does not divide a day"), ("0", "--forecast needs")])
def test_rows_that_do_not_divide_a_day_are_refused(step, message):
    result = subprocess.run(
        [STREAMPULSE, "detect", "--csv", "-", "--forecast", step], input="timestamp,value\n", capture_output=True, text=True,
        timeout=PATIENCE)
    assert result.returncode == 2 and message in result.stderr, result.stderr


def generated(days, events, seed=5):
    """Downloads of each region, by windows of 5 minutes, of the generator's traffic with its daily rhythm."""
    start = datetime(2025, 3, 3, tzinfo=timezone.utc)
    process = subprocess.Popen(
        [GENERATOR, "--dry-run", "--output", "-", "--count", str(events), "--start", start.isoformat(), "--seed", str(seed),
         "--span", f"{24 * days}h", "--daily-rhythm", "--error-rate", "2%"], stdout=subprocess.PIPE, text=True)
    counts = defaultdict(Counter)
    for line in process.stdout:
        event = json.loads(line)
        time = event["timestamp"]
        seconds = time / 1000 if isinstance(time, (int, float)) else datetime.fromisoformat(time).timestamp()
        counts[event["user"]["region"]][int(seconds) // 300 * 300] += 1
    assert process.wait(PATIENCE) == 0
    begin = int(start.timestamp())
    return {
        region: [(time, found[time]) for time in range(begin, begin + days * DAY, 300)] for region, found in counts.items()}


@pytest.fixture(scope="module")
def statsmodels():
    """The Python that has it."""
    folder = ROOT / ".build/statsmodels"
    subprocess.run([ROOT / ".ci/install-python", folder, "statsmodels==0.15.0"], check=True, cwd=ROOT)
    return folder / "bin/python"


@pytest.mark.deep
def test_the_generators_traffic_is_forecast_as_well_as_by_holt_winters(statsmodels):
    series = generated(days=6, events=1_500_000)
    busiest = sorted(series, key=lambda region: -sum(value for _, value in series[region]))[:8]
    season, fitted = DAY // 300, 3 * DAY // 300
    ours, theirs = defaultdict(Counter), defaultdict(Counter)
    for region in busiest:
        rows = series[region]
        since = rows[fitted][0]
        expected = forecast(rows, 300)
        task = {
            "values": [value for _, value in rows], "season": season, "fitted": fitted,
            "horizons": [horizon // 300 for horizon in expected]}
        result = subprocess.run(
            [statsmodels, ROOT / "Tests/EndToEnd/holt_winters.py"], input=json.dumps(task), capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        for horizon, found in json.loads(result.stdout).items():
            seconds = 300 * int(horizon)
            known = {time: found[row] for row, (time, _) in enumerate(rows) if found[row] is not None}
            # The same rows for both.
            ours[seconds] += judge(rows, {time: row for time, row in expected[seconds].items() if time in known}, since)
            theirs[seconds]["errors"] += sum(
                abs(value - known[time]) for time, value in rows if time >= since and time in known and time in expected[seconds])
    for horizon, total in sorted(ours.items()):
        shares = total["in95"] / total["rows"], total["in80"] / total["rows"]
        print(horizon, total["rows"], total["errors"] / total["naive"], total["errors"] / theirs[horizon]["errors"], shares)
    for horizon, total in ours.items():
        assert total["errors"] <= 0.9 * total["naive"], (horizon, total)
        assert total["errors"] <= 1.05 * theirs[horizon]["errors"], (horizon, total, theirs[horizon])
        assert 0.92 <= total["in95"] / total["rows"] <= 0.97, (horizon, total)


# Greatest errors relative to the day before, as a mean over series, and least and greatest share in the band of 95 %, by
# horizon in seconds; docs/forecasts.md has what is measured. A day ahead the goals of 0.9 (opsmetrics) and 92 % are not
# reached.
LIMITS = {
    "opsmetrics": {300: (0.5, 0.92, 0.98), 900: (0.6, 0.92, 0.97), 3600: (0.72, 0.92, 0.97), 86400: (1.05, 0.84, 0.97)},
    "nab": {300: (0.65, 0.92, 0.97), 900: (0.7, 0.92, 0.97), 3600: (0.72, 0.92, 0.97), 86400: (0.9, 0.88, 0.97)},
}


@pytest.mark.deep
@pytest.mark.parametrize("name", LIMITS)
def test_metrics_of_others_are_forecast(shared, name):
    data = shared(f"{name}/dev/data")
    ratios, totals = defaultdict(list), defaultdict(Counter)
    for path in sorted(data.rglob("*.csv.gz")):
        with gzip.open(path, "rt") as file:
            read = [(datetime.fromisoformat(row["timestamp"].replace("Z", "")).replace(tzinfo=timezone.utc).timestamp(),
                     float(row["value"])) for row in csv.DictReader(file)]
        steps = Counter(int(later[0] - earlier[0]) for earlier, later in zip(read, read[1:]))
        step = steps.most_common(1)[0][0]
        rows = []
        for time, value in read:
            begin = int(time) // step * step
            if not rows or begin > rows[-1][0]:
                rows.append((begin, value))
        for horizon, expected in forecast(rows, step).items():
            total = judge(rows, expected)
            if total["rows"] > 20 and total["naive"] > 0:
                ratios[horizon].append(total["errors"] / total["naive"])
                totals[horizon] += total
    for horizon, (ratio, least, most) in LIMITS[name].items():
        found = sum(ratios[horizon]) / len(ratios[horizon])
        share = totals[horizon]["in95"] / totals[horizon]["rows"]
        print(name, horizon, len(ratios[horizon]), found, share)
        assert found <= ratio, (horizon, found)
        assert least <= share <= most, (horizon, share)
