"""Logs: one line an event, JSON for machines or colours for people, for our own loggers and others'."""

import logging.config
from typing import Any, Literal

import orjson
import structlog
from structlog.types import Processor

LogFormat = Literal["json", "console"]


def configure(log_format: LogFormat, level: str) -> None:
    """Set up structlog and the standard library's logging. Call it once, in a composition root."""
    logging.config.dictConfig(logging_config(log_format, level))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_shared(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )


def logging_config(log_format: LogFormat, level: str) -> dict[str, Any]:
    """Return the standard library's logging configuration; gunicorn takes it as it is."""
    formatter = {
        "()": structlog.stdlib.ProcessorFormatter,
        "processors": [structlog.stdlib.ProcessorFormatter.remove_processors_meta, *_rendering(log_format)],
        "foreign_pre_chain": _shared(),
    }
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"event": formatter},
        "handlers": {
            "stdout": {"class": "logging.StreamHandler", "stream": "ext://sys.stdout", "formatter": "event"}
        },
        "root": {"handlers": ["stdout"], "level": level.upper()},
        # The driver's INFO and DEBUG lines are many and can carry filters; its warnings are wanted.
        "loggers": {"pymongo": {"level": "WARNING"}},
    }


def _shared() -> list[Processor]:
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]


def _rendering(log_format: LogFormat) -> list[Processor]:
    if log_format == "console":
        return [structlog.dev.ConsoleRenderer()]
    return [structlog.processors.dict_tracebacks, structlog.processors.JSONRenderer(_dumps)]


def _dumps(event: Any, **options: Any) -> str:
    return orjson.dumps(event, default=options.get("default", str)).decode()
