"""Sentences are looked up, numbers are written as a language writes them, and an unknown language is English."""

from collections.abc import Iterator

import pytest

from engine import language
from engine.language import digits, known, tr, trn


@pytest.fixture(autouse=True)
def _english_again() -> Iterator[None]:
    yield
    language.use("en")


def test_english_is_the_sentence_itself() -> None:
    assert tr("Tagged {name}", name="sea") == "Tagged sea"
    assert trn("{n} file", "{n} files", 1) == "1 file"
    assert trn("{n} file", "{n} files", 1204) == "1,204 files"


def test_braces_stay_where_nothing_is_filled_in() -> None:
    assert tr("a {b} c") == "a {b} c"


@pytest.mark.parametrize(("code", "number"), [("en", "1,204,000"), ("de", "1.204.000"), ("nb", "1\u00a0204\u00a0000")])
def test_digits_are_grouped_as_the_language_does(code: str, number: str) -> None:
    language.use(code)
    assert digits(1204000) == number


@pytest.mark.parametrize(("code", "words"), [("de", "2 Dateien"), ("nb", "2 filer")])
def test_a_catalogue_is_used(code: str, words: str) -> None:
    language.use(code)
    assert trn("{n} file", "{n} files", 2) == words


@pytest.mark.parametrize(
    ("choice", "code"),
    [("de_AT.UTF-8", "de"), ("nn_NO", "nb"), ("no", "nb"), ("nb-NO", "nb"), ("German_Germany", "de"), ("en_US", "en"),
     ("fr_FR", "en"), ("C", "en"), ("", "en")],
)  # fmt: skip
def test_a_locale_leads_to_one_of_ours(choice: str, code: str) -> None:
    assert known(choice) == code


def test_the_system_is_asked_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "nb_NO.UTF-8")
    monkeypatch.setenv("LC_MESSAGES", "de_DE.UTF-8")
    monkeypatch.delenv("LC_ALL", raising=False)
    assert known("system") == "de"


def test_a_worker_speaks_the_language_of_the_window() -> None:
    import os
    import subprocess
    import sys

    language.use("de")
    done = subprocess.run(
        [sys.executable, "-c", "from engine.errors import EmptyFile; print(EmptyFile('x').hint)"],
        capture_output=True, text=True, encoding="utf-8", check=True, env={**os.environ, "PYTHONUTF8": "1"},
    )  # fmt: skip
    assert done.stdout.strip()
    assert done.stdout.strip() != "Copy the file again from where it came: nothing of it arrived here."
