"""How a `config.json` differs from what the manifest says of the region that it names. Pure."""

from standby.deployment.manifest import Manifest
from standby.deployment.routing_config import ConfigCopies, ConfigCopy, RoutingConfig, config_for_role
from standby.text import one_line


def find_differences(manifest: Manifest, config: RoutingConfig) -> tuple[str, ...]:
    """Return a sentence for each value that a command would write differently today.

    A manual edit has none, because its author decides, and neither has an API of neither region.
    """
    role = manifest.role_of(config.api_url)
    if role is None or config.generation is None:
        return ()
    wanted = config_for_role(manifest, role, generation=config.generation, updated_at=config.updated_at)
    api = f"the API is that of {wanted.region}"
    said = (
        _fallback_difference(manifest, config, wanted),
        "" if config.region == wanted.region else f"it says region {_quote(config.region)}, but {api}",
        "" if config.role == wanted.role else f"it says role {_quote(config.role)}, but {api} ({role})",
    )
    return tuple(filter(None, said))


def describe_differences(manifest: Manifest, copies: ConfigCopies) -> tuple[str, ...]:
    """Return the differences of all copies, each once, with the regions of the copies that have it."""
    found: dict[str, list[str]] = {}
    for copy in copies.values():
        if isinstance(copy, ConfigCopy) and copy.config is not None:
            for difference in find_differences(manifest, copy.config):
                found.setdefault(difference, []).append(copy.region)
    return tuple(f"config.json in {' and '.join(regions)}: {difference}" for difference, regions in found.items())


def _fallback_difference(manifest: Manifest, config: RoutingConfig, wanted: RoutingConfig) -> str:
    if config.fallback_api_url == wanted.fallback_api_url:
        return ""
    if not manifest.site.api_fallback:
        return "it names a fallback API, but `site.api_fallback` is false"
    if config.fallback_api_url is None:
        return "it names no fallback API, but `site.api_fallback` is true"
    return f"its fallbackApiUrl is not the other region's API: {one_line(config.fallback_api_url)}"


def _quote(text: str) -> str:
    return one_line(text) or '""'
