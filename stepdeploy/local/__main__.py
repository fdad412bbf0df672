"""`python -m stepdeploy.local`: run the embedded AWS in the foreground. The manager starts it this way."""

from __future__ import annotations

import argparse
import logging
import os
import signal
from pathlib import Path

from stepdeploy.local.app import DEFAULT_REGION, EmbeddedAws, Options


def main() -> None:
    """Serve until SIGTERM, Ctrl-C or idleness."""
    parser = argparse.ArgumentParser(prog="python -m stepdeploy.local", description=__doc__)
    parser.add_argument("--directory", type=Path, required=True, help="where state is kept")
    parser.add_argument("--port", type=int, default=0, help="any free one when 0, or when it is taken")
    parser.add_argument("--samples", type=Path, help="files served under /_samples/<host>/<path>")
    parser.add_argument("--idle-minutes", type=float, default=30, help="end after so long without work; 0 = never")
    parser.add_argument("--region", default=DEFAULT_REGION)
    options = Options(**vars(parser.parse_args()))
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("botocore").setLevel(logging.WARNING)  # its debug lines hold request bodies
    os.umask(0o077)  # what we write may hold secrets
    server = EmbeddedAws(options)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: server.stopping.set())
    server.start()
    try:
        server.wait()
    finally:
        server.close()


if __name__ == "__main__":
    main()
