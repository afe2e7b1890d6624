"""What is missing of a gateway, and what it declared: the section Gaps of the README. Plain values, no clock, no file."""

from typing import Any, Dict, Iterable, List, Tuple

from instants import milliseconds_of, text_of
from ranges import Ranges, common, joined, without

GRACE_SECONDS = 600
#: Of two declared reasons the first in this order is told; words that are not here come after, by the alphabet.
REASONS = (
    "disk_full max_age max_bytes corrupt_rows power_cut stopped config clock_unknown no_city_key handover_full line_overflow"
).split()
#: Told when nobody declared it. No word of a gateway is empty.
UNDECLARED = ""
#: Bounds against a gateway that invents epochs, holes and reasons: beyond them the oldest are forgotten.
MOST_EPOCHS, MOST_LENGTHS, MOST_RANGES, MOST_REASONS = 64, 16, 1000, 32

Track = Dict[str, Any]


def nothing() -> Dict[str, Dict[str, Track]]:
    """Of a gateway that was never heard: tracks by epoch (numbers) and by length in seconds (ends divided by it)."""
    return {"numbers": {}, "windows": {}}


def seen(state: dict, message: dict) -> None:
    """A sealed message was handled; `message` is what stands inside."""
    track = _track(state["numbers"], message["epoch"], MOST_EPOCHS)
    _arrive(track, message["seq"])
    track["last"] = max(track["last"], message["seq"])
    # A clock that was not set says nothing about between which windows all others are expected.
    anchored = not any("clock_unsynced" in one.get("flags", []) for one in message["records"])
    end = milliseconds_of(message["end"])
    for seconds in sorted({one["seconds"] for one in message["records"]}):
        track = _track(state["windows"], str(seconds), MOST_LENGTHS)
        index = end // (seconds * 1000)
        _arrive(track, index)
        if anchored:
            empty = track["first"] > track["last"]
            track["first"] = index if empty else min(track["first"], index)
            track["last"] = index if empty else max(track["last"], index)


def told(state: dict, event: dict) -> None:
    """An event was handled: it may declare what will never come, or say how far an epoch went."""
    if event["kind"] == "gap":
        for key, ranges in _declared_numbers(event):
            _declare(_track(state["numbers"], key, MOST_EPOCHS), event["reason"], ranges)
        for key, ranges in _declared_windows(event):
            _declare(_track(state["windows"], key, MOST_LENGTHS), event["reason"], ranges)
    elif event["kind"] == "epoch" and event["previous"] is not None and event["lastSeqKept"] is not None:
        track = _track(state["numbers"], event["previous"], MOST_EPOCHS)
        track["last"] = max(track["last"], event["lastSeqKept"])


def settle(state: dict, now: float) -> List[dict]:
    """What changed since the last time, as lines without their gateway. `now` in seconds."""
    lines = []
    for epoch, track in state["numbers"].items():
        for label, ranges in _changes(track, now):
            lines.append({**_head(label), "numbers": {"epoch": epoch, "ranges": ranges}})
    for key, track in state["windows"].items():
        seconds = int(key)
        for label, ranges in _changes(track, now):
            windows = [
                {"seconds": seconds, "from": text_of((low - 1) * seconds), "to": text_of(high * seconds)}
                for low, high in ranges
            ]
            lines.append({**_head(label), "windows": windows})
    return lines


def waits(state: dict) -> bool:
    """True while a hole is younger than the grace period, or told as undeclared."""
    return any(track["since"] for group in state.values() for track in group.values())


def _head(label: Any) -> dict:
    if label is None:
        return {"type": "gap_closed"}
    return {"type": "gap", "declared": True, "reason": label} if label else {"type": "gap", "declared": False}


def _track(tracks: Dict[str, Track], key: str, most: int) -> Track:
    """The track of this key, which is now the one touched last; dictionaries keep their order."""
    fresh: Track = {"have": [], "first": 0, "last": -1, "declared": {}, "since": [], "told": {}}
    tracks[key] = tracks.pop(key, fresh)
    while len(tracks) > most:
        del tracks[next(iter(tracks))]
    return tracks[key]


def _arrive(track: Track, number: int) -> None:
    have = joined([*track["have"], [number, number]])
    track["have"] = have[-MOST_RANGES:]
    if len(have) > MOST_RANGES:
        track["first"] = max(track["first"], track["have"][0][0])


def _declared_numbers(event: dict) -> Iterable[Tuple[str, Ranges]]:
    numbers = event.get("numbers")
    return [(numbers["epoch"], numbers["ranges"])] if numbers else []


def _declared_windows(event: dict) -> Iterable[Tuple[str, Ranges]]:
    """Only windows that lie wholly in the range: the first ends one length after its start."""
    for window in event.get("windows", []):
        length = window["seconds"] * 1000
        first = -(-milliseconds_of(window["from"]) // length) + 1
        yield str(window["seconds"]), [[first, milliseconds_of(window["to"]) // length]]


def _declare(track: Track, reason: str, ranges: Ranges) -> None:
    all_of_it = joined([*track["declared"].get(reason, []), *ranges])[-MOST_RANGES:]
    if all_of_it:
        declared = {**track["declared"], reason: all_of_it}
        track["declared"] = {word: declared[word] for word in sorted(declared, key=_rank)[:MOST_REASONS]}


def _rank(reason: str) -> tuple:
    return (REASONS.index(reason) if reason in REASONS else len(REASONS), reason)


def _changes(track: Track, now: float) -> List[tuple]:
    """(reason, ranges) told for the first time; the reason is empty when undeclared, None when a told hole is closed."""
    gone = without([[track["first"], track["last"]]], track["have"]) if track["first"] <= track["last"] else []
    rest, labels = gone, {}
    for reason, ranges in track["declared"].items():
        labels[reason] = common(rest, ranges)
        rest = without(rest, ranges)
    track["since"] = _noticed(track["since"], rest, now)
    due = [one for one in track["since"] if one[2] + GRACE_SECONDS <= now]
    labels[UNDECLARED] = joined([*due, *common(rest, track["told"].get(UNDECLARED, []))])
    before, track["told"] = track["told"], {label: ranges for label, ranges in labels.items() if ranges}
    changes = [(label, without(ranges, before.get(label, []))) for label, ranges in track["told"].items()]
    closed = without(joined(one for ranges in before.values() for one in ranges), gone)
    return [(label, ranges) for label, ranges in [*changes, (None, closed)] if ranges]


def _noticed(known: list, gone: Ranges, now: float) -> list:
    """Since when each number has been missing, as [from, to, since]; also when the hole around it shrinks or grows."""
    kept = [[low, high, one[2]] for one in known for low, high in common([one[:2]], gone)]
    fresh = without(gone, joined(kept))
    pieces: list = []
    everything = sorted([*kept, *([low, high, now] for low, high in fresh)])
    for low, high, since in everything:
        if pieces and pieces[-1][1] + 1 == low and (pieces[-1][2] == since or len(everything) > MOST_RANGES):
            pieces[-1][1:] = [high, min(pieces[-1][2], since)]
        else:
            pieces.append([low, high, since])
    return pieces
