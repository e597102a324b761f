"""The files of the site: small, complete, without HTML sinks, and without requests to other hosts."""

import gzip
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

import pytest

from standby.rehearsal.network.network import Client
from standby.rehearsal.rehearsal import Rehearsal
from tests.browser.conftest import Visit
from tests.browser.helpers import ROOT
from warm_standby.site_files import write_site

FILES: Final = sorted(path for path in (ROOT / "frontend").rglob("*") if path.is_file())
MAX_BYTES: Final = 160_000
MAX_BYTES_WITHOUT_SIGN_IN: Final = 122_000
MAX_BYTES_SENT: Final = 60_000
SIGN_IN: Final = {"issuer.js", "kept-files.js", "oauth4webapi.js", "sign-in-view.js", "sign-in.js"}
"""The files that an open deployment does not load."""

MAX_LINES: Final = 250
HTML_SINKS: Final = re.compile(
    r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|srcdoc|DOMParser"
)


def text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, bytes]:
    """The files by name, as they are deployed."""
    directory = tmp_path_factory.mktemp("deployed") / "site"
    write_site(ROOT / "frontend", directory)
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_the_page_is_under_160_kilobytes_and_under_122_kilobytes_without_sign_in(deployed: Mapping[str, bytes]) -> None:
    assert sum(map(len, deployed.values())) < MAX_BYTES
    assert sum(len(content) for name, content in deployed.items() if name not in SIGN_IN) < MAX_BYTES_WITHOUT_SIGN_IN


def test_a_browser_downloads_under_60_kilobytes_of_compressed_files(deployed: Mapping[str, bytes]) -> None:
    assert sum(len(gzip.compress(content, 9)) for content in deployed.values()) < MAX_BYTES_SENT


def test_the_distribution_serves_the_page_without_comments(deployed: Mapping[str, bytes], rehearsal: Rehearsal) -> None:
    client, site = Client(rehearsal.network), rehearsal.deployment.site.url
    assert {name: client.request("GET", f"{site}/{name}").data for name in deployed} == deployed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_file_is_short_and_parses_no_html(path: Path) -> None:
    assert text(path).count("\n") < MAX_LINES
    assert not HTML_SINKS.search(text(path))


def test_every_module_is_preloaded_but_for_sign_in_and_every_file_is_used() -> None:
    page = text(ROOT / "frontend" / "index.html")
    named = {path.name for path in FILES if f'"{path.name}"' in page}
    assert named == {path.name for path in FILES} - SIGN_IN - {"index.html"}
    code = "".join(text(path) for path in FILES if path.name != "oauth4webapi.js")
    assert {name for name in SIGN_IN if f'"./{name}"' in code} == SIGN_IN


def test_an_open_deployment_asks_for_no_file_of_sign_in(visit: Visit) -> None:
    visitor = visit()
    visitor.ask("What about annual leave?")
    asked = {urlsplit(request.url).path.removeprefix("/") for _, request in visitor.requests}
    assert "access.js" in asked
    assert asked.isdisjoint({*SIGN_IN, "access.json"})
    assert visitor.page.get_by_role("button", name="Sign").count() == 0


def test_the_page_sends_requests_only_to_the_site_the_apis_and_the_buckets(visit: Visit, rehearsal: Rehearsal) -> None:
    visitor = visit()
    visitor.ask("What about annual leave?")
    hosts = {request.url.split("/")[2] for _, request in visitor.requests}
    assert hosts <= set(rehearsal.network.hosts)


def test_the_content_security_policy_forbids_everything_that_the_page_does_not_need(rehearsal: Rehearsal) -> None:
    answer = Client(rehearsal.network).request("GET", rehearsal.deployment.site.url + "/")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == "'self'"
    assert "require-trusted-types-for 'script'; trusted-types 'none'" in answer.data.decode()


def test_trusted_types_refuse_html_from_text(visit: Visit) -> None:
    visitor = visit()
    refused = """() => { try { document.body.innerHTML = "<b>x</b>"; return false; } catch { return true; } }"""
    assert visitor.page.evaluate(refused)
    assert visitor.errors
    visitor.errors.clear()
