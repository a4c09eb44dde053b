"""What the page carries in compressed form: its charting library (Vega-Lite) and the numbers of its charts."""

import base64
import gzip
import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

import vl_convert


@dataclass(frozen=True)
class Library:
    """The charting library: packed, the hash that lets a browser run it, and the names of what it is."""

    packed: str
    hash: str
    name: str


def pack(text: str) -> str:
    """Return a text as the base64 of its gzip, the same for the same text."""
    return base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()


def pack_json(value: Any) -> str:
    """Return a value as packed JSON."""
    return pack(json.dumps(value, ensure_ascii=False, separators=(",", ":")))


def source_hash(script: str) -> str:
    """Return what a Content-Security-Policy calls a script by."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


@cache
def library() -> Library:
    """Return Vega-Lite with vega-embed, as the pinned package ``vl-convert-python`` ships it; no network is asked."""
    script = vl_convert.javascript_bundle()
    version = max(vl_convert.get_vegalite_versions(), key=lambda each: [int(part) for part in each.split(".")])
    return Library(pack(script), source_hash(script), f"Vega-Lite {version} (BSD 3-Clause)")
