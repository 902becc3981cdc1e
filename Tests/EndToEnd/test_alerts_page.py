"""The page of alerts, in a real Chromium: groups, their charts, and what can be done about them."""

from datetime import datetime, timedelta, timezone
from urllib.parse import parse_qs, urlsplit

import pytest
from dashboard import console_errors, find, texts, visible, wait
from mock_api import iso

ACTIONS = {"paths": {
    "/api/stats/alerts/{id}/acknowledge": {"post": {}},
    "/api/stats/silences": {"post": {"requestBody": {"content": {"application/json": {"schema": {
        "properties": {"matcher": {}, "until": {}, "comment": {}}}}}}}},
}}


def alert(number, region, minutes_ago, severity="CRITICAL", value=0.3):
    now = datetime.now(timezone.utc).replace(second=0, microsecond=0)
    return {
        "id": number, "alert_type": "HIGH_ERROR_RATE", "severity": severity, "region": region, "metric_name": "error_rate",
        "message": f"Error rate in {region}", "metric_value": value, "threshold_value": 0.15 if severity == "CRITICAL" else 0.1,
        "created_at": iso(now - timedelta(minutes=minutes_ago)), "aggregate": "region_health", "key": {"region": region},
        "window_start": iso(now - timedelta(minutes=minutes_ago + 1)), "window_end": iso(now - timedelta(minutes=minutes_ago)),
        "acknowledged_at": None, "acknowledged_by": None, "incident": None, "state": None, "resolved_at": None,
        "expected_value": None,
    }


def open_alerts(browser, url, hash="", groups=None):
    browser.get("about:blank")
    browser.get(url + "alerts.html" + hash)
    wait(browser, lambda: find(browser, "alert-groups").get_attribute("data-state") in ("ready", "empty"), "no alerts came")
    if groups is not None:
        wait(browser, lambda: len(texts(browser, "alert-group")) == groups, f"not {groups} groups")


def test_many_alerts_of_one_kind_are_few_groups_and_the_firing_one_is_first(browser, dashboard_url, mock_api):
    # Two hours of one region with a pause between, an hour of another that goes on.
    alerts = [alert(number, "JP-Tokyo", 180 - number) for number in range(100)]
    alerts += [alert(200 + number, "JP-Tokyo", 60 - number) for number in range(30)]
    alerts += [alert(300 + number, "UK-London", 60 - number, "WARNING", 0.12) for number in range(60)]
    mock_api.answer("alerts", data=alerts[::-1], unacknowledged_count=len(alerts))
    open_alerts(browser, dashboard_url, groups=3)
    assert texts(browser, ".groups-summary")[0] == "190 alerts in 3 groups"
    assert texts(browser, ".group-title") == [
        "High error rate · UK-London", "High error rate · JP-Tokyo", "High error rate · JP-Tokyo"]
    assert texts(browser, ".group .state") == ["firing", "ended", "ended"]
    assert "60 alerts · peak 12.0%" in texts(browser, ".group .row-detail")[0]
    assert browser.title == "(190) Alerts · StreamPulse"
    assert console_errors(browser) == []


def test_a_group_unfolds_to_the_course_of_its_metric_with_thresholds_and_windows(browser, dashboard_url, mock_api):
    rows = mock_api.answers("series")["data"]
    mock_api.answer("catalogue", data=[mock_api.answers("catalogue")["data"][0] | {"columns": [
        {"name": name, "type": "bigint", "role": "count", "comment": "", "nullable": False}
        for name in ("total_downloads", "failed_downloads")]}])
    mock_api.answer("alerts", data=[alert(1, "JP-Tokyo", 3), alert(2, "JP-Tokyo", 2, "WARNING", 0.12)])
    open_alerts(browser, dashboard_url, groups=1)
    find(browser, ".group-head").click()
    wait(browser, lambda: parse_qs(urlsplit(browser.current_url).fragment)["open"] == ["1"], "the link does not have it")
    wait(browser, lambda: mock_api.last_query("series") is not None, "the metric is not asked for")
    assert mock_api.last_query("series")["key.region"] == "JP-Tokyo"
    shown = """
        const { data } = Chart.getChart(document.querySelector("alert-chart canvas"));
        return data.datasets[0].data;"""
    expected = [row["failed_downloads"] / row["total_downloads"] for row in rows]
    wait(browser, lambda: browser.execute_script(shown) == pytest.approx(expected), "the chart shows something else")
    assert len(texts(browser, "alert-group tbody tr")) == 2
    page = visible(browser, ".group-actions a")[0].get_attribute("href")
    assert parse_qs(urlsplit(page).fragment)["key.region"] == ["JP-Tokyo"]
    # The link shows the same.
    open_alerts(browser, dashboard_url, "#open=1", groups=1)
    wait(browser, lambda: visible(browser, "alert-chart canvas"), "it is folded")


def test_a_click_acknowledges_all_windows_of_a_group(browser, dashboard_url, mock_api):
    mock_api.answer("description", **ACTIONS)
    mock_api.answer("alerts", data=[alert(1, "JP-Tokyo", 3), alert(2, "JP-Tokyo", 2), alert(3, "UK-London", 90)])
    open_alerts(browser, dashboard_url, groups=2)
    wait(browser, lambda: len(visible(browser, ".group-actions button")) == 4, "the buttons are not offered")
    visible(browser, ".group-actions button")[0].click()
    wait(browser, lambda: len(mock_api.actions) == 2, "not both windows are acknowledged")
    assert [path for path, _ in mock_api.actions] == [f"/api/stats/alerts/{number}/acknowledge" for number in (1, 2)]
    wait(browser, lambda: texts(browser, ".group-title") == ["High error rate · UK-London"], "the group stays open")
    find(browser, "[data-choice=acknowledged]").click()
    wait(browser, lambda: texts(browser, ".group .state") == ["acknowledged by mira"], "it is not among the acknowledged")


def test_a_click_silences_alerts_like_this_one(browser, dashboard_url, mock_api):
    mock_api.answer("description", **ACTIONS)
    mock_api.answer("alerts", data=[alert(1, "JP-Tokyo", 2)])
    open_alerts(browser, dashboard_url, groups=1)
    wait(browser, lambda: len(visible(browser, ".group-actions button")) == 2, "the buttons are not offered")
    visible(browser, ".group-actions button")[1].click()
    wait(browser, lambda: mock_api.actions, "nothing is silenced")
    path, body = mock_api.actions[0]
    assert path == "/api/stats/silences"
    assert set(body) == {"matcher", "until", "comment"}
    assert body["matcher"] == {"alert_type": "HIGH_ERROR_RATE", "region": "JP-Tokyo"}
    wait(browser, lambda: "Silenced for 1 hour." in texts(browser, ".group-actions [role=alert]"), "it is not said")


def test_an_incident_of_several_kinds_and_keys_tells_each_with_its_own_value(browser, dashboard_url, mock_api):
    spike = {"alert_type": "TRAFFIC_SPIKE", "metric_name": "downloads", "severity": "WARNING", "threshold_value": 900.0,
             "message": "Many downloads"}
    alerts = [
        alert(1, "JP-Tokyo", 9, "WARNING", 0.12) | {"state": "resolved"},
        alert(2, "JP-Tokyo", 8, value=0.3187) | {"state": "firing"},
        alert(3, "UK-London", 7) | spike | {"metric_value": 1364.0, "state": "firing"},
        alert(4, "UK-London", 6, "WARNING", 0.11) | {"state": "resolved"},
    ]
    mock_api.answer("description", **ACTIONS)
    mock_api.answer("alerts", data=[each | {"incident": 5} for each in alerts], unacknowledged_count=4)
    open_alerts(browser, dashboard_url, "#open=1", groups=1)
    # What fires and is critical heads it, though others came later; as long as anything fires, it does.
    assert texts(browser, ".group-title") == ["High error rate, Traffic spike · JP-Tokyo, UK-London"]
    assert texts(browser, ".group .state") == ["firing"]
    assert texts(browser, ".group .alert-message") == ["Error rate in JP-Tokyo"]
    assert texts(browser, ".group .row-detail")[0].endswith("4 alerts · High error rate · JP-Tokyo: peak 31.9%")
    assert texts(browser, "alert-group tbody td") == [
        "High error rate", "UK-London", "WARNING", "ended", "11.0%", "10.0%", "—",
        "Traffic spike", "UK-London", "WARNING", "firing", "1,364", "900", "—",
        "High error rate", "JP-Tokyo", "CRITICAL", "firing", "31.9%", "15.0%", "—",
        "High error rate", "JP-Tokyo", "WARNING", "ended", "12.0%", "10.0%", "—"]
    chart = 'return Chart.getChart(document.querySelector("alert-chart canvas")).data.datasets[0].data'
    wait(browser, lambda: browser.execute_script(chart) == [0.12, 0.3187], "other kinds or keys are in the chart")
    wait(browser, lambda: len(visible(browser, ".group-actions button")) == 2, "the buttons are not offered")
    visible(browser, ".group-actions button")[1].click()
    wait(browser, lambda: len(mock_api.actions) == 3, "not everything in it is silenced")
    assert [body["matcher"] for _, body in mock_api.actions] == [
        {"alert_type": "HIGH_ERROR_RATE", "region": "JP-Tokyo"}, {"alert_type": "TRAFFIC_SPIKE", "region": "UK-London"},
        {"alert_type": "HIGH_ERROR_RATE", "region": "UK-London"}]


def test_silences_that_go_on_are_listed_and_can_be_ended(browser, dashboard_url, mock_api):
    mock_api.answer("silences", data=[{
        "id": 7, "matcher": {"alert_type": "HIGH_ERROR_RATE", "region": "JP-Tokyo"}, "ends_at": "2026-01-31T12:00:00Z",
        "created_by": "mira", "comment": "known"}])
    open_alerts(browser, dashboard_url)
    wait(browser, lambda: texts(browser, ".silence .row-name") == ["alert_type: HIGH_ERROR_RATE · region: JP-Tokyo"],
         "the silence is not listed")
    assert texts(browser, ".silence .row-detail")[0].endswith("by mira · known")
    find(browser, ".silence button").click()
    wait(browser, lambda: not visible(browser, "silence-list"), "the silence goes on")
    assert mock_api.actions == [("/api/stats/silences/7/unsilence", {})]


def test_what_the_server_does_not_offer_or_allow_has_no_button(browser, dashboard_url, mock_api):
    mock_api.answer("alerts", data=[alert(1, "JP-Tokyo", 2)])
    open_alerts(browser, dashboard_url, groups=1)
    assert visible(browser, ".group-actions button") == []
    mock_api.answer("description", **ACTIONS)
    mock_api.action_status = 403
    open_alerts(browser, dashboard_url, groups=1)
    wait(browser, lambda: len(visible(browser, ".group-actions button")) == 2, "the buttons are not offered")
    visible(browser, ".group-actions button")[0].click()
    wait(browser, lambda: len(visible(browser, ".group-actions button")) == 1, "the button stays")
    assert texts(browser, ".group-actions [role=alert]") == ["This server does not let you do that."]


def test_state_and_range_are_in_the_link(browser, dashboard_url, mock_api):
    mock_api.answer("alerts", data=[alert(1, "JP-Tokyo", 2), alert(2, "UK-London", 300)])
    open_alerts(browser, dashboard_url, groups=2)
    find(browser, "window-selector a[title='last hour']").click()
    wait(browser, lambda: texts(browser, ".group-title") == ["High error rate · JP-Tokyo"], "the range has no effect")
    find(browser, "[data-choice=acknowledged]").click()
    wait(browser, lambda: "No alerts of this kind" in find(browser, "alert-groups").text, "nothing is said")
    assert parse_qs(urlsplit(browser.current_url).fragment) == {"minutes": ["60"], "state": ["acknowledged"]}
