"""A route may answer in several ways when all is well: each has its place in the OpenAPI document."""

from http import HTTPStatus

from service.openapi import Also, Answer
from service.openapi_responses import successes

RESULT = {"type": "object", "properties": {"amount": {"type": "integer"}}}


def test_another_form_of_the_same_stands_beside_it():
    csv = Also(HTTPStatus.OK, media="text/csv", carries=("Link",), example="amount\n1\n")

    (response,) = successes(Answer(HTTPStatus.OK, RESULT, also=(csv,)), {"amount": 1}).values()

    assert set(response["headers"]) == {"X-Request-ID", "Link"}
    assert response["content"]["application/json"]["example"] == {
        "status": "SUCCESS",
        "result": {"amount": 1},
    }
    assert response["content"]["text/csv"] == {"schema": {"type": "string"}, "example": "amount\n1\n"}


def test_another_status_has_headers_and_a_result_of_its_own():
    done = Also(HTTPStatus.OK, RESULT, example={"amount": 2})

    responses = successes(
        Answer(HTTPStatus.ACCEPTED, RESULT, carries=("Location",), also=(done,)), {"amount": 1}
    )

    assert [set(responses[status]["headers"]) for status in ("202", "200")] == [
        {"X-Request-ID", "Location"},
        {"X-Request-ID"},
    ]
    assert responses["200"]["content"]["application/json"]["example"]["result"] == {"amount": 2}


def test_an_answer_without_a_body_has_no_content():
    same = Also(HTTPStatus.NOT_MODIFIED, media=None)

    assert "content" not in successes(Answer(HTTPStatus.OK, RESULT, also=(same,)), {"amount": 1})["304"]


def test_a_route_may_answer_in_another_form_alone():
    (response,) = successes(Answer(HTTPStatus.OK, None, media="text/event-stream"), "id: 1\n\n").values()

    assert response["content"] == {
        "text/event-stream": {"schema": {"type": "string"}, "example": "id: 1\n\n"}
    }
