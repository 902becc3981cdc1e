"""`simulate-scale`: what a load needs by costs of a file, and (deep) by costs that are measured, beside what is measured."""

import json
import re

import pytest

COSTS = {
    "processor": {"event": 1e-6, "row": 2e-6, "flush": 1e-4}, "worker": {"event": 5e-7, "row": 0, "flush": 0},
    "postgres": {"event": 0, "row": 2e-5, "flush": 1e-3}, "wal": {"event": 0, "row": 200, "flush": 500},
    "transaction": {"event": 0, "row": 2e-5, "flush": 0.003}, "flush_seconds": 0.02,
    "aggregates": [{"name": "by_key", "keys": 1000, "evenness": 1000, "row_bytes": 100, "window_seconds": 60,
                    "retention_seconds": 864000}],
}


def test_a_load_is_reckoned_with_costs_of_a_file(product):
    file = product.folder / "costs.json"
    file.write_text(json.dumps({"costs": COSTS}))
    fixed = ["simulate-scale", "--costs", file, "--wal-mb-per-second", 100, "--postgres-cores", 8]
    said = product.must(*fixed, "--events-per-second", 100000)
    assert "1 instance, " in said and "It fits. First to run out: " in said
    # Ten million, with partitions for two instances: it is said what is short, and the exit status says it, too.
    done = product.run(*fixed, "--events-per-second", 10_000_000, "--partitions", 2, "--json")
    found = json.loads(done.stdout)
    assert done.returncode == 1 and not found["fits"] and found["bottleneck"] == "worker" and found["instances"] == 2
    assert found["costs"]["processor"] == COSTS["processor"]
    # What --json has written can be read again.
    file.write_text(done.stdout)
    assert json.loads(product.must(*fixed, "--events-per-second", 1000, "--json"))["fits"]
    file.write_text("{}")
    wrong = product.run(*fixed)
    assert wrong.returncode == 2 and "“processor” is missing" in wrong.stderr
    missing = product.run("simulate-scale", "--costs", "nowhere.json")
    assert missing.returncode == 2 and "there is no such file" in missing.stderr


@pytest.mark.deep
def test_three_sizes_are_as_they_were_reckoned(product, record_property):
    said = product.run("simulate-scale", "--check", seconds=300, TMPDIR=str(product.folder)).stdout
    rows = re.findall(r"^(\d+) +(\S+(?: bytes/s)?) +(\S+) +(\S+) +(-?\d+) %$", said, re.M)
    assert len(rows) == 15, said
    for rate, what, _, _, error in rows:
        record_property("figure", f"{rate} events/s: {what} {int(error):+} %")
        # CPU time of a machine that others use differs by as much as this from run to run.
        assert abs(int(error)) <= 60, said
