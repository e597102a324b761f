"""A message about an answer that did not come in time names a busy machine as one cause, if the machine is busy."""

import os

import pytest

from standby.machine import describe_load, with_load


def set_load(monkeypatch: pytest.MonkeyPatch, load: float) -> None:
    monkeypatch.setattr(os, "getloadavg", lambda: (load, 0.0, 0.0))
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_a_busy_machine_is_named_with_its_load(monkeypatch: pytest.MonkeyPatch) -> None:
    set_load(monkeypatch, 9.64)
    assert with_load("Too late.") == ("Too late. This machine is busy (load 9.6 on 2 processors), which is one cause.")


def test_a_machine_that_is_not_busy_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    set_load(monkeypatch, 2.0)
    assert (describe_load(), with_load("Too late.")) == ("", "Too late.")


def test_a_machine_without_a_known_load_is_not_blamed(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> None:
        raise OSError

    monkeypatch.setattr(os, "getloadavg", unknown)
    assert describe_load() == ""
    monkeypatch.delattr(os, "getloadavg")
    assert describe_load() == ""
