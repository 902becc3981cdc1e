"""How the dashboard asks, and what it does while no answer comes."""

import re

import pytest
from dashboard import (
    connection, console_errors, find, metric, most_in_flight, next_round, open_dashboard, poll_timers, texts, wait)
from mock_api import MockApi


def set_hidden(browser, is_hidden):
    """Hides or shows the tab as far as the page can tell: a headless tab is always visible."""
    browser.execute_script("""
        const [isHidden] = arguments;
        Object.defineProperty(document, "hidden", { configurable: true, get: () => isHidden });
        document.dispatchEvent(new Event("visibilitychange"));""", is_hidden)


def test_what_has_not_been_answered_yet_is_a_skeleton(browser, dashboard_url, mock_api):
    mock_api.hold("region")
    browser.get(dashboard_url)
    wait(browser, lambda: find(browser, "trending-list").get_attribute("data-state") == "ready", "no trending")
    regions = find(browser, "region-list")
    assert regions.get_attribute("aria-busy") == "true"
    assert find(browser, "region-list .panel-skeleton").is_displayed()
    mock_api.release()
    wait(browser, lambda: regions.get_attribute("data-state") == "ready", "the regions did not come")
    assert not find(browser, "region-list .panel-skeleton").is_displayed()


@pytest.mark.parametrize(
    ("lose", "find_again"), [(MockApi.fail, MockApi.recover), (MockApi.stop, MockApi.start)], ids=["503", "stopped"])
def test_a_lost_server_is_said_with_the_last_data_kept_and_found_again(
        browser, dashboard_url, mock_api, lose, find_again):
    open_dashboard(browser, dashboard_url)
    lose(mock_api)
    wait(browser, lambda: connection(browser) == "disconnected", "the loss was not noticed")
    assert texts(browser, ".pill") == ["Disconnected"]
    assert "Disconnected since " in find(browser, "connection-banner").text
    assert metric(browser, "downloads") == 16_975
    assert len(texts(browser, "trending-list .row-name")) == 5
    assert find(browser, ".panels").value_of_css_property("filter") == "grayscale(1)"

    mock_api.answer("totals", data=[{"total_downloads": 20_000, "successful_downloads": 20_000}])
    find_again(mock_api)
    find(browser, "connection-banner button").click()
    wait(browser, lambda: connection(browser) == "live", "the server was not found again")
    wait(browser, lambda: metric(browser, "downloads") == 20_000, "the total did not follow")
    assert not find(browser, "connection-banner").is_displayed()


def test_a_server_that_comes_back_is_found_without_help_and_asked_as_before(
        browser, watched_page, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.fail()
    wait(browser, lambda: connection(browser) == "disconnected", "the loss was not noticed")
    mock_api.recover()
    wait(browser, lambda: connection(browser) == "live", "the server was not found again")
    assert poll_timers(browser) == 1


def test_a_server_that_never_answered_is_not_shown_as_loading_for_ever(browser, dashboard_url, mock_api):
    mock_api.fail()
    open_dashboard(browser, dashboard_url, state="unavailable")
    assert connection(browser) == "disconnected"
    assert "No data has been received yet" in find(browser, "connection-banner").text
    assert not find(browser, ".panel-skeleton").is_displayed()


def test_retries_become_rarer_up_to_a_bound(browser, dashboard_url):
    browser.get(dashboard_url)
    delays = browser.execute_async_script("""
        const done = arguments[0];
        import("/connection.js").then(({ Connection }) => {
          const connection = new Connection(["a", "b"], "health");
          const delays = [connection.nextDelay(1)];
          connection.failed("a", new Error("down"), new Date());
          delays.push(connection.nextDelay(1));
          connection.failed("b", new Error("down"), new Date());
          for (let round = 0; round < 6; round += 1) delays.push(connection.nextDelay(1));
          connection.succeeded("b", {}, new Date());
          delays.push(connection.nextDelay(1));
          done(delays);
        });""")
    assert delays == [2000, 2000, 4000, 8000, 16000, 30000, 30000, 30000, 2000]


def test_one_failing_endpoint_degrades_the_page_and_leaves_the_rest_live(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.fail("device")
    wait(browser, lambda: connection(browser) == "degraded", "the failure was not noticed")
    assert "Not updated since" in find(browser, "device-list .panel-note").text
    assert "device" in find(browser, "connection-status .lag").text
    mock_api.answer("totals", data=[{"total_downloads": 17_001, "successful_downloads": 17_001}])
    wait(browser, lambda: metric(browser, "downloads") == 17_001, "the cards stopped")


@pytest.mark.parametrize("status", [200, 503])
def test_an_impaired_dependency_is_named(browser, dashboard_url, mock_api, status):
    open_dashboard(browser, dashboard_url)
    mock_api.answer("health", status="down", broker={"status": "down", "detail": "connection refused"})
    mock_api.fail("health", status=status)
    wait(browser, lambda: connection(browser) == "degraded", "the health was not noticed")
    assert texts(browser, "connection-status .lag") == ["broker unavailable"]


def test_a_stalled_processor_is_said(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    stalled = {"status": "stalled", "lag_records": 73_000, "last_commit_age_seconds": 95.2}
    mock_api.answer("health", status="degraded", processor=stalled)
    wait(browser, lambda: connection(browser) == "degraded", "the health was not noticed")
    assert texts(browser, "connection-status .lag") == ["processing has stalled"]


def test_the_age_of_the_newest_event_is_said_and_grows_between_answers(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    age = "connection-status .updated"
    wait(browser, lambda: re.fullmatch(r"Data up to \d\.\d s ago", texts(browser, age)[0]), "the age is not said")
    mock_api.hold("health")
    wait(browser, lambda: float(texts(browser, age)[0].split()[3]) > 2.5, "the age stays")
    mock_api.release()


@pytest.mark.parametrize(("seconds", "status", "text"), [
    (185.0, "running", "no events for 3 minutes"), (200.0, "silent", "no events for 3 minutes"),
    (8000.0, "silent", "no events for 2 hours")])
def test_a_source_that_sends_nothing_is_amber_and_not_live(browser, dashboard_url, mock_api, seconds, status, text):
    mock_api.answer("health", status="degraded" if status == "silent" else "ok", processor={
        "status": status, "lag_records": 0, "last_commit_age_seconds": seconds, "newest_event_age_seconds": seconds})
    open_dashboard(browser, dashboard_url)
    wait(browser, lambda: connection(browser) == "stale", "it looks live")
    assert texts(browser, ".pill") == ["No events"]
    assert texts(browser, "connection-status .lag") == [text]


@pytest.mark.parametrize("status", ["absent", "held", "waiting", "ended", "rejecting"])
def test_what_keeps_the_processor_is_said_in_the_servers_words(browser, dashboard_url, mock_api, status):
    mock_api.answer("health", status="degraded", processor={
        "status": status, "lag_records": None, "last_commit_age_seconds": 12.0, "newest_event_age_seconds": 12.5,
        "detail": f"it is {status}: start it"})
    open_dashboard(browser, dashboard_url)
    wait(browser, lambda: connection(browser) == "degraded", "it looks live")
    assert texts(browser, "connection-status .lag") == [f"it is {status}: start it"]


def test_the_reason_that_the_health_names_is_in_the_banner(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.answer("health", status="down", database={"status": "down", "detail": "it cannot be used"})
    mock_api.fail()
    wait(browser, lambda: "Database unavailable." in find(browser, "connection-banner").text, "the reason is hidden")


def test_the_lag_is_said_only_when_it_is_noticeable(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    next_round(browser, mock_api, "health")
    assert texts(browser, "connection-status .lag") == [""]
    behind = {"status": "running", "lag_records": 1_234, "last_commit_age_seconds": 0.1}
    mock_api.answer("health", processor=behind)
    wait(browser, lambda: texts(browser, "connection-status .lag") == ["1,234 records behind"], "the lag is not said")
    assert connection(browser) == "live"
    mock_api.answer("health", processor=behind | {"lag_records": 1_000})
    wait(browser, lambda: texts(browser, "connection-status .lag") == [""], "the lag stayed")


def test_a_slow_endpoint_has_one_request_in_flight_and_delays_no_other(browser, watched_page, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    mock_api.hold("region")
    next_round(browser, mock_api)
    next_round(browser, mock_api)
    assert set(most_in_flight(browser).values()) == {1}


def test_an_answer_that_has_not_changed_costs_a_304(browser, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    wait(browser, lambda: mock_api.not_modified >= 7, "answers were sent again although they had not changed")
    assert metric(browser, "downloads") == 16_975


def test_a_hidden_tab_asks_nothing_until_it_is_shown(browser, watched_page, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    assert poll_timers(browser) == 1
    set_hidden(browser, True)
    # Without a timer and without a request under way there is nothing left that could ask: no need to wait and see.
    assert poll_timers(browser) == 0
    wait(browser, mock_api.is_idle, "requests are still under way")
    assert poll_timers(browser) == 0
    assert connection(browser) == "paused"
    mock_api.answer("totals", data=[{"total_downloads": 17_500, "successful_downloads": 17_500}])
    set_hidden(browser, False)
    wait(browser, lambda: metric(browser, "downloads") == 17_500, "polling did not go on")
    assert connection(browser) == "live"


def test_the_user_can_pause_and_resume(browser, watched_page, dashboard_url, mock_api):
    open_dashboard(browser, dashboard_url)
    button = find(browser, "connection-status button")
    button.click()
    assert connection(browser) == "paused"
    assert button.get_attribute("aria-label") == "Resume updates"
    assert poll_timers(browser) == 0
    wait(browser, mock_api.is_idle, "requests are still under way")
    assert poll_timers(browser) == 0
    button.click()
    next_round(browser, mock_api)
    assert connection(browser) == "live"


@pytest.mark.parametrize("answer", [{"data": None}, {"data": [3]}, {"data": {"0": {}}}], ids=str)
def test_an_answer_of_another_form_is_a_failure_and_no_crash(browser, dashboard_url, mock_api, answer):
    open_dashboard(browser, dashboard_url)
    mock_api.answer("region", **answer)
    wait(browser, lambda: connection(browser) == "degraded", "the answer was taken")
    assert len(texts(browser, "region-list .row-name")) == 8
    assert console_errors(browser) == []


def test_what_the_project_does_not_define_is_left_out_and_no_failure(browser, dashboard_url, mock_api):
    mock_api.fail("region", "device", status=404)
    browser.get(dashboard_url)
    wait(browser, lambda: connection(browser) == "live", "the connection is not live")
    wait(browser, lambda: not find(browser, "region-list").is_displayed(), "the panel stays")
    assert connection(browser) == "live"
    assert find(browser, "trending-list").is_displayed()


def test_a_page_whose_endpoints_are_gone_is_not_called_disconnected(browser, dashboard_url, mock_api):
    # Of a server that does not list what the project defines, too.
    mock_api.fail("realtime", "totals", "series", "region", "title", "device", "alerts", "catalogue", status=404)
    browser.get(dashboard_url)
    wait(browser, lambda: connection(browser) == "live", "the connection is not live")
    assert not find(browser, "connection-banner").is_displayed()
    mock_api.stop()
    wait(browser, lambda: connection(browser) == "disconnected", "the loss was not noticed")


@pytest.mark.parametrize("page", ["", "explore.html"])
def test_an_api_that_asks_for_a_token_gets_the_one_that_somebody_gives(browser, dashboard_url, mock_api, page):
    mock_api.token = "sp_right"
    browser.get(dashboard_url + page)
    form = "token-form input"
    wait(browser, lambda: find(browser, form).is_displayed(), "nobody is asked")
    assert find(browser, "token-form p").text == "This server answers only those who have a token."
    wait(browser, lambda: not find(browser, "connection-banner").is_displayed(), "two banners say one thing")
    find(browser, form).send_keys("sp_wrong\n")
    wait(browser, lambda: "expired" in find(browser, "token-form p").text, "the wrong token is not refused")
    find(browser, form).send_keys(" sp_right\n")
    wait(browser, lambda: connection(browser) == "live", "the right token is not used")
    assert not find(browser, "token-form").is_displayed()
    # It is of this tab alone.
    browser.execute_script("sessionStorage.clear()")
