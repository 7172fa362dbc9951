"""gunicorn's logger, without its access log."""

from gunicorn.glogging import Logger


class QuietLogger(Logger):  # type: ignore[misc]
    """The application logs a line for each request; a second one is built for nothing, at 5% of the time."""

    access_log_enabled = False
