"""Which civic app is asking: told by its api_key, which stands in the environment."""

from __future__ import annotations

import hmac
import os
from collections.abc import Mapping

from engine.config import CivicAppConfig, Open311Config

SHORTEST_KEY = 24


def app_of(config: Open311Config, api_key: str, env: Mapping[str, str] = os.environ) -> CivicAppConfig | None:
    """The app with this key; every key is compared, each in constant time."""
    given, found = api_key.encode("utf-8", "surrogatepass"), None
    for app in config.apps:
        key = env.get(app.key_env, "").encode("utf-8", "surrogateescape")
        if hmac.compare_digest(given, key) and len(key) >= SHORTEST_KEY:
            found = app
    return found


def unready(config: Open311Config, env: Mapping[str, str]) -> list[tuple[str, str]]:
    """(path, sentence) of every key that is missing or too short. No key is repeated."""
    return [
        (f"open311.apps[{at}].key_env", f"{app.key_env}: a key of at least {SHORTEST_KEY} characters is needed")
        for at, app in enumerate(config.apps)
        if len(env.get(app.key_env, "")) < SHORTEST_KEY
    ]
