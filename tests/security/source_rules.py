"""Rules about the source that no linter has: each finds the lines of a module that break it.

A rule takes the tree of a module and its path from the root of the repository, and yields line numbers.
"""

import ast
import re

RAW = {
    "json",
    "get_json",
    "form",
    "args",
    "values",
    "files",
    "cookies",
    "stream",
    "data",
    "get_data",
    "environ",
}
"""Attributes of a request with what a client sent, in whatever shape it likes."""

MAY_READ_RAW = {
    ("service/headers.py", "get_data"): "its length only",
    ("service/webhooks.py", "get_data"): "bytes that a signature is checked over",
    ("watcher/console/actions.py", "form"): "texts, one by one, with get()",
    ("watcher/console/transfers.py", "args"): "texts, one by one, with get()",
}

READS_AND_WRITES = {
    *("find", "find_one", "count_documents", "distinct", "aggregate", "bulk_write"),
    *("find_one_and_update", "find_one_and_delete", "find_one_and_replace"),
    *("update_one", "update_many", "replace_one", "delete_one", "delete_many"),
    *("UpdateOne", "UpdateMany", "ReplaceOne", "DeleteOne", "DeleteMany"),
}
RUNS_JAVASCRIPT = {"$where", "$function", "$accumulator", "mapReduce", "mapreduce"}
SECRET = re.compile(r"(^|_)(secret|signature|token|password|digest|mac)s?$")


def raw_request_data(tree, path):
    """A view gets a model whose fields are checked; nothing else of a request reaches the program."""
    for node in ast.walk(tree):
        if _is_attribute_of(node, "request", RAW) and (path, node.attr) not in MAY_READ_RAW:
            yield node.lineno


def whole_of_what_came(tree, _path):
    """One text at a time: a whole form or query would bring names that nobody thought of."""
    taken = {node.value for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "get"}
    for node in ast.walk(tree):
        if _is_attribute_of(node, "request", {"form", "args"}) and node not in taken:
            yield node.lineno


def names_of_a_filter(tree, _path):
    """The names in a filter are the program's: none comes out of a variable, or out of somebody's mapping."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or _called(node) not in READS_AND_WRITES or not node.args:
            continue
        for inner in ast.walk(node.args[0]):
            if isinstance(inner, ast.Dict) and not all(
                _is_fixed(key or value) for key, value in zip(inner.keys, inner.values, strict=True)
            ):
                yield inner.lineno


def javascript_in_the_database(tree, _path):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and node.value in RUNS_JAVASCRIPT:
            yield node.lineno
        if isinstance(node, ast.Name | ast.Attribute) and _name(node) == "Code":
            yield node.lineno


def secrets_compared_by_eye(tree, _path):
    """A ``==`` stops at the first difference, and the time tells where; hmac.compare_digest does not."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and any(isinstance(op, ast.Eq | ast.NotEq) for op in node.ops):
            for side in (node.left, *node.comparators):
                if SECRET.search(_name(side).lower()):
                    yield node.lineno


def tokens_decoded_by_their_own_word(tree, _path):
    """A token does not say how it is to be checked."""
    for node in ast.walk(tree):
        if not (isinstance(node, ast.Call) and _dotted(node.func) == "jwt.decode"):
            continue
        told = {keyword.arg: keyword.value for keyword in node.keywords}
        if "algorithms" not in told or not _is_written_here(told["algorithms"]):
            yield node.lineno


def events_with_data_in_their_name(tree, _path):
    """The name of an event is constant and what came is a field: a line of the log cannot be made up."""
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in {"debug", "info", "warning", "error", "exception", "critical"}
            and _name(node.func.value) in {"_log", "log", "logger"}
            and not (node.args and isinstance(node.args[0], ast.Constant))
        ):
            yield node.lineno


def messages_of_exceptions_shown(tree, path):
    """What the driver or Python says is for the log: a reply has the wallet's own words."""
    if not path.startswith("service/"):
        return
    for handler in ast.walk(tree):
        if not isinstance(handler, ast.ExceptHandler) or handler.name is None:
            continue
        for node in ast.walk(handler):
            if (
                isinstance(node, ast.Call)
                and _called(node) in {"str", "repr", "format_exc"}
                and any(_name(argument) == handler.name for argument in node.args)
            ):
                yield node.lineno


RULES = (
    raw_request_data,
    whole_of_what_came,
    names_of_a_filter,
    javascript_in_the_database,
    secrets_compared_by_eye,
    tokens_decoded_by_their_own_word,
    events_with_data_in_their_name,
    messages_of_exceptions_shown,
)


def _is_attribute_of(node, owner, names):
    return isinstance(node, ast.Attribute) and node.attr in names and _name(node.value) == owner


def _is_fixed(key):
    """Whether a key, or a mapping that is spread, is written here: text, a constant, or text around one."""
    if isinstance(key, ast.JoinedStr):
        return all(_is_fixed(part) for part in key.values)
    if isinstance(key, ast.FormattedValue):
        return _is_fixed(key.value)
    return isinstance(key, ast.Constant) or _name(key).isupper()


def _is_written_here(node):
    if isinstance(node, ast.List | ast.Tuple):
        return all(map(_is_written_here, node.elts))
    return isinstance(node, ast.Constant) or _name(node).isupper()


def _called(call):
    return _name(call.func)


def _name(node):
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _dotted(node):
    return f"{_name(node.value)}.{node.attr}" if isinstance(node, ast.Attribute) else _name(node)
