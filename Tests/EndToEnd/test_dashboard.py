"""What the dashboard shows, in a real Chromium, against answers that the tests choose."""

from datetime import datetime, timedelta, timezone

import pytest
from dashboard import (
    PANELS, connection, console_errors, find, metric, next_round, open_dashboard, states_so_far, texts, values,
    wait)
from mock_api import empty_answers, sample_answers
from selenium.webdriver.common.by import By

WINDOWED = ("realtime", "trending", "regions", "devices")


def test_the_figures_are_those_of_the_api(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)

    totals = mock_api.answers("realtime")
    assert {name: metric(browser, name) for name in totals} == totals
    assert texts(browser, "stat-card data") == ["16,975", "187", "94.2%", "48.3s"]

    trending = mock_api.answers("trending")["data"]
    assert texts(browser, "trending-list .row-name") == [item["title"] for item in trending]
    assert values(browser, "trending-list .row-value") == [item["total_downloads"] for item in trending]
    assert texts(browser, "trending-list .row-detail")[0] == "94.7% success · 100 failed"

    devices = mock_api.answers("devices")["data"]
    assert texts(browser, "device-list .row-name") == [item["device"] for item in devices]
    assert values(browser, "device-list .row-value") == [item["total_downloads"] for item in devices]


def test_the_figures_follow_the_api(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.answer("realtime", total_downloads=16_975 + 1234, avg_success_rate=0.9511)
    trending = mock_api.answers("trending")["data"][::-1]
    mock_api.answer("trending", data=trending)

    wait(browser, lambda: metric(browser, "total_downloads") == 18_209, "the total did not follow")
    wait(browser, lambda: metric(browser, "avg_success_rate") == 0.9511, "the rate did not follow")
    wait(browser, lambda: texts(browser, "trending-list .row-name") == [item["title"] for item in trending],
         "the ranking did not follow")
    assert texts(browser, "stat-card .trend:not([hidden])")[0].startswith("▲ +7.3%")


def test_a_dashboard_at_work_writes_nothing_to_the_console(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    find(browser, "region-list .more").click()
    find(browser, "window-selector a[href='#minutes=15']").click()
    next_round(browser, mock_api)
    assert console_errors(browser) == []


def test_everything_is_loaded_from_the_dashboards_own_host(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    next_round(browser, mock_api)
    loaded = browser.execute_script("return performance.getEntriesByType('resource').map((entry) => entry.name)")
    assert any(name.endswith("/vendor/chart.js") for name in loaded)
    assert [name for name in loaded if not name.startswith(dashboard_url)] == []


def test_regions_are_sorted_by_downloads_and_say_their_health_in_words(browser, dashboard_url, mock_api):
    mock_api.answer("regions", data=mock_api.answers("regions")["data"][::-1])
    open_dashboard(browser, dashboard_url)
    find(browser, "region-list .more").click()

    expected = sorted(mock_api.answers("regions")["data"], key=lambda item: -item["downloads"])
    assert texts(browser, "region-list .row-name") == [item["region"] for item in expected]
    assert texts(browser, "region-list .row .badge") == [item["health_status"].capitalize() for item in expected]
    assert len(browser.find_elements(By.CSS_SELECTOR, "region-list .row .badge svg")) == len(expected)
    # 0.9496 is degraded; rounded it would read 95.0 %, which is healthy.
    london = [item["region"] for item in expected].index("UK-London")
    assert texts(browser, "region-list .row-detail")[london].startswith("94.9% success")


def test_regions_can_be_filtered_by_health(browser, dashboard_url):
    open_dashboard(browser, dashboard_url)
    assert texts(browser, "region-list .filter") == ["Critical1", "Degraded2", "Healthy6"]
    find(browser, "region-list [data-filter=degraded]").click()
    assert texts(browser, "region-list .row-name") == ["UK-London", "IN-Maharashtra"]
    find(browser, "region-list [data-filter=degraded]").click()
    assert len(texts(browser, "region-list .row-name")) == 5


def test_alerts_show_severity_message_region_age_and_the_open_count(browser, dashboard_url, mock_api):
    mock_api.answer("alerts", unacknowledged_count=17)
    open_dashboard(browser, dashboard_url)
    assert values(browser, "alert-list .count") == [17]
    assert browser.title == "(17) StreamPulse"
    assert texts(browser, "alert-list .badge") == ["Critical", "Warning", "Critical", "Warning"]
    assert texts(browser, "alert-list .alert-message")[0] == "Error rate 18.8% in JP-Tokyo"
    assert texts(browser, "alert-list .row-detail")[0] == "JP-Tokyo · High error rate"
    assert texts(browser, "alert-list time")[3] == "2 hr. ago"


def test_only_an_alert_that_is_new_is_announced(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    assert texts(browser, "alert-list [aria-live]") == [""]
    alerts = mock_api.answers("alerts")["data"]
    fresh = dict(alerts[0], id=99, message="Error rate 40.0% in UK-London")
    mock_api.answer("alerts", data=[fresh, *alerts])
    wait(browser, lambda: texts(browser, "alert-list [aria-live]") == [
        "New CRITICAL alert: Error rate 40.0% in UK-London"], "the new alert was not announced")


def test_the_chart_shows_each_minute_and_marks_the_running_one(browser, dashboard_url, mock_api):
    # Ahead by a minute: the last one is running for as long as the test takes.
    series = sample_answers(datetime.now(timezone.utc) + timedelta(minutes=1))["timeseries"]
    mock_api.answer("timeseries", **series)
    open_dashboard(browser, dashboard_url)
    shown = browser.execute_script("""
        const { data } = Chart.getChart(document.querySelector("downloads-chart canvas"));
        const fill = (index) => data.datasets[1].backgroundColor({ dataIndex: index });
        return {
          downloads: data.datasets[1].data, rates: data.datasets[0].data,
          hatched: data.datasets[1].data.map((_, index) => fill(index) instanceof CanvasPattern),
        };""")
    expected = series["data"]
    assert shown["downloads"] == [row["total_downloads"] for row in expected]
    assert shown["rates"] == pytest.approx([row["success_rate"] for row in expected])
    assert shown["hatched"][59]
    assert not any(shown["hatched"][:58])
    label = find(browser, "downloads-chart canvas").get_attribute("aria-label")
    assert label.startswith(f"{sum(row['total_downloads'] for row in expected):,} downloads in the last hour")


@pytest.mark.parametrize(("seconds_past", "expected"), [(30, [False, False, True]), (60, [False, False, False])])
def test_a_minute_is_running_until_it_is_over_and_gaps_are_minutes_without_downloads(
        browser, dashboard_url, seconds_past, expected):
    browser.get(dashboard_url)
    series = browser.execute_async_script("""
        const [secondsPast, done] = arguments;
        import("/minute-series.js").then(({ minuteSeries }) => done(minuteSeries({
          data: [
            { window_start: "2026-01-01T10:02:00Z", total_downloads: 7, success_rate: 1 },
            { window_start: "2026-01-01T10:00:00Z", total_downloads: 5, success_rate: 0.8 },
          ],
          start_time: "2026-01-01T09:59:30Z", end_time: "2026-01-01T10:03:00Z",
        }, new Date(Date.UTC(2026, 0, 1, 10, 2, secondsPast)))));""", seconds_past)
    assert [minute["downloads"] for minute in series] == [5, 0, 7]
    assert [minute["successRate"] for minute in series] == [0.8, None, 1]
    assert [minute["isRunning"] for minute in series] == expected


def test_without_data_each_panel_says_that_it_is_empty(browser, dashboard_url, mock_api):
    mock_api.answer_all(empty_answers())
    open_dashboard(browser, dashboard_url, state="empty")
    assert texts(browser, ".panel-message p:first-child") == [
        "No downloads in the last hour", "No open alerts", "Nothing is trending", "No regions to show",
        "No devices to show"]
    # A rate of nothing is not 0 %.
    assert texts(browser, "stat-card data") == ["0", "0", "—", "—"]
    assert connection(browser) == "live"
    assert console_errors(browser) == []


def test_data_that_comes_after_the_empty_state_is_shown(browser, dashboard_url, mock_api):
    full = {name: mock_api.answers(name) for name in (*WINDOWED, "alerts", "timeseries", "health")}
    mock_api.answer_all(empty_answers())
    open_dashboard(browser, dashboard_url, state="empty")
    mock_api.answer_all(full)
    for panel in PANELS:
        wait(browser, lambda: find(browser, panel).get_attribute("data-state") == "ready", f"{panel} stayed empty")


def test_the_look_back_is_in_the_url_and_in_the_requests(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url + "#minutes=60")
    assert {name: mock_api.last_query(name)["minutes"] for name in WINDOWED} == dict.fromkeys(WINDOWED, "60")
    assert mock_api.last_query("timeseries") == {"minutes": "60"}
    assert mock_api.last_query("alerts") == {"limit": "10", "acknowledged": "false"}
    assert texts(browser, "trending-list .panel-subtitle") == ["last hour"]

    find(browser, "window-selector a[href='#minutes=15']").click()
    assert browser.current_url.endswith("#minutes=15")
    assert texts(browser, "window-selector [aria-current]") == ["15 min"]
    wait(browser, lambda: texts(browser, "trending-list .panel-subtitle") == ["last 15 minutes"], "the list stayed")
    assert {name: mock_api.last_query(name)["minutes"] for name in WINDOWED} == dict.fromkeys(WINDOWED, "15")

    browser.back()
    wait(browser, lambda: texts(browser, "window-selector [aria-current]") == ["60 min"], "back did not go back")


def test_the_answer_to_an_abandoned_look_back_is_not_shown(browser, watched_page, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.hold("realtime")
    asked = mock_api.count("realtime")
    wait(browser, lambda: mock_api.count("realtime") > asked, "no request to abandon")
    find(browser, "window-selector a[href='#minutes=15']").click()
    wait(browser, lambda: mock_api.last_query("realtime")["minutes"] == "15", "the new look-back waits for the old")
    mock_api.answer("realtime", total_downloads=50_000)
    mock_api.release()
    wait(browser, lambda: metric(browser, "total_downloads") == 50_000, "the total did not follow")
    assert texts(browser, "stat-card .stat-window")[0] == "last 15 minutes"
    # Giving up on a request is not a failure of the server.
    assert set(states_so_far(browser)) - {"connecting"} == {"live"}


@pytest.mark.parametrize("hash", ["#minutes=7", "#minutes=", "#content", "#minutes=1e9"])
def test_a_look_back_that_is_not_offered_is_the_default(browser, dashboard_url, mock_api, hash):
    open_dashboard(browser, dashboard_url + hash)
    assert mock_api.last_query("realtime")["minutes"] == "5"


MARKUP = '<img src=x onerror="window.executed = true"><script>window.executed = true</script>'


def test_markup_in_data_is_shown_as_text_and_not_executed(browser, dashboard_url, mock_api):
    for name, field in (("trending", "title"), ("regions", "region"), ("devices", "device"), ("alerts", "message")):
        rows = mock_api.answers(name)["data"]
        rows[0][field] = MARKUP
        mock_api.answer(name, data=rows)
    alerts = mock_api.answers("alerts")["data"]
    alerts[1]["severity"] = MARKUP
    mock_api.answer("alerts", data=alerts)
    open_dashboard(browser, dashboard_url)
    for selector in ("trending-list .row-name", "region-list .row-name", "device-list .row-name", ".alert-message"):
        assert texts(browser, selector)[0] == MARKUP
    assert browser.execute_script("return document.querySelectorAll('main img, main script').length") == 0
    assert browser.execute_script("return window.executed") is None
    assert console_errors(browser) == []
