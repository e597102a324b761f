"""One custom domain name in two regions. MiniStack always serves the first region that has the name.

On AWS the address that the client connects to decides. Here the region proxy says in a header which region it is.
"""

from collections.abc import Callable, Iterable, Mapping
from contextvars import ContextVar
from types import ModuleType
from typing import Final

from hypercorn.typing import ASGIFramework, ASGIReceiveCallable, ASGISendCallable, Scope

REGION_HEADER: Final = "X-Rehearsal-Region"
_REGION: Final[ContextVar[str]] = ContextVar("region_of_proxy", default="")

Key = tuple[str, str, str]
"""The account, the region and the name of a custom domain."""


class ProxyRegionMiddleware:
    """An ASGI application that notes from which region's proxy a request came."""

    def __init__(self, application: ASGIFramework) -> None:
        self._application = application

    async def __call__(self, scope: Scope, receive: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Pass one request on."""
        if scope["type"] == "http":
            headers = {name.lower(): value for name, value in scope["headers"]}
            _REGION.set(headers.get(REGION_HEADER.lower().encode(), b"").decode("latin-1"))
        await self._application(scope, receive, send)


def serve_both_regions(api_gateway: ModuleType, account_id: Callable[[], str]) -> None:
    """Let the region of the proxy decide which of two custom domains with one name serves a request."""
    vars(api_gateway)["find_domain_scope"] = regional_scope(
        api_gateway.find_domain_scope,
        lambda: (key for key, _ in vars(api_gateway)["_domain_names"].all_items()),
        account_id,
    )


def accept_empty_base_paths(api_gateway: ModuleType) -> None:
    """Store a mapping with an empty base path as one without, as API Gateway does: it returns `(none)`."""
    create = vars(api_gateway)["_create_base_path_mapping"]

    def create_base_path_mapping(domain_name: str, data: Mapping[str, object]) -> object:
        return create(domain_name, {key: value for key, value in data.items() if key != "basePath" or value})

    vars(api_gateway)["_create_base_path_mapping"] = create_base_path_mapping


def regional_scope(
    find: Callable[[str], Key | None], keys: Callable[[], Iterable[Key]], account_id: Callable[[], str]
) -> Callable[[str], Key | None]:
    """Return MiniStack's function that finds a custom domain, changed so that it obeys the proxy's region."""

    def find_domain_scope(domain_name: str) -> Key | None:
        region = _REGION.get()
        if not region:
            return find(domain_name)
        wanted = (account_id(), region, domain_name.lower())
        return next((key for key in keys() if (key[0], key[1], key[2].lower()) == wanted), None)

    return find_domain_scope
