"""Read a company's leaders from its website: find the page, read the people, tell roles apart."""

from __future__ import annotations

from cxo_extraction.extract import extract
from cxo_extraction.model import CxoDocument, Person

__all__ = ["CxoDocument", "Person", "extract"]
