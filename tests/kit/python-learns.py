"""Plays messages into the reader in Python while its files change. argv: its folder, a folder of files, the steps (JSON)."""

import json
import os
import sys

sys.path.insert(0, sys.argv[1])

from memory import Memory
from reader import Around, Reader
from registry_files import RegistryFiles

folder, steps = sys.argv[2], json.loads(sys.argv[3])
files = RegistryFiles(os.path.join(folder, "gateways.json"), os.path.join(folder, "ring.jwks"))
with open(os.path.join(folder, "root.jwk"), encoding="utf-8") as text:
    root = json.load(text)
lines = []
make = lambda registry: Reader(registry, Memory(os.path.join(folder, "seen.sqlite")), lines.append, Around(learn=files.newer, root=root))
reader = make(files.load())
for step in steps:
    lines.clear()
    outcome = None
    if "file" in step:
        path = os.path.join(folder, step["file"])
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(step["text"])
        os.rename(path + ".new", path)
        if step.get("tick", True):
            reader.tick()
    elif "restart" in step:
        reader = make(files.load())
    else:
        outcome = reader.receive(step["topic"], step["payload"].encode("utf-8"))
    print(json.dumps({"outcome": outcome, "lines": [line for line in lines if line["type"] in ("alarm", "keys")]}))
