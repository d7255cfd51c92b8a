"""Protocols: check them, read one, or see what a new version would change.

规程：检查，查看，或看新版本会改变什么。
"""
