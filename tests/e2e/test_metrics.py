"""What processes export: as documented, right over all workers whatever becomes of them, and about nobody."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress

import pytest
from api import random_id
from documented import documented, exported
from processes import WORKERS, answers, wait_for
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.parser import text_string_to_metric_families

POD, WATCHER = 0, 1


@pytest.fixture
def guntur(deployment):
    return deployment.api.sign_up()


@pytest.mark.parametrize(("process", "section"), [(POD, "Of a pod"), (WATCHER, "Of a watcher")])
def test_what_is_documented_is_exported_and_nothing_else(deployment, guntur, process, section):
    """Both ways, with types and labels."""
    tom = deployment.api.sign_up()
    guntur.top_up(1)
    guntur.transfer(tom.id, 1)
    wait_for(lambda: tom.balance == 1)
    promised = documented(section, "Of both")

    # Some series come when their subject is known, such as what the first pass of the drift check left.
    with suppress(AssertionError):
        wait_for(lambda: exported(deployment.metrics(process)) == promised)

    assert exported(deployment.metrics(process)) == promised


def test_no_id_is_ever_in_a_label(deployment):
    """A series for each user or transfer would be the end of Prometheus."""
    guntur, tom = deployment.api.sign_up(), deployment.api.sign_up()
    request_id, key = random_id(), random_id()
    guntur.top_up(1_000, key=key)
    guntur.top_up(1_001, key=key)
    sent = guntur.transfer(tom.id, 10, request_id=request_id)
    guntur.transfer(random_id(), 10)
    deployment.api.with_token(random_id()).profile()
    wait_for(lambda: tom.balance == 10)

    ids = (
        guntur.id,
        tom.id,
        sent.result["transfer_id"],
        request_id,
        key,
        guntur.profile().result["phone_number"],
    )
    for page in (deployment.metrics(POD), deployment.metrics(WATCHER)):
        values = [
            value
            for family in text_string_to_metric_families(page)
            for sample in family.samples
            for value in sample.labels.values()
        ]
        assert values
        assert not [value for value in values for one in ids if one in value]


def test_money_is_counted_by_what_the_ledger_did(deployment, guntur):
    tom = deployment.api.sign_up()

    def counts():
        postings, rupiah = "wallet_postings_total", "wallet_postings_rupiah_total"
        return [
            deployment.count(postings, kind="TOP_UP", outcome="posted"),
            deployment.count(postings, kind="TOP_UP", outcome="replayed"),
            deployment.count(postings, kind="TRANSFER_OUT", outcome="posted"),
            deployment.count(postings, kind="PAYMENT", outcome="insufficient_balance"),
            deployment.count(rupiah, kind="TOP_UP"),
            deployment.count(rupiah, kind="TRANSFER_OUT"),
            deployment.count(rupiah, kind="PAYMENT"),
            deployment.count("wallet_transfers_total", WATCHER, outcome="settled"),
            deployment.count("wallet_transfers_rupiah_total", WATCHER, outcome="settled"),
        ]

    before = counts()
    key = random_id()
    guntur.top_up(100, key=key)
    guntur.top_up(100, key=key)
    guntur.transfer(tom.id, 30)
    guntur.pay(71)
    wait_for(lambda: tom.balance == 30)

    wait_for(lambda: [now - then for now, then in zip(counts(), before, strict=True)][7])
    assert [now - then for now, then in zip(counts(), before, strict=True)] == [1, 1, 1, 1, 100, 30, 0, 1, 30]


def test_logins_and_registrations_are_counted_by_outcome(deployment):
    def counts():
        return [
            deployment.count(name, outcome=outcome)
            for name, outcome in (
                ("wallet_registrations_total", "success"),
                ("wallet_registrations_total", "phone_number_taken"),
                ("wallet_logins_total", "success"),
                ("wallet_logins_total", "wrong_credentials"),
            )
        ]

    before = counts()
    phone_number = deployment.api.register().result["phone_number"]
    deployment.api.register(phone_number=phone_number)
    deployment.api.login(phone_number)
    deployment.api.login(phone_number, "000000")

    assert [now - then for now, then in zip(counts(), before, strict=True)] == [1, 1, 1, 1]


def test_counters_survive_a_worker_and_its_gauges_do_not(deployment, guntur):
    """kill -9 takes nothing that was counted, and leaves no ghost among the connections."""
    pod, _watcher = deployment.processes

    def posted():
        return deployment.count("wallet_postings_total", kind="TOP_UP", outcome="posted")

    def top_up_often():
        with ThreadPoolExecutor(16) as pool:
            assert {reply.status for reply in pool.map(guntur.top_up, [1] * 40)} == {201}
        return all(topped_up_by(deployment, worker) for worker in pod.workers)

    before = posted()
    wait_for(top_up_often)
    sent = guntur.balance
    assert posted() == before + sent
    victim = pod.workers[0]

    os.kill(victim, signal.SIGKILL)
    wait_for(lambda: victim not in pod.workers and len(pod.workers) == WORKERS)
    wait_for(lambda: "wallet_mongodb_primary 1.0" in deployment.metrics())

    assert posted() == before + sent
    assert files_of(deployment, victim, "counter")
    assert not files_of(deployment, victim, "gauge_live*")
    wait_for(top_up_often)
    assert posted() == before + guntur.balance
    assert "wallet_group_commit_queue_depth 0.0" in deployment.metrics()


def files_of(deployment, worker, kind):
    return [str(file) for file in deployment.cwd.glob(f"dompet-metrics-*/{kind}_{worker}.db")]


def topped_up_by(deployment, worker):
    """What one worker has posted: else the others could have done it all."""
    return sum(
        sample.value
        for metric in MultiProcessCollector.merge(files_of(deployment, worker, "counter"))
        for sample in metric.samples
        if sample.name == "wallet_postings_total" and sample.labels == {"kind": "TOP_UP", "outcome": "posted"}
    )


def test_requests_are_counted_by_route_over_all_workers(deployment, guntur):
    def counts():
        by_route = "wallet_http_request_duration_seconds_count"
        return [
            deployment.count(by_route, url_rule="/topup", method="POST", status=201),
            deployment.count(by_route, url_rule="/topup", method="POST", status=400),
        ]

    before = counts()
    with ThreadPoolExecutor(16) as pool:
        statuses = list(pool.map(lambda amount: guntur.top_up(amount).status, [1] * 40 + [0] * 20))

    assert (statuses.count(201), statuses.count(400)) == (40, 20)
    assert counts() == [before[0] + 40, before[1] + 20]


def test_every_route_begins_with_no_failures(deployment):
    """Else the first one would be no step for rate() to see."""
    metrics = deployment.metrics()
    for method, route in (("POST", "/transfer"), ("GET", "/transactions"), ("PUT", "/profile")):
        for status in (500, 503):
            labels = f'method="{method}",status="{status}",url_rule="{route}"'
            assert f"wallet_http_request_duration_seconds_count{{{labels}}} 0.0" in metrics


def test_ids_in_paths_make_no_series(deployment, guntur):
    ids = [random_id() for _ in range(5)]
    for one in ids:
        guntur.transfer_status(one)
        guntur.get(f"/nope/{one}")

    metrics = deployment.metrics()

    assert not any(one in metrics for one in ids)
    assert 'url_rule="/transfers/<uuid:transfer_id>"' in metrics


def test_invented_methods_make_no_series(deployment, guntur):
    for method in ("BREW", "BREW-2", "brew"):
        assert guntur.request(method, "/topup").status == 405

    assert "brew" not in deployment.metrics().lower()


def test_probes_are_not_counted(deployment):
    deployment.api.livez()

    assert "livez" not in deployment.metrics()
    assert "readyz" not in deployment.metrics()


def test_they_are_on_their_own_port_only(deployment, guntur):
    """What clients reach tells nothing about the others."""
    assert deployment.api.get("/metrics").status == 404
    assert guntur.get("/metrics").status == 404


def test_the_watcher_has_the_next_port(deployment, guntur):
    watcher = f"http://127.0.0.1:{deployment.metrics_port + 1}"
    tom = deployment.api.sign_up()
    before = deployment.count("wallet_transfers_total", of_watcher=1, outcome="settled")
    guntur.top_up(3)
    for _ in range(3):
        guntur.transfer(tom.id, 1)

    wait_for(
        lambda: deployment.count("wallet_transfers_total", of_watcher=1, outcome="settled") == before + 3
    )
    assert answers(f"{watcher}/livez")
    assert answers(f"{watcher}/readyz")
