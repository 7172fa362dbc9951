"""B12: true, 1.5 and "1" are taken for rupiah: the body is cast where it is read."""

from contextlib import suppress
from typing import Any

from service import strict_json
from tests.chaos.planted.patch import Patch


def plant(patch: Patch = setattr) -> None:
    parse = strict_json.parse

    def cast(body: str | bytes) -> dict[str, Any]:
        value = parse(body)
        with suppress(KeyError, TypeError, ValueError):
            value["amount"] = int(float(value["amount"]))
        return value

    patch(strict_json, "parse", cast)
