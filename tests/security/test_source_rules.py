"""The source keeps the rules of ``source_rules.py``, and each rule catches what it is there for."""

import ast
from pathlib import Path

import pytest
import source_rules as rules
from pydantic import BaseModel, TypeAdapter, ValidationError
from source_rules import RULES

from service import schemas

ROOT = Path(__file__).parents[2]
SHIPPED = ("service", "watcher", "wallet", "telemetry")
SOURCES = [file for package in SHIPPED for file in sorted((ROOT / package).rglob("*.py"))]

CAUGHT = {
    rules.raw_request_data: [
        "users.find_one({'phone': request.json['phone']})",
        "body = request.get_json(force=True)",
        "flask.request.values.get('limit')",
        "request.cookies['session']",
    ],
    rules.whole_of_what_came: ["find(**request.args)", "request.form.to_dict()", "request.form['token']"],
    rules.names_of_a_filter: [
        "users.find_one({field: value})",
        "users.find({**query})",
        "users.update_one({'$or': [{name: 1}]}, {})",
        "users.aggregate([{'$match': {f'{field}.x': 1}}])",
    ],
    rules.javascript_in_the_database: [
        "users.find({'$where': 'this.pin == 1'})",
        "users.find({'x': Code('1')})",
        "database.command('mapReduce', 'users')",
    ],
    rules.secrets_compared_by_eye: [
        "if given == self._secret: pass",
        "ok = signature != expected",
        "if request_token == token: pass",
    ],
    rules.tokens_decoded_by_their_own_word: [
        "jwt.decode(token, key)",
        "jwt.decode(token, key, algorithms=header['alg'])",
        "jwt.decode(token, key, algorithms=[jwt.get_unverified_header(token)['alg']])",
    ],
    rules.events_with_data_in_their_name: ["_log.info(f'login of {phone}')", "_log.error(message)"],
    rules.messages_of_exceptions_shown: [
        "try:\n    pass\nexcept PyMongoError as error:\n    raise Refused(str(error))"
    ],
}
"""Bad examples of each rule."""

LEFT_ALONE = {
    rules.whole_of_what_came: ["request.args.get('q', '')"],
    rules.names_of_a_filter: ["users.find({'_id': user, f'{FIELD}.x': 1, STATUS: {'$in': wanted}})"],
    rules.secrets_compared_by_eye: [
        "hmac.compare_digest(signature, expected)",
        "if kind == Kind.TOP_UP: pass",
    ],
    rules.tokens_decoded_by_their_own_word: ["jwt.decode(token, key, algorithms=[_ALGORITHM])"],
    rules.events_with_data_in_their_name: ["_log.info('login', phone=phone)"],
}
"""Good ones, which a rule that finds everything would find."""


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.__name__)
def test_the_source_keeps_it(rule):
    broken = [
        f"{path}:{line}"
        for file in SOURCES
        for path in [str(file.relative_to(ROOT))]
        for line in rule(ast.parse(file.read_text()), path)
    ]

    assert broken == []


@pytest.mark.parametrize(("rule", "bad"), [(rule, bad) for rule in RULES for bad in CAUGHT[rule]])
def test_a_bad_example_is_caught(rule, bad):
    assert list(rule(ast.parse(bad), "service/resources/example.py"))


@pytest.mark.parametrize(
    ("rule", "good"), [(rule, good) for rule, all_ in LEFT_ALONE.items() for good in all_]
)
def test_a_good_example_is_left_alone(rule, good):
    assert not list(rule(ast.parse(good), "service/resources/example.py"))


def test_every_exception_to_a_rule_is_still_needed():
    for path, attribute in rules.MAY_READ_RAW:
        tree = ast.parse((ROOT / path).read_text())
        assert any(isinstance(node, ast.Attribute) and node.attr == attribute for node in ast.walk(tree)), (
            path
        )


MODELS = [
    one
    for one in vars(schemas).values()
    if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == schemas.__name__
]
FIELDS = [(model, name) for model in MODELS for name in model.model_fields]


@pytest.mark.parametrize(("model", "name"), FIELDS, ids=lambda part: getattr(part, "__name__", part))
@pytest.mark.parametrize("value", [{"$ne": None}, {}, [], ["a"], b"a", 1.5, True], ids=repr)
def test_no_field_of_a_request_holds_anything_but_text_a_number_or_an_id(model, name, value):
    """So nothing that a client sends is ever an operator of the database."""
    with pytest.raises(ValidationError):
        TypeAdapter(model).validate_python({name: value})
    with pytest.raises(ValidationError) as refused:
        model(**{name: value})
    assert name in {error["loc"][0] for error in refused.value.errors()}


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model.__name__)
def test_no_request_has_more_than_was_asked_for(model):
    assert model.model_config["extra"] == "forbid"
