"""A migrated database full of people with money: what a case works on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from bench.tokens import write_tokens
from wallet.store.opening import Store


@dataclass(frozen=True, slots=True)
class Books:
    """``people`` are users to draw from: all of them, or a random sample of a large population."""

    uri: str
    database: Store
    people: Sequence[UUID]
    secret: str
    directory: Path

    @property
    def environment(self) -> Mapping[str, str]:
        """What a process must be told to work on these books."""
        return {
            "MONGODB_URI": self.uri,
            "MONGODB_DATABASE": self.database.name,
            "JWT_SECRET": self.secret,
            "PIN_PEPPER": self.secret,
            "LISTEN_HOST": "127.0.0.1",
            "RATE_LIMITS": "0",
        }

    def tokens(self) -> Path:
        """Return the file with everybody's access token; it is written when it is first asked for."""
        file = self.directory / "tokens"
        if not file.exists():
            write_tokens(self.people, self.secret, file)
        return file
