"""MiniStack keeps what these resources were created with, but does not return all of it: complete its responses.

Without this, each plan of a rehearsal changes what is as it should be. Written for MiniStack 1.5.33.
"""

import json
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any, Final
from xml.etree.ElementTree import Element, SubElement, fromstring, register_namespace, tostring

Response = tuple[int, dict[str, str], bytes]
Members = Mapping[str, Any]

CLOUDWATCH: Final = "http://monitoring.amazonaws.com/doc/2010-08-01/"
ALARM_MEMBERS: Final = (
    "ActionsEnabled",
    "AlarmActions",
    "AlarmDescription",
    "Dimensions",
    "ExtendedStatistic",
    "InsufficientDataActions",
    "OKActions",
    "Period",
    "Statistic",
    "TreatMissingData",
    "Unit",
)
"""What an XML response lacks of an alarm. Source: botocore, cloudwatch: MetricAlarm."""

OF_ONE_METRIC: Final = frozenset({"ExtendedStatistic", "Period", "Statistic", "Unit"})
"""An alarm on an expression has none of these, and MiniStack keeps defaults. It does not keep the expression."""

POLICIES: Final = (
    "contentPolicy",
    "contextualGroundingPolicy",
    "sensitiveInformationPolicy",
    "topicPolicy",
    "wordPolicy",
)
"""A request names the parts of these `filtersConfig`, a response `filters`. Source: botocore, bedrock: GetGuardrail."""

UNSET_BLOCKS: Final = {"CustomHeaders": "CustomHeadersConfig", "RemoveHeaders": "RemoveHeadersConfig"}
"""The parts of a headers policy that are absent if they are empty. Source: botocore, cloudfront: optional members."""


def complete_reads(*, cloudwatch: ModuleType, cloudfront: ModuleType, bedrock: ModuleType) -> None:
    """Return alarms, response headers policies and guardrails as they were written."""
    vars(cloudwatch)["_describe_alarms"] = complete_alarms(
        vars(cloudwatch)["_describe_alarms"], vars(cloudwatch)["_alarms"]
    )
    vars(cloudfront)["_build_rhp_config_xml"] = without_unset_blocks(vars(cloudfront)["_build_rhp_config_xml"])
    vars(bedrock)["_get_guardrail"] = complete_guardrail(vars(bedrock)["_get_guardrail"])


def complete_alarms(describe: Callable[..., Response], alarms: Mapping[str, Members]) -> Callable[..., Response]:
    """Return MiniStack's function that describes alarms, changed so that an XML response has all members."""

    def describe_alarms(params: object, data: object, is_cbor: bool, is_json: bool = False) -> Response:  # noqa: FBT001, FBT002 - MiniStack's
        status, headers, body = describe(params, data, is_cbor, is_json)
        if is_cbor or is_json or not alarms:
            return status, headers, body
        register_namespace("", CLOUDWATCH)
        response = fromstring(body)  # noqa: S314 - the emulator's own text
        for alarm in response.iterfind(f".//{{{CLOUDWATCH}}}MetricAlarms/{{{CLOUDWATCH}}}member"):
            kept = alarms[alarm.findtext(f"{{{CLOUDWATCH}}}AlarmName", "")]
            present = {child.tag.partition("}")[2] for child in alarm}
            left_out = present if kept.get("MetricName") else present | OF_ONE_METRIC
            for member in ALARM_MEMBERS:
                if member not in left_out and (value := kept.get(member)) not in (None, ""):
                    _append(alarm, member, value)
        return status, headers, tostring(response, encoding="utf-8", xml_declaration=True)

    return describe_alarms


def without_unset_blocks(build: Callable[[Element, Members], None]) -> Callable[[Element, Members], None]:
    """Return MiniStack's function that writes a response headers policy, changed so that it writes no unset block."""

    def build_configuration(parent: Element, configuration: Members) -> None:
        build(parent, configuration)
        for member, tag in UNSET_BLOCKS.items():
            for block in [] if configuration[member] else parent.findall(tag):
                parent.remove(block)

    return build_configuration


def complete_guardrail(get: Callable[..., Response]) -> Callable[..., Response]:
    """Return MiniStack's function that returns a guardrail, changed so that its policies have a response's names."""

    def get_guardrail(identifier: str, query: object) -> Response:
        status, headers, body = get(identifier, query)
        guardrail = json.loads(body)
        for policy in POLICIES:
            if guardrail.get(policy):
                guardrail[policy] = {name.removesuffix("Config"): part for name, part in guardrail[policy].items()}
        return status, headers, json.dumps(guardrail).encode()

    return get_guardrail


def _append(parent: Element, name: str, value: object) -> None:
    """Append a value as the query protocol writes it: a list has members, a flag is `true` or `false`."""
    element = SubElement(parent, f"{{{CLOUDWATCH}}}{name}")
    if isinstance(value, list):
        for item in value:
            _append(element, "member", item)
    elif isinstance(value, Mapping):
        for member, part in value.items():
            _append(element, member, part)
    else:
        element.text = str(value).lower() if isinstance(value, bool) else str(value)
