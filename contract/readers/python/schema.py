"""A small validator for JSON Schema 2020-12: the keywords that the schemas of this contract use, and an error for any other."""

import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

SCHEMAS = Path(__file__).resolve().parents[2] / "schemas"

#: Keywords that only tell something.
NOTES = {"$schema", "$id", "$defs", "title", "description", "format", "then", "else", "contentMediaType"}


@lru_cache(maxsize=None)
def load(name: str) -> dict:
    """The schema for readers of this name, else the one that is closed for readers too."""
    for folder in (SCHEMAS / "readers", SCHEMAS):
        path = folder / f"{name}.schema.json"
        if path.exists():
            return json.loads(path.read_text("utf-8"))
    raise FileNotFoundError(f"no schema {name}")


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def is_integer(value: Any) -> bool:
    return is_number(value) and value == value // 1


def same(a: Any, b: Any) -> bool:
    """Equality of JSON: 1 is 1.0 and is not true."""
    return isinstance(a, bool) == isinstance(b, bool) and a == b


TYPES = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "number": is_number,
    "integer": is_integer,
    "boolean": lambda value: isinstance(value, bool),
    "null": lambda value: value is None,
}


def valid(value: Any, schema: Any, root: dict) -> bool:
    """True when the value fits. `root` is where references start."""
    if isinstance(schema, bool):
        return schema
    return all(
        key in NOTES or KEYWORDS[key](value, rule, schema, root) for key, rule in schema.items()
    )


def _matches(value: Any, pattern: str) -> bool:
    # In the schemas' dialect `$` is the very end and `\d` is 0 to 9; in Python's neither is.
    exact = pattern[:-1] + r"\Z" if pattern.endswith("$") else pattern
    return not isinstance(value, str) or re.search(exact, value, re.ASCII) is not None


def _type(value: Any, names: Any, *_: Any) -> bool:
    return any(TYPES[name](value) for name in ([names] if isinstance(names, str) else names))


def _reference(value: Any, target: str, _schema: dict, root: dict) -> bool:
    schema = root
    for step in target.removeprefix("#/").split("/"):
        schema = schema[step]
    return valid(value, schema, root)


def _properties(value: Any, rules: dict, _schema: dict, root: dict) -> bool:
    return not isinstance(value, dict) or all(
        valid(value[name], rule, root) for name, rule in rules.items() if name in value
    )


def _closed(value: Any, allowed: Any, schema: dict, root: dict) -> bool:
    more = set(value) - set(schema.get("properties", {})) if isinstance(value, dict) else set()
    return all(valid(value[name], allowed, root) for name in more)


def _names(value: Any, rule: Any, _schema: dict, root: dict) -> bool:
    return not isinstance(value, dict) or all(valid(name, rule, root) for name in value)


def _contains(value: Any, rule: Any, _schema: dict, root: dict) -> bool:
    return not isinstance(value, list) or any(valid(one, rule, root) for one in value)


def _items(value: Any, rule: Any, schema: dict, root: dict) -> bool:
    rest = value[len(schema.get("prefixItems", [])) :] if isinstance(value, list) else []
    return all(valid(one, rule, root) for one in rest)


def _prefix(value: Any, rules: list, _schema: dict, root: dict) -> bool:
    return not isinstance(value, list) or all(valid(one, rule, root) for one, rule in zip(value, rules))


def _unique(value: Any, wanted: bool, *_: Any) -> bool:
    texts = [json.dumps(one, sort_keys=True) for one in value] if isinstance(value, list) else []
    return not wanted or len(set(texts)) == len(texts)


def _if(value: Any, condition: Any, schema: dict, root: dict) -> bool:
    branch = "then" if valid(value, condition, root) else "else"
    return valid(value, schema.get(branch, True), root)


def _long(kind: type, fits: Any) -> Any:
    return lambda value, limit, *_: not isinstance(value, kind) or fits(len(value), limit)


def _at_least(a: float, b: float) -> bool:
    return a >= b


def _at_most(a: float, b: float) -> bool:
    return a <= b


KEYWORDS = {
    "$ref": _reference,
    "type": _type,
    "const": lambda value, one, *_: same(value, one),
    "enum": lambda value, some, *_: any(same(value, one) for one in some),
    "pattern": lambda value, pattern, *_: _matches(value, pattern),
    "minimum": lambda value, limit, *_: not is_number(value) or value >= limit,
    "maximum": lambda value, limit, *_: not is_number(value) or value <= limit,
    "minLength": _long(str, _at_least),
    "maxLength": _long(str, _at_most),
    "minProperties": _long(dict, _at_least),
    "minItems": _long(list, _at_least),
    "maxItems": _long(list, _at_most),
    "required": lambda value, names, *_: not isinstance(value, dict) or all(n in value for n in names),
    "properties": _properties,
    "additionalProperties": _closed,
    "propertyNames": _names,
    "items": _items,
    "prefixItems": _prefix,
    "uniqueItems": _unique,
    "contains": _contains,
    "allOf": lambda value, rules, _s, root: all(valid(value, rule, root) for rule in rules),
    "anyOf": lambda value, rules, _s, root: any(valid(value, rule, root) for rule in rules),
    "oneOf": lambda value, rules, _s, root: sum(valid(value, rule, root) for rule in rules) == 1,
    "not": lambda value, rule, _s, root: not valid(value, rule, root),
    "if": _if,
}
