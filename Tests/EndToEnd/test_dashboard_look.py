"""Whether the dashboard can be used: on any width, in both themes, by keyboard and by screen reader."""

import pytest
from dashboard import connection, contrast, find, open_dashboard, resize, visible, wait


@pytest.mark.parametrize("width", [320, 360, 768, 1280])
def test_no_width_needs_horizontal_scrolling(browser, dashboard_url, mock_api, width):
    rows = mock_api.answers("title")["data"]
    rows[0]["title"] = "A title without an end " * 10
    rows[1]["title"] = "Unbreakable" * 20
    mock_api.answer("title", data=rows)
    alerts = mock_api.answers("alerts")["data"]
    alerts[0]["message"] = "Unbreakable" * 20
    mock_api.answer("alerts", data=alerts)
    mock_api.answer("totals", data=[{"total_downloads": 9_999_999, "successful_downloads": 9_900_000}])
    resize(browser, width, 800)
    open_dashboard(browser, dashboard_url)
    find(browser, "region-list .more").click()
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    overflowing = browser.execute_script("""
        return [...document.querySelectorAll("body *")]
          .filter((node) => !node.closest(".visually-hidden, .skip-link, pre"))
          .filter((node) => node.getBoundingClientRect().right > innerWidth + 0.5
            || (node.scrollWidth > node.clientWidth && node.clientWidth > 0
              && getComputedStyle(node).overflowX !== "hidden"))
          .map((node) => node.outerHTML)""")
    assert overflowing == []
    assert overlaps_in_header(browser) == []
    mock_api.fail()
    wait(browser, lambda: connection(browser) == "disconnected", "the loss was not noticed")
    assert overlaps_in_header(browser) == []


def overlaps_in_header(browser):
    return browser.execute_script("""
        const parts = [...document.querySelectorAll(".brand, window-selector, .status-text, .pill, .icon-button")]
          .map((node) => [node.className || node.localName, node.getBoundingClientRect()]);
        return parts.flatMap(([first, a], index) => parts.slice(index + 1).filter(([, b]) =>
          a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom)
          .map(([second]) => `${first} covers ${second}`));""")


def test_every_control_and_every_panel_has_a_name(browser, dashboard_url):
    open_dashboard(browser, dashboard_url)
    nodes = visible(browser, "a, button, summary, select, [role=region], [role=group], canvas")
    assert len(nodes) > 15
    assert [node.get_attribute("outerHTML") for node in nodes if not node.accessible_name.strip()] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_has_enough_contrast_in_both_themes(browser, dashboard_url, scheme):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-color-scheme", "value": scheme}]})
    open_dashboard(browser, dashboard_url)
    colors = browser.execute_script("""
        const style = getComputedStyle(document.body);
        const color = (name) => style.getPropertyValue(`--${name}`).trim();
        return ["text", "text-muted", "good", "warn", "bad", "good-soft", "warn-soft", "bad-soft", "surface",
          "background", "surface-sunken"].reduce((all, name) => ({ ...all, [name]: color(name) }), {});""")
    pairs = [(text, ground) for text in ("text", "text-muted") for ground in (
        "surface", "background", "surface-sunken", "warn-soft", "bad-soft")]
    pairs += [(tone, ground) for tone in ("good", "warn", "bad") for ground in ("surface", f"{tone}-soft")]
    too_low = {pair: contrast(colors[pair[0]], colors[pair[1]]) for pair in pairs}
    # WCAG 2.2, 1.4.3: 4.5 to 1 for text.
    assert {pair: ratio for pair, ratio in too_low.items() if ratio < 4.5} == {}


def test_nothing_moves_for_those_who_want_less_motion(browser, dashboard_url):
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia", {"features": [{"name": "prefers-reduced-motion", "value": "reduce"}]})
    open_dashboard(browser, dashboard_url)
    assert browser.execute_script("return document.getAnimations().length") == 0
    assert browser.execute_script(
        "return Chart.getChart(document.querySelector('downloads-chart canvas')).options.animation") is False
