"""What axe-core finds on each page, and how soon the pages are there and stand still."""

from pathlib import Path

import pytest
from dashboard import find, loading, open_dashboard, resize, wait
from mock_project import Harbour
from product import ROOT

AXE = next(Path(ROOT / ".build/axe").glob("lib/*/site-packages/axe_playwright_python/axe.min.js"), None)
PAGES = {
    "": "downloads-chart[data-state=ready] canvas", "alerts.html": "alert-group", "pipeline.html": ".stream",
    "explore.html": "series-chart[data-state=ready]", "explore.html#of=crossings&key.ferry=Eos&key.pier=1": "measure-charts canvas",
}


def violations(browser):
    browser.execute_script(AXE.read_text())
    found = browser.execute_async_script("""
        const done = arguments[0];
        axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] })
          .then(({ violations }) => done(violations.map(({ id, nodes }) =>
            [id, nodes.map(({ html, failureSummary }) => `${html.slice(0, 200)} ${failureSummary}`)])));""")
    return found


def open_page(browser, url, page, mock_api):
    if page.startswith("explore"):
        mock_api.show(Harbour())
    browser.get("about:blank")
    browser.get(url + page)
    wait(browser, lambda: find(browser, PAGES[page]).is_displayed(), f"{page} did not come")


@pytest.mark.skipif(AXE is None, reason="axe-core is not installed: make test-packages")
@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing(browser, dashboard_url, mock_api, page, scheme):
    browser.set_script_timeout(60)
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [
        {"name": "prefers-color-scheme", "value": scheme}, {"name": "prefers-reduced-motion", "value": "reduce"}]})
    open_page(browser, dashboard_url, page, mock_api)
    assert violations(browser) == []


@pytest.mark.parametrize("width", [360, 1280])
@pytest.mark.parametrize("page", ["", "pipeline.html", "explore.html"])
def test_nothing_jumps_while_a_page_loads(browser, dashboard_url, mock_api, page, width):
    resize(browser, width, 800)
    # What Lighthouse calls good.
    assert loading(browser, lambda: open_page(browser, dashboard_url, page, mock_api))["shift"] < 0.1


# First and largest paint, in milliseconds, of Lighthouse's own profiles: a desktop, and a phone whose processor is a
# quarter as fast. The bounds are what a busy machine keeps to; the figures are in the report.
# What a busy machine makes of a time is no fault of the page.
@pytest.mark.deep
@pytest.mark.parametrize(("profile", "first", "largest"), [("desktop", 1000, 4000), ("phone", 4000, 10_000)])
def test_the_page_is_painted_soon(browser, dashboard_url, mock_api, record_property, profile, first, largest):
    if profile == "phone":
        resize(browser, 360, 800, is_phone=True)
        browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 4})
    try:
        # The best of three: others use this machine, too.
        loads = [loading(browser, lambda: open_dashboard(browser, dashboard_url)) for _ in range(3)]
    finally:
        browser.execute_cdp_cmd("Emulation.setCPUThrottlingRate", {"rate": 1})
    best = min(loads, key=lambda load: load["largest"])
    record_property("figure", f"{profile}: first paint {best['first']:.0f} ms, largest {best['largest']:.0f} ms,"
                              f" layout shift {best['shift']:.3f}")
    assert best["first"] < first and best["largest"] < largest
    assert max(load["shift"] for load in loads) < 0.1


@pytest.mark.parametrize("page", PAGES)
def test_twice_the_size_needs_no_horizontal_scrolling_and_covers_nothing(browser, dashboard_url, mock_api, page):
    # A page of 1280 pixels at 200 % has 640 of its own (WCAG 2.2, 1.4.10).
    resize(browser, 640, 450)
    open_page(browser, dashboard_url, page, mock_api)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= 640


@pytest.mark.parametrize("page", PAGES)
def test_a_wide_screen_is_used(browser, dashboard_url, mock_api, page):
    resize(browser, 2560, 1440)
    open_page(browser, dashboard_url, page, mock_api)
    # Every row of panels reaches the right edge.
    edges = browser.execute_script("""
        const rows = new Map();
        for (const node of document.querySelectorAll(".panels > *, alert-groups")) {
          const { top, right, height } = node.getBoundingClientRect();
          if (height > 0) rows.set(Math.round(top), Math.max(rows.get(Math.round(top)) ?? 0, right));
        }
        return [...rows.values()];""")
    assert edges
    assert min(edges) > 0.9 * 2560


def test_forced_colours_keep_what_is_told_by_a_colour(browser, dashboard_url, mock_api):
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [{"name": "forced-colors", "value": "active"}]})
    open_dashboard(browser, dashboard_url)
    widths = browser.execute_script("""
        const style = (selector, property) => getComputedStyle(document.querySelector(selector))[property];
        return [style(".card", "borderTopWidth"), style(".bar", "borderTopWidth"), style("[aria-current]", "outlineStyle")];""")
    assert widths == ["1px", "1px", "solid"]
