"""TCP ports of this machine."""

import socket

LOOPBACK = "127.0.0.1"
ANY_ADDRESS = "0.0.0.0"  # only looked at, whether it is free  # nosec B104


def free_port() -> int:
    """Return a port that nobody listens on at this moment."""
    with socket.create_server((LOOPBACK, 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


def is_free(port: int, address: str = LOOPBACK) -> bool:
    try:
        socket.create_server((address, port)).close()
    except OSError:
        return False
    return True


def is_listening(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex((LOOPBACK, port)) == 0
