"""Reading and writing a catalogue (and a city) as CSV or XLSX; see docs/import-format.md."""

from sync.hub.catalog.assemble import ImportResult, read_catalog
from sync.hub.catalog.city import City
from sync.hub.catalog.export import write_catalog
from sync.hub.catalog.merge import merge_items
from sync.hub.catalog.report import Problem

__all__ = ["City", "ImportResult", "Problem", "merge_items", "read_catalog", "write_catalog"]
