"""Documents give their words by page, and places where the format has them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from engine.errors import DamagedFile, MediaError, TooLarge, UnsupportedFormat
from engine.media.documents.archive import archive
from engine.media.documents.html import read_html
from engine.media.documents.rtf import rtf_words
from engine.media.source import Limits, Source

Open = Callable[..., Source]
Pdf = Callable[..., bytes]
Packed = Callable[..., Path]
W = "xmlns:w='http://schemas.openxmlformats.org/wordprocessingml/2006/main'"
A = "xmlns:a='http://schemas.openxmlformats.org/drawingml/2006/main'"
S = "xmlns='http://schemas.openxmlformats.org/spreadsheetml/2006/main'"
CORE = (
    "<cp:coreProperties xmlns:cp='c' xmlns:dc='d' xmlns:dcterms='t'><dc:title>Plan</dc:title>"
    "<dc:creator>Ann</dc:creator><cp:keywords>one, two</cp:keywords>"
    "<dcterms:created>2020-01-02T03:04:05Z</dcterms:created></cp:coreProperties>"
)


def texts(made: Source) -> list[list[str]]:
    return [[block.text for block in page.blocks] for page in made.pages()]


def put(folder: Path, name: str, data: bytes | str) -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


# --- PDF -------------------------------------------------------------------------------------------------------------


def test_pdf(tmp_path: Path, pdf: Pdf, source: Open) -> None:
    made = source(put(tmp_path, "a.pdf", pdf("Hello Kinora\nsecond line", "Page two", title="Greeting")))
    facts = made.probe()
    assert (facts.pages, facts.title, facts.taken) == (2, "Greeting", "2024-02-29T10:15:00+02:00")
    first, second = made.pages()
    assert first.text == "Hello Kinora second line"
    assert (second.number, second.text) == (2, "Page two")
    box = first.blocks[0].box
    assert box is not None
    assert box.x == pytest.approx(72 / 612, abs=0.01)
    assert 0.07 < box.y < 0.1
    assert box.h == pytest.approx(26 / 792, abs=0.012)
    assert first.image(400).shape in ((400, 309, 3), (400, 310, 3))
    assert made.picture(200).shape[0] == 200
    assert made.page(2).text == "Page two"
    with pytest.raises(DamagedFile, match="no page 3"):
        made.page(3)


def test_pdf_boxes_follow_the_turned_page(tmp_path: Path, pdf: Pdf, source: Open) -> None:
    page = next(source(put(tmp_path, "a.pdf", pdf("Hello Kinora", rotate=90))).pages())
    box = page.blocks[0].box
    assert box is not None
    assert box.x > 0.85
    assert box.h > box.w
    picture = page.image(792)
    left, top = round(box.x * picture.shape[1]), round(box.y * picture.shape[0])
    inside = picture[top : top + round(box.h * picture.shape[0]), left : left + round(box.w * picture.shape[1])]
    assert inside.min() < 80
    assert (picture < 128).sum() == pytest.approx((inside < 128).sum(), rel=0.25)


def test_a_scan_needs_reading(tmp_path: Path, pdf: Pdf, source: Open) -> None:
    Image.effect_noise((300, 400), 60).convert("RGB").save(tmp_path / "scan.pdf")
    page = next(source(tmp_path / "scan.pdf").pages())
    assert page.has_picture
    assert page.needs_ocr
    assert not next(source(put(tmp_path, "text.pdf", pdf("Words " * 40))).pages()).needs_ocr
    assert not next(source(put(tmp_path, "blank.pdf", pdf(""))).pages()).needs_ocr


def test_pdf_limits(tmp_path: Path, pdf: Pdf, source: Open) -> None:
    path = put(tmp_path, "a.pdf", pdf(*["Words of this page"] * 6))
    made = source(path, limits=Limits(pages=2))
    assert len(list(made.pages())) == 2
    assert made.notices
    made = source(path, limits=Limits(text_bytes=40))
    assert len(list(made.pages())) == 2


def test_broken_pdfs(tmp_path: Path, pdf: Pdf, source: Open) -> None:
    whole = pdf("Hello")
    loop = (
        b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n2 0 obj<</Type/Pages/Kids[2 0 R]/Count 1>>endobj\n"
        b"trailer<</Root 1 0 R>>\n%%EOF"
    )
    for data in (whole[:60], b"%PDF-1.7\n" + b"\0" * 400, loop):
        made = source(put(tmp_path, "a.pdf", data))
        with pytest.raises(MediaError):
            made.picture(100)


def test_real_pdfs(media: Path, source: Open) -> None:
    folder = media / "documents"
    expected = {"In-CC0.pdf": 10, "MEDRPT-2024-PAT-3847_medical_report_scan.pdf": 3, "handwritten_form.pdf": 2,
                "scanned_invoice.pdf": 1, "test.pdf": 1, "white_paper.pdf": 4, "attachment.pdf": 1}  # fmt: skip
    for name, pages in expected.items():
        made = source(folder / name)
        assert made.probe().pages == pages, name
        found = list(made.pages())
        assert len(found) == pages
        if "scan" in name or "handwritten" in name:
            assert all(page.needs_ocr for page in found), name
    assert "Large language models" in source(folder / "test.pdf").page(1).text
    assert not source(folder / "test.pdf").page(1).needs_ocr
    assert "TECHMART ELECTRONICS" in source(folder / "RECEIPT-2024-TXN-98765_retail_purchase.pdf").page(1).text
    with pytest.raises(DamagedFile):
        source(media / "broken/made/trunc.pdf").probe()


# --- text ------------------------------------------------------------------------------------------------------------


def test_paragraphs_and_pages(tmp_path: Path, source: Open) -> None:
    path = put(tmp_path, "a.txt", "\n\n".join(f"Paragraph {n}. " + "word " * 100 for n in range(20)))
    made = source(path)
    assert made.probe().pages == 4
    pages = list(made.pages())
    assert pages[0].blocks[0].text.startswith("Paragraph 0.")
    assert all(len(page.text) < 3200 for page in pages)
    assert [page.number for page in pages] == [1, 2, 3, 4]
    with pytest.raises(UnsupportedFormat):
        pages[0].image(100)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ("Grüße, 世界".encode(), "Grüße, 世界"), ("\ufeffGrüße".encode("utf-16"), "Grüße"),
        ("Grüße".encode("utf-8-sig"), "Grüße"),
        ("Die Größe der Straße überrascht den Bäcker täglich, sagte er.".encode("cp1252"), "Größe der Straße"),
        ("Съешь же ещё этих мягких французских булок, да выпей чаю.".encode("cp1251"), "французских булок"),
        (b"\xff\xfe\x00\xd8abc\x80\x81 caf\xe9", "\ufffd"),
        (b"words, " * 30 + b"\x01\x02and more of them\r\nand more", "words, and more of them\nand"),
    ],
)  # fmt: skip
def test_encodings(tmp_path: Path, source: Open, data: bytes, words: str) -> None:
    assert words in "\n".join(texts(source(put(tmp_path, "a.txt", data)))[0])


def test_one_long_line(tmp_path: Path, source: Open) -> None:
    made = source(put(tmp_path, "a.txt", b"A" * 3_000_000))
    pages = list(made.pages())
    assert sum(len(page.text) for page in pages) == 3_000_000
    made = source(tmp_path / "a.txt", limits=Limits(text_bytes=10_000))
    assert sum(len(page.text) for page in made.pages()) <= 10_000
    assert made.notices


def test_markdown(tmp_path: Path, source: Open) -> None:
    facts = source(
        put(tmp_path, "a.md", "---\ntitle: My notes\nauthor: Ann\ndate: 2020-02-03\n---\n\n# Other\n\nwords")
    ).probe()
    assert (facts.title, facts.creator, facts.taken) == ("My notes", "Ann", "2020-02-03T00:00:00")
    assert source(put(tmp_path, "b.md", "intro\n\n# The heading #\n\nwords")).probe().title == "The heading"


def test_a_text_is_drawn_for_the_grid(tmp_path: Path, source: Open) -> None:
    preview = source(put(tmp_path, "a.txt", "Hello\n\nDear reader, " * 30)).preview(384)
    assert preview is not None
    assert preview.side == 384
    assert source(put(tmp_path, "b.txt", "早上好。猫在红色的椅子上睡觉。")).preview(384) is None


# --- web pages -------------------------------------------------------------------------------------------------------


def test_html(tmp_path: Path, source: Open) -> None:
    page = """<!DOCTYPE html><html><head><meta charset="utf-8"><title>The &amp; title</title>
    <meta name=author content="Ann"><meta property="article:published_time" content="2021-02-03T04:05:06Z">
    <style>p {color: red}</style></head><body><!-- hidden > comment --><h1>Heading</h1><p>First <b>bold</b> words,
    1 &lt; 2.</p><script>alert("<p>never</p>")</script><p>Second</p>
    <img src="http://127.0.0.1:9/x.png" alt="a cat"></body></html>"""
    made = source(put(tmp_path, "a.html", page))
    facts = made.probe()
    assert (facts.title, facts.creator, facts.taken) == ("The & title", "Ann", "2021-02-03T04:05:06+00:00")
    assert texts(made) == [["Heading", "First bold words, 1 < 2.", "Second", "a cat"]]


@pytest.mark.parametrize(
    "piece",
    [
        "<",
        "<!--",
        "<!",
        "</",
        "<title>a<b>a",
        "<script>",
        "<a href='",
        "<div>",
        "&#",
        "<svg>",
        "<title>",
        "<p " + "a=" * 50,
    ],
)
def test_hostile_html_takes_little_time(piece: str) -> None:
    read_html(piece * 200_000)


def test_html_declares_its_encoding(tmp_path: Path, source: Open) -> None:
    data = "<html><meta charset='windows-1251'><p>Привет</p></html>".encode("cp1251")
    assert texts(source(put(tmp_path, "a.html", data))) == [["Привет"]]
    data = b"<html><meta charset='no-such-thing'><p>Hi</p></html>"
    assert texts(source(put(tmp_path, "b.html", data))) == [["Hi"]]


# --- office ----------------------------------------------------------------------------------------------------------


def test_docx(packed: Packed, source: Open) -> None:
    body = (
        f"<w:document {W}><w:body><w:p><w:r><w:t>Hello </w:t><w:t>Word</w:t></w:r></w:p><w:p><w:r><w:t>next</w:t>"
        "<w:br w:type='page'/><w:t>on page two</w:t></w:r></w:p></w:body></w:document>"
    )
    made = source(
        packed("a.docx", {"[Content_Types].xml": "<x/>", "word/document.xml": body, "docProps/core.xml": CORE})
    )
    facts = made.probe()
    assert (facts.title, facts.creator, facts.keywords) == ("Plan", "Ann", ("one", "two"))
    assert (facts.pages, facts.taken) == (2, "2020-01-02T03:04:05+00:00")
    assert texts(made) == [["Hello Word", "next"], ["on page two"]]


def test_pptx_and_xlsx(packed: Packed, source: Open) -> None:
    slide = f"<p:sld xmlns:p='p' {A}><a:p><a:r><a:t>Slide %d</a:t></a:r></a:p></p:sld>"
    parts = {"[Content_Types].xml": "<x/>", "ppt/presentation.xml": "<x/>"}
    parts |= {f"ppt/slides/slide{n}.xml": slide % n for n in (1, 2, 10)}
    assert texts(source(packed("a.pptx", parts))) == [["Slide 1"], ["Slide 2"], ["Slide 10"]]
    parts = {
        "[Content_Types].xml": "<x/>",
        "xl/workbook.xml": f"<workbook {S}><sheets><sheet name='Costs'/></sheets></workbook>",
        "xl/sharedStrings.xml": f"<sst {S}><si><t>Coffee</t></si></sst>",
        "xl/worksheets/sheet1.xml": f"<worksheet {S}><sheetData><row><c t='s'><v>0</v></c><c><v>3.5</v></c>"
        "<c t='inlineStr'><is><t>cup</t></is></c><c t='s'><v>99</v></c></row></sheetData></worksheet>",
    }
    assert texts(source(packed("a.xlsx", parts))) == [["Costs", "Coffee\t3.5\tcup"]]


def test_odt(packed: Packed, source: Open) -> None:
    text = "xmlns:text='urn:oasis:names:tc:opendocument:xmlns:text:1.0'"
    parts = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": f"<office xmlns='o' {text}><text:h>Title</text:h><text:p>One<text:s text:c='2'/>two"
        "<text:tab/>three <text:span>four</text:span> five</text:p></office>",
        "meta.xml": "<m xmlns:dc='d' xmlns:meta='m'><dc:title>Notes</dc:title><meta:keyword>k</meta:keyword></m>",
    }
    made = source(packed("a.odt", parts))
    assert texts(made) == [["Title", "One  two\tthree four five"]]
    assert (made.probe().title, made.probe().keywords) == ("Notes", ("k",))


def test_epub(packed: Packed, source: Open, tmp_path: Path) -> None:
    Image.new("RGB", (60, 90), "navy").save(tmp_path / "cover.png")
    parts = {
        "mimetype": "application/epub+zip",
        "META-INF/container.xml": "<c><rootfiles><rootfile full-path='OEBPS/book.opf'/></rootfiles></c>",
        "OEBPS/book.opf": "<package xmlns:dc='http://purl.org/dc/elements/1.1/'><metadata><dc:title>Whales</dc:title>"
        "<dc:creator>H. M.</dc:creator><dc:date>1851-10-18</dc:date></metadata><manifest>"
        "<item id='b' href='two%20b.xhtml' media-type='application/xhtml+xml'/><item id='a' href='one.xhtml' "
        "media-type='application/xhtml+xml'/><item id='c' href='cover.png' media-type='image/png' "
        "properties='cover-image'/></manifest><spine><itemref idref='a'/><itemref idref='b'/></spine></package>",
        "OEBPS/one.xhtml": "<html><body><h1>Loomings</h1><p>Call me Ishmael.</p></body></html>",
        "OEBPS/two b.xhtml": "<html><body><p>The carpet-bag.</p></body></html>",
        "OEBPS/cover.png": (tmp_path / "cover.png").read_bytes(),
    }
    made = source(packed("a.epub", parts))
    facts = made.probe()
    assert (facts.title, facts.creator, facts.taken, facts.pages) == ("Whales", "H. M.", "1851-10-18T00:00:00", 2)
    assert texts(made) == [["Loomings", "Call me Ishmael."], ["The carpet-bag."]]
    assert tuple(made.picture(90)[40, 30]) == (0, 0, 128)


def test_what_unpacks_to_far_too_much(packed: Packed, source: Open) -> None:
    body = f"<w:document {W}><w:body><w:p><w:r><w:t>" + " " * 120_000_000 + "</w:t></w:r></w:p></w:body></w:document>"
    path = packed("a.docx", {"[Content_Types].xml": "<x/>", "word/document.xml": body})
    assert path.stat().st_size < 1_000_000
    with pytest.raises(TooLarge):
        source(path).probe()


def test_entities_are_not_expanded(packed: Packed, source: Open, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    for entity in ("<!ENTITY e 'boo'>", f"<!ENTITY e SYSTEM 'file://{tmp_path}/secret'>"):
        body = (
            f"<!DOCTYPE d [{entity}]><w:document {W}><w:body><w:p><w:r><w:t>&e;</w:t></w:r></w:p></w:body></w:document>"
        )
        made = source(packed("a.docx", {"[Content_Types].xml": "<x/>", "word/document.xml": body}))
        with pytest.raises(DamagedFile):
            made.probe()


def test_broken_archives(tmp_path: Path, packed: Packed, source: Open) -> None:
    whole = packed("a.docx", {"[Content_Types].xml": "<x/>", "word/document.xml": "<w:x>"}).read_bytes()
    for data in (whole, whole[:-30], whole[:120] + b"word/document.xml"):
        with pytest.raises(MediaError):
            source(put(tmp_path, "b.docx", data)).probe()


def test_members_are_never_written_to_the_disk(packed: Packed, tmp_path: Path) -> None:
    path = packed("a.zip", {"../../escape.txt": "x", "/abs.txt": "y"})
    before = sorted(tmp_path.rglob("*"))
    with archive(str(path).encode(), "archive", 1000) as found:
        assert found.read("../../escape.txt") == b"x"
    assert sorted(tmp_path.rglob("*")) == before


def test_real_office(media: Path, source: Open) -> None:
    folder = media / "documents"
    for name, words in (
        ("test.docx", "AutoGen"),
        ("test.pptx", "AutoGen"),
        ("test.xlsx", "Alpha"),
        ("test_blog.html", "AutoGen"),
    ):
        made = source(folder / name)
        assert words in "\n".join(page.text for page in made.pages()), name
        assert made.preview(300) is not None
    with pytest.raises(MediaError):
        source(media / "broken/made/bomb.docx").probe()


# --- mail, subtitles, RTF ---------------------------------------------------------------------------------------------


def test_mail(tmp_path: Path, source: Open) -> None:
    mail = (
        "From: =?utf-8?q?J=C3=BCrgen?= <j@example.org>\nTo: Ann <ann@example.org>\nSubject: =?utf-8?b?R3LDvMOfZQ==?=\n"
        "Date: Tue, 03 Mar 2020 10:11:12 +0100\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=XX\n\n--XX\n"
        "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nHello J=C3=BCrgen.\n\n"
        'Second.\n--XX\nContent-Type: application/pdf\nContent-Disposition: attachment; filename="bill.pdf"\n'
        "Content-Transfer-Encoding: base64\n\nAAAA\n--XX--\n"
    )
    made = source(put(tmp_path, "a.eml", mail))
    facts = made.probe()
    assert (facts.title, facts.taken) == ("Grüße", "2020-03-03T10:11:12+01:00")
    assert facts.creator.startswith("Jürgen")
    words = texts(made)[0]
    assert "Hello Jürgen." in words
    assert "Second." in words
    assert words[-1] == "Attachment: bill.pdf"


def test_strange_mail(tmp_path: Path, source: Open) -> None:
    for head in (
        "Content-Type: text/plain; charset=no-such",
        "Content-Type: multipart/mixed",
        "Date: never",
        "Content-Type: text/html",
    ):
        mail = f"From: a@b.c\nTo: d@e.f\nSubject: x\n{head}\n\n<p>Words</p>\n"
        assert "Words" in "\n".join(texts(source(put(tmp_path, "a.eml", mail)))[0]), head


def test_subtitles(tmp_path: Path, source: Open) -> None:
    srt = (
        "1\n00:00:01,000 --> 00:00:02,500\n<i>Hello</i> there\nfriend\n\n2\n00:00:03,000 --> 00:00:04,000\n{\\an8}Bye\n"
    )
    made = source(put(tmp_path, "a.srt", srt))
    (page,) = made.pages()
    assert [(b.text, b.start, b.end, b.label) for b in page.blocks] == [
        ("Hello there\nfriend", 1.0, 2.5, "subtitle"),
        ("Bye", 3.0, 4.0, "subtitle"),
    ]
    assert made.probe().duration == 4.0
    assert made.notices == []
    vtt = "WEBVTT - title\n\nNOTE hidden\n\nintro\n00:01.000 --> 00:02.000 align:start\nHi <c.red>you</c>\n"
    assert [b.text for b in next(source(put(tmp_path, "a.vtt", vtt)).pages()).blocks] == ["Hi you"]


def test_broken_subtitles_are_left_out_with_a_notice(tmp_path: Path, source: Open) -> None:
    made = source(
        put(
            tmp_path, "a.srt", b"1\n99:99:99,999 --> 00:00:00,000\n\xff\xfe\n\n2\n00:00:01,000 --> 00:00:02,000\nFine\n"
        )
    )
    assert texts(made) == [["Fine"]]
    assert len(made.notices) == 1


def test_rtf(tmp_path: Path, source: Open) -> None:
    rtf = rb"{\rtf1\ansi{\fonttbl{\f0 Arial;}}{\*\generator X;}\f0 Hello \b bold\b0 , caf\'e9 \u8364?5.\par "
    rtf += rb"Next\page Last}"
    assert texts(source(put(tmp_path, "a.rtf", rtf))) == [["Hello bold, café €5.", "Next"], ["Last"]]
    assert "".join(rtf_words(b"{" * 100_000)) == ""
