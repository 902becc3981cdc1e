"""Pictures of every page and state, for people: `make screenshots` runs this. Two of them go into the documents."""

import shutil

import pytest
from dashboard import find, open_dashboard, resize, wait
from mock_api import empty_answers, metrics_text
from product import ROOT, wait_until

FOLDER = ROOT / ".build/screenshots"
DOCUMENTS = ROOT / "docs"
# So many bytes at most may be in the repository.
MOST_BYTES = 200_000


@pytest.fixture(scope="module", autouse=True)
def folder():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)


@pytest.fixture(scope="module")
def running(new_product):
    """The product with its demo load, which has an outage in one region soon after it was started."""
    product = new_product()
    product.up()
    wait_until(lambda: product.get("/api/stats/alerts").json["count"] > 0
               and len(product.get("/api/stats/timeseries").json["data"]) > 5, "the demo shows nothing", seconds=600)
    return product


def settle(browser, selector):
    wait(browser, lambda: find(browser, selector).is_displayed(), f"{selector} did not come")
    browser.execute_async_script("setTimeout(arguments[0], 1500)")


def take(browser, name):
    browser.save_screenshot(str(FOLDER / f"{name}.png"))


def dark(browser):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": "dark"}]})


VIEWS = {
    "overview": ("", "downloads-chart[data-state=ready] canvas"),
    "overview-compared": ("#minutes=5&compare=on", "downloads-chart[data-state=ready] canvas"),
    "region": ("explore.html#of=region_health&key.region=JP-Tokyo&minutes=15", "measure-charts canvas"),
    "alerts": ("alerts.html", "alert-group"),
    # Which needs two readings.
    "pipeline": ("pipeline.html", "rate-panel[metric=commit][data-state=ready] canvas"),
    "explore": ("explore.html#of=region_health", "series-chart[data-state=ready] canvas"),
}


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("width", "height", "scheme"),
    [(1280, 900, "light"), (1280, 900, "dark"), (2560, 1440, "light"), (390, 844, "light")])
def test_of_the_product(browser, running, view, width, height, scheme):
    page, selector = VIEWS[view]
    if scheme == "dark":
        dark(browser)
    # The regions belong to the picture for the documents.
    resize(browser, width, 1020 if (view, width) == ("overview", 1280) else height, is_phone=width < 400)
    browser.get("about:blank")
    browser.get(f"{running.url}/{page}")
    settle(browser, selector)
    if view == "alerts":
        find(browser, ".group-head").click()
        settle(browser, "alert-chart canvas")
    take(browser, f"{view}-{width}-{scheme}")
    if (width, scheme) == (1280, "light") and view in ("overview", "alerts"):
        document = DOCUMENTS / ("dashboard.png" if view == "overview" else "alerts.png")
        shutil.copy(FOLDER / f"{view}-{width}-{scheme}.png", document)
        assert document.stat().st_size < MOST_BYTES


STATES = {
    "empty": lambda api: api.answer_all(empty_answers()),
    "stale": lambda api: api.answer("health", status="degraded", processor={
        "status": "silent", "lag_records": 0, "last_commit_age_seconds": 200.0, "newest_event_age_seconds": 200.0}),
    "held": lambda api: api.answer("health", status="degraded", processor={
        "status": "held", "detail": "partition 1 is held", "lag_records": 7, "newest_event_age_seconds": 30.0}),
    "loading": lambda api: [api.hold(name) for name in ("totals", "series", "region", "title", "device", "alerts")],
    "unavailable": lambda api: api.fail(),
    "one-fails": lambda api: api.fail("device"),
}


@pytest.mark.parametrize("state", STATES)
def test_of_a_state(browser, dashboard_url, mock_api, state):
    mock_api.answer("metrics", text=metrics_text(1, 0, 0))
    STATES[state](mock_api)
    browser.get(dashboard_url)
    browser.execute_async_script("setTimeout(arguments[0], 2500)")
    take(browser, f"state-{state}")
    mock_api.release()


def test_of_a_lost_server(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.answer("health", status="down", database={"status": "down", "detail": None})
    mock_api.fail()
    wait(browser, lambda: find(browser, "connection-banner").is_displayed(), "the loss is not said")
    take(browser, "state-disconnected")
