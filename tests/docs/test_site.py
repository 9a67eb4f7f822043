"""The site builds without a warning, links inside it and in the README lead somewhere, diagrams are up to date."""

from __future__ import annotations

import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest
import soundfile
from markdown_it import MarkdownIt

from parts import ROOT

DOCS = ROOT / "docs"
MOST_BYTES_A_SECOND, MOST_SOUND_BYTES = 15_000, 800_000


class Page(HTMLParser):
    """The anchors of a page, and where its links lead."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.anchors: set[str] = set()
        self.links: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for name, value in attrs:
            if value is None:
                continue
            if name in ("id", "name"):
                self.anchors.add(value)
            elif (tag, name) in {("a", "href"), ("img", "src"), ("audio", "src"), ("link", "href"), ("script", "src")}:
                self.links.append(value)


@pytest.fixture(scope="module")
def site(building: tuple[subprocess.Popen[str], Path]) -> Path:
    process, folder = building
    said, _ = process.communicate()
    assert process.returncode == 0, said
    return folder


def test_every_page_is_reached(site: Path) -> None:
    pages = {page.relative_to(DOCS).with_suffix(".html") for page in DOCS.rglob("*.md")}
    assert pages <= {page.relative_to(site) for page in site.rglob("*.html")}


def test_links_lead_somewhere(site: Path) -> None:
    pages = {path: Page(path.read_text(encoding="utf-8")) for path in site.rglob("*.html")}
    broken = []
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            target = target / "index.html" if target.is_dir() else target
            lost = not target.exists() or (
                parts.fragment and target in pages and unquote(parts.fragment) not in pages[target].anchors
            )
            if lost:
                broken.append(f"{path.relative_to(site)}: {link}")
    assert not broken


def _anchor(heading: str) -> str:
    """As forges name a heading."""
    return re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")


@pytest.mark.parametrize("name", ["README.md", "patches/README.md", "CHANGELOG.md", "NOTICE"])
def test_links_outside_the_site_lead_somewhere(name: str) -> None:
    page = ROOT / name
    tokens = MarkdownIt("commonmark").enable("table").parse(page.read_text(encoding="utf-8"))
    links = [
        str(child.attrs.get("href") or child.attrs.get("src"))
        for token in tokens
        for child in token.children or ()
        if child.type in ("link_open", "image")
    ]
    for link in links:
        parts = urlsplit(link)
        if parts.scheme:
            continue
        target = page.parent / unquote(parts.path)
        assert target.exists(), link
        if parts.fragment:
            headings = re.findall(r"^#+ (.*)$", target.read_text(encoding="utf-8"), re.M)
            assert parts.fragment in map(_anchor, headings), link


def test_diagrams_are_what_their_script_draws(tmp_path: Path) -> None:
    subprocess.run([sys.executable, str(ROOT / "tools" / "pictures"), str(tmp_path)], check=True)
    drawn = sorted((tmp_path / "pictures").iterdir())
    assert [path.name for path in drawn] == ["clocks.svg", "jack.svg"]
    for path in drawn:
        assert path.read_text() == (DOCS / "pictures" / path.name).read_text(), "make them: make pictures"


def test_sounds_are_small() -> None:
    sounds = [path for path in (DOCS / "sounds").iterdir() if path.suffix != ".py"]
    assert sounds
    for path in sounds:
        most = min(MOST_SOUND_BYTES, MOST_BYTES_A_SECOND * soundfile.info(path).duration)
        assert path.stat().st_size < most, path.name
