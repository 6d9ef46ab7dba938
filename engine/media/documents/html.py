"""Read web pages: their words, without scripts; nothing that they refer to is fetched.

Tags are found by a scan that goes over the text once: hostile pages make backtracking parsers take quadratic time.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

from engine.media.dates import iso
from engine.media.documents.base import DocumentReader, Text
from engine.media.documents.text import decoded
from engine.media.files import opened
from engine.media.metadata import unique
from engine.media.parts import Block
from engine.model import Facts

_MOST = 32 << 20  # bytes of a page with all its markup
_NAME = re.compile(r"/?[a-zA-Z][a-zA-Z0-9:-]*")
_ATTRIBUTE = re.compile(r"""([a-zA-Z][\w:.-]*)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))""")
_CHARSET = re.compile(rb"""charset\s*=\s*["']?\s*([a-zA-Z0-9_-]+)""")
_SILENT = frozenset(("script", "style", "template", "noscript", "svg", "math", "iframe", "object", "select"))
_BREAKS = frozenset(
    (
        "p",
        "div",
        "br",
        "li",
        "ul",
        "ol",
        "dl",
        "dt",
        "dd",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "table",
        "tr",
        "section",
        "article",
        "header",
        "footer",
        "nav",
        "aside",
        "main",
        "blockquote",
        "pre",
        "figure",
        "figcaption",
        "form",
        "fieldset",
        "hr",
        "address",
        "details",
        "summary",
        "title",
        "body",
        "html",
        "option",
        "caption",
    )
)
_DATES = ("article:published_time", "date", "dc.date", "dcterms.created", "pubdate", "og:published_time")


@dataclass(slots=True)
class WebPage:
    """What a page says: its title, what its head declares, and its paragraphs."""

    title: str = ""
    declared: dict[str, str] = field(default_factory=dict)
    paragraphs: list[str] = field(default_factory=list)


class HtmlReader(DocumentReader):
    """Reads a web page."""

    def load(self) -> Text:
        """Read title, declarations and paragraphs."""
        with opened(self.path) as stream:
            data = stream.read(_MOST)
        page = read_html(html_text(data))
        taken = next((made for name in _DATES if (made := iso(page.declared.get(name, "")))), None)
        facts = Facts(
            title=(page.title or page.declared.get("og:title", ""))[:500],
            description=(page.declared.get("description") or page.declared.get("og:description", ""))[:20_000],
            creator=page.declared.get("author", "")[:500],
            keywords=unique(page.declared.get("keywords", "").split(",")),
            taken=taken,
            taken_from="web page" if taken else "",
        )
        return Text(self.paged(Block(text) for text in page.paragraphs), facts)


def html_text(data: bytes) -> str:
    """Return the bytes of a page as text, by the encoding that it declares if that is one."""
    declared = _CHARSET.search(data[:4096])
    if declared and not data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        name = declared[1].decode("ascii")
        try:
            return decoded(data.decode(name, "replace").encode("utf-8", "replace"))
        except LookupError:
            pass
    return decoded(data)


def read_html(text: str) -> WebPage:
    """Return what the page says."""
    page = WebPage()
    words: list[str] = []
    in_title = False
    for tag, attributes, content in _tokens(text):
        if tag == "":
            if in_title and len(page.title) < 500:
                page.title = " ".join(f"{page.title} {unescape(content)}".split())
            else:
                words.append(content)
            continue
        if tag == "title" or tag == "/title":
            in_title = tag == "title" and not page.title
        elif tag == "meta":
            _declare(page, attributes)
        elif tag == "img" and attributes:
            words.append(f" {_attributes(attributes).get('alt', '')} ")
        elif tag in ("td", "th", "/td", "/th"):
            words.append("\t")
        if tag.lstrip("/") in _BREAKS:
            _end_paragraph(page, words)
    _end_paragraph(page, words)
    return page


def _end_paragraph(page: WebPage, words: list[str]) -> None:
    text = " ".join(unescape("".join(words)).split())
    words.clear()
    if text:
        page.paragraphs.append(text)


def _declare(page: WebPage, attributes: str) -> None:
    found = _attributes(attributes)
    name = (found.get("name") or found.get("property") or "").lower()
    if name and found.get("content"):
        page.declared.setdefault(name, " ".join(found["content"].split()))


def _attributes(text: str) -> dict[str, str]:
    return {name.lower(): unescape(a or b or c) for name, a, b, c in _ATTRIBUTE.findall(text[:4000])}


def _tokens(text: str) -> Iterator[tuple[str, str, str]]:
    """Yield tags (small letters, "/p" when closing) with their attributes, and words between them under the name ""."""
    at = 0
    unclosed: set[str] = set()
    while at < len(text):
        start = text.find("<", at)
        if start < 0:
            yield "", "", text[at:]
            return
        if start > at:
            yield "", "", text[at:start]
        if text.startswith("<!--", start):
            at = _after(text, "-->", start + 4)
            continue
        name = _NAME.match(text, start + 1)
        if name is None and text[start + 1 : start + 2] not in ("!", "?", "/"):
            yield "", "", "<"
            at = start + 1
            continue
        end = text.find(">", start)
        end = len(text) if end < 0 else end
        tag = name[0].lower() if name else "!"
        at = end + 1
        if tag in _SILENT and tag not in unclosed and not text.startswith("/", end - 1):
            at = _past(text, tag, at, unclosed)
            continue
        yield tag, text[name.end() : end] if name else "", ""


def _after(text: str, mark: str, at: int) -> int:
    found = text.find(mark, at)
    return len(text) if found < 0 else found + len(mark)


def _past(text: str, tag: str, at: int, unclosed: set[str]) -> int:
    """Return the offset after the closing tag; without one, a script hides the rest and other tags hide nothing.

    Tags that are never closed are noted, so that the text is searched for each of them once only.
    """
    found = re.compile(f"</{tag}", re.IGNORECASE).search(text, at)
    if found:
        return _after(text, ">", found.end())
    unclosed.add(tag)
    return len(text) if tag in ("script", "style") else at
