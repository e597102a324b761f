"""Chromium that does not start: the error says why in one line, and what to do."""

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

import pytest

from standby.rehearsal.network.network import Network
from standby.rehearsal.tools import chromium
from standby.rehearsal.tools.chromium import NO_SCREEN, NoScreenError, browse_site, end_error, has_screen

PROGRAM: Final = Path("/usr/bin/chromium")
NOISE: Final = (
    "[1:2:1127/203631.048864:ERROR:dbus/bus.cc:405] Failed to connect to the bus: Failed to connect to socket\n"
    "[3:4:0100/000000.441832:ERROR:content/zygote/zygote_linux.cc:662] write: Broken pipe (32)\n"
)
MISSING: Final = "[1:1:1127/203631.042167:ERROR:ui/ozone/platform/x11/x.cc:257] Missing X server or $DISPLAY\n"
NETWORK: Final = Network(emulator_url="", router="", region_proxies={}, hosts={}, ca_certificate=Path("ca.crt"))


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name no screen in the environment")
@pytest.mark.parametrize(
    "environment,found",
    [({}, False), ({"DISPLAY": ""}, False), ({"DISPLAY": ":0"}, True), ({"WAYLAND_DISPLAY": "wayland-0"}, True)],
)
def test_a_screen_is_one_that_the_environment_names(environment: Mapping[str, str], *, found: bool) -> None:
    assert has_screen(environment) is found


@pytest.mark.skipif(sys.platform != "linux", reason="other systems name no screen in the environment")
def test_without_a_screen_no_chromium_is_started_and_one_line_says_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    started = tmp_path / "started"
    program = tmp_path / "chromium"
    program.write_text(f"#!/bin/sh\ntouch {started}\n")
    program.chmod(0o755)
    monkeypatch.setattr(chromium, "find_chromium", lambda _: program)
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(NoScreenError) as error:
        browse_site(NETWORK, "https://site.example/", ())
    assert (str(error.value), error.value.exit_code) == (NO_SCREEN, 3)
    assert "--screenshot=page.png" in error.value.hint
    assert not started.exists()


def test_a_screen_that_cannot_be_used_is_none() -> None:
    assert isinstance(end_error(PROGRAM, 1, MISSING + NOISE), NoScreenError)


@pytest.mark.parametrize(
    "output,reason",
    [("The profile is in use.\n" + NOISE, "The profile is in use."), (NOISE, "no output"), ("", "no output")],
)
def test_another_end_of_chromium_names_its_reason_and_nothing_about_the_desktop(output: str, reason: str) -> None:
    assert str(end_error(PROGRAM, 21, output)) == f"/usr/bin/chromium ended with exit code 21: {reason}"
