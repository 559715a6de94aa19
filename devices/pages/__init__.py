"""Pictures of paper made into pages: found, straightened, shrunk to a legible size."""
