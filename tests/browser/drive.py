#!/usr/bin/env python3
"""Uses HTML reports as a reader does, in headless Chromium, through chromedriver.

    drive.py PAGE HOSTILE_PAGE [SCREENSHOT_FOLDER]

PAGE is the report of a project with several severities, categories and traces; HOSTILE_PAGE one
whose project tries to get scripts into it. Exits with 77 where there is no browser, with 1 and a
reason where something is not as it should be. Needs nothing but the standard library.
"""

import base64
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

NO_BROWSER = 77
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"
BROWSERS = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome"]
PHONE = {"width": 360, "height": 740, "deviceScaleFactor": 2, "mobile": True}
DESKTOP = {"width": 1280, "height": 900, "deviceScaleFactor": 1, "mobile": False}
# WCAG AA for text of normal size.
CONTRAST = 4.5


class Driver:
    """A session of a browser."""

    def __init__(self, port, browser, profile):
        self.base = f"http://127.0.0.1:{port}"
        options = {
            "binary": browser,
            "args": [
                "--headless=new",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                f"--user-data-dir={profile}",
            ],
        }
        capabilities = {
            "alwaysMatch": {
                "goog:chromeOptions": options,
                "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
            }
        }
        value = self.request("POST", "/session", {"capabilities": capabilities})
        self.base += f"/session/{value['sessionId']}"

    def request(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.base + path, data, {"Content-Type": "application/json"}, method=method
        )
        # Nothing of the environment stands between this script and the driver beside it.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=60) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{method} {path}: {error.read().decode()[:500]}") from None

    def open(self, page, fragment=""):
        self.request("POST", "/url", {"url": "about:blank"})
        self.request("POST", "/url", {"url": Path(page).resolve().as_uri() + fragment})

    def run(self, script, *arguments):
        return self.request("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def cdp(self, command, **parameters):
        return self.request("POST", "/goog/cdp/execute", {"cmd": command, "params": parameters})

    def find(self, selector):
        query = {"using": "css selector", "value": selector}
        return [entry[ELEMENT] for entry in self.request("POST", "/elements", query)]

    def one(self, selector):
        found = self.find(selector)
        assert found, f"nothing on the page is {selector}"
        return found[0]

    def click(self, element):
        self.request("POST", f"/element/{element}/click", {})

    def type(self, element, text):
        self.request("POST", f"/element/{element}/value", {"text": text})

    def is_displayed(self, element):
        return self.request("GET", f"/element/{element}/displayed")

    def label(self, element):
        return self.request("GET", f"/element/{element}/computedlabel")

    def log(self, kind):
        return self.request("POST", "/se/log", {"type": kind})

    def screenshot(self, folder, name):
        if folder:
            image = self.request("GET", "/screenshot")
            (Path(folder) / f"{name}.png").write_bytes(base64.b64decode(image))


def shown(driver):
    """Ids of the findings that can be seen."""
    return driver.run(
        "return [...document.querySelectorAll('article.finding')]"
        ".filter(a => a.checkVisibility()).map(a => a.id)"
    )


def count_line(driver):
    return driver.run("return document.getElementById('shown').textContent")


def filters(driver, page):
    """Each filter narrows the list, all of them together too, and a button brings all back."""
    driver.open(page)
    everything = shown(driver)
    total = len(everything)
    assert total > 5, "the project has findings"
    assert count_line(driver) == f"{total} of {total} shown"

    boxes = driver.find("input[name=severity]")
    assert len(boxes) > 1
    worst = driver.run("return document.querySelector('input[name=severity]').value")
    expected = driver.run(
        "return [...document.querySelectorAll('article.finding')]"
        ".filter(a => a.dataset.severity !== arguments[0]).map(a => a.id)",
        worst,
    )
    driver.click(boxes[0])
    assert shown(driver) == expected != everything, "a severity is switched off"
    assert count_line(driver) == f"{len(expected)} of {total} shown"
    driver.click(boxes[0])
    assert shown(driver) == everything

    for field, data in [("category", "category"), ("path", "path")]:
        options = driver.find(f"#{field} option")
        assert len(options) > 2, field
        driver.click(options[1])
        value = driver.run(f"return document.getElementById('{field}').value")
        expected = driver.run(
            "return [...document.querySelectorAll('article.finding')]"
            f".filter(a => a.dataset.{data} === arguments[0]).map(a => a.id)",
            value,
        )
        assert shown(driver) == expected, (field, value, count_line(driver), shown(driver), expected)
        assert 0 < len(expected) < total, (field, value, len(expected))
        driver.click(options[0])
        assert shown(driver) == everything

    rule = driver.run("return document.querySelector('article.finding .facts a').textContent")
    search = driver.one("#search")
    driver.type(search, rule.upper())
    found = shown(driver)
    assert 0 < len(found) < total, "search takes the id of a rule"
    driver.type(search, " no-such-word")
    assert shown(driver) == []
    assert driver.is_displayed(driver.one("#nothing"))

    # A link to a finding that the filter hides shows it.
    driver.run(f"location.hash = '{everything[0]}'")
    time.sleep(0.2)
    assert everything[0] in shown(driver)

    driver.click(driver.one("button[type=reset]"))
    time.sleep(0.1)
    assert shown(driver) == everything


def opened(driver, box, inside):
    """Opens a box with a click, which shows what is inside; both."""
    summary, inner = driver.one(f"{box} > summary"), driver.one(f"{box} {inside}")
    assert not driver.is_displayed(inner), "closed at first"
    driver.click(summary)
    assert driver.is_displayed(inner), "open after a click"
    return summary, inner


def traces(driver, page):
    """A trace opens at a click and shows its steps with their code."""
    driver.open(page)
    summary, step = opened(driver, "details.trace", "li pre.source")
    steps, marked, said = driver.run(
        "const d = document.querySelector('details.trace');"
        "return [d.querySelectorAll('li').length, d.querySelectorAll('mark').length,"
        " d.querySelector('summary').textContent]"
    )
    assert steps >= 2 and marked >= 2 and f"{steps} steps" in said, (steps, marked, said)
    driver.click(summary)
    assert not driver.is_displayed(step)
    button = driver.one("#unfold")
    driver.click(button)
    closed = "return document.querySelectorAll('article.finding details:not([open])').length"
    assert driver.run(closed) == 0, "all open"
    driver.click(button)
    assert driver.run(closed) > 0


def edits(driver, page):
    """The change that mends a finding opens at a click, with what goes and what comes."""
    driver.open(page)
    opened(driver, "details.edit", "ins")
    said = driver.run("return document.querySelector('details.edit > summary').textContent")
    assert "--fix" in said, said


def quiet(driver, page):
    """Nothing is loaded, and the page breaks none of its own rules."""
    driver.log("browser")
    driver.log("performance")
    driver.open(page)
    loaded = driver.run("return performance.getEntriesByType('resource').map(e => e.name)")
    assert loaded == [], loaded
    said = [entry["message"] for entry in driver.log("browser")]
    assert said == [], said
    for entry in driver.log("performance"):
        event = json.loads(entry["message"])["message"]
        if event["method"] == "Network.requestWillBeSent":
            url = event["params"]["request"]["url"]
            assert url.startswith(("file:", "about:")), url


def hostile(driver, page):
    """What a project writes is shown, not run."""
    driver.open(page)
    assert driver.run("return typeof window.pwned") == "undefined"
    counts = driver.run(
        "return ['script', 'style', 'img', 'iframe', 'a[href^=javascript]']"
        ".map(s => document.querySelectorAll(s).length)"
    )
    assert counts == [1, 1, 0, 0, 0], counts
    text = driver.run("return document.querySelector('article.finding h3').textContent")
    assert "<script>pwned=1</script>" in text, text
    # Even a script that got in would not run.
    driver.run(
        "const s = document.createElement('script'); s.textContent = 'window.pwned = 1';"
        "document.body.append(s);"
        "const i = document.createElement('div'); i.innerHTML = '<img src=x onerror=\"window.pwned=1\">';"
        "document.body.append(i);"
    )
    time.sleep(0.3)
    assert driver.run("return typeof window.pwned") == "undefined", "the policy holds"


def fits(driver, page, folder):
    """On a phone nothing is wider than the screen, whatever is open."""
    driver.cdp("Emulation.setDeviceMetricsOverride", **PHONE)
    driver.open(page)
    for scheme in ["light", "dark"]:
        set_scheme(driver, scheme)
        driver.screenshot(folder, f"phone-{scheme}")
    driver.run("for (const d of document.querySelectorAll('details')) d.open = true")
    wide = driver.run(
        "return [document.documentElement.scrollWidth, window.innerWidth,"
        " [...document.querySelectorAll('body *')].filter(e => !e.closest('pre') && !e.closest('.skip')"
        " && e.getBoundingClientRect().right > window.innerWidth + 1).map(e => e.outerHTML.slice(0, 200))]"
    )
    assert wide[0] <= wide[1] and wide[2] == [], wide
    small = driver.run(
        "return [...document.querySelectorAll('button, select, input[type=search], summary, .choice')]"
        ".filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 24).length"
    )
    assert small == 0, "everything to press is large enough"
    summary = driver.one("details.trace > summary")
    driver.run("arguments[0].scrollIntoView()", {ELEMENT: summary})
    driver.screenshot(folder, "phone-trace")
    driver.cdp("Emulation.setDeviceMetricsOverride", **DESKTOP)


def set_scheme(driver, scheme):
    feature = {"name": "prefers-color-scheme", "value": scheme}
    driver.cdp("Emulation.setEmulatedMedia", features=[feature])


LOW_CONTRAST = """
const parse = (text) => (text.match(/[\\d.]+/g) || []).map(Number);
const light = (rgb) => {
  const [r, g, b] = rgb.slice(0, 3).map((v) => v / 255)
    .map((v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
};
const behind = (element) => {
  for (let at = element; at; at = at.parentElement) {
    const color = parse(getComputedStyle(at).backgroundColor);
    if (color.length === 3 || color[3] > 0) return color;
  }
  return [255, 255, 255];
};
const seen = new Map();
for (const element of document.querySelectorAll("body *")) {
  const has = [...element.childNodes].some((n) => n.nodeType === 3 && n.textContent.trim());
  if (!has || !element.checkVisibility() || element.closest("script, option")) continue;
  const front = parse(getComputedStyle(element).color);
  const back = behind(element);
  const [a, b] = [light(front), light(back)].sort((x, y) => y - x);
  const ratio = (a + 0.05) / (b + 0.05);
  if (ratio < arguments[0]) {
    seen.set(`${front} on ${back}`, `${ratio.toFixed(2)} ${element.outerHTML.slice(0, 80)}`);
  }
}
return [light(behind(document.body)), [...seen]];
"""


def schemes(driver, page, folder):
    """Both colour schemes are what they claim to be, and readable."""
    driver.open(page)
    driver.run("for (const d of document.querySelectorAll('details')) d.open = true")
    for scheme in ["light", "dark"]:
        set_scheme(driver, scheme)
        back, faint = driver.run(LOW_CONTRAST, CONTRAST)
        assert (back < 0.05) if scheme == "dark" else (back > 0.8), (scheme, back)
        assert faint == [], (scheme, faint)
        driver.screenshot(folder, f"desktop-{scheme}")
    set_scheme(driver, "light")


def accessible(driver, page):
    """Names for all fields, one outline, unique ids, and links that lead somewhere."""
    driver.open(page)
    for field in driver.find("input, select, button"):
        assert driver.label(field), "every field has a name"
    levels, ids, lost, language, title = driver.run(
        "const ids = [...document.querySelectorAll('[id]')].map(e => e.id);"
        "return [[...document.querySelectorAll('h1, h2, h3, h4')].map(h => Number(h.tagName[1])),"
        " ids.length - new Set(ids).size,"
        " [...document.querySelectorAll('a[href^=\"#\"]')].filter(a =>"
        " !document.getElementById(decodeURIComponent(a.hash.slice(1)))).map(a => a.hash),"
        " document.documentElement.lang, document.title]"
    )
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(b - a <= 1 for a, b in zip(levels, levels[1:])), "no level of headings is left out"
    assert ids == 0 and lost == [] and language == "en" and title, (ids, lost, language, title)
    roles = driver.run(
        "return ['main', 'header', 'footer', '[role=status]'].map(s =>"
        " document.querySelectorAll('body > ' + s + ', form ' + s).length)"
    )
    assert all(number >= 1 for number in roles), roles


def static(driver, page):
    """Without scripts the page shows all there is, no dead filters, and traces still open."""
    driver.cdp("Emulation.setScriptExecutionDisabled", value=True)
    try:
        driver.open(page)
        assert not driver.is_displayed(driver.one("#filters"))
        findings = driver.find("article.finding")
        assert findings and driver.is_displayed(findings[0]) and driver.is_displayed(findings[-1])
        step = driver.one("details.trace li pre.source")
        assert not driver.is_displayed(step)
        driver.click(driver.one("details.trace > summary"))
        assert driver.is_displayed(step)
    finally:
        driver.cdp("Emulation.setScriptExecutionDisabled", value=False)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(port, process):
    for _ in range(100):
        if process.poll() is not None:
            sys.exit("chromedriver ended")
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("chromedriver does not answer")


def main():
    page, hostile_page = sys.argv[1:3]
    folder = sys.argv[3] if len(sys.argv) > 3 else None
    chromedriver = shutil.which("chromedriver")
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if not chromedriver or not browser:
        print("no chromium and chromedriver here")
        sys.exit(NO_BROWSER)
    port = free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [chromedriver, f"--port={port}"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, "HOME": profile},
        )
        driver = None
        try:
            wait_for(port, process)
            driver = Driver(port, browser, os.path.join(profile, "profile"))
            driver.cdp("Emulation.setDeviceMetricsOverride", **DESKTOP)
            filters(driver, page)
            traces(driver, page)
            edits(driver, page)
            quiet(driver, page)
            hostile(driver, hostile_page)
            schemes(driver, page, folder)
            fits(driver, page, folder)
            fits(driver, hostile_page, None)
            accessible(driver, page)
            static(driver, page)
        finally:
            if driver:
                driver.request("DELETE", "")
            process.terminate()
            process.wait(timeout=10)
    print("the page works")


if __name__ == "__main__":
    main()
