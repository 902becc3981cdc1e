"""A project that the dashboard's code has never seen, behind the mock API: ferries of a harbour."""

from datetime import datetime, timedelta, timezone
from urllib.parse import quote

FERRIES = ("Aurora", "Borealis", "Corona", "Delphin", "Eos", "Fjord", "Gannet", "Halcyon")
STEPS = {"10s": 10, "30s": 30, "1m": 60, "2m": 120, "5m": 300, "10m": 600, "15m": 900, "30m": 1800, "1h": 3600,
         "2h": 7200, "3h": 10800, "6h": 21600, "12h": 43200, "1d": 86400, "7d": 604800}


def column(name, type="bigint", role="other", comment="", nullable=False):
    return {"name": name, "type": type, "role": role, "comment": comment, "nullable": nullable}


WINDOW = [column("window_start", "timestamp with time zone", "window"),
          column("window_end", "timestamp with time zone", "window")]


def relation(name, columns, kind="aggregate", comment="", window="tumble 60 seconds", time="window_start"):
    is_aggregate = kind == "aggregate"
    return {
        "name": name, "kind": kind, "path": f"/api/aggregates/{quote(name, safe='')}", "comment": comment,
        "stream": "ferries" if is_aggregate else None, "window": window if is_aggregate else None,
        "window_seconds": 60 if is_aggregate else None, "time": time, "rolls_up": is_aggregate,
        "keys": [each["name"] for each in columns if each["role"] == "key"], "columns": columns,
        "sql": f"SELECT count(*) AS passengers\nFROM ferries -- {name}",
    }


CROSSINGS = relation("crossings", [
    column("ferry", "text", "key", "The ferry's name."), column("pier", "integer", "key", nullable=True), *WINDOW,
    column("passengers", role="count", comment="All that went on board."),
    column("on_time", "double precision", "share", "Share of crossings that were on time.", nullable=True),
    column("p90_wait_seconds", "double precision", "percentile", nullable=True),
    column("tonnes", "numeric", "sum", nullable=True),
], comment="Crossings by ferry and pier.\nGrain: a minute.")
# What else is known of a ferry at a pier, and by cause.
WAITS = relation("waits", [
    column("ferry", "text", "key"), column("pier", "integer", "key", nullable=True), *WINDOW,
    column("passengers", role="count"), column("p99_wait_seconds", "double precision", "percentile", nullable=True),
], comment="How long passengers wait.")
DELAYS = relation("delays", [
    column("ferry", "text", "key"), column("pier", "integer", "key", nullable=True), column("cause", "text", "key"),
    *WINDOW, column("delayed", role="count"),
], comment="Delays by cause.")
# Everything in it is asked for, and nothing comes.
QUIET = relation("The Quiet/One", [*WINDOW, column("whales", role="count")])
DOCKS = relation("docks", [
    column("dock", "text", "key", nullable=True), column("day", "date", "window", nullable=True),
    column("moored", role="other", nullable=True), column("depth", "numeric", nullable=True)], kind="view", time="day")


# What becomes of several rows' results.
MERGED = {
    "passengers": sum, "tonnes": sum, "delayed": sum, "on_time": lambda values: sum(values) / len(values),
    "p90_wait_seconds": max, "p99_wait_seconds": max,
}


class Harbour:
    """Answers of the API for it, from rows of the last two hours. `relations` and `rows` may be changed."""

    def __init__(self, now=None):
        self.now = (now or datetime.now(timezone.utc)).replace(second=0, microsecond=0)
        self.relations = [CROSSINGS, QUIET, DOCKS]
        self.rows = [
            {
                "ferry": ferry, "pier": None if number == 7 else number % 3,
                "window_start": self.now - timedelta(minutes=back), "passengers": 100 - 10 * number,
                "on_time": 0.99 - 0.02 * number, "p90_wait_seconds": 60 + number,
                "tonnes": 1.5 * number,
            }
            for back in range(120) for number, ferry in enumerate(FERRIES)
        ]

    def catalogue(self):
        return {"data": self.relations, "count": len(self.relations), "endpoints": []}

    def answer(self, name, query):
        """The rows of a request of `/api/aggregates/NAME`."""
        if name == DOCKS["name"]:
            days = [self.now.date() - timedelta(days=back) for back in range(3)]
            rows = [{"dock": dock, "day": str(day), "moored": number + 2, "depth": 3.25}
                    for day in days for number, dock in enumerate(("North", "South"))]
            return {"data": rows, "count": len(rows), "start": None, "end": None}
        rows = {
            CROSSINGS["name"]: self.rows,
            WAITS["name"]: [self.part(row, p99_wait_seconds=row["p90_wait_seconds"] + 30) for row in self.rows],
            DELAYS["name"]: [self.part(row, cause=cause, delayed=delayed) for row in self.rows
                             for cause, delayed in (("fog", 5), ("tide", 2))],
        }.get(name, [])
        start = self.now - timedelta(minutes=int(query.get("minutes", 100_000)))
        rows = [row for row in rows if row["window_start"] >= start]
        for key in (*CROSSINGS["keys"], "cause"):
            if f"key.{key}" in query:
                rows = [row for row in rows if str(row[key]) == query[f"key.{key}"]]
            if query.get(f"key.{key}.null") == "true":
                rows = [row for row in rows if row[key] is None]
        by = query.get("by")
        if by is not None:
            groups = [key for key in by.split(",") if key]
            if "top" in query:
                rank = query["rank"]
                leading = self.ordered(self.merged(rows, groups, None), rank)[:int(query["top"])]
                rows = [row for row in rows if any(all(row[key] == lead[key] for key in groups) for lead in leading)]
            rows = self.merged(rows, groups, STEPS.get(query.get("step")))
        else:
            rows = [dict(row, window_end=row["window_start"] + timedelta(minutes=1)) for row in rows]
        rows = self.ordered(rows, query.get("order", "-window_start"))[:int(query.get("limit", 1000))]
        return {
            "data": [{name: self.text(value) for name, value in row.items()} for row in rows], "count": len(rows),
            "start": self.text(start), "end": None, "newest": self.text(self.now) if self.rows else None,
            "complete_until": self.text(self.now),
        }

    @staticmethod
    def part(row, **more):
        """A row of another aggregate of the same events."""
        kept = {name: row[name] for name in ("ferry", "pier", "window_start")}
        return kept | ({} if "cause" in more else {"passengers": row["passengers"]}) | more

    @staticmethod
    def merged(rows, keys, step):
        groups = {}
        for row in rows:
            start = row["window_start"].timestamp()
            begin = start - start % step if step else None
            groups.setdefault((begin, *(row[key] for key in keys)), []).append(row)
        return [
            {
                **dict(zip(keys, values)), "window_start": min(row["window_start"] for row in each),
                "window_end": max(row["window_start"] for row in each) + timedelta(minutes=1),
            } | {
                name: reduced([row[name] for row in each]) for name, reduced in MERGED.items() if name in each[0]
            }
            for (_, *values), each in groups.items()
        ]

    @staticmethod
    def ordered(rows, order):
        return sorted(rows, key=lambda row: row[order.removeprefix("-")], reverse=order.startswith("-"))

    @staticmethod
    def text(value):
        return value.isoformat() if isinstance(value, datetime) else value
