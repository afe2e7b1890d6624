"""Opens sealed messages (sealed/1): compact JWS over compact JWE, by hand over python3-cryptography."""

import base64
import hashlib
import json
import re
from typing import Any, Mapping, NamedTuple

from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

import schema
from instants import milliseconds_of

MOST_BYTES = 204_800
#: RFC 7518, section 4.6.2, behind the shared secret: algorithm, apu, apv, 256 bits.
OTHER_INFO = b"\0\0\0\7A256GCM" + bytes(4) + bytes(4) + b"\0\0\1\0"

JWS_HEADER = schema.load("jws-header")
JWE_HEADER = schema.load("jwe-header")
WINDOWS = schema.load("windows")


class Refused(Exception):
    """A message must not be believed. `args[0]` is the reason, a word of the README."""


class Registry(NamedTuple):
    """Whom the city believes, and what it can open. Keys stand under their thumbprints."""

    #: tenant/site/gateway -> thumbprint -> Ed25519 public key
    gateways: Mapping[str, Mapping[str, Ed25519PublicKey]]
    #: thumbprint -> X25519 private key
    city: Mapping[str, X25519PrivateKey]


def make_registry(gateways: list, city_keys: list) -> Registry:
    """From JWKs: `[{"id": ..., "keys": [jwk, ...]}]` and `[private jwk, ...]`. ValueError when a key has two gateways."""
    known: dict = {}
    owners: dict = {}
    for gateway in gateways:
        keys = {thumbprint(jwk): Ed25519PublicKey.from_public_bytes(octets(jwk["x"])) for jwk in gateway["keys"]}
        for kid in keys:
            if owners.setdefault(kid, gateway["id"]) != gateway["id"]:
                raise ValueError(f"{owners[kid]} and {gateway['id']} have the same key")
        known[gateway["id"]] = keys
    city = {thumbprint(jwk): X25519PrivateKey.from_private_bytes(octets(jwk["d"])) for jwk in city_keys}
    return Registry(known, city)


def thumbprint(jwk: Mapping) -> str:
    """RFC 7638 of an OKP key."""
    text = json.dumps({"crv": jwk["crv"], "kty": jwk["kty"], "x": jwk["x"]}, separators=(",", ":"))
    return spelled(hashlib.sha256(text.encode()).digest())


def spelled(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def octets(text: str) -> bytes:
    """The bytes behind base64url without padding; ValueError when an encoder would have spelled them otherwise."""
    if not re.fullmatch(r"[A-Za-z0-9_-]*", text, re.ASCII) or len(text) % 4 == 1:
        raise ValueError("not base64url")
    data = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if spelled(data) != text:
        raise ValueError("not canonical")
    return data


def parse(data: bytes) -> Any:
    """JSON in UTF-8, no more; ValueError otherwise. Of a name that stands twice the last counts."""
    try:
        return json.loads(data.decode("utf-8"), parse_constant=_no_constant, parse_float=_number)
    except RecursionError:
        raise ValueError("too deep") from None


def _number(text: str) -> Any:
    """7.0 is 7."""
    value = float(text)
    return int(value) if value.is_integer() else value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def open_sealed(payload: bytes, gateway: str, registry: Registry) -> dict:
    """What stands inside. `gateway` is tenant/site/gateway of the topic. Raises Refused at the first check that fails."""
    if len(payload) > MOST_BYTES:
        raise Refused("too_large")
    if gateway not in registry.gateways:
        raise Refused("unknown_gateway")
    jwe, signer = _verify(payload.decode("latin-1"), registry.gateways[gateway])
    header, plaintext = _decrypt(jwe, signer, gateway, registry)
    message = _message(plaintext)
    inside = "/".join((message["tenant"], message["site"], message["gateway"]))
    outside = (header["gw"], header["epoch"], header["seq"], header["end"])
    if outside != (inside, message["epoch"], message["seq"], message["end"]):
        raise Refused("header_mismatch")
    return message


def compact(text: str, count: int, header_schema: dict, refusal: str) -> tuple:
    """The parts of a compact serialization, and its header."""
    parts = text.split(".")
    try:
        if len(parts) != count:
            raise ValueError("not so many parts")
        data = [octets(part) for part in parts]
        header = parse(data[0])
    except ValueError:
        raise Refused(refusal) from None
    if not schema.valid(header, header_schema, header_schema):
        raise Refused(refusal)
    return parts, data, header


def _verify(text: str, keys: Mapping[str, Ed25519PublicKey]) -> tuple:
    """The JWE inside a JWS, and the thumbprint of who signed it."""
    parts, (_, jwe, signature), header = compact(text, 3, JWS_HEADER, "not_jws")
    key = keys.get(header["kid"])
    if key is None:
        raise Refused("unknown_signer")
    try:
        key.verify(signature, f"{parts[0]}.{parts[1]}".encode("ascii"))
    except InvalidSignature:
        raise Refused("signature") from None
    return jwe.decode("latin-1"), header["kid"]


def _decrypt(text: str, signer: str, gateway: str, registry: Registry) -> tuple:
    parts, (_, wrapped, iv, ciphertext, tag), header = compact(text, 5, JWE_HEADER, "not_jwe")
    if header["sgn"] != signer:
        raise Refused("wrong_signer")
    if header["gw"] != gateway:
        raise Refused("wrong_gateway")
    key = registry.city.get(header["kid"])
    if key is None:
        raise Refused("unknown_city_key")
    if wrapped or len(iv) != 12 or len(tag) != 16:
        raise Refused("decrypt")
    try:
        # Raises ValueError when the shared secret is all zero (RFC 7748, section 6.1).
        secret = key.exchange(X25519PublicKey.from_public_bytes(octets(header["epk"]["x"])))
        derived = hashlib.sha256(b"\0\0\0\1" + secret + OTHER_INFO).digest()
        return header, AESGCM(derived).decrypt(iv, ciphertext + tag, parts[0].encode("ascii"))
    except (ValueError, InvalidTag):
        raise Refused("decrypt") from None


def _message(plaintext: bytes) -> dict:
    try:
        message = parse(plaintext)
    except ValueError:
        raise Refused("schema") from None
    if not schema.valid(message, WINDOWS, WINDOWS) or not _rules(message):
        raise Refused("schema")
    return message


def _rules(message: dict) -> bool:
    """What a schema cannot say."""
    since_epoch = milliseconds_of(message["end"]) // 1000
    records = message["records"]
    windows = {(one["sensor"], one["kind"], one["seconds"]) for one in records}
    return len(windows) == len(records) and all(
        round(one["covered"] * 10) / 10 == one["covered"]
        and one["covered"] <= one["seconds"]
        and one.get("flags", []) == sorted(one.get("flags", []))
        and since_epoch % one["seconds"] == 0
        for one in records
    )
