"""HTTP as bytes: what no decent client would send, and what comes back."""

import re
import socket
from contextlib import suppress

PATIENCE_S = 30.0


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE_S)


def exchange(port, sent):
    """Send bytes, then nothing more; return all that comes back until the server hangs up."""
    with connect(port) as wire:
        with suppress(OSError):  # it may have hung up amid it
            wire.sendall(sent)
            wire.shutdown(socket.SHUT_WR)
        return everything(wire)


def everything(wire):
    received = b""
    with suppress(ConnectionResetError):
        while piece := wire.recv(65_536):
            received += piece
    return received


def statuses(received):
    """The status of each answer among the bytes."""
    return [int(status) for status in re.findall(rb"HTTP/1\.1 ([0-9]{3}) ", received)]
