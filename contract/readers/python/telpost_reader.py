#!/usr/bin/python3
"""The city's side of telpost in Python. Needs Debian's python3-cryptography and, to receive, python3-paho-mqtt.

  telpost_reader.py receive --url mqtts://mqtt.city.example:8883 --tenant denhaag --city-keys city-private.jwks \\
      --gateways gateways.json --memory seen.sqlite --cafile ca.pem --cert city.pem --key city.key
  telpost_reader.py check ../../vectors

receive prints one JSON object a line. gateways.json: [{"id": "denhaag/scheveningen/gw07", "keys": [{"kty": ...}]}]
Gateways and keys that are added to the files later are learned without a restart. --root city-root.jwk also judges
what is published on `keys`. check opens every test vector and exits with 1 when one is not what it should be.
"""

import argparse
import json
import signal
import sys
from pathlib import Path
from typing import Any

from memory import Memory
from key_sets import open_key_set
from reader import Around, Reader
from registry_files import RegistryFiles
from sealed import Refused, make_registry, open_sealed
from walk_records import open_walk_record


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    verbs = parser.add_subparsers(required=True)
    check_verb = verbs.add_parser("check")
    check_verb.add_argument("vectors", type=Path)
    check_verb.set_defaults(run=check)
    receive_verb = verbs.add_parser("receive")
    for name in ("url", "tenant", "city-keys", "gateways", "memory"):
        receive_verb.add_argument(f"--{name}", required=True)
    for name in ("root", "cafile", "cert", "key"):
        receive_verb.add_argument(f"--{name}")
    receive_verb.add_argument("--client-id", help="two readers need two (default telpost-python-TENANT)")
    receive_verb.add_argument("--ack", action="store_true", help="acknowledge to the gateways what was printed")
    receive_verb.set_defaults(run=receive)
    arguments = parser.parse_args()
    return arguments.run(arguments)


def read(file: Any) -> Any:
    return json.loads(Path(file).read_text("utf-8"))


def tell(line: dict) -> None:
    print(json.dumps(line, separators=(",", ":"), ensure_ascii=False), flush=True)


def receive(arguments: argparse.Namespace) -> int:
    from transport import Transport

    files = RegistryFiles(arguments.gateways, arguments.city_keys)
    around = Around(learn=files.newer, root=arguments.root and read(arguments.root))
    reader = Reader(files.load(), Memory(arguments.memory), tell, around)
    transport = Transport(arguments, reader)
    for name in (signal.SIGINT, signal.SIGTERM):
        signal.signal(name, lambda *_: transport.stop())
    transport.run()
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Compares what comes out of every vector with what should."""
    folder: Path = arguments.vectors
    keys = read(folder / "keys.json")
    registry = make_registry(keys["gateways"], keys["cityKeys"])
    wrong = 0
    for vector in read(folder / "walk-records.json")["vectors"]:
        wrong += not right(vector["name"], walk_record_of(vector, registry), None)
    groups = read(folder / "sealed.json")["groups"]
    for vector in (one for group in groups for one in group["vectors"]):
        wrong += not right(vector["name"], outcome_of(vector, registry), None)
    for sequence in read(folder / "sequences.json")["sequences"]:
        wrong += not right(sequence["name"], run_of(sequence, registry), None)
    for sequence in read(folder / "gaps.json")["sequences"]:
        wrong += not right(sequence["name"], gaps_of(sequence, registry), None)
    for vector in read(folder / "key-sets.json")["vectors"]:
        wrong += not right(vector["name"], key_set_of(vector, keys["root"]), None)
    tell({"type": "checked", "wrong": wrong})
    return 1 if wrong else 0


def right(name: str, found: Any, wanted: Any) -> bool:
    if found != wanted:
        tell({"type": "wrong", "name": name, "found": found})
    return found == wanted


def outcome_of(vector: dict, registry: Any) -> Any:
    """None when a message opens or is refused as it should, else what happened."""
    gateway = "/".join(vector["topic"].split("/")[2:5])
    try:
        inside = open_sealed(vector["payload"].encode("utf-8"), gateway, registry)
    except Refused as refused:
        return None if refused.args[0] == vector["refusal"] else refused.args[0]
    return None if vector["opens"] is not None and covers(inside, vector["opens"]) else inside


def run_of(sequence: dict, registry: Any) -> Any:
    """None when every message of a sequence ends as it should, else the first that does not."""
    lines: list = []
    reader = Reader(registry, Memory(":memory:"), lines.append)
    for at, step in enumerate(sequence["steps"]):
        lines.clear()
        outcome = reader.receive(step["topic"], step["payload"].encode("utf-8"))
        records = [line for line in lines if line["type"] == "record"]
        if (outcome, records) != (step["outcome"], step["lines"]):
            return {"step": at, "outcome": outcome, "lines": records}
    return None


def gaps_of(sequence: dict, registry: Any) -> Any:
    """None when every step tells the gaps it should, in any order, else the first that does not."""
    lines: list = []
    now = [0.0]
    reader = Reader(registry, Memory(":memory:"), lines.append, Around(clock=lambda: now[0]))
    for at, step in enumerate(sequence["steps"]):
        lines.clear()
        now[0] = step["atSeconds"]
        if "payload" in step:
            reader.receive(step["topic"], step["payload"].encode("utf-8"))
        reader.tick()
        gaps = [line for line in lines if line["type"] in ("gap", "gap_closed")]
        if sorted(map(sorted_text, gaps)) != sorted(map(sorted_text, step["lines"])):
            return {"step": at, "lines": gaps}
    return None


def sorted_text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)


def key_set_of(vector: dict, root: Any) -> Any:
    """None when a key set is taken or refused as it should, else what happened."""
    current = vector["current"] and (vector["current"], "another.set.signed")
    try:
        found = open_key_set(vector["jws"], root, current).version
    except Refused as refused:
        found = refused.args[0]
    return None if found == (vector["refusal"] or 4) else found


def walk_record_of(vector: dict, registry: Any) -> Any:
    """None when an event is handled with its record or refused as it should, else what happened."""
    outcome = Reader(registry, Memory(":memory:"), lambda line: None).receive(
        vector["topic"], vector["payload"].encode("utf-8")
    )
    if vector["refusal"] is not None:
        return None if outcome == vector["refusal"] else outcome
    gateway = "/".join(vector["topic"].split("/")[2:5])
    try:
        record = open_walk_record(json.loads(vector["payload"]), registry.gateways[gateway])
    except Refused as refused:
        return refused.args[0]
    return None if outcome == "handled" and covers(record, vector["opens"]) else [outcome, record]


def covers(found: Any, wanted: Any) -> bool:
    """True when everything wanted is found; names that this version does not know may stand beside it."""
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(n in found and covers(found[n], w) for n, w in wanted.items())
    if isinstance(wanted, list):
        return isinstance(found, list) and len(found) == len(wanted) and all(map(covers, found, wanted))
    return found == wanted


if __name__ == "__main__":
    sys.exit(main())
