"""Frames on the pipes between the server and a function's process.

A frame is two unsigned 32-bit numbers (network order), a JSON header of the first's length, and a body of the
second's. The process's side of it is in bootstrap.py, which imports nothing of ours.
"""

from __future__ import annotations

import json
import struct
from typing import Any

PREFIX = struct.Struct(">II")


def encode(header: dict[str, Any], body: bytes = b"") -> bytes:
    """A frame as bytes."""
    head = json.dumps(header).encode()
    return PREFIX.pack(len(head), len(body)) + head + body


class Decoder:
    """Collects bytes until a frame is whole."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        self._buffer += data

    def take(self) -> tuple[dict[str, Any], bytes] | None:
        """The next whole frame (header, body), None while there is none."""
        if len(self._buffer) < PREFIX.size:
            return None
        head, body = PREFIX.unpack_from(self._buffer)
        end = PREFIX.size + head + body
        if len(self._buffer) < end:
            return None
        header = json.loads(self._buffer[PREFIX.size : PREFIX.size + head])
        content = bytes(self._buffer[PREFIX.size + head : end])
        del self._buffer[:end]
        return header, content
