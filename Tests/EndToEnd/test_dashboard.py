"""What the dashboard shows, in a real Chromium, against answers that the tests choose."""

from urllib.parse import parse_qs, urlsplit

import pytest
from dashboard import (
    PANELS, connection, console_errors, find, metric, next_round, open_dashboard, states_so_far, texts, values,
    visible, wait)
from mock_api import empty_answers
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select

LISTS = ("region", "title", "device")
WINDOWED = ("totals", "series", *LISTS)


def hash_of(browser):
    return {name: found[0] for name, found in parse_qs(urlsplit(browser.current_url).fragment).items()}


def renew(mock_api, name, **changes):
    """Changes the only row of an answer."""
    row = mock_api.answers(name)["data"][0]
    mock_api.answer(name, data=[row | changes])


def test_the_figures_are_those_of_the_api(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)

    wait(browser, lambda: texts(browser, "stat-card data.stat-value") == ["16,975", "94.2%", "48.3s", "187"], "other figures")
    titles = mock_api.answers("title")["data"]
    assert texts(browser, "trending-list .row-name") == [item["title"] for item in titles]
    assert values(browser, "trending-list .row-value") == [item["download_count"] for item in titles]
    assert texts(browser, "trending-list .row-detail")[0] == "96.0% success · 29.7% of all · 76 failed"

    devices = mock_api.answers("device")["data"]
    assert texts(browser, "device-list .row-name") == [f"{item['device_type']} ({item['os_version']})" for item in devices]
    assert values(browser, "device-list .row-value") == [item["total_downloads"] for item in devices]


def test_the_figures_follow_the_api(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    renew(mock_api, "totals", total_downloads=18_209)
    titles = mock_api.answers("title")["data"]
    titles[1]["download_count"] = 5000
    mock_api.answer("title", data=titles)

    wait(browser, lambda: metric(browser, "downloads") == 18_209, "the total did not follow")
    wait(browser, lambda: texts(browser, "trending-list .row-name")[0] == titles[1]["title"], "the ranking did not follow")


def test_what_has_come_since_the_complete_minutes_stands_apart(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    wait(browser, lambda: values(browser, "stat-card .running data") == [700], "the running minute is not told")
    assert metric(browser, "downloads") == 16_975
    # The last step of a long range holds complete minutes, too, which the total has already.
    browser.execute_script("location.hash = '#minutes=1440'")
    wait(browser, lambda: not visible(browser, "stat-card .running"), "complete minutes are told as running")


def with_before(mock_api, downloads, successful):
    """The period before, of which one region is told."""
    mock_api.answer_more("totalsBefore", {"data": [
        {"total_downloads": downloads, "successful_downloads": successful, "failed_downloads": downloads - successful,
         "avg_duration_seconds": 48.0}]})
    mock_api.answer_more("seriesBefore", {"data": []})
    regions = mock_api.answers("region")["data"]
    mock_api.answer_more("regionBefore", {"data": regions})


def test_one_key_shows_the_period_before_and_the_choice_is_kept(browser, dashboard_url, mock_api):
    with_before(mock_api, 12_000, 11_900)
    open_dashboard(browser, dashboard_url)
    assert texts(browser, "stat-card .trend:not([hidden])") == []
    find(browser, "body").send_keys("c")
    wait(browser, lambda: len(texts(browser, "stat-card .trend:not([hidden])")) == 3, "nothing is compared")
    assert texts(browser, "stat-card .trend")[:3] == ["▲ +41.5%", "▼ -4.9 pp", "≈ +0.5%"]
    tones = [node.get_attribute("data-tone") for node in browser.find_elements(By.CSS_SELECTOR, "stat-card .trend")]
    # More downloads are neither good nor bad, and a change that may be chance is not coloured.
    assert tones[:3] == ["neutral", "bad", "neutral"]
    query = mock_api.last_query("totalsBefore")
    assert query["end"] == mock_api.answers("totals")["start"]
    assert hash_of(browser)["compare"] == "on"
    # It is kept for pages that are opened without a hash.
    browser.get("about:blank")
    browser.get(dashboard_url)
    wait(browser, lambda: find(browser, "compare-toggle button").get_attribute("aria-pressed") == "true", "it is forgotten")
    find(browser, "compare-toggle button").click()
    wait(browser, lambda: texts(browser, "stat-card .trend:not([hidden])") == [], "it goes on")
    assert find(browser, "compare-toggle button").get_attribute("aria-pressed") == "false"


def test_a_change_that_may_be_chance_is_not_coloured(browser, dashboard_url, mock_api):
    browser.get(dashboard_url)
    judged = browser.execute_async_script("""
        const done = arguments[0];
        import("/comparison.js").then(({ isCountChange, isShareChange, isMeanChange }) => done([
          isCountChange(16_975, 16_958), isCountChange(10, 14), isCountChange(1000, 1200), isCountChange(1e6, 1.009e6),
          isShareChange({ share: 0.95, of: 100 }, { share: 0.93, of: 100 }),
          isShareChange({ share: 0.95, of: 10_000 }, { share: 0.93, of: 10_000 }),
          isShareChange({ share: 0.951, of: 1e7 }, { share: 0.95, of: 1e7 }),
          isMeanChange(1.0, 2.0, 4), isMeanChange(1.0, 1.2, 1000),
        ]));""")
    assert judged == [False, False, True, False, False, True, False, False, True]


def test_a_dashboard_at_work_writes_nothing_to_the_console(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    find(browser, "region-list .more").click()
    find(browser, "window-selector a[title='last hour']").click()
    next_round(browser, mock_api)
    assert console_errors(browser) == []


def test_everything_is_loaded_from_the_dashboards_own_host(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    next_round(browser, mock_api)
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert any(name.endswith("/vendor/chart.js") for name in loaded)
    assert [name for name in loaded if not name.startswith(dashboard_url)] == []


def test_sick_regions_come_first_and_say_their_health_in_words(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    find(browser, "region-list .more").click()
    rows = {item["region"]: item for item in mock_api.answers("region")["data"]}
    names = texts(browser, "region-list .row-name")
    assert names[:3] == ["JP-Tokyo", "IN-Maharashtra", "UK-London"]
    assert names[3:] == sorted(set(rows) - set(names[:3]), key=lambda name: -rows[name]["total_downloads"])
    badges = texts(browser, "region-list .row .badge")
    assert badges == ["Critical", "Degraded", "Degraded"] + ["Healthy"] * 6
    assert len(browser.find_elements(By.CSS_SELECTOR, "region-list .row .badge svg")) == len(rows)
    # 0.9497 is degraded; rounded it would read 95.0 %, which is healthy.
    assert texts(browser, "region-list .row-detail")[2].startswith("94.9% success")


def test_few_downloads_say_nothing_about_health(browser, dashboard_url, mock_api):
    mock_api.answer("region", data=[
        {"region": "Nauru", "total_downloads": 4, "successful_downloads": 1, "failed_downloads": 3, "avg_speed_mbps": None}])
    open_dashboard(browser, dashboard_url)
    wait(browser, lambda: texts(browser, "region-list .row .badge") == ["Few"], "it is judged")
    assert texts(browser, "region-list .filter data") == ["0", "0", "0"]


def test_lists_can_be_put_in_another_order(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    Select(find(browser, "region-list select")).select_by_value("most")
    wait(browser, lambda: texts(browser, "region-list .row-name")[0] == "US-California", "the order stayed")
    assert hash_of(browser)["sort.region"] == "most"
    Select(find(browser, "region-list select")).select_by_value("share")
    wait(browser, lambda: texts(browser, "region-list .row-name")[0] == "JP-Tokyo", "the order stayed")
    assert "of failures" in texts(browser, "region-list .row-detail")[0]


def test_a_click_on_a_row_narrows_the_page_and_a_chip_takes_it_back(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    find(browser, "region-list li:first-child .row").click()
    wait(browser, lambda: (mock_api.last_query("totals") or {}).get("key.region") == "JP-Tokyo", "the cards stayed")
    assert mock_api.last_query("series")["key.region"] == "JP-Tokyo"
    assert "key.region" not in mock_api.last_query("region")
    assert texts(browser, "filter-chips button") == ["region: JP-Tokyo✕"]
    wait(browser, lambda: len(texts(browser, "alert-list .alert")) == 1, "other regions' alerts stayed")
    # What cannot be narrowed says so.
    wait(browser, lambda: texts(browser, "trending-list .panel-subtitle") == ["last 15 minutes, all regions"], "it is not said")
    page = find(browser, "filter-chips a").get_attribute("href")
    assert parse_qs(urlsplit(page).fragment) == {
        "of": ["region_health"], "key.region": ["JP-Tokyo"], "minutes": ["15"]}
    # A title takes the region's place: no aggregate has both.
    find(browser, "trending-list li:nth-child(2) .row").click()
    wait(browser, lambda: texts(browser, "filter-chips button") == ["title: The Last of Us✕"], "the chip stayed")
    wait(browser, lambda: mock_api.last_query("totals").get("key.content_id") == "mov_1", "the cards stayed")
    find(browser, "filter-chips button").click()
    wait(browser, lambda: not find(browser, "filter-chips").is_displayed(), "the filter stayed")
    browser.back()
    wait(browser, lambda: texts(browser, "filter-chips button") == ["title: The Last of Us✕"], "back did not go back")


def test_regions_can_be_filtered_by_health(browser, dashboard_url):
    open_dashboard(browser, dashboard_url)
    assert texts(browser, "region-list .filter") == ["Critical1", "Degraded2", "Healthy6"]
    find(browser, "region-list [data-filter=degraded]").click()
    assert texts(browser, "region-list .row-name") == ["IN-Maharashtra", "UK-London"]
    find(browser, "region-list [data-filter=degraded]").click()
    assert len(texts(browser, "region-list .row-name")) == 8


def test_alerts_show_severity_message_region_age_and_the_open_count(browser, dashboard_url, mock_api):
    mock_api.answer("alerts", unacknowledged_count=17)
    open_dashboard(browser, dashboard_url)
    assert values(browser, "alert-list .count") == [17]
    assert browser.title == "(17) StreamPulse"
    # Two windows of one region are one matter.
    assert texts(browser, "alert-list .badge") == ["Critical", "Warning", "Warning"]
    assert texts(browser, "alert-list .alert-message")[0] == "Error rate 18.8% in JP-Tokyo"
    assert texts(browser, "alert-list .row-detail")[0] == "JP-Tokyo · High error rate · 2 alerts"
    assert texts(browser, "alert-list time")[2] == "2 hr. ago"
    assert texts(browser, "alert-list .row-detail")[2].endswith("ended")


def test_only_an_alert_that_is_new_is_announced(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    assert texts(browser, "alert-list [aria-live]") == [""]
    alerts = mock_api.answers("alerts")["data"]
    fresh = dict(alerts[0], id=99, message="Error rate 40.0% in UK-London")
    mock_api.answer("alerts", data=[fresh, *alerts])
    wait(browser, lambda: texts(browser, "alert-list [aria-live]") == [
        "New CRITICAL alert: Error rate 40.0% in UK-London"], "the new alert was not announced")


def test_the_chart_shows_rate_and_volume_on_one_axis_with_the_running_minute_apart(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    shown = browser.execute_script("""
        const charts = [...document.querySelectorAll("downloads-chart canvas")].map((canvas) => Chart.getChart(canvas));
        const [volume, rate] = charts.map(({ data }) => data);
        const fill = (index) => volume.datasets[0].backgroundColor({ dataIndex: index });
        return {
          downloads: volume.datasets[0].data, rates: rate.datasets[0].data,
          hatched: volume.datasets[0].data.map((_, index) => fill(index) instanceof CanvasPattern),
          plots: charts.map(({ chartArea }) => [Math.round(chartArea.left), Math.round(chartArea.right)]),
          least: charts[1].scales.y.min,
        };""")
    expected = mock_api.answers("series")["data"]
    assert shown["downloads"] == [row["total_downloads"] for row in expected]
    assert shown["rates"] == pytest.approx([row["successful_downloads"] / row["total_downloads"] for row in expected])
    assert shown["hatched"] == [False] * 15 + [True]
    assert shown["plots"][0] == pytest.approx(shown["plots"][1], abs=2)
    # The bands of 95 and 90 % are within it.
    assert shown["least"] == pytest.approx(0.85)
    total = sum(row["total_downloads"] for row in expected[:-1])
    label = find(browser, "downloads-chart canvas").get_attribute("aria-label")
    assert label.startswith(f"{total:,} downloads, last 15 minutes")
    find(browser, "downloads-chart summary").click()
    wait(browser, lambda: len(texts(browser, "downloads-chart tbody tr")) == 16, "the table stays empty")
    assert "(not complete)" in texts(browser, "downloads-chart tbody th")[0]


def test_a_range_drawn_on_a_chart_zooms_everything_to_it_and_a_link_shows_the_same(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    canvas = find(browser, "downloads-chart canvas")
    width = canvas.size["width"]
    ActionChains(browser).move_to_element_with_offset(canvas, -width // 4, 0).click_and_hold().move_by_offset(
        width // 4, 0).release().perform()
    wait(browser, lambda: "from" in hash_of(browser), "it is not zoomed")
    wanted = {"start": hash_of(browser)["from"], "end": hash_of(browser)["to"]}
    wait(browser, lambda: all(
        wanted.items() <= (mock_api.last_query(name) or {}).items() for name in WINDOWED), "not everything is zoomed")
    assert find(browser, ".calendar.current").is_displayed()
    link, label = browser.current_url, texts(browser, ".calendar-text")
    browser.get("about:blank")
    browser.get(link)
    wait(browser, lambda: texts(browser, ".calendar-text") == label, "the link shows another range")


def test_a_range_of_the_calendar_can_be_chosen_by_keyboard(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    find(browser, ".calendar summary").send_keys(Keys.ENTER)
    browser.execute_script("""
        const [from, to] = document.querySelectorAll(".calendar-form input");
        [from.value, to.value] = ["2026-01-31T12:00", "2026-01-31T10:00"];""")
    find(browser, ".calendar-form button").click()
    assert "choose a later end" in find(browser, ".calendar-form [role=alert]").text
    browser.execute_script("document.querySelectorAll('.calendar-form input')[1].value = '2026-01-31T18:00'")
    find(browser, ".calendar-form button").click()
    wait(browser, lambda: "from" in hash_of(browser), "the range stayed")
    wait(browser, lambda: mock_api.last_query("series").get("step") == "5m", "the step stayed")


def test_a_gap_is_a_minute_without_downloads_and_a_minute_runs_until_it_is_complete(browser, dashboard_url):
    browser.get(dashboard_url)
    times, running, rows = browser.execute_async_script("""
        const done = arguments[0];
        import("/series.js").then(({ timelineOf }) => {
          const row = (minute) => ({ window_start: `2026-01-01T10:0${minute}:00Z`, window_end: `2026-01-01T10:0${minute + 1}:00Z`, n: minute });
          const { times, isRunning, rows } = timelineOf([row(2), row(0), row(3)], 60_000, "2026-01-01T10:03:20Z");
          done([times.map((time) => time.toISOString().slice(14, 16)), isRunning, rows.map((each) => each?.n ?? null)]);
        });""")
    assert times == ["00", "01", "02", "03"]
    assert running == [False, False, False, True]
    assert rows == [0, None, 2, 3]


def test_without_data_each_panel_says_that_it_is_empty(browser, dashboard_url, mock_api):
    mock_api.answer_all(empty_answers())
    open_dashboard(browser, dashboard_url, state="empty")
    assert texts(browser, ".panel-message p:first-child") == [
        "No downloads in this range", "No open alerts", "No regions to show", "Nothing is trending",
        "No devices to show"]
    # And what to do now.
    assert "content-downloads" in find(browser, "empty-guide").text
    assert texts(browser, "empty-guide code") == ["KAFKA_BOOTSTRAP_SERVERS=127.0.0.1:9092 event-generator --rate 100"]
    # A rate of nothing is not 0 %.
    assert texts(browser, "stat-card data.stat-value") == ["0", "—", "—", "0"]
    assert connection(browser) == "live"
    assert console_errors(browser) == []


def test_data_that_comes_after_the_empty_state_is_shown(browser, dashboard_url, mock_api):
    full = {name: mock_api.answers(name) for name in (*WINDOWED, "realtime", "alerts", "health")}
    mock_api.answer_all(empty_answers())
    open_dashboard(browser, dashboard_url, state="empty")
    mock_api.answer_all(full)
    for panel in PANELS:
        wait(browser, lambda: find(browser, panel).get_attribute("data-state") == "ready", f"{panel} stayed empty")


def test_the_range_is_in_the_url_and_in_every_request(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url + "#minutes=60")
    assert {name: mock_api.last_query(name)["minutes"] for name in WINDOWED} == dict.fromkeys(WINDOWED, "60")
    assert mock_api.last_query("alerts") == {"limit": "200", "acknowledged": "false"}
    assert texts(browser, "trending-list .panel-subtitle") == ["last hour"]

    find(browser, "window-selector a[title='last 7 days']").click()
    assert hash_of(browser)["minutes"] == "10080"
    assert texts(browser, "window-selector [aria-current]") == ["7 d"]
    wait(browser, lambda: texts(browser, "trending-list .panel-subtitle") == ["last 7 days"], "the list stayed")
    wait(browser, lambda: {mock_api.last_query(name)["minutes"] for name in WINDOWED} == {"10080"}, "not all are asked")
    assert mock_api.last_query("series")["step"] == "2h"

    browser.back()
    wait(browser, lambda: texts(browser, "window-selector [aria-current]") == ["1 h"], "back did not go back")


def test_the_answer_to_an_abandoned_look_back_is_not_shown(browser, watched_page, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.hold("totals")
    asked = mock_api.count("totals")
    wait(browser, lambda: mock_api.count("totals") > asked, "no request to abandon")
    find(browser, "window-selector a[title='last hour']").click()
    wait(browser, lambda: mock_api.last_query("totals")["minutes"] == "60", "the new look-back waits for the old")
    renew(mock_api, "totals", total_downloads=50_000)
    mock_api.release()
    wait(browser, lambda: metric(browser, "downloads") == 50_000, "the total did not follow")
    assert texts(browser, "stat-card .stat-window")[0] == "last hour"
    # Giving up on a request is not a failure of the server.
    assert set(states_so_far(browser)) - {"connecting"} == {"live"}


@pytest.mark.parametrize("hash", ["#minutes=7", "#minutes=", "#content", "#minutes=1e9", "#from=2026-02-01&to=2026-01-01"])
def test_a_look_back_that_is_not_offered_is_the_default(browser, dashboard_url, mock_api, hash):
    open_dashboard(browser, dashboard_url + hash)
    assert mock_api.last_query("totals")["minutes"] == "15"


MARKUP = '<img src=x onerror="window.executed = true"><script>window.executed = true</script>'


def test_markup_in_data_is_shown_as_text_and_not_executed(browser, dashboard_url, mock_api):
    for name, field in (("title", "title"), ("region", "region"), ("device", "device_type"), ("alerts", "message")):
        rows = mock_api.answers(name)["data"]
        rows[0][field] = MARKUP
        mock_api.answer(name, data=rows)
    alerts = mock_api.answers("alerts")["data"]
    alerts[1]["severity"] = MARKUP
    mock_api.answer("alerts", data=alerts)
    open_dashboard(browser, dashboard_url)
    for selector in ("trending-list .row-name", "region-list .row-name", "device-list .row-name", ".alert-message"):
        assert any(MARKUP in text for text in texts(browser, selector))
    assert browser.execute_script("return document.querySelectorAll('main img, main script').length") == 0
    assert browser.execute_script("return window.executed") is None
    assert console_errors(browser) == []
