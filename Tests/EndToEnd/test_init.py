"""`streampulse init` writes a project from a look at JSON that it has never seen; it passes check and test, and runs at once."""

import json

from product import wait_until


def test_a_topic_becomes_a_project_that_runs(product):
    product.settings.pop("STREAMPULSE_PROJECT")
    product.up("--no-demo", "--project", "trips")
    lines = product.folder / "orders.jsonl"
    regions = ["eu", "us", "asia"]
    orders = [
        {"orderId": f"o-{number}", "meta": {"created_at": f"2026-01-31T12:00:{number % 60:02}Z"},
         "region": regions[number % 3], "total": number / 4, "items": [{"sku": "a"}]}
        for number in range(300)]
    lines.write_text("".join(json.dumps(order) + "\n" for order in orders))
    broker = {"KAFKA_BOOTSTRAP_SERVERS": product.joining["KAFKA_BOOTSTRAP_SERVERS"]}
    product.generate("replay", lines, "--format", "json-lines", "--topic", "shop.orders", "--time", "meta.created_at", **broker)

    said = product.must("init", "orders", "--from", "topic:shop.orders", **broker)
    assert "5 columns from 300 events" in said and "event time: meta_created_at" in said
    assert "key: region, with 3 values" in said
    product.must("check", "--project", "orders")
    product.must("test", "--project", "orders")

    again = product.run("init", "orders", "--from", "topic:shop.orders", **broker)
    assert again.returncode == 2 and "choose another name" in again.stderr

    joined = broker | {"DATABASE_URL": product.joining["DATABASE_URL"], "RESULT_SCHEMA": "orders"}
    product.must("migrate", "--project", "orders", **joined)
    product.start("process", "--project", "orders", KAFKA_GROUP_ID="orders", **joined)
    wait_until(
        lambda: product.value("SELECT coalesce(sum(events), 0)::bigint FROM orders.orders_by_minute") == 300,
        "not all orders are counted")
    rows = product.query("SELECT region, events, avg_total FROM orders.orders_by_minute ORDER BY region")
    assert rows == [(region, 100, sum(order["total"] for order in orders if order["region"] == region) / 100)
                    for region in sorted(regions)]


def test_what_is_no_json_is_refused_with_the_way_on(product):
    file = product.folder / "lines"
    for text, message in (("a,b\n1,2\n", "holds no JSON objects"), ("", "is empty")):
        file.write_text(text)
        done = product.run("init", "x", "--from", file)
        assert done.returncode == 2 and message in done.stderr
    done = product.run("init", "X y", "--from", file)
    assert done.returncode == 2 and "a project's name" in done.stderr
    assert not (product.folder / "x").exists()


def test_events_may_be_lines_or_one_document(product):
    product.settings.pop("STREAMPULSE_PROJECT")
    orders = [{"placed_at": f"2026-01-31T12:00:{second:02}Z", "region": "eu", "total": second} for second in range(20)]
    for name, text in (("lines", "\n".join(map(json.dumps, orders))), ("list", json.dumps(orders)),
                       ("pretty", json.dumps(orders, indent=2)), ("one", json.dumps(orders[0], indent=2))):
        (product.folder / f"{name}.json").write_text(text)
        product.must("init", name, "--from", product.folder / f"{name}.json")
        product.must("check", "--project", name)
        stream = (product.folder / name / "sql/streams" / f"{name}.sql").read_text()
        assert "placed_at timestamptz NOT NULL" in stream and "region text NOT NULL" in stream
