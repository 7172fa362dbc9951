"""Who may act: whoever types the token. It is kept nowhere, so no other page can use it."""

import hmac

from pydantic import SecretStr


class Gate:
    """Without a token it is shut."""

    def __init__(self, token: SecretStr | None) -> None:
        self._token = token

    @property
    def is_open(self) -> bool:
        return self._token is not None

    def admits(self, typed: str) -> bool:
        """Compare in constant time."""
        if self._token is None:
            return False
        return hmac.compare_digest(self._token.get_secret_value().encode(), typed.encode("utf-8", "replace"))
