"""One file a dashboard; the JSON beside it is made of it."""

from grafana.dashboards import money, mongodb, overview, pipeline

BOARDS = {
    "overview": overview.BOARD,
    "pipeline": pipeline.BOARD,
    "money": money.BOARD,
    "mongodb": mongodb.BOARD,
}
