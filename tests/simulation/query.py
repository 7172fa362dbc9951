"""As much of the query language as the program's hot paths speak; whatever else comes is an error.

https://www.mongodb.com/docs/manual/reference/bson-type-comparison-order/ gives the order of types.
"""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from uuid import UUID

Document = dict[str, Any]


def key_of(value: Any) -> Any:
    """Return a primary key in a form that can be looked up, whatever codec wrote it."""
    if isinstance(value, UUID):
        return value.bytes
    if isinstance(value, dict):
        return (key_of(value["operation"]), value["side"])
    return bytes(value) if isinstance(value, bytes) else value


def matches(document: Document, where: Mapping[str, Any], now: datetime) -> bool:
    """Say whether a document is what a query wants; primary keys are looked up elsewhere."""
    return all(_agrees(document, field, wanted, now) for field, wanted in where.items())


def _agrees(document: Document, field: str, wanted: Any, now: datetime) -> bool:
    if field == "$expr":
        return bool(evaluate(wanted, document, now))
    if field == "$or":
        return any(matches(document, one, now) for one in wanted)
    found = document.get(field)
    if isinstance(wanted, dict):
        return all(_OPERATORS[name](found, operand) for name, operand in wanted.items())
    return bool(found == wanted)


def _same_type(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """Queries compare within a type only: a date is neither before nor after a word."""
    return lambda found, operand: _rank(found) == _rank(operand) and compare(found, operand)


_OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    "$in": lambda found, operand: found in operand,
    "$nin": lambda found, operand: found not in operand,
    "$ne": lambda found, operand: found != operand,
    "$gte": _same_type(lambda found, operand: found >= operand),
    "$gt": _same_type(lambda found, operand: found > operand),
    "$lt": _same_type(lambda found, operand: found < operand),
}


def _rank(value: Any) -> int:
    for rank, kind in enumerate((type(None), (int, float), str, dict, list, (bytes, UUID), datetime)):
        if isinstance(value, kind):
            return 8 if isinstance(value, bool) else rank if rank < 6 else 9
    raise NotImplementedError(type(value))


def _order(value: Any) -> tuple[int, Any]:
    return (_rank(value), 0 if value is None else value)


def _add(one: Any, other: Any) -> Any:
    return one + timedelta(milliseconds=int(other)) if isinstance(one, datetime) else one + other


def _subtract(one: Any, other: Any) -> Any:
    return one - timedelta(milliseconds=int(other)) if isinstance(one, datetime) else one - other


_FUNCTIONS: dict[str, Callable[[list[Any]], Any]] = {
    "$lte": lambda values: _order(values[0]) <= _order(values[1]),
    "$gt": lambda values: _order(values[0]) > _order(values[1]),
    "$max": lambda values: max((one for one in values if one is not None), key=_order),
    "$min": lambda values: min((one for one in values if one is not None), key=_order),
    "$add": lambda values: reduce(_add, values),
    "$subtract": lambda values: _subtract(*values),
    "$multiply": lambda values: reduce(lambda one, other: one * other, values),
    "$pow": lambda values: values[0] ** values[1],
    "$cond": lambda values: values[1] if values[0] else values[2],
    "$isArray": lambda values: isinstance(values[0], list),
    "$concatArrays": lambda values: [one for value in values for one in value],
    "$slice": lambda values: values[0][values[1] :],
}


def evaluate(expression: Any, document: Document, now: datetime) -> Any:
    """Return what an aggregation expression comes to."""
    if expression == "$$NOW":
        return now
    if isinstance(expression, str) and expression.startswith("$"):
        return document.get(expression[1:])
    if isinstance(expression, list):
        return [evaluate(one, document, now) for one in expression]
    if not isinstance(expression, dict):
        return expression
    if not any(name.startswith("$") for name in expression):
        return {name: evaluate(one, document, now) for name, one in expression.items()}
    ((name, operands),) = expression.items()
    operands = operands if isinstance(operands, list) else [operands]
    return _FUNCTIONS[name](evaluate(operands, document, now))


def updated(document: Document, change: Any, now: datetime) -> Document:
    """Return ``document`` after an update, classic or by a pipeline of ``$set``."""
    if isinstance(change, list):
        ((_, fields),) = [pair for stage in change for pair in stage.items()]
        return document | {name: evaluate(one, document, now) for name, one in fields.items()}
    new = document | change.get("$set", {})
    for name in change.get("$unset", {}):
        new.pop(name, None)
    for name, push in change.get("$push", {}).items():
        new[name] = [*new.get(name, []), *push["$each"]][push["$slice"] :]
    unknown = change.keys() - {"$set", "$unset", "$push"}
    if unknown:
        raise NotImplementedError(unknown)
    return new
