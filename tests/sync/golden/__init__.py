"""Bytes as they were on the wire and in the op log, kept for ever.

``python -m tests.sync.golden`` adds what is new under the present version and changes nothing that is here.
"""
