"""The bucket: an object is there as a whole or not at all, whatever happens to whoever uploads it."""

import pytest
import requests
from factories import make_export
from storage import CREDENTIALS, Bucket

from wallet.errors import Unavailable
from wallet.export_job import Failure, Format
from wallet.exports import bucket as module
from wallet.exports.bucket import PART
from wallet.exports.settings import ExportSettings


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    with Bucket(tmp_path_factory.mktemp("storage")).open() as place:
        yield place


@pytest.fixture(autouse=True)
def environment(monkeypatch):
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def bucket(place):
    yield module.Bucket(settings(place))
    place.drop()
    place.make()


def settings(place, **changes):
    return ExportSettings(
        mongodb_uri="mongodb://nowhere",
        exports_bucket=place.storage.bucket,
        exports_endpoint=place.storage.endpoint,
        exports_prefix="statements/",
        **changes,
    )


def test_a_small_one_is_stored_in_one_piece(bucket, place):
    job = make_export()

    assert bucket.store(job, iter([b"one,", b"two"])) == 7

    (key,) = place.listed()
    assert key == f"statements/{job.user}/2026-11/{job.id}.csv"
    assert place.content(key) == b"one,two"


def test_an_empty_one_too(bucket, place):
    assert bucket.store(make_export(), iter([])) == 0

    assert [place.content(key) for key in place.listed()] == [b""]


def test_a_large_one_is_stored_in_parts_and_not_seen_before_its_end(bucket, place):
    """In constant memory: no more than a part is waited for."""
    seen = []

    def chunks():
        for number in range(20):
            seen.append(place.listed())
            yield bytes([number]) * (PART // 8)

    assert bucket.store(make_export(), chunks()) == 20 * (PART // 8)

    assert seen == [[]] * 20
    (key,) = place.listed()
    assert place.content(key) == b"".join(bytes([number]) * (PART // 8) for number in range(20))


@pytest.mark.parametrize("parts", [0, 3], ids=["at once", "after some parts"])
def test_what_breaks_off_leaves_nothing(bucket, place, parts):
    def chunks():
        for _ in range(parts):
            yield bytes(PART)
        yield b"the beginning of the next"
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        bucket.store(make_export(), chunks())

    assert place.listed() == []
    assert place.begun() == []


def test_made_twice_it_is_one(bucket, place):
    job = make_export()
    for _ in range(2):
        bucket.store(job, iter([b"the same"]))

    assert len(place.listed()) == 1


def test_a_part_that_is_refused_leaves_what_was_there(bucket, place, monkeypatch):
    job = make_export()
    bucket.store(job, iter([b"the first"]))
    refused = module.BucketFault(Failure.STORAGE_UNAVAILABLE, "of the test")

    def refuse(*_arguments):
        raise refused

    monkeypatch.setattr(bucket, "_part", refuse)
    with pytest.raises(module.BucketFault):
        bucket.store(job, iter([bytes(PART)] * 2))

    assert [place.content(key) for key in place.listed()] == [b"the first"]
    assert place.begun() == []


def test_the_link_downloads_it_under_a_name_that_says_what_it_is(bucket):
    job = make_export(format=Format.PDF)
    bucket.store(job, iter([b"%PDF-"]))

    reply = requests.get(bucket.link(job), timeout=10)

    assert (reply.status_code, reply.content) == (200, b"%PDF-")
    assert reply.headers["Content-Disposition"] == 'attachment; filename="dompet-2026-11.pdf"'
    assert reply.headers["Content-Type"] == "application/pdf"


def test_a_link_ends_and_names_no_secret(bucket):
    link = bucket.link(make_export())

    assert f"X-Amz-Expires={module.LINK_S}" in link
    assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in link
    assert CREDENTIALS["AWS_SECRET_ACCESS_KEY"] not in link.split("X-Amz-Credential")[0]


def test_of_the_real_s3_it_leads_to_the_bucket_in_its_region(place, monkeypatch):
    monkeypatch.setenv("AWS_DEFAULT_REGION", "ap-southeast-3")
    real = settings(place).model_copy(update={"exports_endpoint": None})

    link = module.Bucket(real).link(make_export())

    assert link.startswith("https://dompet-exports.s3.ap-southeast-3.amazonaws.com/statements/")


def test_without_a_bucket_it_is_refused(bucket, place):
    place.drop()

    with pytest.raises(module.BucketFault, match="NoSuchBucket") as fault:
        bucket.store(make_export(), iter([b"one"]))

    assert fault.value.reason is Failure.STORAGE_REFUSED
    place.make()


def test_without_credentials_nothing_is_stored_and_nothing_linked(place, monkeypatch, tmp_path):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HOME", str(tmp_path))
    bucket = module.Bucket(settings(place))

    with pytest.raises(module.BucketFault) as fault:
        bucket.store(make_export(), iter([b"one"]))
    assert fault.value.reason is Failure.STORAGE_REFUSED
    with pytest.raises(Unavailable):
        bucket.link(make_export())


def test_without_an_answer_it_is_unavailable(tmp_path):
    nowhere = Bucket(tmp_path)

    with pytest.raises(module.BucketFault) as fault:
        module.Bucket(settings(nowhere)).store(make_export(), iter([b"one"]))

    assert fault.value.reason is Failure.STORAGE_UNAVAILABLE
