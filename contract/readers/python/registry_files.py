"""The files that say whom to believe and what can be opened, read again when they change: keys are learned without a restart."""

import json
import sys
from pathlib import Path
from typing import Any, Optional

from sealed import Registry, make_registry


class RegistryFiles:
    """Two files that somebody else may replace at any time."""

    def __init__(self, gateways: str, city_keys: str) -> None:
        self._paths = (Path(gateways), Path(city_keys))
        self._stamp: Any = None

    def load(self) -> Registry:
        """As the files are now. Raises what reading, JSON or a wrong key raises."""
        self._stamp = self._look()
        gateways, city_keys = (json.loads(path.read_text("utf-8")) for path in self._paths)
        return make_registry(gateways, city_keys["keys"])

    def newer(self) -> Optional[Registry]:
        """None while the files are as they were; also when they are wrong now, which is said once."""
        try:
            if self._look() == self._stamp:
                return None
            registry = self.load()
        except (OSError, ValueError, KeyError, TypeError) as failure:
            print(f"the keys stay as they were: {failure!r}", file=sys.stderr, flush=True)
            return None
        print("keys and gateways read again", file=sys.stderr, flush=True)
        return registry

    def _look(self) -> Any:
        return [(path.stat().st_mtime_ns, path.stat().st_size, path.stat().st_ino) for path in self._paths]
