"""What has been seen, in a SQLite file: it survives a restart."""

import hashlib
import json
import sqlite3
from typing import Any, Iterable, Optional

SCHEMA = """
  CREATE TABLE IF NOT EXISTS message (
    gateway TEXT NOT NULL, stream TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL,
    PRIMARY KEY (gateway, stream, epoch, seq)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS record (
    gateway TEXT NOT NULL, sensor TEXT NOT NULL, kind TEXT NOT NULL, end TEXT NOT NULL, seconds INTEGER NOT NULL,
    hash BLOB NOT NULL,
    PRIMARY KEY (gateway, sensor, kind, end, seconds)
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS gap (gateway TEXT PRIMARY KEY, state TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS key_set (gateway TEXT PRIMARY KEY, version INTEGER NOT NULL, jws TEXT NOT NULL) WITHOUT ROWID;
"""


def hash_of(value: Any) -> bytes:
    """Of bytes, or of JSON in any order of its names."""
    data = value if isinstance(value, bytes) else json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(data).digest()[:16]


class Memory:
    """Hashes only: no number of people is kept here."""

    def __init__(self, file: str) -> None:
        self._database = sqlite3.connect(file, isolation_level=None)
        self._database.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;" + SCHEMA)

    def hash(self, key: tuple) -> Optional[bytes]:
        """Of the message under (gateway, stream, epoch, seq), or None."""
        rule = "SELECT hash FROM message WHERE gateway = ? AND stream = ? AND epoch = ? AND seq = ?"
        row = self._database.execute(rule, key).fetchone()
        return row and row[0]

    def is_late(self, key: tuple) -> bool:
        """True when a later message of the epoch is known."""
        rule = "SELECT 1 FROM message WHERE gateway = ? AND stream = ? AND epoch = ? AND seq > ? LIMIT 1"
        return self._database.execute(rule, key).fetchone() is not None

    def record(self, key: tuple) -> Optional[bytes]:
        """Hash of the record under (gateway, sensor, kind, end, seconds), or None."""
        rule = "SELECT hash FROM record WHERE gateway = ? AND sensor = ? AND kind = ? AND end = ? AND seconds = ?"
        row = self._database.execute(rule, key).fetchone()
        return row and row[0]

    def remember(self, key: tuple, message: bytes, gaps: dict, records: Iterable[tuple] = ()) -> None:
        """Keeps a message, its records and what is missing since, together."""
        self._database.execute("BEGIN IMMEDIATE")
        self._database.execute("INSERT INTO message VALUES (?, ?, ?, ?, ?)", (*key, message))
        self._database.executemany("INSERT OR IGNORE INTO record VALUES (?, ?, ?, ?, ?, ?)", records)
        self.keep_gaps(key[0], gaps)
        self._database.execute("COMMIT")

    def gaps(self, gateway: str) -> Optional[dict]:
        """What is missing of a gateway, as `gaps.py` has it, or None."""
        row = self._database.execute("SELECT state FROM gap WHERE gateway = ?", (gateway,)).fetchone()
        return row and json.loads(row[0])

    def keep_gaps(self, gateway: str, state: dict) -> None:
        self._database.execute("INSERT OR REPLACE INTO gap VALUES (?, ?)", (gateway, json.dumps(state)))

    def key_set(self, gateway: str) -> Optional[tuple]:
        """(version, JWS) of the newest key set that was published for a gateway, or None."""
        rule = "SELECT version, jws FROM key_set WHERE gateway = ?"
        return self._database.execute(rule, (gateway,)).fetchone()

    def keep_key_set(self, gateway: str, version: int, jws: str) -> None:
        self._database.execute("INSERT OR REPLACE INTO key_set VALUES (?, ?, ?)", (gateway, version, jws))
