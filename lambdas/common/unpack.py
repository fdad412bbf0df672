"""Unpack a body while it arrives, with a limit on both sides: a gzip bomb is stopped at the first byte too many."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from email.message import Message

from common.errors import DocumentTooLarge, UnexpectedContent

_AUTO_HEADER = zlib.MAX_WBITS | 32  # zlib finds out by itself whether the header is gzip's or zlib's
_STEP = 262_144


def unpacked(chunks: Iterable[bytes], headers: Message, limit: int, *, strict: bool = True) -> Iterator[bytes]:
    """Yield the body's bytes, unpacked as Content-Encoding says.

    strict: over `limit` bytes (packed or unpacked) raises DocumentTooLarge; otherwise the rest is cut off.
    Raises UnexpectedContent for an unknown or damaged packing.
    """
    encoding = (headers.get("Content-Encoding") or "identity").strip().lower()
    if encoding in ("gzip", "x-gzip", "deflate"):
        chunks = _inflate(_bounded(chunks, limit, strict), strict)
    elif encoding != "identity":
        raise UnexpectedContent(f"the body is packed in a way that was not asked for: {encoding[:40]}")
    return _bounded(chunks, limit, strict)


def _bounded(chunks: Iterable[bytes], limit: int, strict: bool) -> Iterator[bytes]:
    left = limit
    for chunk in chunks:
        if len(chunk) > left:
            if strict:
                raise DocumentTooLarge(f"the document is larger than {limit:,} bytes")
            yield chunk[:left]
            return
        left -= len(chunk)
        yield chunk


def _inflate(chunks: Iterable[bytes], strict: bool) -> Iterator[bytes]:
    """Inflate in steps of bounded size. Several gzip members in a row are one body (RFC 1952 section 2.2)."""
    machine = zlib.decompressobj(_AUTO_HEADER)
    try:
        for chunk in chunks:
            data = chunk
            while data:
                if machine.eof:
                    if not data.strip(b"\0"):
                        break  # padding after the last member
                    machine = zlib.decompressobj(_AUTO_HEADER)
                yield machine.decompress(data, _STEP)
                data = machine.unconsumed_tail or machine.unused_data
        yield machine.flush(_STEP)
    except zlib.error as error:
        raise UnexpectedContent(f"the body cannot be unpacked: {error}") from error
    if strict and not machine.eof:
        raise UnexpectedContent("the packed body ends too early")
