"""Tell mypy that whoever asks is logged in: `request.user` is a `User`.

LoginRequiredMiddleware sees to it for every view not marked public; without this each of
them would have to assure mypy of it again. Read by mypy alone.
"""

from collections.abc import Callable

from mypy.plugin import AttributeContext, Plugin
from mypy.types import Instance, Type, UnionType


class RequestUserPlugin(Plugin):
    def get_attribute_hook(self, fullname: str) -> Callable[[AttributeContext], Type] | None:
        return logged_in_user if fullname.endswith("Request.user") else None


def logged_in_user(context: AttributeContext) -> Type:
    """Drop the anonymous user from what django-stubs says of the attribute."""
    stated = context.default_attr_type
    if not isinstance(stated, UnionType):
        return stated
    return UnionType.make_union(
        [
            item
            for item in stated.items
            if not (isinstance(item, Instance) and item.type.name == "AnonymousUser")
        ]
    )


def plugin(_version: str) -> type[RequestUserPlugin]:
    return RequestUserPlugin
