"""Fixtures of the browser tests: a headless Chromium, and a dashboard for it to look at."""

from pathlib import Path

import pytest
from dashboard import resize
from mock_api import MockApi
from selenium import webdriver
from selenium.webdriver.chrome.service import Service

HERE = Path(__file__).parent
DESKTOP = (1280, 900)


@pytest.fixture(scope="session")
def chromium():
    """One Chromium for all tests; `browser` gives it out clean."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for argument in (
        "--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu", "--lang=en-US",
        "--disable-background-networking", "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1",
    ):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    driver.set_page_load_timeout(30)
    yield driver
    driver.quit()


@pytest.fixture
def browser(chromium):
    """A Chromium on an empty page, 1280×900, with an empty console and no emulation left over."""
    chromium.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    resize(chromium, *DESKTOP)
    chromium.get("about:blank")
    chromium.get_log("browser")
    yield chromium
    # The page goes before its server does.
    chromium.get("about:blank")


@pytest.fixture
def watched_page(browser):
    """Pages loaded from now on note what they do; `poll_timers`, `most_in_flight` and `states_so_far` read it."""
    source = (HERE / "watch.js").read_text()
    script = browser.execute_cdp_cmd("Page.addScriptToEvaluateOnNewDocument", {"source": source})
    yield
    browser.execute_cdp_cmd("Page.removeScriptToEvaluateOnNewDocument", script)


@pytest.fixture
def mock_api():
    """The product's HTTP side, under the test's control."""
    api = MockApi()
    yield api
    api.stop()


@pytest.fixture
def dashboard_url(mock_api):
    """Where the dashboard is."""
    return mock_api.url
