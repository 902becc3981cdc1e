"""Real requests of a web server, replayed: the rows against totals that this file counts for itself."""

import re
from collections import Counter
from datetime import datetime, timezone

import pytest

LINE = re.compile(
    r'(?P<client>\S+) \S+ \S+ \[[^]]+\] "(?P<method>\S+) (?P<target>.*?)(?: HTTP/[\d.]+)?" (?P<status>\d{3}) '
    r'(?P<bytes>\d+|-)(?: "(?P<referrer>(?:\\.|[^"\\])*)"?(?: "(?P<agent>(?:\\.|[^"\\])*)"?)?)?')

# The /8 blocks of IANA's IPv4 address space registry, by the whois server it names, as far as the log has them.
REGISTRIES = {
    "APNIC": {1, 14, 27, 36, 39, 42, 43, 49, *range(58, 62), 101, 103, 106, *range(110, 127), 133, 150, 153, 163, 171,
              175, 180, 182, 183, 202, 203, 210, 211, *range(218, 224)},
    "RIPE": {2, 5, 25, 31, 37, 46, 51, 53, 57, 62, *range(77, 96), 109, 141, 145, 151, 176, 178, 185, 188, 193, 194, 195,
             212, 213, 217},
    "AFRINIC": {41, 102, 105, 154, 196, 197},
    "LACNIC": {177, 179, 181, 186, 187, 189, 190, 191, 200, 201},
}


def region(client):
    first = int(client.split(".")[0])
    return next((name for name, blocks in REGISTRIES.items() if first in blocks), "ARIN")


# The first rule whose words all occur decides; the version is that after the last word.
DEVICES = [
    *(([word], "Bot", "Other", None) for word in ("bot", "Bot", "spider", "Spider", "crawler", "Crawler", "Slurp",
                                                  "Ezooms", "facebookexternalhit")),
    *(([word], "Feed reader", "Other", None) for word in ("Feed", "feed", "RSS", "Liferea", "LiveJournal")),
    *(([word], "Script", "Other", None) for word in ("curl/", "Wget/", "python-", "Python-urllib", "Java/",
                                                     "libwww-perl", "Ruby", "Chef Client")),
    (["Windows Phone"], "Windows Phone", "Windows Phone", r"Windows Phone "),
    (["iPhone"], "iPhone", "iOS", r"iPhone OS "),
    (["iPad"], "iPad", "iOS", r"CPU OS "),
    (["iPod"], "iPod", "iOS", r"iPhone OS "),
    (["Android", "Mobile"], "Android Phone", "Android", r"Android "),
    (["Android"], "Android Tablet", "Android", r"Android "),
    (["Windows NT"], "Windows PC", "Windows", r"Windows NT "),
    (["Windows"], "Windows PC", "Windows", None),
    (["Macintosh"], "Mac", "macOS", r"Mac OS X "),
    (["CrOS"], "Chromebook", "ChromeOS", None),
    (["Ubuntu"], "Linux PC", "Ubuntu", None),
    (["Linux"], "Linux PC", "Linux", None),
    (["FreeBSD"], "BSD PC", "FreeBSD", None),
    (["OpenBSD"], "BSD PC", "OpenBSD", None),
]
WINDOWS = {"5.0": "2000", "5.1": "XP", "5.2": "XP", "6.0": "Vista", "6.1": "7", "6.2": "8", "6.3": "8.1", "10.0": "10"}


def device(agent):
    for words, name, system, before in DEVICES:
        if not all(word in agent for word in words):
            continue
        version = before and re.search(before + r"(\d+(?:[._]\d+)?)", agent)
        if not version:
            return name, system
        number = version[1].replace("_", ".")
        return name, f"{system} {WINDOWS.get(number, number) if system == 'Windows' else number}"
    return "Other", "Other"


class Expected:
    """What the log holds: (attempts, successes, failures) by key and minute, and bytes by key."""

    def __init__(self, path):
        self.rows = {"content_stats": Counter(), "region_health": Counter(), "device_stats": Counter()}
        self.bytes = {name: Counter() for name in self.rows}
        self.lines = 0
        for line in path.read_text(encoding="utf-8", errors="strict").splitlines():
            match = LINE.match(line)
            assert match, line
            self.lines += 1
            failed = int(match["status"]) >= 400
            time = datetime.strptime(line[line.index("[") + 1:line.index("]")], "%d/%b/%Y:%H:%M:%S %z")
            minute = time.astimezone(timezone.utc).replace(second=0)
            agent = match["agent"] or ""
            keys = {
                "content_stats": (match["target"].partition("?")[0],), "region_health": (region(match["client"]),),
                "device_stats": device("" if agent == "-" else agent),
            }
            for name, key in keys.items():
                self.rows[name][(key, minute, failed)] += 1
                self.bytes[name][key] += 0 if match["bytes"] == "-" else int(match["bytes"])

    def table(self, name, times):
        """Rows by key and minute, after `times` replays."""
        keys = {(key, minute) for key, minute, _ in self.rows[name]}
        return {
            (key, minute): tuple(times * n for n in (good + bad, good, bad))
            for key, minute in keys
            for good, bad in [(self.rows[name][(key, minute, False)], self.rows[name][(key, minute, True)])]
        }


COLUMNS = {
    "content_stats": (["content_id"], "download_count"), "region_health": (["region"], "total_downloads"),
    "device_stats": (["device_type", "os_version"], "total_downloads"),
}


def assert_rows(product, expected, times):
    for name, (keys, count) in COLUMNS.items():
        rows = product.query(
            f"SELECT {', '.join(keys)}, window_start, {count}, successful_downloads, failed_downloads FROM {name}")
        width = len(keys)
        assert {(row[:width], row[width]): row[width + 1:] for row in rows} == expected.table(name, times), name
        sizes = product.query(f"SELECT {', '.join(keys)}, sum(total_size_gb) FROM {name} GROUP BY {', '.join(keys)}")
        assert {row[:width]: row[width] for row in sizes} == {
            key: pytest.approx(times * size / 1e9, rel=1e-12) for key, size in expected.bytes[name].items()}, name


def test_a_replayed_access_log_gives_the_rows_that_are_in_it_and_a_second_replay_doubles_them(product, shared):
    log = shared("data/access_log/access.log")
    expected = Expected(log)
    assert expected.lines == 10_000
    product.up("--no-demo")

    for times in (1, 2):
        sent = product.generate("replay", log, "--format", "access-log")
        assert "sent 10000 events (10000 acknowledged, 0 failed)" in sent
        product.wait_for_events(times * expected.lines)
        assert_rows(product, expected, times)
        assert product.value("SELECT count(*) FROM dead_letters") == 0
        assert product.value("SELECT sum(late) FROM pulse.ledger_counts") == 0
        assert f"{times * expected.lines} records" in product.assert_verified()

    # Every page has its path as title, and the log's own years keep it from retention by today's clock.
    assert product.query("SELECT count(*) FROM content_stats WHERE title <> content_id") == [(0,)]
    assert product.value("SELECT count(*) FROM pulse.retired") == 0
