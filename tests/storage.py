"""Where exports go in tests: moto in a process of its own, as under `dompet up`, to look into and to kill."""

import socket
from contextlib import contextmanager

import boto3
from processes import Process, free_ports, wait_for

from wallet.embedded.ports import is_listening
from wallet.local.storage import BUCKET, REGION, Storage

CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_DEFAULT_REGION": REGION,
}


class Bucket:
    """A place on this machine where moto can run, and what lies in its bucket while it does."""

    def __init__(self, cwd, port=None):
        self.storage = Storage(port or free_ports(1)[0])
        self.env = {**self.storage.env}
        self._cwd = cwd
        self._client = boto3.client(
            "s3",
            endpoint_url=self.storage.endpoint,
            region_name=REGION,
            aws_access_key_id="testing",
            aws_secret_access_key="testing",
        )

    @contextmanager
    def open(self):
        process = Process("wallet.local.moto", str(self.storage.port), BUCKET, cwd=self._cwd)
        try:
            wait_for(lambda: is_listening(self.storage.port) and self._there())
            yield self
        finally:
            process.kill()
            process.stop()

    @contextmanager
    def hanging(self):
        """Somebody takes connections there and never says a word."""
        with socket.create_server(("127.0.0.1", self.storage.port)):
            yield self

    def listed(self):
        return [one["Key"] for one in self._client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def begun(self):
        """Uploads in parts that were neither completed nor aborted."""
        return self._client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])

    def content(self, key):
        return self._client.get_object(Bucket=BUCKET, Key=key)["Body"].read()

    def drop(self):
        """Leave no bucket behind."""
        for key in self.listed():
            self._client.delete_object(Bucket=BUCKET, Key=key)
        self._client.delete_bucket(Bucket=BUCKET)

    def make(self):
        self._client.create_bucket(Bucket=BUCKET)

    def _there(self):
        return any(one["Name"] == BUCKET for one in self._client.list_buckets()["Buckets"])
