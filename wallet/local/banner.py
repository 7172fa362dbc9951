"""What a developer needs to know once everything runs."""

import re
from collections.abc import Sequence

from wallet.embedded.ports import LOOPBACK
from wallet.local.example_data import DemoUser
from wallet.local.secret_file import SECRETS
from wallet.local.settings import LocalSettings
from wallet.local.storage import Storage
from wallet.local.tour import tour


def banner(
    settings: LocalSettings, mongodb_uri: str, users: Sequence[DemoUser], storage: Storage | None = None
) -> str:
    api = f"http://{LOOPBACK}:{settings.port}"
    sections = [
        "  Dompet is ready. Ctrl-C stops it; the data stays.",
        addresses(settings, api, mongodb_uri, storage),
        *([who_is_there(users)] if users else []),
        "  A tour, to paste into another terminal:",
        tour(api, users[0] if users else None),
    ]
    return "\n" + "\n\n".join(sections) + "\n"


def addresses(settings: LocalSettings, api: str, mongodb_uri: str, storage: Storage | None = None) -> str:
    ports = [settings.watcher_port(index) for index in range(settings.watchers)]
    lines = [
        ("API", api),
        *([("API docs", f"{api}/docs/")] if settings.docs else []),
        *(console(settings, ports[0]) if ports else []),
        ("API metrics", f"http://{LOOPBACK}:{settings.metrics_port}/metrics"),
        *(
            (f"watcher-{index} metrics", f"http://{LOOPBACK}:{port}/metrics")
            for index, port in enumerate(ports)
        ),
        ("MongoDB", without_password(mongodb_uri)),
        *([("Exports", f"{storage.endpoint} (moto: in memory, gone when it stops)")] if storage else []),
    ]
    return "\n".join(f"  {name:<18} {address}" for name, address in lines)


def console(settings: LocalSettings, port: int) -> list[tuple[str, str]]:
    return [
        ("Console", f"http://{LOOPBACK}:{port}/"),
        ("Console token", f"CONSOLE_TOKEN in {settings.data_dir / SECRETS}"),
    ]


def without_password(uri: str) -> str:
    return re.sub(r"(?<=//)([^/@]*):[^/@]*@", r"\1:***@", uri)


def who_is_there(users: Sequence[DemoUser]) -> str:
    lines = [f"  {user.name:<18} {user.phone_number}   PIN {user.pin}" for user in users]
    return "\n".join(["  Demo users", *lines])
