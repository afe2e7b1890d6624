"""Between a broker and a reader: MQTT 5, a durable session, PUBACK after the lines are out. For paho-mqtt 1.6 and 2."""

import argparse
import json
import sys
import time
from typing import Any, List
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from reader import Reader

SESSION_SECONDS = 604_800
LEAVES = ("sealed", "event", "status", "health")
TICK_SECONDS = 5
MOST_RANGES = 256


class Transport:
    """One connection, kept up until `stop`."""

    def __init__(self, arguments: argparse.Namespace, reader: Reader) -> None:
        self._arguments = arguments
        self._reader = reader
        self._running = True
        self._seen: dict = {}
        self._next_tick = 0.0
        self._client = self._make_client()
        if arguments.ack:
            reader.handled = lambda key: self._seen.setdefault(key[:3], set()).add(key[3])

    def stop(self) -> None:
        self._running = False

    def run(self) -> None:
        """Messages come one at a time: paho sends the PUBACK when `on_message` has returned."""
        connected = False
        while self._running:
            try:
                if not connected:
                    self._connect()
                    connected = True
                connected = self._client.loop(timeout=0.3) == mqtt.MQTT_ERR_SUCCESS
                self._send_acks()
                self._tick()
            except OSError as failure:
                print(f"waiting for the broker: {failure}", file=sys.stderr, flush=True)
                connected = False
            if not connected:
                time.sleep(1)
        self._client.disconnect()

    def _tick(self) -> None:
        if time.monotonic() >= self._next_tick:
            self._reader.tick()
            self._next_tick = time.monotonic() + TICK_SECONDS

    def _make_client(self) -> mqtt.Client:
        arguments = self._arguments
        name = arguments.client_id or f"telpost-python-{arguments.tenant}"
        # paho-mqtt 2 asks which signatures its callbacks have; with MQTT 5 those of 1.6 are its newer ones.
        version = [mqtt.CallbackAPIVersion.VERSION2] if hasattr(mqtt, "CallbackAPIVersion") else []
        client = mqtt.Client(*version, client_id=name, protocol=mqtt.MQTTv5)
        client.on_connect = self._on_connect
        client.on_message = lambda _client, _data, message: self._reader.receive(message.topic, message.payload)
        if arguments.url.startswith("mqtts://"):
            client.tls_set(ca_certs=arguments.cafile, certfile=arguments.cert, keyfile=arguments.key)
        return client

    def _connect(self) -> None:
        url = urlsplit(self._arguments.url)
        port = url.port or (8883 if url.scheme == "mqtts" else 1883)
        properties = Properties(PacketTypes.CONNECT)
        properties.SessionExpiryInterval = SESSION_SECONDS
        self._client.connect(url.hostname, port, 60, clean_start=False, properties=properties)

    def _on_connect(self, client: mqtt.Client, _data: Any, _flags: Any, reason: Any, _properties: Any = None) -> None:
        print(f"broker: {reason}", file=sys.stderr, flush=True)
        for leaf in (*LEAVES, "keys") if self._arguments.root else LEAVES:
            client.subscribe(f"telpost/v1/{self._arguments.tenant}/+/+/{leaf}", qos=1)

    def _send_acks(self) -> None:
        """A lost one costs a repetition, no more."""
        seen, self._seen = self._seen, {}
        for (gateway, stream, epoch), numbers in seen.items():
            ranges = ranges_of(sorted(numbers))
            for at in range(0, len(ranges), MOST_RANGES):
                ack = {"stream": stream, "epoch": epoch, "ranges": ranges[at : at + MOST_RANGES]}
                self._client.publish(f"telpost/v1/{gateway}/ack", json.dumps(ack), qos=1)


def ranges_of(numbers: List[int]) -> List[List[int]]:
    """Sorted numbers as [from, to], both inclusive."""
    ranges: List[List[int]] = []
    for number in numbers:
        if ranges and ranges[-1][1] == number - 1:
            ranges[-1][1] = number
        else:
            ranges.append([number, number])
    return ranges
