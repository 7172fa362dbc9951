"""Why everything cannot be started here."""


class LocalError(Exception):
    """The message says what is wrong and how to mend it."""
