"""Reading a catalogue (and a city) from CSV or XLSX; see docs/import-format.md."""

from sync.hub.catalog.read import ImportResult, read_catalog
from sync.hub.catalog.report import Problem

__all__ = ["ImportResult", "Problem", "read_catalog"]
