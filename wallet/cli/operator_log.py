"""Where the events of a command go: to stderr, so that stdout stays what was asked for."""

import getpass

import click
import orjson
import structlog


def log_to_stderr() -> None:
    """Write each event as one line of JSON."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _as_json,
            _write,
        ],
        cache_logger_on_first_use=False,
    )


def _as_json(_logger: object, _method: str, event: structlog.typing.EventDict) -> str:
    return orjson.dumps(event, default=str).decode()


def _write(_logger: object, _method: str, line: object) -> str:
    click.echo(line, err=True)
    raise structlog.DropEvent


def operator_name() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # a container may run as a user without a name
        return "somebody"
