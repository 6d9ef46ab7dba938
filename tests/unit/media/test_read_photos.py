"""Photos come out upright, as 8-bit RGB, at the wanted size, from one decode."""

import io
import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.errors import DamagedFile, FileChanged, TooLarge, UnsupportedFormat
from engine.media.pixels import fit
from engine.media.source import Limits, Source
from engine.model import Kind

Open = Callable[..., Source]
STORED = {
    1: lambda p: p, 2: lambda p: p[:, ::-1], 3: lambda p: p[::-1, ::-1], 4: lambda p: p[::-1],
    5: lambda p: p.transpose(1, 0, 2), 6: lambda p: np.rot90(p, 1), 7: lambda p: np.rot90(p, 2).transpose(1, 0, 2),
    8: lambda p: np.rot90(p, 3),
}  # fmt: skip


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "TIFF", "WEBP"])
def test_upright(tmp_path: Path, source: Open, arrow: Image.Image, orientation: int, format: str) -> None:
    upright = np.asarray(arrow)
    exif = Image.Exif()
    exif[0x112] = orientation
    path = tmp_path / "a"
    stored = Image.fromarray(np.ascontiguousarray(STORED[orientation](upright)))
    stored.save(path, format, exif=exif, **({"quality": 95} if format in ("JPEG", "WEBP") else {}))
    made = source(path)
    facts = made.probe()
    assert (facts.width, facts.height) == (96, 60)
    assert np.abs(made.picture(96).astype(int) - upright).mean() < 6


def test_real_orientations_look_the_same(media: Path, source: Open) -> None:
    first, *others = [
        source(path).picture(300).astype(int) for path in sorted((media / "metadata/orientation").iterdir())
    ]
    assert len(others) >= 5
    for other in others:
        assert other.shape == first.shape
        assert np.abs(other - first)[40:].mean() < 12  # the digit in the upper part differs


def test_one_decode_serves_all(tmp_path: Path, source: Open) -> None:
    Image.new("RGB", (3000, 2000), "teal").save(tmp_path / "a.jpg")
    made = source(tmp_path / "a.jpg")
    made.want(1600)
    made.probe()
    preview = made.preview(384)
    assert preview is not None
    assert preview.side == 384
    assert made.picture(1600).shape == (1067, 1600, 3)
    assert made.picture(640).shape == (427, 640, 3)
    assert made.decodes == 1
    made.picture(2900)
    assert made.decodes == 2


def test_facts_alone_decode_nothing(tmp_path: Path, source: Open) -> None:
    Image.new("RGB", (300, 200)).save(tmp_path / "a.png")
    made = source(tmp_path / "a.png")
    made.probe()
    assert made.decodes == 0


def test_pixels_are_read_only(tmp_path: Path, source: Open) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    pixels = source(tmp_path / "a.png").picture(30)
    with pytest.raises(ValueError, match="read-only"):
        pixels[0, 0] = 1


def test_small_pictures_are_not_enlarged(tmp_path: Path, source: Open) -> None:
    Image.new("RGB", (1, 1), "red").save(tmp_path / "a.png")
    Image.new("L", (20000, 1)).save(tmp_path / "b.png")
    assert source(tmp_path / "a.png").picture(1600).shape == (1, 1, 3)
    assert source(tmp_path / "b.png").picture(400).shape == (1, 400, 3)


@pytest.mark.parametrize("format", ["PNG", "TIFF"])
def test_sixteen_bits_are_scaled(tmp_path: Path, source: Open, format: str) -> None:
    ramp = np.tile(np.linspace(0, 65535, 256).astype(np.uint16), (8, 1))
    Image.fromarray(ramp).save(tmp_path / "a", format)
    pixels = source(tmp_path / "a").picture(256)
    assert np.abs(pixels[4, :, 0].astype(int) - np.arange(256)).max() <= 2


def test_wide_numbers_are_stretched(tmp_path: Path, source: Open) -> None:
    ramp = np.tile(np.linspace(-3.0, 5.0, 64, dtype=np.float32), (8, 1))
    Image.fromarray(ramp).save(tmp_path / "a.tif")
    pixels = source(tmp_path / "a.tif").picture(64)
    assert pixels[0, 0, 0] == 0
    assert pixels[0, -1, 0] == 255


@pytest.mark.parametrize(("ink", "readable"), [((255, 255, 255), "dark"), ((0, 0, 0), "light")])
@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_letters_on_transparent_ground_stay_readable(
    tmp_path: Path, source: Open, ink: tuple[int, int, int], readable: str, mode: str
) -> None:
    pixels = np.zeros((40, 40, 4), np.uint8)
    pixels[15:25, 5:35] = (*ink, 255)
    image = Image.fromarray(pixels)
    image = image.quantize(4) if mode == "P" else image.convert(mode)
    image.save(tmp_path / "a.png")
    made = source(tmp_path / "a.png").picture(40).astype(int)
    assert abs(int(made[20, 20, 0]) - int(made[2, 2, 0])) > 180
    assert (made[2, 2, 0] > 128) == (readable == "light")


def test_real_white_letters(media: Path, source: Open) -> None:
    assert source(media / "text/zh_transparent_white.png").picture(400).std() > 30


@pytest.mark.parametrize("mode", ["1", "L", "P", "CMYK", "YCbCr"])
def test_every_mode_becomes_rgb(tmp_path: Path, source: Open, arrow: Image.Image, mode: str) -> None:
    arrow.convert(mode).save(tmp_path / "a", "JPEG" if mode == "YCbCr" else "TIFF")
    assert source(tmp_path / "a").picture(96).shape == (60, 96, 3)


def test_animations_give_their_first_frame(tmp_path: Path, source: Open) -> None:
    frames = [Image.new("RGB", (40, 30), colour) for colour in ("red", "lime", "blue")]
    for name in ("a.gif", "a.webp", "a.png"):
        frames[0].save(tmp_path / name, save_all=True, append_images=frames[1:], duration=100, lossless=True)
        made = source(tmp_path / name)
        assert made.probe().frames == 3
        assert tuple(made.picture(40)[15, 20]) == (255, 0, 0) or tuple(made.picture(40)[15, 20]) == (254, 0, 0)


def test_tiff_with_pages(tmp_path: Path, source: Open) -> None:
    pages = [Image.new("L", (10, 10), shade) for shade in (0, 100, 200)]
    pages[0].save(tmp_path / "a.tif", save_all=True, append_images=pages[1:])
    assert source(tmp_path / "a.tif").probe().pages == 3


def test_tiff_pages_in_a_circle(tmp_path: Path, source: Open) -> None:
    Image.new("L", (10, 10)).save(tmp_path / "a.tif")
    data = bytearray((tmp_path / "a.tif").read_bytes())
    start = struct.unpack_from("<I", data, 4)[0]
    count = struct.unpack_from("<H", data, start)[0]
    struct.pack_into("<I", data, start + 2 + 12 * count, start)
    (tmp_path / "a.tif").write_bytes(data)
    assert source(tmp_path / "a.tif").picture(10).shape == (10, 10, 3)


def test_heic_and_avif(tmp_path: Path, source: Open, arrow: Image.Image) -> None:
    import pillow_heif

    pillow_heif.from_pillow(arrow).save(tmp_path / "a.heic", quality=90)
    arrow.save(tmp_path / "a.avif", quality=90)
    for name in ("a.heic", "a.avif"):
        made = source(tmp_path / name)
        assert (made.probe().width, made.probe().height) == (96, 60)
        assert np.abs(made.picture(96).astype(int) - np.asarray(arrow)).mean() < 8


@pytest.mark.parametrize(
    "name", ["formats/made_bayer.dng", "formats/fort_10bit_hdr.avif", "formats/zpug_thumbs.heic",
    "formats/pil_sample_cmyk.jpg",
             "formats/hopper.psd", "formats/hopper_256x256.ico", "formats/frozenpond.mpo",
             "formats/tiff_16bit_RGB.tiff"],
)  # fmt: skip
def test_real_formats(media: Path, source: Open, name: str) -> None:
    made = source(media / name)
    facts = made.probe()
    pixels = made.picture(800)
    assert pixels.dtype == np.uint8
    assert pixels.std() > 10
    assert facts.width
    assert facts.height
    assert abs(pixels.shape[1] / pixels.shape[0] - facts.width / facts.height) < 0.05
    assert made.decodes == 1


def test_sixteen_bit_copies_look_like_their_original(media: Path, source: Open) -> None:
    original = source(media / "photos/tanners_ridge.jpg").picture(400).astype(int)
    for name in ("rgb16.png", "rgb16_lzw.tiff", "palette.png"):
        copy = source(media / "formats" / name).picture(400).astype(int)
        assert np.abs(copy - original[: copy.shape[0], : copy.shape[1]]).mean() < 20, name


def test_raw_without_its_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("engine.media.raw.importlib.util.find_spec", lambda name: None)
    path = tmp_path / "a.dng"
    path.write_bytes(b"II*\0\x08\0\0\0\0\0")
    with Source(str(path).encode(), Kind.PHOTO, "image/x-adobe-dng") as made, pytest.raises(UnsupportedFormat) as error:
        made.picture(100)
    assert "kinora[raw]" in error.value.hint


def test_bombs_are_refused_by_their_header(
    tmp_path: Path, source: Open, png: Callable[..., bytes], text_bomb: bytes
) -> None:
    (tmp_path / "huge.png").write_bytes(png(20000, 20000))
    (tmp_path / "lying.png").write_bytes(png(2**31 - 1, 2**31 - 1))
    (tmp_path / "words.png").write_bytes(text_bomb)
    for name in ("huge.png", "lying.png", "words.png"):
        with pytest.raises(TooLarge):
            source(tmp_path / name).probe()


def test_the_limit_is_the_setting(tmp_path: Path, source: Open) -> None:
    Image.new("1", (1500, 1000)).save(tmp_path / "a.png")
    assert source(tmp_path / "a.png", limits=Limits(megapixels=2)).picture(100).shape == (67, 100, 3)
    with pytest.raises(TooLarge):
        source(tmp_path / "a.png", limits=Limits(megapixels=1)).picture(100)


def test_half_a_picture_is_damaged(tmp_path: Path, source: Open) -> None:
    out = io.BytesIO()
    Image.fromarray(np.random.default_rng(1).integers(0, 255, (200, 300, 3), np.uint8)).save(out, "JPEG")
    (tmp_path / "a.jpg").write_bytes(out.getvalue()[: len(out.getvalue()) // 2])
    with pytest.raises(DamagedFile, match="ends too early"):
        source(tmp_path / "a.jpg").picture(300)


def test_wrong_bytes_in_a_jpeg_are_shown_with_a_notice(media: Path, source: Open) -> None:
    made = source(media / "broken/made/bitflip.jpg")
    assert made.picture(300).shape == (200, 300, 3)
    assert made.notices


def test_a_changed_file_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    Image.new("L", (9, 9)).save(path)
    found = path.stat()
    raw = str(path).encode()
    with Source(raw, Kind.PHOTO, "image/png", size=found.st_size, mtime_ns=found.st_mtime_ns) as made:
        made.probe()
        path.write_bytes(path.read_bytes() + b"more")
        with pytest.raises(FileChanged):
            made.check()


def test_originals_are_left_as_they_are(tmp_path: Path, source: Open) -> None:
    path = tmp_path / "a.jpg"
    Image.new("RGB", (90, 60)).save(path)
    path.chmod(0o400)
    before = (path.read_bytes(), path.stat().st_mtime_ns)
    made = source(path)
    made.probe()
    made.preview(50)
    assert (path.read_bytes(), path.stat().st_mtime_ns) == before


def test_descriptors_are_closed(tmp_path: Path, source: Open, pdf: Callable[..., bytes]) -> None:
    Image.new("RGB", (90, 60)).save(tmp_path / "a.jpg")
    (tmp_path / "a.pdf").write_bytes(pdf("hello"))
    listing = Path("/proc/self/fd")
    if not listing.is_dir():
        pytest.skip("descriptors cannot be counted here")
    source(tmp_path / "a.jpg").picture(20)
    before = len(list(listing.iterdir()))
    for _ in range(3):
        made = source(tmp_path / "a.jpg")
        made.picture(20)
        page = source(tmp_path / "a.pdf")
        page.picture(20)
        page.close()
    assert len(list(listing.iterdir())) == before


@pytest.mark.parametrize(
    ("size", "side", "fits"), [((4000, 10), 100, (100, 1)), ((3, 5), 100, (3, 5)), ((0, 0), 9, (1, 1))]
)
def test_fit(size: tuple[int, int], side: int, fits: tuple[int, int]) -> None:
    assert fit(*size, side) == fits
