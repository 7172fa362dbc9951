"""The run as JSON: every figure with its unit, value and ratio."""

import json

from bench.case import Case, Outcome, Status
from bench.figure import AtLeast, Figure, Unit
from bench.machine import cpu_model
from bench.report import Run, as_json, figure_line, significant, write_json


def nothing(_bench):
    return []


def outcome(name, *figures, status=Status.OK, message=""):
    return Outcome(Case(name, name, nothing), status, 1.234, figures, message)


N = outcome("yardstick", Figure("N", 500.0, Unit.RATE))


def test_each_figure_has_its_ratio_and_its_goal():
    drain = outcome("drain", Figure("drain", 6_000.0, Unit.RATE, AtLeast(10, of_n=True)))

    document = as_json(Run("quick", {"cores": 2}, [N, drain]))

    assert document["n_transfers_per_s"] == 500
    assert document["cases"][1]["figures"] == [
        {
            "name": "drain",
            "value": 6_000,
            "unit": "transfers/s",
            "ratio_to_n": 12,
            "n_beside": None,
            "goal": ">= 10 N",
            "goal_met": True,
        }
    ]


def test_without_n_there_are_no_ratios():
    failed = outcome("yardstick", status=Status.FAILED, message="the audit found 1 offences")
    run = Run("full", {}, [failed, outcome("drain", Figure("drain", 6_000.0, Unit.RATE))])

    assert run.failed
    assert as_json(run)["cases"][1]["figures"][0]["ratio_to_n"] is None


def test_a_skipped_case_is_listed_and_fails_nothing(tmp_path):
    skipped = outcome("accept", status=Status.SKIPPED, message="wrk is missing: apt-get install wrk")
    run = Run("full", {}, [N, skipped])

    write_json(run, tmp_path / "results" / "latest.json")

    case = json.loads((tmp_path / "results" / "latest.json").read_text())["cases"][1]
    assert (case["status"], case["message"]) == ("skipped", "wrk is missing: apt-get install wrk")
    assert not run.failed


def test_a_line_says_whether_the_goal_is_met():
    figure = Figure("drain", 4_000.0, Unit.RATE, AtLeast(10, of_n=True))

    assert figure_line(figure, 500.0) == "drain  4,000 transfers/s  8.00 N  >= 10 N MISSED"


def test_numbers_have_three_digits():
    assert [significant(value) for value in (0.123, 1.234, 12.34, 123.4, 12_345.6)] == [
        "0.12",
        "1.23",
        "12.3",
        "123",
        "12,346",
    ]


def test_the_cpu_is_named_once():
    assert (
        cpu_model("processor : 0\nmodel name\t: AMD EPYC\n\nprocessor : 1\nmodel name\t: AMD EPYC\n")
        == "AMD EPYC"
    )
