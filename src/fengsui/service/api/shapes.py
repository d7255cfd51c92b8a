"""The types of what doors hand out, as the document of the API describes them.

Made from the dataclasses themselves, the way ``board.as_json`` writes them, so that no description can say
otherwise than the answers do.
"""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, Field, create_model

TIMES = ("at", "now", "deadline", "valid_from", "valid_until")
NAMED: dict[str, type] = {}  # who is called so in the document
Moment = Annotated[str, Field(json_schema_extra={"format": "date-time"})]


@cache
def shape(of: type) -> type[BaseModel]:
    """The description of a dataclass."""
    hints = get_type_hints(of)
    said = {f.name: (_type(hints[f.name], f.name), ...) for f in fields(of)}
    return create_model(_name(of), __doc__=(of.__doc__ or "").strip().partition("\n")[0], **said)


def _name(of: type) -> str:
    """A name of its own in the document: two dataclasses of different files may be called alike."""
    name = of.__name__ if NAMED.setdefault(of.__name__, of) is of else ""
    return name or f"{of.__module__.rpartition('.')[2].title().replace('_', '')}{of.__name__}"


def _type(of: Any, name: str) -> Any:
    origin, args = get_origin(of), get_args(of)
    if origin is Annotated:
        return _type(args[0], name)
    if origin in (Union, UnionType):
        return Union[tuple(_type(one, name) for one in args)]  # noqa: UP007 (made of as many as there are)
    if origin is not None and isinstance(origin, type) and issubclass(origin, Mapping | dict):
        return dict[str, Any]
    if origin is tuple and not (len(args) == 2 and args[1] is Ellipsis):
        return list[Union[tuple(_type(one, name) for one in args)]]  # noqa: UP007 (as above)
    if origin in (tuple, list, set, frozenset) or (origin and isinstance(origin, type)):
        return list[_type(args[0], name)]
    if is_dataclass(of):
        return shape(of)
    if isinstance(of, type) and issubclass(of, Enum):
        return Literal[tuple(each.value for each in of)]
    if of is int:
        return (Moment if name.endswith("_at") or name in TIMES else int) | None
    return of if of in (str, bool, float, NoneType) else Any
