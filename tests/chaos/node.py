"""A machine of the stage: where a process runs, and where it is reached."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Node:
    name: str
    address: str
    port: int
    metrics_port: int

    @property
    def host(self) -> str:
        return f"{self.address}:{self.port}"
