"""How a command reaches the accounts, which only the service knows."""

from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Annotated

from fengsui.access.actors import Post, post_named
from fengsui.cli.options import argument, option
from fengsui.cli.run import Run
from fengsui.engines.address import Address
from fengsui.kit.errors import BadInput, Finding

Config = Annotated[
    Path, option("--config", "服务的配置文件", "configuration file of the service", metavar="FILE")
]
Name = Annotated[str, argument("NAME", "账户名", "name of the account")]
PostName = Annotated[
    str, argument("POST", "岗位：职责@地点，如 customs@150781", "post: role@place, such as customs@150781")
]


def accounts(config: Path) -> ModuleType:
    """The accounts of a service."""
    told = import_module("fengsui.service.config").read_config(config)
    import_module("fengsui.service.app").with_tables(told)
    return import_module("fengsui.service.accounts.people")


def region_of(config: Path) -> Address:
    """The database of the region a service serves."""
    return import_module("fengsui.service.config").read_config(config).address


def post_of(run: Run, text: str) -> Post:
    """A post whose place lies in the region. BadInput."""
    post = post_named(text)
    if not post.role or (post.place and run.areas.resolve(post.place) is None):
        expected = "role@place with the code of a place in the region, or a role alone"
        raise BadInput(text, (Finding("POST", "post", repr(text), expected),))
    return post
