"""How the dashboard shows what the server sends by itself, and what it does without that."""

import pytest
from dashboard import connection, console_errors, find, metric, next_round, open_dashboard, texts, wait
from test_dashboard_connection import set_hidden


def way(browser):
    return texts(browser, "connection-status .way")[0]


@pytest.fixture
def pushed(browser, dashboard_url, mock_api):
    """A dashboard whose figures are pushed."""
    mock_api.stream = "push"
    open_dashboard(browser, dashboard_url)
    wait(browser, lambda: way(browser) == "by push", "nothing is pushed")
    return browser


def data_requests(mock_api):
    return mock_api.count() - mock_api.count("health")


def targets(mock_api):
    return [each["target"] for each in mock_api.sockets[0]["subscriptions"].values()]


def show_total(browser, mock_api, total, seconds=10):
    mock_api.answer("totals", data=[{"total_downloads": total, "successful_downloads": total}])
    wait(browser, lambda: metric(browser, "downloads") == total, "the total did not follow", seconds)


def test_what_is_pushed_is_shown_at_once_and_not_asked_for(pushed, mock_api):
    assert connection(pushed) == "live"
    wait(pushed, mock_api.is_idle, "requests are still under way")
    before = data_requests(mock_api)
    show_total(pushed, mock_api, 18_000, seconds=1.5)
    next_round(pushed, mock_api, "health")
    find(pushed, "window-selector a[title='last hour']").click()
    wait(pushed, lambda: sum("minutes=60" in each for each in targets(mock_api)) >= 5, "the hour is not subscribed to")
    assert not any("minutes=15" in each for each in targets(mock_api))
    show_total(pushed, mock_api, 60_000)
    assert [len(mock_api.sockets), mock_api.handshakes, data_requests(mock_api)] == [1, 1, before]
    # What costs the database much is asked for now and then.
    find(pushed, "window-selector a[title='last 7 days']").click()
    wait(pushed, lambda: not any("/api/aggregates/" in each for each in targets(mock_api)), "seven days are pushed")
    wait(pushed, lambda: mock_api.last_query("totals")["minutes"] == "10080", "nobody asks for them")
    assert any(each.startswith("/api/stats/alerts") for each in targets(mock_api))
    set_hidden(pushed, True)
    wait(pushed, lambda: mock_api.sockets == [], "a hidden page listens")
    assert connection(pushed) == "paused" and way(pushed) == ""
    assert console_errors(pushed) == []


def test_a_lost_connection_is_polling_until_it_is_back(pushed, mock_api):
    mock_api.stream = "close"
    mock_api.close_sockets(1001)
    wait(pushed, lambda: way(pushed) == "by polling", "the loss was not noticed")
    show_total(pushed, mock_api, 19_000)
    assert connection(pushed) == "live"
    mock_api.stream = "push"
    wait(pushed, lambda: way(pushed) == "by push", "it did not come back")
    # What it has it says: of that nothing is sent again.
    has = {each["target"]: each["position"] for each in mock_api.sockets[0]["subscriptions"].values()}
    total = next(each for each in targets(mock_api) if "/region_health?" in each and "step=" not in each)
    mock_api.hold("totals")
    before = mock_api.handshakes
    mock_api.close_sockets(1012)
    said = lambda: [each.get("position") for client in mock_api.sockets for each in client["said"]
                    if each.get("endpoint") == total]
    wait(pushed, lambda: mock_api.handshakes > before and said(), "it did not subscribe again")
    assert said() == [has[total]]
    mock_api.release()


def test_a_query_that_fails_is_said_and_asked_again_and_a_database_that_is_down_is_noticed(pushed, mock_api):
    mock_api.fail("device")
    mock_api.push()
    wait(pushed, lambda: connection(pushed) == "degraded", "the failure was not noticed")
    assert "device" in find(pushed, "connection-status .lag").text
    mock_api.recover()
    wait(pushed, lambda: connection(pushed) == "live", "it is not asked again")
    assert way(pushed) == "by push"
    # Nothing is pushed of it: the health tells.
    mock_api.answer("health", status="down", database={"status": "down", "detail": "it cannot be used"})
    mock_api.fail()
    wait(pushed, lambda: connection(pushed) == "disconnected", "it looks live")
    assert "Database unavailable." in find(pushed, "connection-banner").text


def test_a_token_goes_first(browser, dashboard_url, mock_api):
    mock_api.stream = "push"
    mock_api.token = "sp_right"
    browser.get(dashboard_url + "favicon.svg")
    browser.execute_script("sessionStorage.setItem('streampulse-token', 'sp_right')")
    open_dashboard(browser, dashboard_url)
    wait(browser, lambda: way(browser) == "by push", "nothing is pushed")
    assert mock_api.sockets[0]["said"][0] == {"token": "sp_right"}
    browser.execute_script("sessionStorage.clear()")


def test_a_server_without_websockets_is_polled_and_tried_more_and_more_rarely(browser, dashboard_url, mock_api):
    mock_api.stream = "refuse"
    open_dashboard(browser, dashboard_url)
    next_round(browser, mock_api)
    assert connection(browser) == "live" and way(browser) == "by polling"
    delays = browser.execute_async_script("""
        const done = arguments[0];
        const delays = [];
        window.WebSocket = class extends EventTarget {
          static OPEN = 1;
          constructor() {
            super();
            queueMicrotask(() => this.dispatchEvent(Object.assign(new Event("close"), { code: 1006 })));
          }
        };
        const real = window.setTimeout;
        window.setTimeout = (action, delay) => {
          delays.push(delay);
          if (delays.length === 8) {
            window.setTimeout = real;
            done(delays);
          } else {
            real(action, 0);
          }
        };
        import("/push.js").then(({ Push }) => {
          const push = new Push({});
          push.want([{ name: "a", path: "/a", query: {} }]);
          push.start();
        });""")
    bounds = [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
    assert all(0.8 * bound <= delay <= bound for delay, bound in zip(delays, bounds)), delays
