"""Health checks that MiniStack does not keep, return or watch as AWS does.

It loses the ids of the children of a calculated check. It writes `True` where AWS writes `true`, which botocore takes
for false. Its alarms ignore the dimensions of a metric, so an alarm of one check would follow another one. Written for
MiniStack 1.5.33.
"""

from collections.abc import Callable
from types import ModuleType
from typing import Final
from xml.etree.ElementTree import Element

_NAMES: Final = ("MeasureLatency", "EnableSNI", "Inverted", "Disabled")


def correct_health_checks(route53: ModuleType, cloudwatch: ModuleType) -> None:
    """Keep the children of a calculated check, write truth values as AWS does, and let no metric change an alarm.

    Only `SetAlarmState` changes an alarm.
    """
    vars(cloudwatch)["_evaluate_all_alarms"] = lambda: None
    vars(route53)["_parse_health_check_config"] = with_children(vars(route53)["_parse_health_check_config"])
    vars(route53)["_build_health_check_el"] = with_truth_values(vars(route53)["_build_health_check_el"])


def with_children(parse: Callable[[Element], dict[str, object]]) -> Callable[[Element], dict[str, object]]:
    """Return MiniStack's function that reads a configuration, changed so that it reads the children's ids."""

    def parse_health_check_config(element: Element) -> dict[str, object]:
        config = parse(element)
        if "ChildHealthChecks" in config:
            children = [one for one in element.iter() if one.tag.rpartition("}")[2] == "ChildHealthCheck"]
            config["ChildHealthChecks"] = [(child.text or "").strip() for child in children]
        return config

    return parse_health_check_config


def with_truth_values(
    build: Callable[[Element, dict[str, object]], None],
) -> Callable[[Element, dict[str, object]], None]:
    """Return MiniStack's function that writes a health check, changed so that truth values are lower case."""

    def build_health_check_element(parent: Element, check: dict[str, object]) -> None:
        build(parent, check)
        for element in parent.iter():
            if element.tag.rpartition("}")[2] in _NAMES and element.text:
                element.text = element.text.lower()

    return build_health_check_element
