"""Resident identity cards and the readers for them."""
