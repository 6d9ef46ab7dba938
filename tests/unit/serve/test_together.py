import asyncio
from typing import Any

from engine.serve.together import Together


class Transport:
    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed = False

    def write(self, data: bytes) -> None:
        self.written.append(data)

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed

    def get_extra_info(self, name: str) -> str:
        return f"the {name}"


def with_transport(work: Any) -> Transport:
    async def run() -> Transport:
        inner = Transport()
        work(Together(inner, asyncio.get_running_loop()), inner)
        await asyncio.sleep(0)
        return inner

    return asyncio.run(run())


def test_what_is_written_in_one_turn_leaves_at_once_and_in_order() -> None:
    def work(both: Together, inner: Transport) -> None:
        both.write(b"head ")
        both.write(bytearray(b"body"))
        assert inner.written == []

    assert with_transport(work).written == [b"head body"]


def test_a_close_writes_what_waits_first() -> None:
    def work(both: Together, inner: Transport) -> None:
        both.write(b"last words")
        both.close()
        assert inner.written == [b"last words"]

    assert with_transport(work).written == [b"last words"]


def test_all_else_is_the_transports_own() -> None:
    def work(both: Together, inner: Transport) -> None:
        assert both.get_extra_info("socket") == "the socket"
        inner.close()
        both.write(b"nobody reads this")

    assert with_transport(work).written == []
