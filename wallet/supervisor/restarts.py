"""When a child that died is started again, and when not any more."""

from dataclasses import dataclass


@dataclass(frozen=True)
class RestartPolicy:
    """Exponential back-off that forgets the deaths before a stable period."""

    first_delay_seconds: float = 0.5
    longest_delay_seconds: float = 10.0
    stable_seconds: float = 30.0
    deaths_allowed: int = 5

    def deaths(self, before: int, lived_seconds: float) -> int:
        """Count one more death of a child that died so often before and lived so long this time."""
        return 1 if lived_seconds >= self.stable_seconds else before + 1

    def gives_up(self, deaths: int) -> bool:
        return deaths >= self.deaths_allowed

    def delay_seconds(self, deaths: int) -> float:
        return min(self.first_delay_seconds * 2.0 ** (deaths - 1), self.longest_delay_seconds)
