"""Stands between one of our processes and the servers, and swallows or delays replies to order.

python -m tests.chaos.proxy --control SOCKET LISTEN=SERVER...

A request is always passed on. What the server answers is lost, and the connection with it: so the write
took effect and nobody was told. Orders come as a line of JSON through a socket of the file system, one a
connection: {"command": "commitTransaction", "times": 2, "hang": false, "delay_s": 0}. The answer says how
many replies the last order has met; an empty order only asks.
"""

import argparse
import asyncio
import json
import sys
from asyncio import IncompleteReadError, StreamReader, StreamWriter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from tests.chaos.wire import read_message

_CUT = (IncompleteReadError, OSError)


@dataclass(slots=True)
class Order:
    """What to do to the replies of a command.

    Attributes:
        command: its name; nothing to leave all of them alone.
        times: how many replies to swallow.
        hang: keep the connection open and say nothing more, instead of closing it.
        delay_s: pass the replies on so late, and swallow none.
    """

    command: str = ""
    times: int = 0
    hang: bool = False
    delay_s: float = 0.0


class Proxy:
    def __init__(self) -> None:
        self._order = Order()
        self._taken = 0

    async def serve(self, control: Path, routes: Sequence[tuple[str, str]]) -> None:
        """Serve until cancelled. ``routes`` are pairs of where to listen and whom to reach."""
        for here, there in routes:
            await asyncio.start_server(lambda r, w, there=there: self._connect(r, w, there), *_split(here))
        async with await asyncio.start_unix_server(self._obey, control) as orders:
            await orders.serve_forever()

    async def _obey(self, reader: StreamReader, writer: StreamWriter) -> None:
        line = json.loads(await reader.readline())
        if line:
            self._order = Order(**line)
            self._taken = 0
        writer.write(json.dumps({"taken": self._taken}).encode() + b"\n")
        await writer.drain()
        writer.close()

    async def _connect(self, reader: StreamReader, writer: StreamWriter, there: str) -> None:
        try:
            server_reader, server_writer = await asyncio.open_connection(*_split(there))
        except OSError:
            writer.close()
            return
        marked: set[int] = set()
        ways = [
            asyncio.ensure_future(self._requests(reader, server_writer, marked)),
            asyncio.ensure_future(self._replies(server_reader, writer, marked)),
        ]
        _, pending = await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in pending:
            way.cancel()
        server_writer.close()
        writer.close()

    async def _requests(self, reader: StreamReader, server: StreamWriter, marked: set[int]) -> None:
        with suppress(*_CUT):
            while True:
                message = await read_message(reader)
                if self._order.command and message.command == self._order.command:
                    marked.add(message.request_id)
                server.write(message.data)
                await server.drain()

    async def _replies(self, server: StreamReader, writer: StreamWriter, marked: set[int]) -> None:
        with suppress(*_CUT):
            while True:
                message = await read_message(server)
                if message.response_to in marked and await self._lost(message.response_to, marked):
                    return
                writer.write(message.data)
                await writer.drain()

    async def _lost(self, request: int, marked: set[int]) -> bool:
        """Say whether the reply, and all that would follow it, shall not arrive."""
        marked.discard(request)
        order = self._order
        if order.delay_s:
            self._taken += 1
            await asyncio.sleep(order.delay_s)
            return False
        if self._taken >= order.times:
            return False
        self._taken += 1
        if order.hang:
            await asyncio.Event().wait()  # until the client has waited long enough
        return True


def _split(host: str) -> tuple[str, int]:
    address, _, port = host.rpartition(":")
    return address, int(port)


def main(arguments: Sequence[str]) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--control", type=Path, required=True)
    parser.add_argument("route", nargs="+", metavar="LISTEN=SERVER")
    options = parser.parse_args(arguments)
    options.control.unlink(missing_ok=True)
    routes = [tuple(route.split("=")) for route in options.route]
    asyncio.run(Proxy().serve(options.control, routes))


if __name__ == "__main__":
    main(sys.argv[1:])
