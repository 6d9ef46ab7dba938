"""The health of a library: its parts, the log, and a report that gives nothing private away."""

import ast
import getpass
import io
import json
import logging
import platform
import sqlite3
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from engine.care import report_file
from engine.cli.program import run
from engine.cli.samples import LETTER, pdf
from engine.errors import FileMissing, StoreError
from engine.library import Library
from engine.media.estimate import estimate
from engine.model import Kind
from engine.model.health import Health, State
from engine.observe import examine, journal
from engine.observe.bare import LEFT_OUT, Bare, sentence
from engine.store import words

PROJECT = Path(__file__).resolve().parent.parent.parent
TELLTALE = ("Zaubernuss", "Quendolin", "Xanthippe", "geheimwort", "Wolkenkuckuck", "48.13743")


def failing(error: Exception) -> None:
    raise error


def part(health: Health, name: str) -> State:
    return next(part.state for part in health.parts if part.name == name)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "in"
    place.mkdir()
    (place / "letter.pdf").write_bytes(pdf(LETTER))
    (place / "broken.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"no picture" * 40)
    return place


def test_the_parts_of_a_library_that_works(folder: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        list(library.add([folder], watch=True))
        assert library.wait_idle(60)
        health = library.health()
        assert {part.name for part in health.parts} == {
            "database", "words", "vectors", "previews", "folders", "watch", "work", "workers", "packs", "network",
            "hosts", "rentals", "disk",
        }  # fmt: skip
        assert part(health, "database") is State.FINE
        assert part(health, "words") is State.FINE
        assert part(health, "folders") is State.FINE
        assert part(health, "work") is State.LOOK, "a broken picture could not be read"
        assert [(one.code, one.count) for one in health.troubles] == [("damaged", 1)]
        trouble = health.troubles[0]
        assert trouble.text.endswith(".")
        assert trouble.last > 1_000_000_000
        assert health.memory[-1].own > 1_000_000
        assert {room.name: room.size > 0 for room in health.rooms}["database"]
        library.set("net.offline", True)
        library.pause()
        health = library.health()
        assert part(health, "network") is State.OFF
        assert part(health, "work") is State.LOOK
        library.set("net.offline", False)


def test_a_lost_index_is_broken_and_can_be_made_anew(folder: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        list(library.add([folder], watch=False))
        assert library.wait_idle(60)
        library.database.write(words.clear)
        lost = next(part for part in library.health().parts if part.name == "words")
        assert (lost.state, lost.fix) == (State.BROKEN, "check")
        list(library.check(repair=True))
        assert part(library.health(), "words") is State.FINE


def test_one_part_that_cannot_be_looked_at_hides_no_other(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*_: object) -> object:
        raise ZeroDivisionError

    def refused(*_: object) -> object:
        raise StoreError("The disk went away.", hint="Connect it.")

    monkeypatch.setattr(examine, "_words", bug)
    monkeypatch.setattr(examine, "_disk", refused)
    with Library.open(tmp_path / "library", work=False) as library:
        found = {one.name: one for one in library.health().parts}
    assert found["words"].state is State.BROKEN
    assert (found["disk"].text, found["disk"].hint) == ("The disk went away.", "Connect it.")
    assert found["database"].state is State.FINE


def test_the_command_line_tells_it_too(
    folder: Path, tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]
) -> None:
    with Library.open(tmp_path / "library", work=False) as library:
        list(library.add([folder], watch=False))
        assert run(["--library", str(tmp_path / "library"), "health", "--json"]) == 1, "packs are worth a look"
        told = json.loads(capsysbinary.readouterr().out)
        assert {"parts", "queue", "rooms", "troubles", "versions"} <= set(told)
        target = tmp_path / "report.zip"
        assert run(["--library", str(tmp_path / "library"), "health", "--report", str(target)]) == 0
    with zipfile.ZipFile(target) as pack:
        assert b"== Parts" in pack.read("kinora-report.txt")
    assert run(["--library", str(tmp_path / "library"), "health"]) == 1
    assert b"Search index" in capsysbinary.readouterr().out


def test_a_report_is_text_or_packed() -> None:
    assert report_file("words", ".txt") == b"words"
    with zipfile.ZipFile(io.BytesIO(report_file("words", ".ZIP"))) as pack:
        assert pack.read("kinora-report.txt") == b"words"


# --- the log


def test_the_log_is_read_back_with_what_belongs_together(tmp_path: Path) -> None:
    with Library.open(tmp_path / "library", work=False) as library:
        logger = logging.getLogger("engine.testing")
        logger.info("one %s", "file")
        try:
            failing(ValueError("a bug"))
        except ValueError:
            logger.exception("two")
        lines = library.care.log()
        assert [line.text.splitlines()[0] for line in lines][-2:] == ["one file", "two"]
        assert "ValueError: a bug" in lines[-1].text
        assert [line.level for line in library.care.log(level="ERROR")] == ["ERROR"]
        assert [line.text for line in library.care.log(words="ONE")] == ["one file"]
        assert library.care.log(lines=1) == lines[-1:]
    assert journal.tail(tmp_path / "none", 5) == []


@given(st.text(min_size=1), st.integers(), st.floats(allow_nan=False, allow_infinity=False))
def test_a_bare_line_keeps_numbers_and_leaves_words_out(word: str, number: int, measure: float) -> None:
    record = logging.LogRecord("engine.x", 20, "", 0, "read %s: %d of %.1f, %r", (word, number, measure, word), None)
    assert sentence(record) == f"read {LEFT_OUT}: {number} of {measure:g}, {LEFT_OUT}"


def test_a_bare_traceback_names_places_in_the_program_and_no_message() -> None:
    try:
        Library.open(Path("/nowhere/Quendolin"), own=False)
    except Exception as error:  # noqa: BLE001
        record = logging.LogRecord("engine.x", 40, "", 0, "%s failed: %s", ("Quendolin", error), None)
        record.exc_info = (type(error), error, error.__traceback__)
    text = Bare().format(record)
    assert "Quendolin" not in text
    assert "engine/library.py:" in text
    assert "no-library" in text


def test_every_log_line_of_the_program_is_a_sentence_of_its_own() -> None:
    """What is not a literal could carry a name into the bare log."""
    wrong = []
    for path in [*PROJECT.glob("engine/**/*.py"), *PROJECT.glob("desktop/**/*.py"), PROJECT / "main.py"]:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            logs = isinstance(node.func.value, ast.Name) and node.func.value.id in ("log", "logger")
            levels = ("debug", "info", "warning", "error", "exception", "critical")
            if (
                logs
                and node.func.attr in levels
                and not (isinstance(node.args[0], ast.Constant) and isinstance(node.args[0].value, str))
            ):
                wrong.append(f"{path.relative_to(PROJECT)}:{node.lineno}")
    assert wrong == []


# --- the report


def test_the_report_gives_nothing_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(platform, "node", lambda: "Wolkenkuckuck-pc")
    monkeypatch.setattr(getpass, "getuser", lambda: "quendolin")
    monkeypatch.setenv("HOME", str(tmp_path / "home" / "Quendolin"))
    place = tmp_path / "Zaubernuss"
    place.mkdir()
    (place / "Xanthippe.pdf").write_bytes(pdf(("Das geheimwort ist Zaubernuss",)))
    (place / "Quendolin.jpg").write_bytes(b"\xff\xd8\xff\xe0" + b"Xanthippe" * 40)
    path = tmp_path / "Wolkenkuckuck"
    with Library.open(path) as library:
        list(library.add([place], watch=True))
        assert library.wait_idle(60)
        library.tag([1], "Xanthippe")
        library.set("model.url", "http://geheimwort@wolkenkuckuck.example:8080/v1")
        library.set("model.key_file", str(place / "geheimwort.key"))
        library.set("packs.mirror", "https://wolkenkuckuck.example/Zaubernuss")
        library.set("scan.leave_out", ("Xanthippe*", "*.geheimwort"))
        library.set("look.cell", 200)
        library.searches.told(action="add", name="Quendolin", query="person:Quendolin near:48.13743,11.57549", sort="")

        def name(connection: sqlite3.Connection) -> None:
            connection.execute("INSERT INTO person(name, made) VALUES('Quendolin', 0)")
            connection.execute("UPDATE asset SET latitude = 48.13743, longitude = 11.57549")

        library.database.write(name)
        logger = logging.getLogger("engine.testing")
        logger.warning("could not read %s: %s", place / "Xanthippe.pdf", "geheimwort")
        try:
            failing(FileMissing("Quendolin is gone", hint="Xanthippe"))
        except FileMissing:
            logger.exception("asset %d at %s failed", 12, "48.13743")
        assert "Xanthippe" in library.care.log()[-1].text, "the user's own log says it all"
        text = library.care.report({"Window": ["Qt 6"]})
    low = text.lower()
    assert [word for word in TELLTALE if word.lower() in low] == []
    assert str(tmp_path).lower() not in low
    for needed in (
        "Kinora: ", "look.cell: 200", "model.url: set", "scan.leave_out: set (2 entries)", "damaged: 1",
        "could not read …: …", "asset 12 at … failed (missing)", "tests/unit/test_health.py", "Qt 6",
    ):  # fmt: skip
        assert needed in text, needed


# --- the start


def test_an_estimate_counts_names_and_opens_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a.JPG", "b.heic", "c.mov", "d.pdf", "e.xyz", ".hidden.jpg"):
        (tmp_path / name).write_bytes(b"")

    def no_open(*_: object, **__: object) -> None:
        raise AssertionError("a file was opened")

    monkeypatch.setattr("builtins.open", no_open)
    monkeypatch.setattr(Path, "open", no_open)
    found = estimate(tmp_path, (".*",))
    assert found.counts == {Kind.PHOTO: 2, Kind.VIDEO: 1, Kind.DOCUMENT: 1}
    assert (found.total, found.more) == (4, False)
    assert estimate(tmp_path, (), seconds=-1).more


def test_invitations_find_something(folder: Path, tmp_path: Path) -> None:
    with Library.open(tmp_path / "library") as library:
        assert library.invitations() == []
        list(library.add([folder], watch=False))
        assert library.wait_idle(60)
        found = library.invitations()
        assert found
        assert len({one.sort for one in found}) == len(found)
        for one in found:
            assert len(library.listing(one.query).ids) == one.count > 0
