"""A service with accounts and keys, in a process of its own, for what meets it from outside."""

from tests.service.test_accounts import service

__all__ = ["service"]
