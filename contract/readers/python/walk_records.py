"""The signed record inside an event `commissioning`: the section Walk tests of the README."""

from typing import Mapping

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import schema
from sealed import Refused, compact, parse

REFUSAL = "not_walk_record"
#: Closed. The gateway's signature around anything else has another type.
HEADER = {
    "type": "object",
    "properties": {"alg": {"const": "EdDSA"}, "typ": {"const": "telpost+walk-test"}, "kid": {"type": "string"}},
    "required": ["alg", "typ", "kid"],
    "additionalProperties": False,
}
RECORD = schema.load("walk-record")
#: What the record and the event around it both say.
SAID_TWICE = ("tenant", "site", "gateway", "sensor", "line", "how", "verdict")


def open_walk_record(event: Mapping, keys: Mapping[str, Ed25519PublicKey]) -> dict:
    """What stands in the record of a valid event. `keys` are those of the gateway of the topic. Raises Refused."""
    parts, (_, body, signature), header = compact(event["record"], 3, HEADER, REFUSAL)
    key = keys.get(header["kid"])
    if key is None:
        raise Refused(REFUSAL)
    try:
        key.verify(signature, f"{parts[0]}.{parts[1]}".encode("ascii"))
        record = parse(body)
    except (InvalidSignature, ValueError):
        raise Refused(REFUSAL) from None
    if not schema.valid(record, RECORD, RECORD):
        raise Refused(REFUSAL)
    if any(record[name] != event[name] for name in SAID_TWICE):
        raise Refused(REFUSAL)
    return record
