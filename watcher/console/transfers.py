"""Lists of transfers, the search, and the page of one transfer."""

from datetime import datetime
from uuid import UUID

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import BadRequest
from werkzeug.wrappers import Response

from wallet.cases import Row
from wallet.store.case_lists import CaseLists, Place, View, Wanted, place_after
from wallet.timeline import timeline
from wallet.use_cases.operations import TransferNotFound
from watcher.console.site import Site

PAGE = 50
_FOUND = 50
_LONGEST_QUERY = 64
_TITLES = {View.WAITING: "Pending", View.PARKED: "Parked", View.FAILED: "Failed"}


def add_pages(bp: Blueprint, site: Site) -> None:
    @bp.get(f"/transfers/<any({', '.join(one.value for one in _TITLES)}):view>")
    def listed(view: str) -> str:
        start = _place(request.args.get("after"))
        rows = site.lists.page(View(view), PAGE + 1, start=start)
        following = place_after(View(view), rows[:PAGE], start) if len(rows) > PAGE else None
        return render_template(
            "transfers.html",
            view=view,
            title=_TITLES[View(view)],
            titles={one.value: title for one, title in _TITLES.items()},
            rows=rows[:PAGE],
            first=start is None,
            after=_cursor(following) if following else None,
        )

    @bp.get("/search")
    def search() -> str | Response:
        query = request.args.get("q", "").strip()
        if not query:
            return redirect(url_for("console.overview"))
        if len(query) > _LONGEST_QUERY:
            raise BadRequest("An id has at most 64 characters.")
        named = _uuid(query)
        if named is not None and _is_transfer(site, named):
            return redirect(url_for("console.transfer", transfer_id=named))
        return render_template("search.html", query=query, rows=_found(site.lists, query, named), most=_FOUND)

    @bp.get("/transfers/<uuid:transfer_id>")
    def transfer(transfer_id: UUID) -> str:
        case = site.operations.case(transfer_id)
        return render_template(
            "transfer.html",
            case=case,
            row=case.row,
            entries=[entry for entry in (case.debit, case.credit) if entry],
            events=timeline(case),
            done=request.args.get("done", ""),
        )


def _is_transfer(site: Site, transfer_id: UUID) -> bool:
    try:
        site.operations.case(transfer_id)
    except TransferNotFound:
        return False
    return True


def _found(lists: CaseLists, query: str, user: UUID | None) -> list[Row]:
    """Return what has this user or this request id, as far as an index leads to it; newest first."""
    wanted = [Wanted(request_id=query)]
    if user is not None:
        wanted += [Wanted(sender=user), Wanted(target=user)]
    rows = [
        row
        for one in wanted
        for view in View
        if view is not View.SETTLED or one.request_id is None
        for row in lists.page(view, _FOUND, one)
    ]
    unique = {row.id: row for row in rows}.values()
    dated = [row for row in unique if isinstance(row.date, datetime)]
    undated = [row for row in unique if not isinstance(row.date, datetime)]
    return [*undated, *sorted(dated, key=lambda row: row.date, reverse=True)][:_FOUND]


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _cursor(place: Place) -> str:
    return f"{place.date.isoformat()}~{place.shown}"


def _place(cursor: str | None) -> Place | None:
    if cursor is None:
        return None
    date, _, shown = cursor.partition("~")
    try:
        place = Place(datetime.fromisoformat(date), int(shown))
    except ValueError:
        raise BadRequest("This page does not exist: start from the first one.") from None
    if place.date.tzinfo is None or not 0 <= place.shown < 2**31:
        raise BadRequest("This page does not exist: start from the first one.")
    return place
