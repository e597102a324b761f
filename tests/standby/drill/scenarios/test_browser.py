"""The drill's browser is found or named as missing, and trusts the rehearsal's certificates only."""

import importlib.util
import sys
from pathlib import Path

import pytest

from standby.drill.measure.measures import Measures
from standby.drill.scenarios.browser import BROWSER_SCENARIOS
from standby.rehearsal.network.network import Network
from standby.rehearsal.tools.chromium import (
    HEADLESS_PROGRAM_NAMES,
    NoChromiumError,
    browse_site,
    find_chromium,
    host_rules,
    key_hash,
)
from warm_standby.settings import Objectives

# A certificate for "x" on a P-256 key, and what `openssl x509 -pubkey | openssl pkey -pubin -outform der | openssl dgst
# -sha256 -binary | base64` returns for it.
CERTIFICATE = b"""\
-----BEGIN CERTIFICATE-----
MIIBbjCCAROgAwIBAgIUQXveTsAcDstUUPU67Wl2oDsNPq8wCgYIKoZIzj0EAwIw
DDEKMAgGA1UEAwwBeDAeFw0yNjExMjQwNzA5NDlaFw0yNjExMjYwNzA5NDlaMAwx
CjAIBgNVBAMMAXgwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNCAASMaSS8yzefUPi1
VkDhO+u8y1rA/+9WEoXrTA+WcGCJi1gT69oHT/wPKRkFfDTM805vDr9hGbe6lqou
3dcyLw5+o1MwUTAdBgNVHQ4EFgQUbn/rWjWmg5l5nZAjsJviAsS4o6wwHwYDVR0j
BBgwFoAUbn/rWjWmg5l5nZAjsJviAsS4o6wwDwYDVR0TAQH/BAUwAwEB/zAKBggq
hkjOPQQDAgNJADBGAiEA+fSixS2w2kiBeJ2wDu1pdyVGTczmlLrkmbnleGmF90UC
IQDdITflDGb1li6mcd22a1geltSILjil2QYUG4W7Odk/yA==
-----END CERTIFICATE-----
"""
KEY_HASH = "jTHWoSdU7zY05c9TWbjSYo53yoD6QQnyi9y0Ab9K9k0="

(SCENARIO,) = BROWSER_SCENARIOS


def network() -> Network:
    hosts = {"b.example.com": 2, "a.example.com": 1}
    return Network(emulator_url="", router="", region_proxies={}, hosts=hosts, ca_certificate=Path("root.crt"))


def test_the_hash_of_a_certificates_key_is_the_one_that_openssl_returns() -> None:
    assert key_hash(CERTIFICATE) == KEY_HASH


def test_only_the_rehearsals_names_resolve() -> None:
    rules = host_rules(network()).removeprefix("--host-resolver-rules=").split(",")
    assert rules == ["MAP a.example.com:443 127.0.0.1:1", "MAP b.example.com:443 127.0.0.1:2", "MAP * ~NOTFOUND"]


@pytest.fixture(autouse=True)
def beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The directory of Python, without the Chromium that `make` may have installed there."""
    directory = tmp_path / "beside"
    directory.mkdir()
    monkeypatch.setattr(sys, "executable", str(directory / "python"))
    return directory


def test_a_chromium_next_to_python_is_found_without_an_activated_environment(
    beside: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    (beside / "chromium-headless-shell").touch(mode=0o755)
    assert find_chromium() == beside / "chromium-headless-shell"


@pytest.mark.parametrize("name", HEADLESS_PROGRAM_NAMES)
def test_a_chromium_is_found_by_any_of_its_names(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / name
    program.touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() == program


def test_without_a_need_for_a_window_the_headless_browser_is_preferred(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in HEADLESS_PROGRAM_NAMES:
        (tmp_path / name).touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert find_chromium() == tmp_path / "chromium-headless-shell"


def test_the_site_is_not_opened_in_a_browser_without_windows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "chromium-headless-shell").touch(mode=0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoChromiumError, match="apt install chromium"):
        browse_site(network(), "https://a.example.com", ())


def test_without_a_chromium_the_remedy_is_named_and_the_scenario_is_skipped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NoChromiumError, match="apt install chromium"):
        find_chromium()
    assert "apt install chromium" in SCENARIO.skip_reason()


def test_without_playwright_the_scenario_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("standby.drill.scenarios.browser.find_spec", lambda _name: None)
    assert "playwright" in SCENARIO.skip_reason()
    assert importlib.util.find_spec("playwright") is not None


def test_a_wait_has_a_bound_of_five_seconds_and_so_has_the_next_question_after_a_failover() -> None:
    bounds = {objective.name: objective.compare(Measures(), Objectives()).bound for objective in SCENARIO.objectives}
    assert set(bounds.values()) == {0.0, 5.0}
