"""How the tests read and drive the dashboard."""

from product import PATIENCE
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

PANELS = ("downloads-chart", "alert-list", "trending-list", "region-list", "device-list")


def wait(browser, condition, message, seconds=PATIENCE):
    return WebDriverWait(browser, seconds, poll_frequency=0.1).until(lambda _: condition(), message)


def find(browser, selector):
    return browser.find_element(By.CSS_SELECTOR, selector)


# The page renews its rows while a test reads them; one script reads them all at the same moment.
def texts(browser, selector):
    return browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((node) => node.textContent)", selector)


def values(browser, selector):
    """The exact values of `<data>` elements; None for one without a value."""
    found = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].map((node) => node.value)", selector)
    return [float(value) if value else None for value in found]


def visible(browser, selector):
    """What can be seen: what a closed `<details>` holds is displayed as far as WebDriver can tell."""
    found = browser.execute_script(
        "return [...document.querySelectorAll(arguments[0])].filter((node) => node.checkVisibility())", selector)
    return [node for node in found if node.is_displayed()]


def metric(browser, name):
    return values(browser, f"stat-card[metric={name}] data.stat-value")[0]


def connection(browser):
    return find(browser, "body").get_attribute("data-connection")


def open_dashboard(browser, url, state="ready"):
    browser.get(url)
    wait(browser, lambda: all(find(browser, panel).get_attribute("data-state") == state for panel in PANELS),
         f"not every panel became {state}")
    wait(browser, lambda: find(browser, "stat-card").get_attribute("data-state") == state, f"no card became {state}")


def next_round(browser, api, name="totals"):
    """Waits until a request that starts after this call has been answered and the one after it has begun."""
    before = api.count(name)
    wait(browser, lambda: api.count(name) >= before + 2, f"{name} is no longer asked")


# The next three read pages loaded under `watched_page`.
def poll_timers(browser):
    """How many timers wait to ask again after the polling interval; a request's time limit is not among them."""
    return browser.execute_script("return [...watched.timers.values()].filter((delay) => delay === 2000).length")


def most_in_flight(browser):
    """The highest number of overlapping requests per path."""
    return browser.execute_script("return watched.mostInFlight")


def states_so_far(browser):
    """The states of the connection that the page went through."""
    return browser.execute_script("return watched.states")


LOADING = """
    window.loading = { first: null, largest: null, shift: 0 };
    const watch = (type, note) =>
      new PerformanceObserver((list) => list.getEntries().forEach(note)).observe({ type, buffered: true });
    watch("paint", ({ name, startTime }) => {
      if (name === "first-contentful-paint") window.loading.first = startTime;
    });
    watch("largest-contentful-paint", ({ startTime }) => { window.loading.largest = startTime; });
    watch("layout-shift", ({ value, hadRecentInput }) => { if (!hadRecentInput) window.loading.shift += value; });"""


def loading(browser, open_page):
    """How a page loads that `open_page` opens: `first` and `largest` paint in milliseconds, and how far things `shift`."""
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": LOADING})
    try:
        browser.get("about:blank")
        open_page()
        wait(browser, lambda: browser.execute_script("return window.loading.largest !== null && window.loading.first !== null"),
             "nothing was painted")
        return browser.execute_async_script(
            "requestAnimationFrame(() => requestAnimationFrame(() => arguments[0](window.loading)))")
    finally:
        browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


def resize(browser, width, height, is_phone=False):
    """Gives the page a viewport of exactly this size; a headless window has a minimum width of its own."""
    metrics = {"width": width, "height": height, "deviceScaleFactor": 2 if is_phone else 1, "mobile": is_phone}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)


def console_errors(browser):
    """What the console got since the last call, warnings and errors only."""
    return [entry["message"] for entry in browser.get_log("browser") if entry["level"] in ("WARNING", "SEVERE")]


def contrast(first, second):
    """Of two colours as `#rrggbb`, by WCAG 2.2."""

    def luminance(color):
        channels = [int(color[index:index + 2], 16) / 255 for index in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)
