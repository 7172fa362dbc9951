"""Tokens that nobody signed, or not for this: each is a 401 that says no more, on every kind of route.

The list follows RFC 8725 and what forging tools try.
"""

import base64
import hmac
import json
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from importlib.metadata import version
from uuid import UUID

import jwt
import pytest
from api import Api, in_process, random_id
from factories import open_wallet
from signing import claims_of, signing_key, token

from service.keys.ring import key, keys_in
from service.verifier import LONGEST_TOKEN, SKEW_S

OTHER_SECRET = "an-attackers-own-secret-which-is-long-enough-for-all-of-them-and-more"
PEM = """-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE=
-----END PUBLIC KEY-----
"""


def b64(data):
    raw = data if isinstance(data, bytes) else json.dumps(data).encode()
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def sealed(header, payload, secret):
    """A token of whatever it is, with the signature of HS256: libraries refuse to make most of these."""
    text = f"{b64(header)}.{b64(payload)}"
    return f"{text}.{b64(hmac.digest(secret.encode(), text.encode(), sha256))}"


def header_of(app, **changes):
    """Ours, less what is changed to None."""
    header = {"alg": "HS256", "typ": "at+jwt", "kid": signing_key(app).kid} | changes
    return {name: value for name, value in header.items() if value is not None}


def payload_of(owner, **changes):
    """Ours, less what is changed to None."""
    claims = claims_of(**{"sub": owner, **changes})
    return {name: one.timestamp() if isinstance(one, datetime) else one for name, one in claims.items()}


def signed(**header):
    """A header of the forger's choice, under a signature that is right."""
    return lambda app, sub: sealed(header_of(app, **header), payload_of(sub), signing_key(app).secret)


def unsigned(header, signature=""):
    return lambda app, sub: f"{b64(header_of(app) | header)}.{b64(payload_of(sub))}.{signature}"


def saying(**claims):
    """Claims of the forger's choice, under a signature that is right."""
    return lambda app, sub: sealed(header_of(app), payload_of(sub, **claims), signing_key(app).secret)


def with_a_payload(payload):
    """Whatever it is, under a signature that is right."""
    return lambda app, _: sealed(header_of(app), payload, signing_key(app).secret)


def by(secret, **header):
    """A good token but for the key, which ``secret`` makes of ours."""
    return lambda app, sub: sealed(header_of(app, **header), payload_of(sub), secret(signing_key(app)))


def as_refresh(**claims):
    return lambda app, sub: token(app, sub=sub, use="refresh", **claims)


def cut(how):
    """A good token, spoiled."""
    return lambda app, sub: how(token(app, sub=sub))


def within(**time):
    return datetime.now(UTC) + timedelta(**time)


ALGORITHMS = (
    "none",
    "None",
    "NONE",
    "nOnE",
    "",
    "RS256",
    "ES256",
    "PS256",
    "EdDSA",
    "hs256",
    None,
    1,
    [],
    {},
)
KIDS = (
    *("", "x", "../../x", "/dev/null", "../../../../proc/self/environ", "' OR 1=1 --", "x\x00", "$ne"),
    *({"$ne": 1}, ["x"], 0, 1.5, True, "k" * 1_000),
)
TYPES = ("JWT", "rt+jwt", "AT+JWT", "application/at+jwt", "", 1, [])
HEADERS = {
    "jku": "https://attacker.example/keys.json",
    "x5u": "https://attacker.example/chain.pem",
    "jwk": {"kty": "oct", "k": b64(OTHER_SECRET.encode())},
    "x5c": ["MIIB"],
    "crit": ["exp"],
    "zip": "DEF",
    "cty": "JWT",
    "url": "https://attacker.example",
}

FORGERIES = {
    # Who says how to verify
    **{f"alg {alg!r}, unsigned": unsigned({"alg": alg}) for alg in ALGORITHMS},
    **{f"alg {alg!r}, with a signature": signed(alg=alg) for alg in ALGORITHMS if alg is not None},
    "no alg": signed(alg=None),
    "really HS384": lambda app, sub: token(app, None, "HS384", sub=sub),
    "really HS512": lambda app, sub: token(app, None, "HS512", sub=sub),
    "a public key as the secret": by(lambda _: PEM),
    "nothing as the secret": by(lambda _: ""),
    "the kid as the secret": by(lambda key: key.kid),
    "another secret": by(lambda _: OTHER_SECRET),
    "another secret and its kid": by(lambda _: OTHER_SECRET, kid=key(OTHER_SECRET).kid),
    # Which key
    **{f"kid {str(kid)[:30]!r}": signed(kid=kid) for kid in KIDS},
    "no kid": signed(kid=None),
    **{f"{name} in the header": signed(**{name: value}) for name, value in HEADERS.items()},
    "crit of what nobody knows": signed(crit=["x"], x=1),
    "a payload that is not encoded": signed(b64=False, crit=["b64"]),
    # For what
    **{
        f"typ {typ!r}": signed(typ=typ)
        for typ in ("JWT", "rt+jwt", "AT+JWT", "application/at+jwt", "", 1, [])
    },
    "no typ": signed(typ=None),
    "a refresh token": as_refresh(),
    "a refresh token that says it is for access": as_refresh(type="access"),
    **{f"type {use!r}": saying(type=use) for use in ("refresh", "", "ACCESS", 1, ["access"], {"$ne": None})},
    # By whom, for whom, when
    **{
        f"no {claim}": saying(**{claim: None})
        for claim in ("iss", "aud", "sub", "sid", "jti", "iat", "nbf", "exp", "type")
    },
    **{f"iss {iss!r}": saying(iss=iss) for iss in ("", "Dompet", "attacker", ["dompet"], {"$ne": 1}, 1)},
    **{
        f"aud {aud!r}": saying(aud=aud)
        for aud in ("", "dompet", "other", ["other"], ["dompet-api", "other"], {}, 1)
    },
    **{f"sub {sub!r}": saying(sub=sub) for sub in ("", "guntur", 1, {"$ne": None}, ["x"], "../x", "0" * 31)},
    **{f"sid {sid!r}": saying(sid=sid) for sid in ("", "x", 1, {"$ne": None}, [str(UUID(int=7))], "$ne")},
    "expired": saying(exp=within(seconds=-1)),
    "expired within the skew": saying(exp=within(seconds=-SKEW_S / 2)),
    "long expired": saying(exp=within(days=-365)),
    **{f"exp {exp!r}": saying(exp=exp) for exp in ("soon", [], {}, -1, 1e400, float("nan"))},
    "nbf in the future": saying(nbf=within(hours=1)),
    "iat in the future": saying(iat=within(hours=1)),
    **{f"nbf {nbf!r}": saying(nbf=nbf) for nbf in ("now", [], 1e400)},
    **{f"iat {iat!r}": saying(iat=iat) for iat in ("now", [], 1e400)},
    # No token at all
    **{
        f"the payload {payload!r}": with_a_payload(payload) for payload in (b"", b"x", b"null", b"[]", b'"x"')
    },
    "a payload that is no text": with_a_payload(b"\xff\xfe"),
    "a payload with a claim twice": with_a_payload(b'{"sub":"x","sub":"y"}'),
    "a payload 1,000 deep": with_a_payload(b"[" * 1_000),
    "a header 1,500 deep": lambda *_: f"{b64(b'[' * 1_400)}.e30.x",
    "a header that is no text": lambda *_: f"{b64(bytes([255, 254]))}.e30.x",
    "a header that is a list": lambda *_: f"{b64([])}.e30.x",
    "a header of 10 KB": signed(x="x" * 10_000),
    "a payload of 10 KB": saying(x="x" * 10_000),
    "10 KB of dots": lambda *_: "." * 10_000,
    "no base64": lambda *_: "!!!.???.***",
    "padding": cut(lambda good: good.replace(".", "=.")),
    "standard base64": cut(lambda good: good[:-4] + "+/+/"),
    "one part": cut(lambda good: good.split(".")[0]),
    "two parts": cut(lambda good: good.rpartition(".")[0]),
    "four parts": cut(lambda good: good + ".x"),
    "five parts, as encrypted": lambda *_: f"{b64({'alg': 'dir', 'enc': 'A256GCM'})}..x.x.x",
    "no signature": cut(lambda good: good.rpartition(".")[0] + "."),
    "half a signature": cut(lambda good: good[:-20]),
    "another's signature": lambda app, sub: _mixed(token(app, sub=sub), token(app, sub=random_id())),
    "a NUL": lambda *_: "a.b.c\x00",
}


def _mixed(one, other):
    return f"{one.rpartition('.')[0]}.{other.rpartition('.')[2]}"


@pytest.fixture
def owner(database):
    return str(open_wallet(database, 100_000))


@pytest.fixture
def anybody(app, database):  # noqa: ARG001 - it is empty afterwards
    return Api(in_process(app))


def assert_closed(reply):
    assert reply.status == 401
    assert reply.json["message"] == "Unauthenticated"
    assert reply.json["code"] == "unauthenticated"
    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_the_token_that_is_forged_below_is_good(app, anybody, owner):
    """Without this, everything below could be refused for a reason of its own."""
    for good in (
        token(app, sub=owner),
        saying()(app, owner),
        signed()(app, owner),
        saying(iat=within(seconds=SKEW_S / 2), nbf=within(seconds=SKEW_S / 2))(app, owner),
    ):
        assert anybody.with_token(good).profile().status == 200


@pytest.mark.parametrize("forge", FORGERIES.values(), ids=FORGERIES.keys())
def test_a_forged_token_opens_nothing(app, anybody, owner, forge):
    forged = anybody.with_token(forge(app, owner))

    assert_closed(forged.profile())
    assert_closed(forged.pay(1))
    assert_closed(forged.post("/refresh"))


@pytest.mark.parametrize("forge", [saying(), signed(typ="rt+jwt"), saying(type="refresh")])
def test_an_access_token_refreshes_nothing(app, anybody, owner, forge):
    assert_closed(anybody.refresh(forge(app, owner)))


def test_a_refresh_token_with_a_secret_of_ones_own_is_of_no_use(app, anybody):
    """Even with the right signature: its digest is not the session's. And it ends the session it names."""
    number = anybody.register().result["phone_number"]
    tokens = anybody.login(number).result
    claims = jwt.decode(tokens["refresh_token"], options={"verify_signature": False})

    assert_closed(anybody.refresh(token(app, use="refresh", sub=claims["sub"], sid=claims["sid"])))
    assert_closed(anybody.refresh(tokens["refresh_token"]))


def test_a_token_has_a_longest(app, anybody, owner):
    filler = "x" * (LONGEST_TOKEN // 4 * 3 - 400)

    good, bad = token(app, sub=owner, x=filler), token(app, sub=owner, x=filler + "x" * 400)

    assert len(good) <= LONGEST_TOKEN < len(bad)
    assert anybody.with_token(good).profile().status == 200
    assert_closed(anybody.with_token(bad).profile())


def test_only_the_newest_of_the_library_verifies():
    """Below it there are known ways around: CVE-2022-29217, -2024-53861, -2026-32597 and -2026-48523."""
    assert tuple(map(int, version("pyjwt").split(".")[:2])) >= (2, 15)


def test_keys_of_one_ring_verify_each_others_tokens_and_no_more():
    ring = keys_in(f"{OTHER_SECRET} {OTHER_SECRET[::-1]}")

    assert list(ring.known) == [key(OTHER_SECRET).kid, key(OTHER_SECRET[::-1]).kid]
