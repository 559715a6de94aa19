"""Barcodes and QR codes: from keyboard scanners, from a device of its own, from a picture."""
