"""Who listens on a port, as far as Linux lets us see."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
SOCKET_TABLES = (PROC / "net/tcp", PROC / "net/tcp6")
LISTENING = "0A"  # a state in those tables


def holder_of(port: int) -> str:
    sockets = {f"socket:[{inode}]" for table in SOCKET_TABLES for inode in listening_inodes(table, port)}
    holders = (process for process in PROC.glob("[0-9]*") if sockets.intersection(open_files(process)))
    process = next(holders, None)
    return f"{name_of(process)} (pid {process.name})" if process else "another program"


def listening_inodes(table: Path, port: int) -> Iterator[str]:
    lines = table.read_text().splitlines()[1:] if table.exists() else []
    for columns in map(str.split, lines):
        local_address, state, inode = columns[1], columns[3], columns[9]
        if state == LISTENING and int(local_address.rpartition(":")[2], 16) == port:
            yield inode


def open_files(process: Path) -> Iterator[str]:
    with suppress(OSError):  # it belongs to somebody else, or just ended
        for file in (process / "fd").iterdir():
            with suppress(FileNotFoundError):  # it was just closed
                yield str(file.readlink())


def name_of(process: Path) -> str:
    return (process / "comm").read_text().strip()
