"""For the platform: is the process alive, can it serve."""

from apiflask import APIBlueprint

from service.context import context
from service.replies import Json

bp = APIBlueprint("health", __name__, enable_openapi=False)


@bp.get("/livez")
def alive() -> Json:
    """Answer while the process runs. It never asks MongoDB: a restart would not mend that."""
    return {"status": "alive"}


@bp.get("/readyz")
def ready() -> Json:
    """Answer 200 while requests can be served, else 503."""
    context().readiness.check()
    return {"status": "ready"}
