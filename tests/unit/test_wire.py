"""Every message survives its line; a line that is not ours is refused in words."""

import pytest

from engine.jobs import wire
from engine.model import Box, Facts, Finding, FindingKind, Kind, Moment, Preview, Step

TASK = wire.Task(1, 2, "ocr", {"ocr.side": 960})
FINDING = Finding(
    FindingKind.TEXT, Moment(page=3, box=Box(0.1, 0.2, 0.3, 0.4)), "Käse 我", "ocr", 0.9, {"n": 1}, b"\x00\xff", "s"
)
FACTS = Facts(width=10, keywords=("a", "b"))
MESSAGES = [
    wire.Start(7, b"/photos/caf\xe9.jpg", Kind.PHOTO, "image/jpeg", "ab" * 32, 123, 456, (TASK,), FACTS),
    wire.Cancel(7),
    wire.Ready(1, 99, {"ocr": 3}),
    wire.Began(7, 1),
    wire.Progress(7, 1, Step(1, 4, "page 2")),
    wire.Done(7, 1, 2, (FINDING,), Facts(title="T"), (Preview(384, b"\xff\xd8\x00"),), 0.5, 0.4, 1000),
    wire.Failed(7, 1, 2, "damaged", "It is cut.", "Copy it.", "never", "", 0.1),
    wire.Ended(7),
    wire.Beat(1 << 30),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_a_message_survives_its_line(message: wire.Message) -> None:
    line = wire.encode(message)
    assert line.endswith(b"\n")
    assert line.count(b"\n") == 1
    assert wire.decode(line) == message


@pytest.mark.parametrize(
    "line", [b"", b"hello", b"[]", b"{}", b'{"t":"bomb"}', b'{"t":"began","bundle":1}', b"\xff\xfe"]
)
def test_a_line_that_is_not_ours_is_refused(line: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.decode(line)
