"""Devices on the screen: keys that use them, sheets that show them."""
