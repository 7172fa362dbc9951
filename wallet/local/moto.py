"""``python -m wallet.local.moto PORT BUCKET``: S3 as far as development needs it, on loopback.

Whenever it starts the bucket is there and empty: it keeps objects in memory.
"""

import logging
import signal
import sys

import boto3
from moto.server import ThreadedMotoServer

from wallet.local.storage import REGION, Storage


def main(storage: Storage) -> None:
    logging.getLogger("werkzeug").setLevel(logging.ERROR)  # a line a request is no news
    server = ThreadedMotoServer("127.0.0.1", storage.port, verbose=False)
    server.start()
    client = boto3.client(
        "s3",
        endpoint_url=storage.endpoint,
        region_name=REGION,
        aws_access_key_id="local",
        aws_secret_access_key="local",  # noqa: S106 - nobody asks for it  # nosec B106
    )
    client.create_bucket(Bucket=storage.bucket)
    signal.sigwait({signal.SIGTERM, signal.SIGINT})
    server.stop()


if __name__ == "__main__":
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM, signal.SIGINT})
    main(Storage(int(sys.argv[1]), sys.argv[2]))
