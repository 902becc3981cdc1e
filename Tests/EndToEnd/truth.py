"""What the rows have to be: counted from the events themselves, as the generator wrote them down."""

import json

# Keys, the column that counts all events, and how a key is read from an event.
AGGREGATES = {
    "content_stats": (["content_id"], "download_count", lambda event: (event["content"]["content_id"],)),
    "region_health": (["region"], "total_downloads", lambda event: (event["user"]["region"],)),
    "device_stats": (
        ["device_type", "os_version"], "total_downloads",
        lambda event: (event["user"]["device_type"], event["user"]["os_version"])),
}
MINUTE = 60_000


class Truth:
    """For each aggregate, key and minute: attempts, successes, failures and gigabytes.

    The generator's sizes are multiples of a power of two, so that their sums are exact in whatever order.
    """

    def __init__(self, *files):
        self.count = 0
        self.rows = {name: {} for name in AGGREGATES}
        for file in files:
            with open(file, encoding="utf-8") as lines:
                for line in lines:
                    self.add(json.loads(line))

    def add(self, event):
        self.count += 1
        minute = event["timestamp"] // MINUTE
        status = event["download"]["status"]
        for name, (_, _, key) in AGGREGATES.items():
            row = self.rows[name].setdefault((*key(event), minute), [0, 0, 0, 0.0])
            row[0] += 1
            row[1] += status == "success"
            row[2] += status == "failed"
            row[3] += event["content"]["size_gb"]

    def assert_equals(self, product):
        """All rows of the three tables are these, and no others."""
        for name, (keys, count, _) in AGGREGATES.items():
            found = product.query(
                f"""
                SELECT {", ".join(keys)}, (extract(epoch FROM window_start) / 60)::bigint, {count},
                       successful_downloads, failed_downloads, total_size_gb
                FROM {name}
                """)
            width = len(keys) + 1
            rows = {row[:width]: list(row[width:]) for row in found}
            wrong = {key: (rows.get(key), expected) for key, expected in self.rows[name].items()
                     if rows.get(key) != expected}
            assert not wrong, f"{len(wrong)} rows of {name} differ (found, expected): {dict(list(wrong.items())[:5])}"
            assert set(rows) == set(self.rows[name]), name
