"""Machines at the window behind one small interface: each kind has a real driver and a test device."""
