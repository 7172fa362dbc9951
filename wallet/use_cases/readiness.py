"""Whether this process can serve now."""

from wallet.errors import Unavailable
from wallet.store.health import Health


class Readiness:
    """True while a primary answers, once the migrations are seen applied: they are never taken back."""

    def __init__(self, health: Health) -> None:
        self._health = health
        self._migrated = False

    def check(self) -> None:
        """Return when this process can serve.

        Raises:
            Unavailable: it cannot; the message says why.
        """
        self._health.check_writable()
        if not self._migrated and (missing := self._health.missing_migrations()):
            raise Unavailable(f"Migrations are missing ({', '.join(missing)}): run `dompet migrate`")
        self._migrated = True
