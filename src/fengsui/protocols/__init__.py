"""Protocols are data: the language, its loader and linter, versions in time, and the packs."""
