"""Everything in order, until it is told to stop."""

from pathlib import Path
from typing import NoReturn

from wallet.local.banner import banner
from wallet.local.children import Children, environment
from wallet.local.example_data import DEMO_USERS_SHOWN, DemoUser, can_log_in, demo_users, find_example_data
from wallet.local.mongodb import start_mongodb
from wallet.local.ports import require_free_ports
from wallet.local.readiness import await_ready, endpoints
from wallet.local.settings import LocalSettings
from wallet.local.storage import local_storage
from wallet.supervisor.console import Console
from wallet.supervisor.supervisor import Supervisor


def run(settings: LocalSettings, supervisor: Supervisor, console: Console) -> NoReturn:
    """Start everything, say what there is, and keep it running until the supervisor is told to stop."""
    require_free_ports(settings)
    mongodb_uri = start_mongodb(settings, supervisor)
    storage = local_storage(settings)
    children = Children(environment(settings, mongodb_uri, storage))
    if storage:
        supervisor.start(children.storage(storage))
    start_children(settings, supervisor, children)
    await_ready(endpoints(settings), supervisor)
    console.write(banner(settings, mongodb_uri, known_demo_users(settings), storage))
    supervisor.run_forever()


def start_children(settings: LocalSettings, supervisor: Supervisor, children: Children) -> None:
    supervisor.run(children.migrate())
    folder = example_data(settings)
    if folder:
        supervisor.run(children.seed(folder))
    supervisor.start(children.api(settings.data_dir / "metrics"))
    for index in range(settings.watchers):
        supervisor.start(children.watcher(index))


def known_demo_users(settings: LocalSettings) -> list[DemoUser]:
    """Return those who can log in: the database may be one that never had the example data."""
    folder = example_data(settings)
    users = demo_users(folder)[:DEMO_USERS_SHOWN] if folder else []
    return [user for user in users if can_log_in(user, settings.port)]


def example_data(settings: LocalSettings) -> Path | None:
    return find_example_data() if settings.example_data else None
