"""The files of the page, each with a version that changes when it does."""

from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

TEMPLATES = Path(__file__).parent / "templates"

_DIGITS = 16


@dataclass(frozen=True, slots=True)
class Asset:
    name: str
    path: Path
    media_type: str

    @property
    def version(self) -> str:
        return _digest(self.path)


@cache
def _digest(path: Path) -> str:
    return sha256(path.read_bytes()).hexdigest()[:_DIGITS]


def _wheel() -> Path:
    """Return where the wheel keeps Swagger UI, without running its code."""
    spec = find_spec("flask_swagger_ui")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("flask_swagger_ui is not installed")
    return Path(spec.origin).parent / "dist"


_OURS = Path(__file__).parent / "static"

ASSETS = {
    asset.name: asset
    for asset in (
        Asset("swagger-ui.css", _wheel() / "swagger-ui.css", "text/css"),
        Asset("swagger-ui-bundle.js", _wheel() / "swagger-ui-bundle.js", "text/javascript"),
        Asset("docs.css", _OURS / "docs.css", "text/css"),
        Asset("docs.js", _OURS / "docs.js", "text/javascript"),
        Asset("icon.svg", _OURS / "icon.svg", "image/svg+xml"),
    )
}
"""By name. Nothing else is served."""
