"""One message in, an outcome and lines out: verify, open, deduplicate, find what is missing. No transport."""

import re
import time
from typing import Any, Callable, List, Mapping, NamedTuple, Optional

import gaps
import schema
from key_sets import open_key_set
from memory import Memory, hash_of
from sealed import MOST_BYTES, Refused, Registry, open_sealed, parse
from walk_records import open_walk_record

TOPIC = re.compile(r"telpost/v1/([a-z0-9-]{1,32}/[a-z0-9-]{1,32}/[a-z0-9-]{1,32})/(\w+)", re.ASCII)
RECORD = ("sensor", "kind", "seconds", "covered", "value", "quality", "method", "of", "flags", "since", "stat")
#: What a key or a gateway that was added since can mend.
LEARNABLE = ("unknown_gateway", "unknown_signer", "unknown_city_key", "not_walk_record")


class Around(NamedTuple):
    """What a reader needs of the world, each with a default that does for tests."""

    #: Seconds since the Unix epoch.
    clock: Callable[[], float] = time.time
    #: The registry as it is now, when it is another than before; else None.
    learn: Callable[[], Optional[Registry]] = lambda: None
    #: Public JWK of the city's root key, to judge what is published on `keys`; without it that is ignored.
    root: Optional[Mapping] = None


class Reader:
    """Keeps nothing but its memory. `handled` is called with every (gateway, stream, epoch, seq) a gateway may forget."""

    def __init__(
        self, registry: Registry, memory: Memory, emit: Callable[[dict], None], around: Around = Around()
    ) -> None:
        self._registry = registry
        self._memory = memory
        self._emit = emit
        self._around = around
        self._gaps: dict = {}
        self._schemas = {name: schema.load(name) for name in ("event", "status", "health")}
        self._births: dict = {}
        self.handled: Callable[[tuple], None] = lambda key: None

    def receive(self, topic: str, payload: bytes) -> str:
        """`handled`, `duplicate`, `ignored`, or why it was refused; then an alarm was told as well."""
        match = TOPIC.fullmatch(topic)
        gateway = match and match[1]
        number: dict = {}
        try:
            if not match:
                raise Refused("not_telpost")
            return self._judged_with_newest(match[2], gateway, payload, number)
        except Refused as refused:
            self._emit({"type": "alarm", "reason": refused.args[0], "gateway": gateway, **number})
            return refused.args[0]

    def tick(self) -> None:
        """Takes new keys and tells holes whose grace period is over; to be called every few seconds."""
        self._learn()
        for gateway in self._registry.gateways:
            state = self._state(gateway)
            if gaps.waits(state) and self._tell_gaps(gateway, state):
                self._memory.keep_gaps(gateway, state)

    def _judged_with_newest(self, leaf: str, gateway: str, payload: bytes, number: dict) -> str:
        """A key may be newer than this process: what only a new key could mend is judged once more with it."""
        try:
            return self._judge(leaf, gateway, payload, number)
        except Refused as refused:
            if refused.args[0] not in LEARNABLE or not self._learn():
                raise
        return self._judge(leaf, gateway, payload, number)

    def _learn(self) -> bool:
        newer = self._around.learn()
        if newer:
            self._registry = newer
        return newer is not None

    def _state(self, gateway: str) -> dict:
        return self._gaps.setdefault(gateway, self._memory.gaps(gateway) or gaps.nothing())

    def _tell_gaps(self, gateway: str, state: dict) -> bool:
        lines = gaps.settle(state, self._around.clock())
        for line in lines:
            self._emit({"type": line["type"], "gateway": gateway, **without(line, "type")})
        return bool(lines)

    def _judge(self, leaf: str, gateway: str, payload: bytes, number: dict) -> str:
        if gateway not in self._registry.gateways:
            raise Refused("unknown_gateway")
        if not self._registry.gateways[gateway]:
            # All its keys were taken away: nor is what it does not sign believed.
            raise Refused("unknown_signer")
        if len(payload) > MOST_BYTES:
            raise Refused("too_large")
        if leaf == "sealed":
            return self._sealed(gateway, payload, number)
        if leaf == "event":
            return self._event(gateway, payload, number)
        if leaf == "status":
            return self._status(gateway, payload)
        if leaf == "health":
            message = self._plain("health", payload)
            self._emit({"type": "health", "gateway": gateway, **without(message, "schema")})
            return "handled"
        if leaf == "keys" and self._around.root:
            return self._keys(gateway, payload, self._around.root)
        return "ignored"

    def _sealed(self, gateway: str, payload: bytes, number: dict) -> str:
        message = open_sealed(payload, gateway, self._registry)
        number.update(epoch=message["epoch"], seq=message["seq"])
        key = (gateway, "sealed", message["epoch"], message["seq"])
        if self._known(key, payload):
            return "duplicate"
        records = [{name: one[name] for name in RECORD if name in one} for one in message["records"]]
        fresh = self._fresh(gateway, message["end"], records)
        late = {"receivedLate": True} if self._memory.is_late(key) else {}
        for record, _ in fresh:
            head = {"type": "record", "gateway": gateway, "end": message["end"]}
            self._emit({**head, **record, **number, **late})
        state = self._state(gateway)
        gaps.seen(state, message)
        self._tell_gaps(gateway, state)
        self._memory.remember(key, hash_of(payload), state, [mark for _, mark in fresh])
        self.handled(key)
        return "handled" if fresh else "duplicate"

    def _known(self, key: tuple, payload: bytes) -> bool:
        before = self._memory.hash(key)
        if before is None:
            return False
        if before != hash_of(payload):
            raise Refused("same_number_other_bytes")
        self.handled(key)
        return True

    def _fresh(self, gateway: str, end: str, records: List[dict]) -> list:
        """Records of windows never handed on before, each with its mark."""
        fresh = []
        for record in records:
            key = (gateway, record["sensor"], record["kind"], end, record["seconds"])
            before, now = self._memory.record(key), hash_of(record)
            if before is None:
                fresh.append((record, (*key, now)))
            elif before != now:
                raise Refused("window_conflict")
        return fresh

    def _event(self, gateway: str, payload: bytes, number: dict) -> str:
        message = self._plain("event", payload)
        if "/".join((message["tenant"], message["site"], message["gateway"])) != gateway:
            raise Refused("not_event")
        number.update(epoch=message["epoch"], seq=message["seq"])
        key = (gateway, "event", message["epoch"], message["seq"])
        if self._known(key, payload):
            return "duplicate"
        if message["kind"] == "commissioning":
            open_walk_record(message, self._registry.gateways[gateway])
        rest = without(message, "schema", "tenant", "site", "gateway")
        self._emit({"type": "event", "gateway": gateway, **rest})
        state = self._state(gateway)
        gaps.told(state, message)
        self._tell_gaps(gateway, state)
        self._memory.remember(key, hash_of(payload), state)
        self.handled(key)
        return "handled"

    def _status(self, gateway: str, payload: bytes) -> str:
        """A retained message comes again with every subscription, and a last will may come after the next birth."""
        if not payload:
            return "ignored"
        message = self._plain("status", payload)
        last, born = self._births.get(gateway, (None, None))
        if last == payload:
            return "duplicate"
        run = (message["bootId"], message["connection"])
        online = message["state"] == "online"
        if not online and born and (run[0] != born[0] or run[1] < born[1]):
            return "ignored"
        self._emit({"type": "status", "gateway": gateway, **without(message, "schema")})
        self._births[gateway] = (payload, run if online else born)
        return "handled"

    def _keys(self, gateway: str, payload: bytes, root: Mapping) -> str:
        """What the city published for a gateway. A set that the root did not sign, or an older one, is an alarm."""
        if not payload:
            return "ignored"
        before = self._memory.key_set(gateway)
        found = open_key_set(payload.decode("latin-1"), root, before)
        if before and found.jws == before[1]:
            return "duplicate"
        self._learn()
        unreadable = [kid for kid in found.kids if kid not in self._registry.city]
        line = {"type": "keys", "gateway": gateway, "version": found.version, "keys": list(found.kids)}
        self._emit({**line, **({"unreadable": unreadable} if unreadable else {})})
        self._memory.keep_key_set(gateway, found.version, found.jws)
        return "handled"

    def _plain(self, name: str, payload: bytes) -> dict:
        """A message that is not sealed: but for a signed record in it as trustworthy as the broker."""
        try:
            message: Optional[Any] = parse(payload)
        except ValueError:
            message = None
        if not schema.valid(message, self._schemas[name], self._schemas[name]):
            raise Refused(f"not_{name}")
        return message


def without(message: dict, *names: str) -> dict:
    return {name: value for name, value in message.items() if name not in names}
