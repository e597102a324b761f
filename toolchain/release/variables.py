"""The variables of the Terraform module: what people change, with the rules of the settings."""

import json
from collections.abc import Mapping
from typing import Any, Final

from warm_standby.settings import Settings
from warm_standby.settings.regions import deployment_regions
from warm_standby.settings.validators import (
    EMAIL_PATTERN,
    MAX_NAME_LENGTH,
    MAX_TAGS,
    MIN_NAME_LENGTH,
    NAME_PATTERN,
    RESERVED_BUCKET_PREFIXES,
    TAG_PATTERN,
    callable_from,
)

Json = dict[str, Any]

PERMANENT: Final = "It stays for the life of a deployment."


def variables(settings: Settings) -> dict[str, Json]:
    """Return the variables. Their defaults are the values of these settings."""
    regions = usable_regions(settings)
    return {
        "name": {
            "description": f"The deployment's name. It is part of every resource's name. {PERMANENT}",
            "type": "string",
            "default": settings.name,
            "nullable": False,
            "validation": _name_rules(),
        },
        "primary_region": {
            "description": f"The region that serves the users. {PERMANENT}",
            "type": "string",
            "default": settings.regions.primary,
            "nullable": False,
            "validation": [_region_rule("primary_region", regions)],
        },
        "failover_region": {
            "description": f"The region of the warm standby. {PERMANENT}",
            "type": "string",
            "default": settings.regions.failover,
            "nullable": False,
            "validation": [
                _region_rule("failover_region", regions),
                _rule("var.failover_region != var.primary_region", "Choose another region than primary_region."),
            ],
        },
        "tags": {
            "description": "The tags of every resource that takes tags, except the objects in S3.",
            "type": "map(string)",
            "default": dict(settings.tags),
            "nullable": False,
            "validation": _tag_rules(),
        },
        "alert_emails": {
            "description": "The addresses that get the alarms of both regions. Each must confirm once for each region.",
            "type": "set(string)",
            "default": list(settings.operations.alert_emails),
            "nullable": False,
            "validation": _email_rules(),
        },
    }


def usable_regions(settings: Settings) -> tuple[str, ...]:
    """Return the regions that have every service, and from which the models of the settings can be called."""
    regions = deployment_regions(vector_store=settings.knowledge_base.vector_store)
    models = settings.answers.models
    return tuple(region for region in regions if all(callable_from(model, region) for model in models))


def _rule(condition: str, message: str) -> Json:
    return {"condition": f"${{{condition}}}", "error_message": message}


def _matches(pattern: str, value: str) -> str:
    return f"can(regex({json.dumps(f'^(?:{pattern})$')}, {value}))"


def _name_rules() -> list[Json]:
    lengths = f"length(var.name) >= {MIN_NAME_LENGTH} && length(var.name) <= {MAX_NAME_LENGTH}"
    reserved = json.dumps(RESERVED_BUCKET_PREFIXES)
    return [
        _rule(
            f"{_matches(NAME_PATTERN, 'var.name')} && {lengths}",
            f"Use {MIN_NAME_LENGTH} to {MAX_NAME_LENGTH} lowercase letters, digits and single hyphens;"
            " start with a letter.",
        ),
        _rule(
            f"!anytrue([for prefix in {reserved} : startswith(var.name, prefix)])",
            f"S3 reserves bucket names that start with {' or '.join(RESERVED_BUCKET_PREFIXES)}: choose another name.",
        ),
    ]


def _region_rule(variable: str, regions: tuple[str, ...]) -> Json:
    return _rule(
        f"contains({json.dumps(regions)}, var.{variable})",
        f"Every service and the answer model can be used in {', '.join(regions)}: use one of them.",
    )


def _tag_rules() -> list[Json]:
    keys, values = _matches(f"{TAG_PATTERN}{{1,128}}", "key"), _matches(f"{TAG_PATTERN}{{0,256}}", "value")
    return [
        _rule(f"length(var.tags) <= {MAX_TAGS}", f"Use at most {MAX_TAGS} tags."),
        _rule(
            f"alltrue([for key, value in var.tags : {keys} && {values}])",
            "Use only the letters A to Z and a to z, digits, spaces and _ . : / = + - @, in keys of 1 to 128 and in"
            " values of at most 256 characters.",
        ),
        _rule(
            '!anytrue([for key, value in var.tags : startswith(lower(key), "aws:")])',
            "Choose keys that do not start with aws:.",
        ),
        _rule(
            "length(distinct([for key, value in var.tags : lower(key)])) == length(var.tags)",
            "Two keys differ in case only, and IAM takes them for one: remove one.",
        ),
    ]


def _email_rules() -> list[Json]:
    return [
        _rule(
            f"alltrue([for address in var.alert_emails : {_matches(EMAIL_PATTERN, 'address')}])",
            "Use email addresses such as oncall@example.com.",
        )
    ]


def describe_variables(declared: Mapping[str, Json]) -> list[str]:
    """Return the variables as lines of a Markdown table."""
    rows = [
        f"| `{name}` | `{body['type']}` | `{json.dumps(body['default'])}` | {body['description']} |"
        for name, body in declared.items()
    ]
    return ["| variable | type | default | meaning |", "| --- | --- | --- | --- |", *rows]
