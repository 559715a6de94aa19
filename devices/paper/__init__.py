"""Printers: A4 through Qt, receipts in ESC/POS."""
