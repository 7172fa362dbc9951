"""What can go wrong with the embedded server."""


class EmbeddedServerError(Exception):
    """The embedded MongoDB server cannot run; the message says why and how to mend it."""
