"""No sentence is left behind: each stands in every catalogue, with the same places to fill in, compiled."""

import ast
import gettext
import importlib.util
import io
import string
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

from engine.language import LANGUAGES

PROJECT = Path(__file__).resolve().parent.parent


def _tool() -> ModuleType:
    spec = importlib.util.spec_from_file_location("translate", PROJECT / "packaging" / "translate.py")
    assert spec is not None
    assert spec.loader is not None
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


translate = _tool()
OTHERS = pytest.mark.parametrize("code", translate.LANGUAGES)


@pytest.fixture(scope="module")
def sentences() -> dict[object, list[str]]:
    return dict(translate.sentences())


def test_the_languages_are_those_that_can_be_chosen() -> None:
    assert ("en", *translate.LANGUAGES) == LANGUAGES


@OTHERS
def test_every_sentence_is_translated(code: str, sentences: dict[object, list[str]]) -> None:
    catalog = translate.updated(code, sentences)
    assert [message.id for message in catalog if message.id and not translate.translated(message.string)] == []


@OTHERS
def test_the_files_are_up_to_date(code: str, sentences: dict[object, list[str]]) -> None:
    folder = translate.TRANSLATIONS / code / "LC_MESSAGES"
    catalog = translate.updated(code, sentences)
    assert (folder / "kinora.po").read_bytes() == translate.as_po(catalog), "run `make translations`"
    assert (folder / "kinora.mo").read_bytes() == translate.as_mo(catalog), "run `make translations`"


def test_a_compiled_catalogue_holds_no_clock() -> None:
    compiled = translate.as_mo(translate.stored("de"))
    head = gettext.GNUTranslations(io.BytesIO(compiled)).info()
    assert set(head) == {"content-type", "plural-forms"}


def places(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@OTHERS
def test_translations_fill_in_what_the_sentence_has(code: str) -> None:
    wrong = []
    for message in translate.stored(code):
        texts = [message.string] if isinstance(message.string, str) else list(message.string)
        wanted = [message.id] if isinstance(message.id, str) else list(message.id)
        if not message.id or "{" not in str(message.id) or not message.python_brace_format:
            continue
        allowed = set().union(*map(places, wanted))
        if any(not places(text) <= allowed for text in texts) or places(texts[-1]) != places(wanted[-1]):
            wrong.append((message.id, message.string))
    assert wrong == []


@OTHERS
def test_spaces_at_the_ends_stay(code: str) -> None:
    def ends(text: str) -> tuple[bool, bool]:
        return text.startswith(" "), text.endswith(" ")

    assert [
        message.id
        for message in translate.stored(code)
        if isinstance(message.id, str) and message.id and ends(message.id) != ends(str(message.string))
    ] == []


def test_only_literal_sentences_are_looked_up() -> None:
    """An f-string inside tr() would never be found in a catalogue."""
    wrong = []
    for path in [*PROJECT.glob("desktop/**/*.py"), *PROJECT.glob("engine/**/*.py")]:
        for call in _calls(ast.parse(path.read_text(encoding="utf-8"))):
            texts = call.args[:2] if getattr(call.func, "id", "") == "trn" else call.args[:1]
            if any(isinstance(text, ast.JoinedStr | ast.BinOp) for text in texts):
                wrong.append(f"{path.relative_to(PROJECT)}:{call.lineno}")
    assert wrong == []


def _calls(tree: ast.Module) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("tr", "trn", "mark"):
            yield node
