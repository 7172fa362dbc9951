"""Retrying and failing a parked transfer: first a look at what would happen, then a form with the token."""

from http import HTTPStatus
from uuid import UUID

import structlog
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.exceptions import Forbidden
from werkzeug.wrappers import Response

from wallet.cases import Action, Case
from wallet.errors import InvalidInput
from wallet.foresight import Prospect
from wallet.rules import text
from wallet.use_cases.operations import OperationRefused, Operator
from watcher.console.site import Site

_OFFERED = (Action.RETRY, Action.FAIL)
_ADDRESS = f"/transfers/<uuid:transfer_id>/<any({', '.join(_OFFERED)}):action>"
_SAME_SITE = frozenset({"same-origin", "none"})
_log = structlog.get_logger("console")

Page = tuple[str, int]


def add_pages(bp: Blueprint, site: Site) -> None:
    @bp.get(_ADDRESS)
    def preview(transfer_id: UUID, action: str) -> Page:
        return _preview(site, transfer_id, Action(action))

    @bp.post(_ADDRESS)
    def act(transfer_id: UUID, action: str) -> Page | Response:
        _refuse_other_sites()
        return _act(site, transfer_id, Action(action))


def _refuse_other_sites() -> None:
    """No other page can know the token; that it cannot even try is a second lock."""
    if request.headers.get("Sec-Fetch-Site", "none") not in _SAME_SITE:
        raise Forbidden("This form was sent by another site.")


def _act(site: Site, transfer_id: UUID, action: Action) -> Page | Response:
    if not site.gate.admits(request.form.get("token", "")):
        _log.warning("console_token_wrong", transfer_id=str(transfer_id), action=action.value)
        complaint = "This is not the token." if site.gate.is_open else "Actions are off."
        return _preview(site, transfer_id, action, complaint, HTTPStatus.FORBIDDEN)
    case = site.operations.case(transfer_id)
    if case.row.pending and not case.row.parked:
        complaint = "It is not parked: the watchers have it in hand."
        return _preview(site, transfer_id, action, complaint, HTTPStatus.CONFLICT)
    try:
        site.operations.perform(action, transfer_id, _operator())
    except InvalidInput as error:
        complaint = " ".join(f"The field {field} {fault}." for field, fault in error.fields.items())
        return _preview(site, transfer_id, action, complaint, HTTPStatus.BAD_REQUEST)
    except OperationRefused as refusal:
        return _preview(site, transfer_id, action, f"{refusal}.", HTTPStatus.CONFLICT)
    return redirect(
        url_for("console.transfer", transfer_id=transfer_id, done=action.value), HTTPStatus.SEE_OTHER
    )


def _operator() -> Operator:
    name = text.name("name", request.form.get("name", ""))
    return Operator(f"{name} (console)", request.form.get("reason", ""))


def _preview(
    site: Site, transfer_id: UUID, action: Action, complaint: str = "", status: int = HTTPStatus.OK
) -> Page:
    case = site.operations.case(transfer_id)
    prospect = site.operations.foresee(action, case)
    page = render_template(
        "action.html",
        case=case,
        row=case.row,
        action=action.value,
        prospect=prospect,
        offered=_offered(site, case, prospect),
        complaint=complaint,
        name=request.form.get("name", ""),
        reason=request.form.get("reason", ""),
    )
    return page, status


def _offered(site: Site, case: Case, prospect: Prospect) -> bool:
    return site.gate.is_open and case.row.parked and prospect.possible
