"""Every broken or hostile file is either read or explained, in little time and memory."""

import time
from pathlib import Path

import pytest

from engine.errors import EmptyFile, MediaError, TooLarge, UnsupportedFormat
from engine.media.sniff import sniff
from engine.media.source import Source
from engine.model import Kind

SECONDS = 20.0  # for all that is asked of one file, on a busy machine
REFUSED: dict[str, type[MediaError]] = {
    "made/zero_byte.jpg": EmptyFile, "made/zero_byte.mp4": EmptyFile, "made/really_exe.jpg": UnsupportedFormat,
    "made/really_html.mp4": UnsupportedFormat, "made/really_text.jpg": UnsupportedFormat,
    "made/zip_slip.zip": UnsupportedFormat,
    "made/playlist.m3u8": UnsupportedFormat, "made/concat_escape.mp4": UnsupportedFormat,
    "made/svg_external_ref.svg": UnsupportedFormat, "made/bomb_20000x20000_rgb.png": TooLarge,
    "made/bomb_frames.gif": TooLarge,
    "made/lying_dims.png": TooLarge, "made/ztxt_bomb.png": TooLarge, "real/decompression_bomb.gif": TooLarge,
    "made/bomb.docx": MediaError, "made/box_size_zero_loop.mp4": MediaError, "made/ftyp_only.mp4": MediaError,
    "made/trunc_half.png": MediaError, "made/trunc_header.jpg": MediaError, "made/trunc.pdf": MediaError,
    "made/zero_channels.wav": MediaError, "made/ifd_loop.tif": MediaError, "real/broken_data_stream.png": MediaError,
    "real/corrupted.heic": MediaError, "real/truncated_image.png": MediaError,
    "real/timeout-6646305047838720": MediaError,
    "real/crash-1152ec2d1a1a71395b6f2ce6721c38924d025bf3.tif": MediaError,
    "real/oom-225817ca0f8c663be7ab4b9e717b02c661e66834.tif": MediaError,
}  # fmt: skip
READ = (
    "made/audio_only.mp4", "made/bitflip.jpg", "made/extreme_aspect.mp4", "made/fps_1000.mp4", "made/header_only.wav",
    "made/huge_line.txt", "made/lying_duration.mp4", "made/no_extension", "made/not_utf8.txt", "made/one_frame.mp4",
    "made/one_pixel.png", "made/really_png.jpg", "made/sub_bad.srt", "made/tail_garbage.jpg", "made/tiny_2x2.mp4",
    "made/trunc.mkv",
    "made/wide_20000x1.png", "real/Error_I_P.264", "real/exif_gps_typeerror.jpg", "real/hopper_bad_exif.jpg",
    "real/invalid-exif.jpg",
)  # fmt: skip


def is_sentence(error: MediaError) -> bool:
    """Say whether a person is told what happened and what to do."""
    return error.text.endswith(".") and len(error.text) > 20 and bool(error.hint)


def everything(path: Path) -> list[str]:
    """Ask all that analyzers ask of a file; return its notices."""
    raw = str(path).encode()
    what = sniff(raw)
    with Source(raw, what.kind, what.mime) as made:
        made.want(1600)
        made.probe().to_json()
        made.preview(384)
        if what.kind is Kind.PHOTO:
            assert min(made.picture(1600).shape) >= 1
            assert made.decodes == 1
        made.shots()
        assert all(frame.image.ndim == 3 for frame in made.keyframes())
        for page in made.pages():
            assert all(len(block.text) <= 3000 or block.box for block in page.blocks)
        sound = made.sound()
        assert sound is None or abs(sound).max(initial=0) <= 1
        made.check()
        return made.notices


def test_all_broken_files(media: Path) -> None:
    folder = media / "broken"
    slow, wrong = [], []
    for path in sorted(folder.rglob("*")):
        if not path.is_file():
            continue
        name = path.relative_to(folder).as_posix()
        start = time.monotonic()
        try:
            everything(path)
            if name in REFUSED:
                wrong.append(f"{name} was read")
        except MediaError as error:
            if name in READ or not isinstance(error, REFUSED.get(name, MediaError)) or not is_sentence(error):
                wrong.append(f"{name}: {type(error).__name__} {error.text}")
        if time.monotonic() - start > SECONDS:
            slow.append(name)
    assert wrong == []
    assert slow == []


def test_damage_that_is_passed_over_is_told(media: Path) -> None:
    for name in ("made/sub_bad.srt", "made/bitflip.jpg"):
        assert everything(media / "broken" / name), name


@pytest.mark.parametrize(
    "head",
    [
        b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"II*\0\x08\0\0\0",
        b"BM\0\0\0\0\0\0\0\0\0\0\0\0\x28\0\0\0", b"8BPS\0\1",
        b"RIFF\xff\0\0\0WEBP", b"RIFF\xff\0\0\0WAVE", b"RIFF\xff\0\0\0AVI ", b"\0\0\0\x18ftypheic\0\0\0\0mif1heic",
        b"\0\0\0\x18ftypavif\0\0\0\0mif1avif", b"\0\0\0\x14ftypisom\0\0\2\0isom", b"\0\0\0\x18ftypcrx \0\0\0\1crx isom",
        b"\x1aE\xdf\xa3\x87\x42\x82\x84webm", b"OggS\0\2", b"fLaC\0\0\0\x22", b"FLV\1\5\0\0\0\x09", b"\0\0\1\xba",
        b"ID3\3\0\0\0\0\0\0",
        b"%PDF-1.7\n", b"\0\0\0\1\x67\x42\xc0\x1f", b"FORM\0\0\0\x2eAIFFCOMM", b"IIRO\x08\0\0\0", b"FUJIFILMCCD-RAW",
        b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\x00\xaa\x00\x62\xce\x6c", b"MAC ", b"wvpk", b"TTA1", b"DSD ",
        b"caff\0\1", b".snd",
        b"#!AMR\n", b"{\\rtf1", b"\0\0\1\0\1\0", b".RMF\0\0\0", b"DKIF\0\0", b"G" + b"\0" * 187,
        b"\x06\x0e\x2b\x34\x02\x05\x01\x01\x0d\x01\x02",
        b"MPCK", b"riff\x2e\x91\xcf\x11\xa5\xd6\x28\xdb",
    ],
)  # fmt: skip
@pytest.mark.parametrize("tail", ["nothing", "noise", "zeros"])
def test_a_right_beginning_alone(tmp_path: Path, head: bytes, tail: str) -> None:
    noise = bytes((k * 73 + k // 7 + 11) % 256 for k in range(5000))
    path = tmp_path / "a.bin"
    path.write_bytes(head + {"nothing": b"", "noise": noise, "zeros": b"\0" * 5000}[tail])
    start, told = time.monotonic(), True
    try:
        everything(path)
    except MediaError as error:
        told = is_sentence(error)
    assert told
    assert time.monotonic() - start < SECONDS
