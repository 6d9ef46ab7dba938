"""A library worth looking at: pictures that may be shown to everybody, read, named, tagged and put in order."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# In the public domain or under CC0 (docs/screenshots/CREDITS.md); what is not there is left out.
SHOWN = {
    "Plants": ("photos/cyclamen_persicum.jpg", "photos/notocactus_minimus.jpg", "photos/orychophragmus_violaceus.jpg",
               "photos/polemonium_reptans.jpg", "photos/wood_anemones.jpg", "photos/silver_fir.jpg"),
    "Journeys": ("photos/desert_dunes.jpg", "photos/el_torcal_rocks.jpg", "photos/tanners_ridge.jpg",
                 "photos/balloons-landscape.jpg", "photos/ultra-hdr.jpg", "metadata/gps/thompson_springs.jpg",
                 "metadata/gps_made/ushuaia.jpg", "metadata/gps_made/dateline.jpg", "text/ja_shop_night.jpg",
                 "text/en_bar_chalkboard.jpg", "formats/fort_10bit_hdr.avif"),
    "Animals": ("photos/chelsea.png", "photos/leopard.jpg", "photos/rhino.jpg", "photos/favorite-bird-2.jpg",
                "photos/puppy-header.jpg"),
    "Table": ("photos/coffee.png", "duplicates/coffee/1_jpeg_q40.jpg", "duplicates/coffee/2_half_size.jpg",
              "duplicates/coffee/4_brighter.webp", "photos/grapefruit-slice.jpg", "photos/painted-hand.jpg"),
    "People": ("people/collins/astronaut.png", "people/hopper/grace_hopper.bmp", "people/hopper/grace_hopper_517.jpg",
               "photos/curie_couple_bw.jpg", "metadata/faces/portrait_orient6_regions.jpg"),
    "Sky": ("photos/hubble_deep_field.jpg", "photos/moon.png"),
    "Films": ("video/bug_bw.mp4", "video/flower.mp4", "video_made/cuts_and_jfk.mp4"),
    "Sound": ("audio/en_jfk.flac", "audio/en_LJ001-0001.wav", "audio/voices-around-a-fire.mp3", "audio/guitar.ogg"),
    "Papers": ("documents/In-CC0.pdf", "text/en_handwritten_notes.jpg", "text/en_bw_text.png"),
}  # fmt: skip


def copied(media: Path, into: Path) -> list[Path]:
    """Copy what may be shown into folders with names that one reads; return the folders."""
    folders = []
    for name, files in SHOWN.items():
        folder = into / name
        folder.mkdir(parents=True, exist_ok=True)
        for file in files:
            if (media / file).is_file():
                shutil.copy2(media / file, folder / Path(file).name)
        folders.append(folder)
    return folders


def prepare(library: Any, folders: list[Path]) -> None:
    """Read the folders, and decide what somebody would have decided after a week."""
    for _ in library.add(folders, watch=False):
        pass
    library.wait_idle(900)
    for _ in library.people.refresh():
        pass
    ids = {cell.name: cell.id for cell in library.cells(list(library.listing().ids))}
    for name, person in named(library, ids):
        library.people.name(person, name)
    chosen = [ids[name] for name in ("desert_dunes.jpg", "moon.png", "chelsea.png") if name in ids]
    if chosen:
        library.keep.favourite(chosen)
        library.rate(chosen, 5)
        library.albums.make("For the wall", chosen)
        library.keep.note(chosen[0], "Print it 60 x 40.")
    plants = list(library.listing("in:Plants").ids)
    if plants:
        library.albums.make("Herbarium", plants)
        library.tag(plants, "plants")
        library.rate(plants[:3], 4)
    library.searches.save("Animals with four stars", "in:Animals rating:>=4", "taken")
    library.searches.save("Text in pictures", "type:photo has:text", "taken")


def named(library: Any, ids: dict[str, int]) -> Iterator[tuple[str, int]]:
    """The persons whose portraits are among the files, with their names."""
    for file, name in (("grace_hopper.bmp", "Grace Hopper"), ("astronaut.png", "Eileen Collins")):
        faces = [one for one in library.people.of_asset(ids[file]) if one.person] if file in ids else []
        if faces:
            best = max(faces, key=lambda one: one.quality)
            if best.person is not None and not best.name:
                yield name, best.person
