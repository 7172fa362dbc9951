"""Where the links of dashboards and alerts lead. Put your own here, then run ``python -m grafana``."""

DOCS = "https://dompet.example.com/docs"
"""Where the folder ``docs/`` can be read."""

GRAFANA = "https://grafana.example.com"


def runbook(alert: str) -> str:
    return f"{DOCS}/runbooks/{alert}.md"


def dashboard(uid: str) -> str:
    """Return the address of a dashboard in a message that is read outside of Grafana."""
    return f"{GRAFANA}/d/{uid}"
