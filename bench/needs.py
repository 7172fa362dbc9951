"""What a case needs that this machine may not have."""

import shutil
from dataclasses import dataclass
from importlib.util import find_spec


@dataclass(frozen=True, slots=True)
class Program:
    """A program on PATH and the package of Debian that brings it."""

    name: str
    package: str

    @property
    def missing(self) -> bool:
        return shutil.which(self.name) is None

    def __str__(self) -> str:
        return f"{self.name} is missing: apt-get install {self.package}"


@dataclass(frozen=True, slots=True)
class Library:
    """An importable package of a dependency group of development."""

    name: str

    @property
    def missing(self) -> bool:
        return find_spec(self.name) is None

    def __str__(self) -> str:
        return f"{self.name} is missing: install the dependency group dev"


Need = Program | Library

WRK = Program("wrk", "wrk")
REDIS = Program("redis-server", "redis-server")
CELERY = Library("celery")
MOTO = Library("moto")
