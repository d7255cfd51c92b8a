"""How a command reaches the keys, which only the service knows."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

from fengsui.cli.commands.user._accounts import accounts
from fengsui.cli.options import argument

KeyName = Annotated[str, argument("NAME", "密钥名，一般为系统名", "name of the key, as a rule the system's")]


def keys(config: Path) -> ModuleType:
    """The keys of a service."""
    accounts(config)  # brings its tables up to date
    return import_module("fengsui.service.accounts.keys")
