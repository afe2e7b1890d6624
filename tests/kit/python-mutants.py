"""Runs `telpost_reader.py check` of many copies of the reader: python-mutants.py VECTORS READER...

Each runs in a fork of its own of a process that has loaded what does not differ, and ends at the first vector that goes
wrong. Prints one line for each: the line of that vector, else the last one that it said, or why it could not run.
"""

import argparse
import os
import sys
from pathlib import Path
from tempfile import TemporaryFile

# What all of them load, which takes longer than their own modules.
import cryptography.exceptions  # noqa: F401
import cryptography.hazmat.primitives.asymmetric.ed25519  # noqa: F401
import cryptography.hazmat.primitives.asymmetric.x25519  # noqa: F401
import cryptography.hazmat.primitives.ciphers.aead  # noqa: F401
import cryptography.hazmat.primitives.kdf.concatkdf  # noqa: F401
import sqlite3  # noqa: F401


def main(vectors: str, readers: list[str]) -> None:
    for reader in readers:
        with TemporaryFile("w+") as said:
            child = os.fork()
            if child == 0:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
                check(reader, vectors)
            os.waitpid(child, 0)
            said.seek(0)
            print((said.read().strip().splitlines() or ["it said nothing"])[-1])


def check(reader: str, vectors: str) -> None:
    """Never returns."""
    sys.path.insert(0, reader)
    import telpost_reader

    right = telpost_reader.right

    def stops_when_wrong(*arguments: object) -> bool:
        if not right(*arguments):
            os._exit(1)
        return True

    telpost_reader.right = stops_when_wrong
    sys.exit(telpost_reader.check(argparse.Namespace(vectors=Path(vectors))))


main(sys.argv[1], sys.argv[2:])
