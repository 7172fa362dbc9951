"""Logs: one line an event, JSON for machines or text for people, for our own loggers and others'."""

import logging
import logging.config
import sys
from io import StringIO
from typing import Any, Literal, TextIO

import orjson
import structlog
from structlog.types import Processor

from wallet.log_lines import LineLogger, LineWriter
from wallet.rules.secrets_in_text import scrubbed

LogFormat = Literal["json", "console", "color"]


def configure(log_format: LogFormat, level: str) -> None:
    """Set up structlog and the standard library's logging. Call it once, in a composition root."""
    logging.config.dictConfig(logging_config(log_format, level))
    writer = LineWriter(sys.stdout.fileno())
    writer.start()
    structlog.configure(
        processors=[*_shared(), *_rendering(log_format), _encode],
        # Straight to stdout: the standard library's loggers cost four times as much a line.
        logger_factory=lambda *_: LineLogger(writer),
        wrapper_class=structlog.make_filtering_bound_logger(level),
        cache_logger_on_first_use=True,
    )


def logging_config(log_format: LogFormat, level: str) -> dict[str, Any]:
    """Return the standard library's logging configuration; gunicorn takes it as it is."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(log_format)],
        "foreign_pre_chain": [*_shared(), structlog.stdlib.add_logger_name, structlog.stdlib.ExtraAdder()],
    }
    handler = {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "event"}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"event": formatter},
        "handlers": {"stdout": handler},
        "root": {"handlers": ["stdout"], "level": level.upper()},
        "loggers": {
            "gunicorn.error": {"handlers": [], "propagate": True},
            # The driver's INFO and DEBUG lines are many and can carry filters; its warnings are wanted.
            "pymongo": {"level": "WARNING"},
        },
    }


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(log_format: LogFormat) -> list[Processor]:
    if log_format == "json":
        return [_tracebacks, _scrub, structlog.processors.JSONRenderer(_dumps)]
    colors = log_format == "color"
    return [structlog.dev.ConsoleRenderer(colors=colors, exception_formatter=_plain_traceback)]


# Without the variables of the frames, which both formats would print: PINs and tokens are among them.
_tracebacks = structlog.processors.ExceptionRenderer(
    structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
)


def _plain_traceback(to: TextIO, failure: structlog.typing.ExcInfo) -> None:
    text = StringIO()
    structlog.dev.plain_traceback(text, failure)
    to.write(scrubbed(text.getvalue()))


def _scrub(_logger: Any, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Mask what the driver quotes of a document that the server refused."""
    for failure in event.get("exception", ()):
        failure["exc_value"] = scrubbed(failure["exc_value"])
    return event


def _dumps(event: Any, **options: Any) -> str:
    return orjson.dumps(event, default=options.get("default", str)).decode()


def _encode(_logger: Any, _method: str, line: Any) -> bytes:
    return str(line).encode("utf-8", "backslashreplace")
