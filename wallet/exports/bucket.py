"""The bucket in which exports lie: an object is there as a whole or not at all."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import chain
from typing import Any

from wallet.errors import Unavailable
from wallet.export_job import ExportJob, Failure, Format
from wallet.exports.settings import ExportSettings

LINK_S = 300
"""How long a link leads to its object."""

PART = 8 * 1024 * 1024
"""Bytes in memory at a time. S3 wants parts of at least 5 MB, and takes 10,000 of them."""

_CONNECT_S = 3
_READ_S = 20
_REFUSALS = frozenset(
    {"AccessDenied", "AllAccessDisabled", "InvalidAccessKeyId", "NoSuchBucket", "SignatureDoesNotMatch"}
    | {"ExpiredToken", "InvalidToken", "PermanentRedirect"}
)
"""What an operator must mend. It is tried again all the same: that is for how long the operator has time."""

_TYPES = {Format.CSV: "text/csv; charset=utf-8", Format.PDF: "application/pdf"}
_CHECKSUM = "CRC32"


class BucketFault(Exception):
    """An object could not be stored or linked to; the message is for operators."""

    def __init__(self, reason: Failure, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Upload:
    """What a multipart upload is known by."""

    key: str
    id: str

    @property
    def named(self) -> dict[str, str]:
        return {"Key": self.key, "UploadId": self.id}


class Bucket:
    """Uploads for watchers, links for pods."""

    def __init__(self, settings: ExportSettings) -> None:
        self._name = settings.exports_bucket
        self._prefix = settings.exports_prefix
        self._client = _client(settings.exports_endpoint)

    def store(self, job: ExportJob, chunks: Iterable[bytes]) -> int:
        """Put what ``chunks`` say where the object of ``job`` belongs, and return the bytes.

        When ``chunks`` raise, or the process dies, nothing is there.

        Raises:
            BucketFault: nothing was stored, or what was there before is.
        """
        key, kind = job.key(self._prefix), {"ContentType": _TYPES[job.format]}
        pieces = _pieces(chunks)
        first, second = next(pieces, b""), next(pieces, None)
        if second is not None:
            return self._store_in_parts(key, kind, chain((first, second), pieces))
        with _renamed():
            self._client.put_object(
                Bucket=self._name, Key=key, Body=first, ChecksumAlgorithm=_CHECKSUM, **kind
            )
        return len(first)

    def link(self, job: ExportJob) -> str:
        """Return an address from which anybody can download the object of ``job`` for a few minutes.

        Raises:
            Unavailable: there are no credentials to sign it with.
        """
        wanted = {
            "Bucket": self._name,
            "Key": job.key(self._prefix),
            "ResponseContentDisposition": f'attachment; filename="{job.file_name}"',
        }
        try:
            with _renamed():
                return str(self._client.generate_presigned_url("get_object", Params=wanted, ExpiresIn=LINK_S))
        except BucketFault as fault:
            raise Unavailable from fault

    def _store_in_parts(self, key: str, kind: dict[str, str], pieces: Iterator[bytes]) -> int:
        with _renamed():
            begun = self._client.create_multipart_upload(
                Bucket=self._name, Key=key, ChecksumAlgorithm=_CHECKSUM, **kind
            )
        upload = Upload(key, begun["UploadId"])
        try:
            return self._complete(upload, pieces)
        except BaseException:
            with suppress(Exception):  # the lifecycle rule of the bucket sweeps up after those who cannot
                self._client.abort_multipart_upload(Bucket=self._name, **upload.named)
            raise

    def _complete(self, upload: Upload, pieces: Iterator[bytes]) -> int:
        size, parts = 0, []
        for number, piece in enumerate(pieces, 1):
            parts.append(self._part(upload, number, piece))
            size += len(piece)
        with _renamed():
            self._client.complete_multipart_upload(
                Bucket=self._name, **upload.named, MultipartUpload={"Parts": parts}
            )
        return size

    def _part(self, upload: Upload, number: int, piece: bytes) -> dict[str, Any]:
        with _renamed():
            done = self._client.upload_part(
                Bucket=self._name,
                **upload.named,
                PartNumber=number,
                Body=piece,
                ChecksumAlgorithm=_CHECKSUM,
            )
        sums = {name: done[name] for name in ("ETag", "ChecksumCRC32") if name in done}
        return {"PartNumber": number, **sums}


def _client(endpoint: str | None) -> Any:
    # Here, because it costs 25 MB and a third of a second that nobody without exports should pay.
    import boto3  # noqa: PLC0415
    from botocore.config import Config  # noqa: PLC0415

    config = Config(
        connect_timeout=_CONNECT_S,
        read_timeout=_READ_S,
        retries={"total_max_attempts": 1},  # the job is what is tried again
        signature_version="s3v4",
        s3={"addressing_style": "path" if endpoint else "virtual"},
    )
    return boto3.session.Session().client("s3", endpoint_url=endpoint, config=config)


@contextmanager
def _renamed() -> Iterator[None]:
    from botocore.exceptions import BotoCoreError, ClientError, NoCredentialsError  # noqa: PLC0415

    try:
        yield
    except ClientError as fault:
        code = fault.response.get("Error", {}).get("Code", "")
        refused = code in _REFUSALS
        raise BucketFault(
            Failure.STORAGE_REFUSED if refused else Failure.STORAGE_UNAVAILABLE, f"{code}: {fault}"
        ) from fault
    except NoCredentialsError as fault:
        raise BucketFault(Failure.STORAGE_REFUSED, str(fault)) from fault
    except BotoCoreError as fault:
        raise BucketFault(Failure.STORAGE_UNAVAILABLE, str(fault)) from fault


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the same bytes in pieces of ``PART`` and more, but for the last one."""
    gathered = bytearray()
    for chunk in chunks:
        gathered += chunk
        if len(gathered) >= PART:
            yield bytes(gathered)
            gathered.clear()
    if gathered:
        yield bytes(gathered)
