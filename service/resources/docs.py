"""The interactive documentation, to be tried out: nothing in it comes from another site."""

from apiflask import APIBlueprint
from flask import Response, redirect, render_template, send_file
from werkzeug.wrappers import Response as Reply

from service.swagger.assets import ASSETS, TEMPLATES
from wallet.errors import NotFound

bp = APIBlueprint("docs", __name__, enable_openapi=False, template_folder=str(TEMPLATES))

_HEADERS = {
    # Swagger UI sets styles by script, which this allows, and draws with images that are in its style sheet.
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
}
_FOR_EVER = "public, max-age=31536000, immutable"


@bp.after_request
def _harden(reply: Response) -> Response:
    reply.headers.update(_HEADERS)
    return reply


@bp.get("/docs", strict_slashes=True)
def without_slash() -> Reply:
    """Send people on. A path, because the scheme that they see is known to the proxies only."""
    return redirect("/docs/", 308)


@bp.get("/docs/")
def page() -> str:
    """Show every route, and let people try it."""
    return render_template("docs.html", assets=ASSETS)


@bp.get("/docs/assets/<version>/<name>")
def asset(version: str, name: str) -> Response:
    """Serve one of the files that are known by name, for ever if it is of the version that was asked for.

    While pods are replaced, a new page may ask an old pod: what that has is better than nothing.
    """
    found = ASSETS.get(name)
    if found is None:
        raise NotFound
    reply = send_file(found.path, mimetype=found.media_type, etag=found.version)
    reply.headers["Cache-Control"] = _FOR_EVER if version == found.version else "no-store"
    return reply
