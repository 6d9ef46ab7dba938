"""Recognise sound without a container by two frames that fit each other, so that noise is not taken for music."""

from typing import BinaryIO

from engine.media.files import read_at

_KBPS_V1 = (
    (32, 64, 96, 128, 160, 192, 224, 256, 288, 320, 352, 384, 416, 448),
    (32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384),
    (32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),
)
_KBPS_V2 = (
    (32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256),
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
    (8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),
)
_RATES = (44100, 48000, 32000)
_WINDOW = 8192


def tagged_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of what follows an ID3v2 tag (MP3 unless it is FLAC or AAC)."""
    if head[:3] != b"ID3" or len(head) < 10:
        return None
    length = 10
    for byte in head[6:10]:
        if byte & 0x80:
            return None
    length += (head[6] << 21) | (head[7] << 14) | (head[8] << 7) | head[9]
    after = read_at(stream, length, _WINDOW)
    if after[:4] == b"fLaC":
        return "audio/flac"
    return _at_frames(after) or "audio/mpeg"


def frames_mime(head: bytes, stream: BinaryIO, size: int) -> str | None:
    """Return the media type of bare MP3 or AAC frames, also when a little padding goes before."""
    body = head.lstrip(b"\x00") if head[:1] == b"\x00" and size > _WINDOW else head
    if body[:1] != b"\xff":
        return None
    found = _at_frames(body[:_WINDOW])
    if found is None and size < 2 * _WINDOW and _mp3_length(head, 0) and head[1] & 0xE0 == 0xE0:
        return "audio/mpeg" if size <= _mp3_length(head, 0) else None
    return found


def _at_frames(data: bytes) -> str | None:
    at = 0
    for _ in range(3):
        length = _mp3_length(data, at)
        if not length:
            break
        at += length
        if at + 4 >= len(data):
            return "audio/mpeg"
    else:
        return "audio/mpeg"
    at = 0
    for _ in range(3):
        length = _adts_length(data, at)
        if not length:
            return None
        at += length
        if at + 7 >= len(data):
            break
    return "audio/aac"


def _mp3_length(data: bytes, at: int) -> int:
    """Return the bytes of the MPEG audio frame at that offset, 0 when there is none (ISO 11172-3, 2.4.1.3)."""
    if at + 4 > len(data) or data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return 0
    version, layer = (data[at + 1] >> 3) & 3, (data[at + 1] >> 1) & 3
    bitrate, rate, padding = data[at + 2] >> 4, (data[at + 2] >> 2) & 3, (data[at + 2] >> 1) & 1
    if version == 1 or layer == 0 or bitrate in (0, 15) or rate == 3:
        return 0
    kbps = (_KBPS_V1 if version == 3 else _KBPS_V2)[3 - layer][bitrate - 1]
    hertz = _RATES[rate] // {3: 1, 2: 2, 0: 4}[version]
    if layer == 3:
        return (12000 * kbps // hertz + padding) * 4
    samples = 144 if layer == 2 or version == 3 else 72
    return samples * kbps * 1000 // hertz + padding


def _adts_length(data: bytes, at: int) -> int:
    """Return the bytes of the AAC frame at that offset, 0 when there is none (ISO 13818-7, 6.2)."""
    if at + 7 > len(data) or data[at] != 0xFF or data[at + 1] & 0xF6 != 0xF0 or (data[at + 2] >> 2) & 15 > 12:
        return 0
    length = ((data[at + 3] & 3) << 11) | (data[at + 4] << 3) | (data[at + 5] >> 5)
    return length if length >= 7 else 0
