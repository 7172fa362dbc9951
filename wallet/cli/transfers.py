"""``dompet transfers``."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import click

from wallet import clock
from wallet.cases import Action, Row
from wallet.cli import transfers_report as report
from wallet.cli.cap import cap_option
from wallet.cli.connection import connection_options, reach_store
from wallet.cli.operator_log import log_to_stderr, operator_name
from wallet.cli.since import Since
from wallet.errors import InvalidInput, Refused
from wallet.models import TransferStatus
from wallet.rules.money import LARGEST_CAP
from wallet.store.case_lists import CaseLists, View, Wanted
from wallet.store.cases import CaseStore
from wallet.store.marking import OperatorMarks
from wallet.store.opening import Store
from wallet.store.settling import SettlementEngine
from wallet.store.transactions import Transactions
from wallet.use_cases.operations import Operations, Operator

_PENDING = (View.WAITING, View.PARKED)
_VIEWS = {
    TransferStatus.PENDING: _PENDING,
    TransferStatus.FAILED: (View.FAILED,),
    TransferStatus.SUCCESS: (View.SETTLED,),
}

_EXAMPLES = """\b
Examples:
  dompet transfers list                      what waits and what is parked
  dompet transfers show ID                   its row, its entries, its timeline
  dompet transfers retry ID --dry-run        what would become of it now
  dompet transfers retry ID --reason "the receiver is back"
  dompet transfers fail ID --reason "case 4711: the sender wants it back"

Exit codes: 0 done, 1 not done (the message says what to do instead), 2 the command line is wrong.
"""

_LIST_EXAMPLES = """\b
Examples:
  dompet transfers list --parked --json
  dompet transfers list --status FAILED --since 6h
  dompet transfers list --sender 7a4c1f0e-8f07-4a58-9bfa-5f4ba2a0e4d6 --limit 10

Exit codes: 0 told, 1 the database did not answer, 2 the command line is wrong.
"""

_SHOW_EXAMPLE = """\b
Example:
  dompet transfers show 0198c0de-0000-7000-8000-000000000000

Exit codes: 0 told, 1 there is no such transfer.
"""

_RETRY_EXAMPLES = """\b
Examples:
  dompet transfers retry ID --dry-run
  dompet transfers retry ID --reason "the receiver is active again"
  dompet transfers list --parked --json | jq -r '.[].id' |
    xargs dompet transfers retry --reason "incident 17 is over"

Exit codes: 0 all are done (or would be), 1 at least one is not.
"""

_FAIL_EXAMPLES = """\b
Examples:
  dompet transfers fail ID --dry-run
  dompet transfers fail ID --reason "case 4711: the sender wants it back"

Exit codes: 0 all are refunded (or would be), 1 at least one is not.
"""

_PARK_EXAMPLES = """\b
Examples:
  dompet transfers park ID --dry-run
  dompet transfers park ID --reason "case 4711: looks like fraud"

Exit codes: 0 all are parked (or would be), 1 at least one is not.
"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What an operator asks for."""

    action: Action
    ids: tuple[UUID, ...]
    reason: str | None
    dry_run: bool
    as_json: bool


@click.group(epilog=_EXAMPLES)
def transfers() -> None:
    """Look at transfers, and decide about those that the watchers cannot bring to an end."""


@transfers.command("list", epilog=_LIST_EXAMPLES)
@click.option(
    "--status", type=click.Choice([one.value for one in TransferStatus]), help="Only those; else PENDING."
)
@click.option("--parked", is_flag=True, help="Only those that wait for an operator.")
@click.option("--sender", type=click.UUID, help="Only those this user sent; of any status unless told.")
@click.option("--target", type=click.UUID, help="Only those this user is to receive; likewise.")
@click.option("--since", type=Since(), help="Accepted since 30m, 6h, 2d ago, or a date (UTC).")
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True, help="At most.")
@click.option("--json", "as_json", is_flag=True, help="Print an array of objects.")
@connection_options
def list_(  # noqa: PLR0913 - one parameter an option
    *,
    uri: str | None,
    database_name: str,
    status: str | None,
    parked: bool,
    sender: UUID | None,
    target: UUID | None,
    since: datetime | None,
    limit: int,
    as_json: bool,
) -> None:
    """List transfers: those that wait oldest first, those that ended newest first.

    Settled ones (SUCCESS) are found in the ledger of a user, so name a --sender or a --target.
    """
    views = _views(status, parked=parked, of_somebody=sender is not None or target is not None)
    wanted = Wanted(sender=sender, target=target, since=since)
    with reach_store(uri, database_name, "transfers") as store:
        found = _found(CaseLists(store), views, wanted, limit)
    click.echo(report.dumps(list(map(report.row_as_json, found))) if as_json else report.rows_as_text(found))


@transfers.command(epilog=_SHOW_EXAMPLE)
@click.argument("transfer_id", metavar="ID", type=click.UUID)
@click.option("--json", "as_json", is_flag=True, help="Print an object.")
@connection_options
def show(transfer_id: UUID, uri: str | None, database_name: str, *, as_json: bool) -> None:
    """Show a transfer's row, its ledger entries and its timeline."""
    with reach_store(uri, database_name, "transfers") as store:
        case = _operations(store, LARGEST_CAP).case(transfer_id)
    click.echo(report.dumps(report.case_as_json(case)) if as_json else report.case_as_text(case))


def _acting(command: Callable[..., None]) -> Callable[..., None]:
    """Add what all actions have in common."""
    ids = click.argument("ids", metavar="ID...", nargs=-1, required=True, type=click.UUID)
    reason = click.option(
        "--reason", help="Why: kept with the transfer and logged. Needed but for --dry-run."
    )
    dry_run = click.option("--dry-run", is_flag=True, help="Only say what would happen now.")
    as_json = click.option("--json", "as_json", is_flag=True, help="Print one object a line.")
    return click.pass_context(ids(reason(dry_run(as_json(cap_option(connection_options(command)))))))


@transfers.command(epilog=_RETRY_EXAMPLES)
@_acting
def retry(ctx: click.Context, uri: str | None, database_name: str, cap: int, **wish: Any) -> None:
    """Hand pending transfers back to the watchers as if they were new.

    They are executed within seconds: credited, or refunded when the target cannot be credited.
    """
    _act(ctx, uri, database_name, cap, Wish(Action.RETRY, **wish))


@transfers.command(epilog=_FAIL_EXAMPLES)
@_acting
def fail(ctx: click.Context, uri: str | None, database_name: str, cap: int, **wish: Any) -> None:
    """Refund pending transfers to their senders, for good.

    What is given back is what the ledger took. For a row that no debit vouches for it took nothing: such a
    transfer can only stay parked.
    """
    _act(ctx, uri, database_name, cap, Wish(Action.FAIL, **wish))


@transfers.command(epilog=_PARK_EXAMPLES)
@_acting
def park(ctx: click.Context, uri: str | None, database_name: str, cap: int, **wish: Any) -> None:
    """Take pending transfers out of the watchers' hands until they are retried or failed.

    Their money stays in flight. A watcher that is giving one up at this very moment may still refund it.
    """
    _act(ctx, uri, database_name, cap, Wish(Action.PARK, **wish))


def _views(status: str | None, *, parked: bool, of_somebody: bool) -> tuple[View, ...]:
    if parked:
        if status not in (None, TransferStatus.PENDING.value):
            raise click.UsageError(f"What is parked is PENDING: --parked does not go with --status {status}.")
        return (View.PARKED,)
    if status == TransferStatus.SUCCESS.value and not of_somebody:
        raise click.UsageError("Settled transfers are found through a user: add --sender or --target.")
    if status is not None:
        return _VIEWS[TransferStatus(status)]
    return tuple(View) if of_somebody else _PENDING


def _found(lists: CaseLists, views: Iterable[View], wanted: Wanted, limit: int) -> list[Row]:
    found = [row for view in views for row in lists.page(view, limit, wanted)]
    return found[:limit]


def _act(ctx: click.Context, uri: str | None, database_name: str, cap: int, wish: Wish) -> None:
    if wish.reason is None and not wish.dry_run:
        raise click.UsageError("Say why with --reason, or look first with --dry-run.")
    log_to_stderr()
    with reach_store(uri, database_name, "transfers") as store:
        operations = _operations(store, cap)
        done = [_acted(operations, one, wish) for one in wish.ids]
    ctx.exit(0 if all(done) else 1)


def _acted(operations: Operations, transfer_id: UUID, wish: Wish) -> bool:
    with _complaint(transfer_id) as complaint:
        if wish.dry_run:
            return _foresee(operations, transfer_id, wish)
        case = operations.perform(wish.action, transfer_id, Operator(operator_name(), wish.reason or ""))
        click.echo(report.dumps(report.case_as_json(case)) if wish.as_json else _DONE[wish.action](case.row))
        if not wish.as_json and wish.action is Action.FAIL and case.credit:
            click.echo(f"  {report.entry_line(case.credit)}")
    return not complaint


def _foresee(operations: Operations, transfer_id: UUID, wish: Wish) -> bool:
    prospect = operations.foresee(wish.action, operations.case(transfer_id))
    click.echo(
        report.dumps(report.prospect_as_json(transfer_id, prospect))
        if wish.as_json
        else report.prospect_as_text(transfer_id, prospect)
    )
    return prospect.possible


@contextmanager
def _complaint(transfer_id: UUID) -> Iterator[list[str]]:
    """Say why one of several was not done, and go on with the next."""
    complaints: list[str] = []
    try:
        yield complaints
    except Refused as refusal:
        complaints.append(str(refusal))
    except InvalidInput as error:
        complaints += [f"{field} {fault}" for field, fault in error.fields.items()]
    for complaint in complaints:
        click.echo(f"dompet: {transfer_id}: {complaint}", err=True)


_DONE: dict[Action, Callable[[Row], str]] = {
    Action.RETRY: lambda row: (
        f"{row.id}  handed to the watchers; `dompet transfers show {row.id}` tells the rest"
    ),
    Action.FAIL: lambda row: f"{row.id}  refunded",
    Action.PARK: lambda row: f"{row.id}  parked; retry it or fail it to go on",
}


def _operations(store: Store, cap: int) -> Operations:
    transactions = Transactions(store.client)
    return Operations(
        CaseStore(store, transactions),
        OperatorMarks(store),
        SettlementEngine(store, transactions, cap=cap),
        clock.now,
        cap=cap,
    )
