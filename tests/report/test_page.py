"""The page in a browser: what a person sees, in light and dark, at a desk and on a telephone; and what it must not do."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from answers import saved
from browser import Browser
from figures import Check, count, judge
from fleet import CLIENT, COMMON_NAME, NOW, TENCENT, certificate, everything, page
from page import Report, write

# Whether each picture is there: the sizes of those that are shown, and of what is drawn in them.
PICTURES = """[...document.querySelectorAll('figure svg')].filter(svg => svg.getClientRects().length).map(svg => ({
  width: svg.getBoundingClientRect().width, marks: svg.querySelectorAll('.role-mark path').length,
  title: svg.querySelector(':scope > title').textContent, role: svg.getAttribute('role'),
  described: svg.getAttribute('aria-labelledby').split(' ').every(id => document.getElementById(id)?.textContent),
  table: svg.closest('section').querySelector('table caption').textContent }))"""
OVERLAPS = """[...document.querySelectorAll('figure svg')].filter(svg => svg.getClientRects().length).flatMap(svg => {
  const texts = [...svg.querySelectorAll('text')].map(text => ({ text: text.textContent, box: text.getBoundingClientRect() }))
    .filter(one => one.box.width);
  return texts.flatMap((a, i) => texts.slice(i + 1).filter(b => a.box.left < b.box.right - 1 && b.box.left < a.box.right - 1
    && a.box.top < b.box.bottom - 3 && b.box.top < a.box.bottom - 3).map(b => [a.text, b.text])); })"""
# The contrast of each text with its background, as WCAG 2 computes it, where that is below 4.5, or 3 for large texts.
CONTRASTS = """(() => {
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const rgb = (...colours) => { canvas.clearRect(0, 0, 1, 1);
    for (const colour of colours) { canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); }
    return [...canvas.getImageData(0, 0, 1, 1).data.slice(0, 3)]; };
  const light = rgb => rgb.map(v => v / 255).map(v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const behind = element => { const found = [];
    for (let at = element; at; at = at.parentElement) found.unshift(getComputedStyle(at).backgroundColor); return found; };
  return [...document.querySelectorAll('body *')].filter(e => [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim())
      && e.getClientRects().length && !e.matches('caption, title, desc, style, .zero')).map(e => {
    const style = getComputedStyle(e), back = behind(e);
    const text = e.closest('svg') ? style.fill : style.color;
    const [a, b] = [light(rgb(...back, text)), light(rgb(...back))];
    return { text: e.textContent.trim().slice(0, 40), contrast: (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05),
      least: parseFloat(style.fontSize) >= 24 ? 3 : 4.5 };
  }).filter(one => one.contrast < one.least); })()"""


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page about a fleet in which everything occurs."""
    return written(tmp_path_factory.mktemp("page"), everything())


def written(folder: Path, answers: list[dict[str, Any]], *, names: bool = False) -> Path:
    path = folder / "page.html"
    path.write_text(html(folder, answers, names=names))
    return path


def html(folder: Path, answers: list[dict[str, Any]], *, names: bool = False) -> str:
    (folder / "answers.json").write_text(json.dumps(answers))
    pages, statuses = saved([folder / "answers.json"])
    check = Check() if statuses else Check(not_made="The saved answers hold none of status.")
    judge(check, statuses)
    return write(Report(count(pages), check, NOW, names=names))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 768, 400])
def test_the_page_is_readable_without_a_network(browser: Browser, shown: Path, width: int, scheme: str) -> None:
    browser.show(shown, width, scheme)
    keep(browser, f"report-{width}-{scheme}")
    assert browser.named("Runtime.consoleAPICalled", "Runtime.exceptionThrown", "Log.entryAdded") == []
    assert [sent["request"]["url"] for sent in browser.named("Network.requestWillBeSent")] == [shown.as_uri()]

    pictures = browser.tell(PICTURES)
    assert [picture["title"] for picture in pictures] == ["Certificates by source and status", "Certificates by the end of their validity"]
    for picture in pictures:
        assert picture["width"] > 0.8 * min(width, 520) and picture["marks"] >= 9, picture
        assert picture["role"] == "img" and picture["described"] and picture["table"]
    assert browser.tell(OVERLAPS) == []
    assert browser.tell("document.documentElement.scrollWidth") <= width
    assert browser.tell(CONTRASTS) == []
    dark = browser.tell("getComputedStyle(document.body).backgroundColor") == "rgb(15, 18, 22)"
    assert dark == (scheme == "dark")


def test_each_state_of_the_fleet_has_its_sentence(browser: Browser, shown: Path) -> None:
    browser.show(shown, 1280, "light")
    text = browser.tell("document.querySelector('main').innerText")
    for sentence in (
        "1 certificate is revoked at its CA and still accepted by a broker.",
        "1 source could not be read",
        "6 certificates have expired and are not switched off",
        "2 certificates contradict their records",
        "The provider cannot be reached".lower(),
        "00D3",
        "16 Nov 2026",
        "end of validity unknown",
        "record not read in full: provider_invalid_response, the record has no serial number",
        "not shown: it may name a device",
    ):
        assert sentence in text, sentence
    rows = "[...document.querySelectorAll('#statuses tbody tr')].map(row => row.innerText.replace(/\\s+/g, ' '))"
    failed = [row for row in browser.tell(rows) if "AWS" in row]
    assert failed == ["AWS IoT Core eu-west-1 could not be read"]
    assert "not read: provider unavailable" in browser.tell("document.querySelector('#statuses .wide svg').textContent")


def test_names_are_shown_to_those_who_ask_and_never_as_html(browser: Browser, shown: Path, tmp_path: Path) -> None:
    hidden = shown.read_text()
    assert "excavator" not in hidden and "digger" not in hidden and "somebody else" not in hidden
    browser.show(written(tmp_path, everything(), names=True), 1280, "light")
    assert browser.tell("document.title") == "Device certificates, 28 Nov 2026"
    cells = browser.tell("[...document.querySelectorAll('#revoked tbody td')].map(cell => cell.innerText)")
    assert cells[-2:] == [CLIENT, COMMON_NAME]
    assert browser.named("Runtime.exceptionThrown", "Log.entryAdded") == []


def test_paper_is_white_and_has_every_table(browser: Browser, shown: Path) -> None:
    # A4 without its margins.
    browser.show(shown, 688, "dark", media="print")
    keep(browser, "report-print")
    assert browser.tell("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert browser.tell("getComputedStyle(document.querySelector('h1')).color") == "rgb(27, 32, 39)"
    assert browser.tell(OVERLAPS) == []
    assert browser.tell("document.documentElement.scrollWidth") <= 688
    folded = "[...document.querySelectorAll('details:not([open]) table')].map(table => table.checkVisibility())"
    assert browser.tell(folded) == [True, True]


def test_a_bar_that_would_flatten_the_others_is_cut_and_says_its_number(browser: Browser, tmp_path: Path) -> None:
    held = [certificate(number, -1) for number in range(900)] + [certificate(1000 + number, 7 * number + 1) for number in range(20)]
    browser.show(written(tmp_path, [page((TENCENT, held))]), 400, "light")
    assert "The tallest bar is cut." in browser.tell("document.querySelector('#expiry .lead').innerText")
    assert "900" in browser.tell("[...document.querySelectorAll('#expiry .narrow text')].map(text => text.textContent)")
    heights = browser.tell(
        "[...document.querySelectorAll('#expiry .narrow .mark-rect path:has(title)')].map(bar => bar.getBoundingClientRect().height)"
    )
    assert max(heights) < 2 * min(heights)
    keep(browser, "report-cut")


def test_a_page_is_small_however_many_certificates_there_are(tmp_path: Path) -> None:
    pages = everything()
    pages[0]["certificates"] *= 2000
    assert len(html(tmp_path, pages)) < 200_000


def keep(browser: Browser, name: str) -> None:
    """Where REPORT_PICTURES names a folder, leaves a picture of the page there."""
    if folder := os.environ.get("REPORT_PICTURES"):
        (Path(folder) / f"{name}.png").write_bytes(browser.screenshot())
