"""The primary of a moment: a change stream of one that has resigned since may go on, and hear nothing."""

from typing import Any

from pymongo import MongoClient

from wallet.errors import Unavailable


class Primary:
    """The server that was the primary when this was made.

    One that the others cut off resigns, and answers us all the same: its streams are alive, and silent until
    it hears of the others again.
    """

    def __init__(self, client: MongoClient[Any]) -> None:
        self._client = client
        self._then = client.primary

    def check(self) -> None:
        """Return when it still is the primary, or none is known. This asks no server.

        Raises:
            Unavailable: another server is the primary now.
        """
        now = self._client.primary
        self._then = self._then or now
        if now not in (None, self._then):
            raise Unavailable("Another server is the primary now")
