"""Signed sets of city keys, as the city publishes them on `keys`: the section Keys of the README."""

from typing import Mapping, NamedTuple, Optional

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

import schema
from sealed import Refused, octets, parse, thumbprint

KEY_SET = schema.load("key-set")
JWS = schema.load("keys")


class KeySet(NamedTuple):
    """A set that the root signed."""

    version: int
    #: As it was signed.
    jws: str
    #: Thumbprints of the keys that messages may be sealed to: those revoked left out.
    kids: tuple


def open_key_set(jws: str, root: Mapping, current: Optional[tuple]) -> KeySet:
    """
    What a signed set says. `root` is the JWK of the city's root key, `current` is (version, JWS) of the set there was
    before. Raises Refused with the word that a gateway has for it: key.invalid, key.signature, key.older, key.conflict.
    """
    payload = _verified(jws, root)
    try:
        content = parse(payload)
    except ValueError:
        raise Refused("key.invalid") from None
    if not schema.valid(content, KEY_SET, KEY_SET) or not all(map(_right, content["keys"])):
        raise Refused("key.invalid")
    version = content["version"]
    if current and (version < current[0] or (version == current[0] and jws != current[1])):
        raise Refused("key.older" if version < current[0] else "key.conflict")
    revoked = content.get("revoked", [])
    kids = (thumbprint(key) for key in content["keys"])
    return KeySet(version, jws, tuple(kid for kid in kids if kid not in revoked))


def _verified(jws: str, root: Mapping) -> bytes:
    try:
        if not schema.valid(jws, JWS, JWS):
            raise ValueError("not a JWS")
        head, body, signature = (octets(part) for part in jws.split("."))
        header = parse(head)
    except ValueError:
        raise Refused("key.invalid") from None
    # Whatever the root has signed beside key sets has another type.
    if not isinstance(header, dict) or (header.get("alg"), header.get("typ")) != ("EdDSA", "telpost+keys"):
        raise Refused("key.invalid")
    if "crit" in header:
        raise Refused("key.invalid")
    try:
        Ed25519PublicKey.from_public_bytes(octets(root["x"])).verify(signature, jws.rpartition(".")[0].encode("ascii"))
    except InvalidSignature:
        raise Refused("key.signature") from None
    return body


def _right(key: Mapping) -> bool:
    """What a schema cannot say."""
    return key["nbf"] < key["exp"] and key.get("kid") in (None, thumbprint(key))
