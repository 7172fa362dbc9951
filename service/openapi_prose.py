"""The words of the OpenAPI document that stand above its routes."""

TAGS = {
    "Account": "Who one is: register, log in and out, the PIN, the profile.",
    "Money": "What moves it. A refusal moves nothing.",
    "Reports": "What has moved.",
}
"""What each group of routes is about."""

SUMMARY = "An e-wallet: top up, pay, transfer to others, and see what was moved"

DESCRIPTION = """\
Register, log in, and send the access token with every request: `Authorization: Bearer <access_token>`.

## Answers
A success is `{"status": "SUCCESS", "result": ...}`. A failure is `{"message", "code", "request_id"}`: the
code is for programs and stable, the message for people. `errors` says by field what is wrong with what was
sent. Requests are JSON objects with `Content-Type: application/json`; a field that is not known is refused,
and nothing is converted. Ignore fields of answers that you do not know.

## Amounts, dates, numbers
Amounts and balances are integers: whole rupiah. Dates are `YYYY-MM-DD HH:MM:SS` in the time zone of the
service, which is Asia/Jakarta unless it was told otherwise. A phone number is shown as `08...`; `+628...` and
`628...` are taken as the same number. Ids are UUIDs.

## Tokens
An access token lasts minutes. A refresh token is good once, at `POST /refresh`, and gives a new pair. `401`
means: refresh once, then log in again.

## Sending again
Requests that move money take an `Idempotency-Key` of your own. Make one for each thing that you want to
happen, and send the same request with the same key until there is an answer: it happens once, and every
answer is the first one, with `Idempotency-Replayed: true`. Another request under that key is refused with
`422`. A refusal uses up no key.

Send again after a timeout, a lost connection, `408`, `429` and `503`; the last two say in `Retry-After` when.
Any other `4xx` says the same until you change something. Without a key, send again only what is safe to
happen twice.

A transfer is accepted at once (`202`: the money has left the sender) and settled by a background process,
mostly within a second: `Location` says where to look. One that cannot be settled is refunded.

## Pages
`GET /transactions` has everything in one answer. With `limit` it has a page, and the header `Link` the
address of the next one; take that address as it is. The page without `Link` is the last.

## Errors
"""
"""Markdown; the table of codes follows it."""
