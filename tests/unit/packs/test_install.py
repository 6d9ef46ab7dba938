"""Packs are on the shelf whole and checked, or not at all."""

import hashlib
import json
import os
import pickle
import stat
import subprocess
import sys
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engine.errors import ConsentNeeded, DownloadFailed, KinoraError, NotFound, PackInvalid, PacksBusy
from engine.packs import download, install, intake, placing, trial
from engine.packs.catalogue import packs as catalogued
from engine.packs.formats import allowed_name
from engine.packs.install import Terms, bring_in
from engine.packs.models import ADAPTERS
from engine.packs.pack import TASKS, Pack, pack_of
from engine.packs.shelf import chosen, installed
from tests.conftest import PROJECT
from tests.packs import real_packs
from tests.unit.packs.server import Site, serving


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    return tmp_path / "shelf"


@pytest.fixture
def source(models: Path, tmp_path: Path) -> Path:
    """The folder of a pack that somebody brings: a small real tagger."""
    return real_packs(models, tmp_path / "brought", ["mobilenet-tags"]) / "mobilenet-tags"


@pytest.fixture
def untried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave out the trial in a process of its own, where a test is about something else."""
    monkeypatch.setattr(trial, "run", lambda *_, **__: trial.Report())


def put(path: Path, shelf: Path, *, consent: bool = False, known: dict[str, Pack] | None = None) -> str:
    text = ""
    for step in bring_in(path, Terms(shelf, consent), known or {}):
        text = step.text
    return text


def change(folder: Path, **more: Any) -> dict[str, Any]:
    raw: dict[str, Any] = json.loads((folder / "pack.json").read_text(encoding="utf-8"))
    raw.update(more)
    (folder / "pack.json").write_text(json.dumps(raw), encoding="utf-8")
    return raw


def nothing_there(shelf: Path) -> bool:
    return [entry.name for entry in shelf.iterdir() if entry.name != ".lock"] == []


def test_a_real_pack_is_checked_tried_and_measured(source: Path, shelf: Path) -> None:
    assert "installed" in put(source, shelf)
    folder = shelf / "mobilenet-tags"
    raw, note = json.loads((folder / "pack.json").read_text()), install.noted(folder)
    assert raw["golden"]["tags"]["labels"] == 1001
    assert note["speed"]["tags"] > 0
    assert note["device"] == "cpu"
    assert note["runtime"].startswith("ONNX Runtime 1.")
    assert note["first_use"] == []
    assert chosen({}, shelf) == {"tags": "mobilenet-tags@1"}
    list(install.check("mobilenet-tags", Terms(shelf)))
    assert install.damage(installed(shelf)["mobilenet-tags"], folder) == ""
    tampered_with(shelf, folder, raw)


def tampered_with(shelf: Path, folder: Path, raw: dict[str, Any]) -> None:
    """What a check says of the same pack after its answers or its files were changed."""
    raw["golden"]["tags"]["found"][0] = ["tabby", 0.9]
    (folder / "pack.json").write_text(json.dumps(raw))
    with pytest.raises(PackInvalid, match="other things than"):
        list(install.check("mobilenet-tags", Terms(shelf)))
    assert "other things" in install.damage(installed(shelf)["mobilenet-tags"], folder)
    model = folder / raw["files"][0]["name"]
    body = bytearray(model.read_bytes())
    body[len(body) // 2] ^= 1
    model.write_bytes(body)
    with pytest.raises(PackInvalid, match="SHA-256"):
        list(install.check("mobilenet-tags", Terms(shelf)))
    model.write_bytes(body[:-5])
    assert "bytes instead of" in install.damage(installed(shelf)["mobilenet-tags"], folder)
    model.unlink()
    assert "missing" in install.damage(installed(shelf)["mobilenet-tags"], folder)


def test_a_model_that_is_not_as_described_is_refused(source: Path, shelf: Path) -> None:
    raw = json.loads((source / "pack.json").read_text())
    model = raw["models"]["tags"]
    for wrong, why in (
        ({"adapter": "no-such"}, "does not have"),
        ({"input": {**model["input"], "size": [100, 100]}}, "others"),
    ):
        change(source, models={"tags": {**model, **wrong}})
        with pytest.raises(PackInvalid, match=why):
            put(source, shelf)
        assert nothing_there(shelf)


def test_a_model_that_hangs_or_kills_its_process_is_refused(
    source: Path, shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for code, why in (("import os; os.abort()", "process ended"), ("import time; time.sleep(60)", "took longer")):
        monkeypatch.setattr(trial, "command", lambda code=code: [sys.executable, "-c", code])
        monkeypatch.setattr(trial.run, "__kwdefaults__", {"device": "auto", "deadline": 0.7})
        with pytest.raises(PackInvalid, match=why):
            put(source, shelf)
        assert nothing_there(shelf)


def test_the_trial_has_no_network_and_a_cap_on_memory() -> None:
    code = (
        "import socket, resource\nfrom engine.packs import trial\nfrom engine.offline import guard\n"
        "trial.cap(1 << 30)\nguard(on=True, loopback=False)\n"
        "try: bytearray(2 << 30)\nexcept MemoryError: print('capped')\n"
        "try: socket.create_connection(('127.0.0.1', 9))\nexcept PermissionError: print('alone')\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["capped", "alone"]


@pytest.mark.usefixtures("untried")
def test_consent_is_asked_for_what_is_not_free_and_for_what_nobody_knows(source: Path, shelf: Path) -> None:
    for licence in (
        {"name": "Research only", "commercial": False, "consent": True, "terms": "No products."},
        {"name": "Research only", "commercial": False},
        {"name": "unknown"},
        {},
    ):
        change(source, licence=licence)
        with pytest.raises(ConsentNeeded) as caught:
            put(source, shelf)
        assert "--accept-licence" in caught.value.hint
        assert nothing_there(shelf)
    change(source, licence={"name": "Research only", "commercial": False, "consent": True})
    put(source, shelf, consent=True)
    assert chosen({}, shelf) == {}, "agreed to, but never chosen by itself"
    assert chosen({"packs.tags": "mobilenet-tags"}, shelf) == {"tags": "mobilenet-tags@1"}


@pytest.mark.usefixtures("untried")
def test_only_files_that_a_pack_may_have(source: Path, shelf: Path) -> None:
    raw = change(source)
    (source / "extra.bin").write_bytes(pickle.dumps([1, 2, 3]))
    put(source, shelf)
    assert not (shelf / "mobilenet-tags" / "extra.bin").exists(), "what the description does not list stays behind"
    install.remove("mobilenet-tags", shelf)
    for name, content in (("extra.bin", pickle.dumps([1])), ("helper.py", b"print(1)"), ("x.so", b"\x7fELF")):
        (source / name).write_bytes(content)
        change(source, files=[*raw["files"], {"name": name}])
        with pytest.raises(PackInvalid):
            put(source, shelf)
        change(source, files=[])  # all that lies there
        with pytest.raises(PackInvalid):
            put(source, shelf)
        (source / name).unlink()
        (source / "extra.bin").unlink(missing_ok=True)
        assert nothing_there(shelf)


@pytest.mark.usefixtures("untried")
def test_links_and_places_outside_are_refused(source: Path, shelf: Path, tmp_path: Path) -> None:
    raw = change(source)
    secret = tmp_path / "secret.txt"
    secret.write_text("secret")
    (source / "notes.txt").symlink_to(secret)
    change(source, files=[*raw["files"], {"name": "notes.txt"}])
    with pytest.raises(PackInvalid, match="link"):
        put(source, shelf)
    change(source, files=[*raw["files"], {"name": "../../secret.txt"}])
    with pytest.raises(PackInvalid, match="outside"):
        put(source, shelf)
    change(source, files=raw["files"], id="../evil")
    with pytest.raises(PackInvalid, match="no name"):
        put(source, shelf)
    (source / "notes.txt").unlink()
    change(source, files=raw["files"], id="fine", models={"tags": {**raw["models"]["tags"], "file": "other.onnx"}})
    with pytest.raises(PackInvalid, match="not among its files"):
        put(source, shelf)
    assert nothing_there(shelf)


def zipped(target: Path, source: Path, inside: str = "") -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as bundle:
        for path in source.iterdir():
            bundle.write(path, inside + path.name)
    return target


@pytest.mark.usefixtures("untried")
def test_a_zip_file_with_or_without_a_folder_around_it(source: Path, shelf: Path, tmp_path: Path) -> None:
    for inside in ("", "folder/"):
        put(zipped(tmp_path / "p.zip", source, inside), shelf)
        assert list(installed(shelf)) == ["mobilenet-tags"]
        install.remove("mobilenet-tags", shelf)
    assert nothing_there(shelf)


@pytest.mark.parametrize(
    "case", ["../out.txt", "/out.txt", "a/../../out.txt", "a\\..\\out.txt", "C:out.txt", "link", "bomb", "many",
             "liar", "cut", "changed"]
)  # fmt: skip
def test_hostile_zip_files(case: str, shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "p.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as bundle:
        if case == "link":
            entry = zipfile.ZipInfo("pack.json")
            entry.external_attr = (stat.S_IFLNK | 0o777) << 16
            bundle.writestr(entry, "/etc/passwd")
        elif case == "bomb":
            monkeypatch.setattr(intake, "LARGE", 1 << 16)
            bundle.writestr("model.onnx", b"\0" * (1 << 20))
        elif case == "many":  # each small, all together large
            monkeypatch.setattr(intake, "LARGE", 1 << 20)
            for number in range(9):
                bundle.writestr(f"{number}.onnx", b"\0" * (1 << 19))
        elif case == "changed":
            bundle.writestr("pack.json", json.dumps(list(range(9999))))
        else:
            bundle.writestr("pack.json" if case in ("liar", "cut") else case, b"x" * 999)
    raw = path.read_bytes()
    if case == "liar":  # says that less is in it than there is
        path.write_bytes(raw.replace((999).to_bytes(4, "little"), (9).to_bytes(4, "little")))
    if case == "cut":
        path.write_bytes(raw[: len(raw) // 2])
    if case == "changed":
        path.write_bytes(raw[:600] + b"\xff" * 200 + raw[800:])
    with pytest.raises(PackInvalid):
        put(path, shelf)
    assert nothing_there(shelf)
    assert not (tmp_path / "out.txt").exists()


def test_a_bare_whisper_folder_is_recognised(models: Path, shelf: Path) -> None:
    with pytest.raises(ConsentNeeded, match="Nothing says"):
        put(models / "micro_whisper", shelf)
    put(models / "micro_whisper", shelf, consent=True)
    assert chosen({}, shelf) == {"speech": "whisper-micro_whisper@1"}
    note = install.noted(shelf / "whisper-micro_whisper")
    assert note["speed"]["speech"] > 0
    assert "model.bin" in note["first_use"]


def test_folders_that_are_nothing_or_something_else(models: Path, shelf: Path, tmp_path: Path) -> None:
    with pytest.raises(PackInvalid, match="nothing in it is known"):
        put(models / "image_tags", shelf)
    with pytest.raises(NotFound):
        put(tmp_path / "absent", shelf)
    other = tmp_path / "translator"
    other.mkdir()
    for name, text in (("model.bin", "x"), ("config.json", "{}"), ("tokenizer.json", "{}")):
        (other / name).write_text(text)
    with pytest.raises(PackInvalid, match="not one of Whisper"):
        put(other, shelf, consent=True)


def test_an_insightface_folder_is_described_and_asks(tmp_path: Path) -> None:
    for name in ("det_10g.onnx", "w600k_r50.onnx"):
        (tmp_path / name).write_bytes(b"x")
    pack = intake.describe(tmp_path, {})
    assert set(pack.tasks) == {"face-detection", "face-embedding"}
    assert pack.licence.consent
    assert not pack.licence.commercial


@pytest.mark.usefixtures("untried")
def test_files_of_a_pack_of_the_catalogue_are_recognised_and_held_to_it(source: Path, shelf: Path) -> None:
    raw = json.loads((source / "pack.json").read_text())
    known = {"tagger": pack_of({**raw, "id": "tagger", "title": "The catalogue's"})}
    (source / "pack.json").unlink()  # as a browser saves them
    put(source, shelf, known=known)
    assert installed(shelf)["tagger"].title == "The catalogue's"
    install.remove("tagger", shelf)
    model = source / raw["files"][0]["name"]
    body = bytearray(model.read_bytes())
    body[-9] ^= 1
    model.write_bytes(body)
    with pytest.raises(PackInvalid, match="SHA-256"):
        put(source, shelf, known=known)
    (source / "pack.json").write_text(json.dumps({**raw, "id": "tagger", "files": [raw["files"][0]]}))
    with pytest.raises(PackInvalid, match="not the pack tagger of the catalogue"):
        put(source, shelf, known=known)


def test_removing(source: Path, shelf: Path, untried: None) -> None:
    put(source, shelf)
    (shelf / ".download-mobilenet-tags@2").mkdir()
    install.remove("mobilenet-tags", shelf)
    assert nothing_there(shelf)
    for name in ("mobilenet-tags", "..", ".lock", "a/b"):
        with pytest.raises(NotFound):
            install.remove(name, shelf)


@pytest.mark.usefixtures("untried")
def test_one_at_a_time(source: Path, shelf: Path) -> None:
    steps = bring_in(source, Terms(shelf), {})
    next(steps)
    with pytest.raises(PacksBusy):
        put(source, shelf)
    steps.close()  # type: ignore[attr-defined]
    assert nothing_there(shelf), "who stops leaves nothing half"
    put(source, shelf)


# --- from the catalogue -----------------------------------------------------------------------------------------------


@pytest.fixture
def site(source: Path) -> Iterator[Site]:
    with serving(Site({f"/{path.name}": path.read_bytes() for path in source.iterdir()})) as running:
        yield running


def offered(source: Path, site: Site, **more: Any) -> Pack:
    raw = json.loads((source / "pack.json").read_text())
    files = [{**file, "urls": [f"{site.url}/{file['name']}"]} for file in raw["files"]]
    return pack_of({**raw, "files": files, **more})


def fetched(pack: Pack, shelf: Path, **terms: Any) -> list[Any]:
    return list(install.install(pack, Terms(shelf, pause=0.01, **terms)))


def test_a_pack_of_the_catalogue_arrives_through_cut_connections(source: Path, site: Site, shelf: Path) -> None:
    site.cut = [100_000, 1_000_000]
    steps = fetched(offered(source, site), shelf)
    assert max(step.done for step in steps) == offered(source, site).size
    assert install.noted(shelf / "mobilenet-tags")["speed"]["tags"] > 0


@pytest.mark.usefixtures("untried")
def test_the_first_download_is_trusted_and_said_so_and_later_ones_must_be_the_same(
    source: Path, site: Site, shelf: Path
) -> None:
    bare = offered(source, site)
    files = [{"name": file.name, "urls": list(file.urls)} for file in bare.files]
    steps = fetched(pack_of({**bare.raw, "files": files}), shelf)
    assert "no checksum was known" in steps[-1].text
    kept = installed(shelf)["mobilenet-tags"]
    body = (source / kept.files[0].name).read_bytes()
    assert kept.files[0].sha256 == hashlib.sha256(body).hexdigest()
    assert kept.files[0].size == len(body)
    hint = f"{kept.files[0].sha256[:8]}…{kept.files[0].sha256[-6:]}"
    good, bad = ([{**files[0], "sha256_hint": one}, *files[1:]] for one in (hint, "00000000…000000"))
    fetched(pack_of({**bare.raw, "files": good}), shelf)
    with pytest.raises(PackInvalid, match="not the file that the catalogue names"):
        fetched(pack_of({**bare.raw, "files": bad}), shelf)


@pytest.mark.usefixtures("untried")
def test_stopping_keeps_what_arrived_for_the_next_time(source: Path, site: Site, shelf: Path) -> None:
    steps = install.install(offered(source, site), Terms(shelf, pause=0.01))
    next(steps)
    steps.close()  # type: ignore[attr-defined]
    assert installed(shelf) == {}
    assert list((shelf / ".download-mobilenet-tags@1").glob("*.part"))
    fetched(offered(source, site), shelf)
    assert list(installed(shelf)) == ["mobilenet-tags"]
    assert any(wanted for _, wanted in site.asked), "it went on where it stopped"
    assert not (shelf / ".download-mobilenet-tags@1").exists()


def test_what_cannot_be_installed_says_why(source: Path, site: Site, shelf: Path) -> None:
    pack = offered(source, site)
    with pytest.raises(KinoraError, match="offline"):
        fetched(pack, shelf, offline=True)
    assert site.asked == []
    with pytest.raises(PackInvalid, match="no place"):
        fetched(pack_of({**pack.raw, "files": ["a.onnx"]}), shelf)
    with pytest.raises(ConsentNeeded):
        fetched(pack_of({**pack.raw, "licence": {"name": "NC", "consent": True}}), shelf)
    site.files[f"/{pack.files[0].name}"] = b"<html>Please log in</html>"
    with pytest.raises(DownloadFailed):
        fetched(pack, shelf)
    assert nothing_there(shelf)


@pytest.mark.usefixtures("untried")
def test_files_inside_a_zip_of_the_makers(source: Path, site: Site, shelf: Path, tmp_path: Path) -> None:
    site.files["/all.zip"] = zipped(tmp_path / "all.zip", source, "dated_folder/").read_bytes()
    pack = offered(source, site)
    files: list[dict[str, Any]] = [
        {"name": file.name, "sha256": file.sha256, "urls": [f"{site.url}/all.zip#*{file.name}"]} for file in pack.files
    ]
    fetched(pack_of({**pack.raw, "files": files}), shelf)
    assert [path for path, _ in site.asked] == ["/all.zip"], "fetched once for all files in it"
    assert sorted(path.name for path in (shelf / "mobilenet-tags").iterdir()) == sorted(
        ["installed.json", "pack.json", *(file.name for file in pack.files)]
    )
    files[0]["urls"] = [f"{site.url}/all.zip#*.none"]
    with pytest.raises(DownloadFailed, match=r"has no \*\.none"):
        fetched(pack_of({**pack.raw, "id": "other", "files": files}), shelf)


@pytest.mark.usefixtures("untried")
def test_a_newer_version_takes_the_place_of_the_old_one(source: Path, site: Site, shelf: Path) -> None:
    fetched(offered(source, site), shelf)
    fetched(offered(source, site, version=2), shelf)
    assert installed(shelf)["mobilenet-tags"].version == 2
    assert [entry.name for entry in shelf.iterdir() if entry.name != ".lock"] == ["mobilenet-tags"]


def test_leftovers_of_the_dead_are_swept_and_a_pack_that_was_being_replaced_comes_back(shelf: Path) -> None:
    for name in (".staging-1-2", ".old-gone-x", ".old-kept", ".old-twice", "twice", ".download-a@1", ".download-b@1"):
        (shelf / name).mkdir(parents=True)
    long_ago = time.time() - placing.KEEP - 99
    os.utime(shelf / ".download-b@1", (long_ago, long_ago))
    placing.sweep(shelf)
    assert sorted(entry.name for entry in shelf.iterdir()) == [".download-a@1", "kept", "twice"]


def test_every_pack_of_the_catalogue_can_be_installed_or_says_that_it_must_be_brought() -> None:
    for pack in catalogued().values():
        assert pack.summary
        assert pack.licence.terms
        assert pack.licence.commercial or (pack.licence.consent and not pack.default), pack.id
        assert intake.mentioned(pack) <= {file.name for file in pack.files}, pack.id
        for file in pack.files:
            assert allowed_name(file.name), file.name
            assert not file.sha256 or len(file.sha256) == 64
            assert all(download.safe(url) and url.startswith("https://") for url in file.urls)
            assert "/resolve/main/" not in "".join(file.urls) or file.sha256, f"{pack.id} is pinned by nothing"
        for task, model in pack.models.items():
            assert model["adapter"] in ADAPTERS, (pack.id, task)
    told = (PROJECT / "docs" / "packs.md").read_text(encoding="utf-8")
    assert [name for name in catalogued() if f"`{name}`" not in told] == []
    assert [name for name in ADAPTERS if f"`{name}`" not in told] == []
    free = {task for pack in catalogued().values() if pack.default for task in pack.models}
    assert free >= {task.name for task in TASKS}, "every task has a default that is free"


def test_other_content_under_the_same_version_is_refused(source: Path, shelf: Path, untried: None) -> None:
    """Jobs and vectors know a pack by its name and version: two of one version would be taken for the same."""
    put(source, shelf)
    put(source, shelf)  # the same again may mend a damaged one
    model = json.loads((source / "pack.json").read_text())["models"]["tags"]
    change(source, models={"tags": {**model, "input": {**model["input"], "scale": 0.5}}})
    with pytest.raises(PackInvalid, match="Another mobilenet-tags of version 1"):
        put(source, shelf)
    assert installed(shelf)["mobilenet-tags"].models["tags"] == model
    change(source, version=2)
    put(source, shelf)
    assert installed(shelf)["mobilenet-tags"].version == 2


def test_nothing_changes_a_pack_while_it_is_checked(
    source: Path, shelf: Path, untried: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(source, shelf)

    def meanwhile(*_: object, **__: object) -> trial.Report:
        with pytest.raises(PacksBusy):
            install.remove("mobilenet-tags", shelf)
        return trial.Report()

    monkeypatch.setattr(trial, "run", meanwhile)
    list(install.check("mobilenet-tags", Terms(shelf)))
    install.remove("mobilenet-tags", shelf)
    with pytest.raises(NotFound):
        list(install.check("mobilenet-tags", Terms(shelf)))


def test_a_link_in_the_place_of_a_pack_is_removed_and_nothing_behind_it(source: Path, shelf: Path) -> None:
    shelf.mkdir()
    (shelf / "linked").symlink_to(source, target_is_directory=True)
    install.remove("linked", shelf)
    assert nothing_there(shelf)
    assert (source / "pack.json").exists()


def test_a_note_that_is_no_note_does_no_harm(source: Path, shelf: Path, untried: None) -> None:
    put(source, shelf)
    for body in ("[]", '{"waits": [1]}', '{"speed": 5}', "\xff", "{"):
        (shelf / "mobilenet-tags" / install.NOTE).write_text(body, encoding="latin-1")
        assert install.noted(shelf / "mobilenet-tags") == {}
