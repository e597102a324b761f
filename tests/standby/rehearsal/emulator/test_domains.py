"""Hosted zones, health checks and custom domains, where MiniStack differs from AWS."""

import asyncio
from typing import Any
from xml.etree.ElementTree import Element, SubElement

from standby.rehearsal.emulator.domains.custom_domains import ProxyRegionMiddleware, regional_scope
from standby.rehearsal.emulator.domains.health_checks import with_children, with_truth_values
from standby.rehearsal.emulator.domains.hosted_zones import REFERENCE_PREFIX, choosing_creation, chosen_id

KEYS = [("1", "us-west-2", "api.example.com"), ("1", "us-east-1", "api.example.com")]


def test_a_caller_reference_of_the_rehearsal_chooses_the_id_of_its_zone() -> None:
    make = chosen_id(lambda: "ZRANDOM")
    create = choosing_creation(lambda _: make())
    assert create(f"<x><CallerReference>{REFERENCE_PREFIX}Z01</CallerReference></x>".encode()) == "Z01"
    assert create(b"<x><CallerReference>other</CallerReference></x>") == "ZRANDOM"
    assert make() == "ZRANDOM"


def test_the_children_of_a_calculated_check_are_kept() -> None:
    namespace = "{https://route53.amazonaws.com/doc/2013-04-01/}"
    config = Element(f"{namespace}HealthCheckConfig")
    children = SubElement(config, f"{namespace}ChildHealthChecks")
    for id_ in ("a", "b"):
        SubElement(children, f"{namespace}ChildHealthCheck").text = id_
    assert with_children(lambda _: {"ChildHealthChecks": ["", ""]})(config) == {"ChildHealthChecks": ["a", "b"]}
    assert with_children(lambda _: {"Type": "HTTPS"})(config) == {"Type": "HTTPS"}


def test_truth_values_are_written_in_lower_case_as_botocore_reads_them() -> None:
    def build(parent: Element, _: dict[str, object]) -> None:
        SubElement(parent, "EnableSNI").text = "True"
        SubElement(parent, "SearchString").text = "True"

    parent = Element("x")
    with_truth_values(build)(parent, {})
    assert [element.text for element in parent] == ["true", "True"]


def test_the_region_of_the_proxy_decides_which_custom_domain_serves() -> None:
    find = regional_scope(lambda _: KEYS[0], lambda: KEYS, lambda: "1")
    found: list[object] = []

    async def application(*_: Any) -> None:  # noqa: ANN401 - an ASGI application
        found.append(find("API.example.com"))

    async def serve(*headers: tuple[bytes, bytes]) -> None:
        scope: Any = {"type": "http", "headers": list(headers)}
        await ProxyRegionMiddleware(application)(scope, None, None)  # type: ignore[arg-type] # it uses neither

    asyncio.run(serve((b"X-Rehearsal-Region", b"us-east-1")))
    asyncio.run(serve((b"x-rehearsal-region", b"eu-west-1")))
    asyncio.run(serve())
    assert found == [KEYS[1], None, KEYS[0]]
