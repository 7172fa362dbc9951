"""The example data and its demo users."""

import json
from dataclasses import dataclass
from pathlib import Path

from wallet.local.own_http import succeeds
from wallet.local.root import PROJECT_ROOT

FOLDER = "example_data"
DEMO_USERS_SHOWN = 2


@dataclass(frozen=True)
class DemoUser:
    name: str
    phone_number: str
    pin: str


def find_example_data() -> Path | None:
    """Return the folder beside the packages, or else in the working directory."""
    candidates = (PROJECT_ROOT / FOLDER, Path.cwd() / FOLDER)
    return next((folder for folder in candidates if folder.is_dir()), None)


def demo_users(folder: Path) -> list[DemoUser]:
    file = folder / "demo-users.json"
    users = json.loads(file.read_text()) if file.exists() else []
    return [DemoUser(user["name"], user["phone_number"], user["pin"]) for user in users]


def can_log_in(user: DemoUser, port: int) -> bool:
    return succeeds(port, "POST", "/login", json.dumps({"phone_number": user.phone_number, "pin": user.pin}))
