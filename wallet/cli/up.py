"""``dompet up``."""

import sys

import click

from wallet.local.foreground import run_in_foreground


@click.command()
def up() -> None:
    """Start MongoDB, the API and the watchers, and keep them running until Ctrl-C.

    Where moto is installed it stands in for S3, so that statements can be exported.

    \b
    Environment:
      PORT          the API (8000)
      METRICS_PORT  metrics of the API; those of watcher i are at METRICS_PORT + 1 + i (9100)
      DATA_DIR      data, logs and secrets (.dompet)
      MONGODB_URI   a replica set to use instead of one of our own
      WORKERS       processes of the API (2)
      WATCHERS      watchers (1)
      EXAMPLE_DATA  0 starts empty (1)
      EXPORTS_BUCKET  a bucket of S3 for exports, instead of moto
    """  # noqa: D301 - click looks for the control character itself
    sys.exit(run_in_foreground())
