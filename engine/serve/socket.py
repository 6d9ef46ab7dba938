"""A WebSocket: uvicorn's, that reads no more from one who does not read himself."""

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

LONGEST = 4096  # bytes of a message of the other side: nobody listens to it
PING = 20.0  # seconds between two pings, and for an answer to one


class Socket(WebSocketsSansIOProtocol):
    """What uvicorn makes of a connection that asks to become a WebSocket."""

    def pause_writing(self) -> None:
        """The other side reads too slowly: its pings, each with an answer, would fill the memory."""
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """It reads again."""
        super().resume_writing()
        if not self.read_paused:  # by uvicorn, until the app has heard what came last
            self.transport.resume_reading()
