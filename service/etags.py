"""What a page of transactions will be, told before it is read."""

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any
from uuid import UUID

import orjson


@dataclass(frozen=True, slots=True)
class Etags:
    """Names pages by all that they are made of: ``made_by`` is what shapes them, so releases share no name.

    Entries are never changed, so a page is the same for ever once none of its transfers is under way. A page
    is given its name only then: one that still can change has none.
    """

    made_by: str

    def of(self, user: UUID, top: int, asked: Mapping[str, Any]) -> str:
        """Return the name of the page of ``user`` whose newest entry can be ``top``."""
        made_of = orjson.dumps([self.made_by, str(user), top, asked], option=orjson.OPT_SORT_KEYS)
        return blake2b(made_of, digest_size=16).hexdigest()
