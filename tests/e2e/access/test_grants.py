"""What fails without one of the grants that sign-in adds. The names are those of `tests/constructs/grants.py`."""

import json
from collections.abc import Iterator
from contextlib import contextmanager

from standby.rehearsal.rehearsal import Rehearsal
from tests.constructs.grants import Grant
from tests.e2e.access.helpers import BROKEN, send, status
from tests.e2e.helpers import wait_for
from tests.e2e.test_permissions import without

SECONDS = 20.0


@contextmanager
def _provider_down(rehearsal: Rehearsal) -> Iterator[None]:
    rehearsal.faults.set("identity-provider-down", None)
    try:
        yield
    finally:
        rehearsal.faults.heal()


def _broken(rehearsal: Rehearsal) -> int:
    """Send a broken token. The emulator ends the authorizer's instance then."""
    return send(rehearsal, "primary", "docs", authorization=BROKEN).status


def test_the_api_needs_its_permission_to_ask_the_authorizer(signed_in_rehearsal: Rehearsal) -> None:
    grant = Grant("function:authorizer", "api", "lambda:InvokeFunction")
    assert _broken(signed_in_rehearsal) == 401
    with without(signed_in_rehearsal, grant.holder, [grant]):
        wait_for(lambda: _broken(signed_in_rehearsal) == 500, what="500", seconds=SECONDS)
    wait_for(lambda: _broken(signed_in_rehearsal) == 401, what="401", seconds=SECONDS)


def test_a_new_instance_needs_its_permission_to_read_the_copy(signed_in_rehearsal: Rehearsal) -> None:
    token = signed_in_rehearsal.sign_in("carol").token()
    other = signed_in_rehearsal.sign_in("alice").token()  # because API Gateway keeps the answer for one token
    assert status(signed_in_rehearsal, "primary", other) == 200  # the copy is written now
    grant = Grant("authorizer", "KeepKeys", "ssm:GetParameter")
    with _provider_down(signed_in_rehearsal):
        with without(signed_in_rehearsal, grant.holder, [grant]):
            _broken(signed_in_rehearsal)
            assert status(signed_in_rehearsal, "primary", token) == 401
        _broken(signed_in_rehearsal)
        assert status(signed_in_rehearsal, "primary", token) == 200


def test_the_schedule_s_refresh_needs_its_permission_to_write_the_copy(signed_in_rehearsal: Rehearsal) -> None:
    grant = Grant("authorizer", "KeepKeys", "ssm:PutParameter")
    before = _copy_version(signed_in_rehearsal)
    with without(signed_in_rehearsal, grant.holder, [grant]):
        assert _refresh(signed_in_rehearsal) == {"refreshed": True}
        assert _copy_version(signed_in_rehearsal) == before
    assert _refresh(signed_in_rehearsal) == {"refreshed": True}
    assert _copy_version(signed_in_rehearsal) == before + 1


def test_a_deep_check_needs_its_permission_to_ask_the_authorizer(signed_in_rehearsal: Rehearsal) -> None:
    token = signed_in_rehearsal.sign_in("alice").token()
    grant = Grant("health", "AskAuthorizer", "lambda:InvokeFunction")
    assert status(signed_in_rehearsal, "primary", token, "health?deep=true") == 200
    with without(signed_in_rehearsal, grant.holder, [grant]):
        assert status(signed_in_rehearsal, "primary", token, "health?deep=true") == 502


def test_the_readiness_check_needs_its_permission_to_ask_the_functions(signed_in_rehearsal: Rehearsal) -> None:
    grant = Grant("health", "AskFunctions", "lambda:InvokeFunction")
    assert _readiness(signed_in_rehearsal) == {"question": "ok", "upload": "ok"}
    with without(signed_in_rehearsal, grant.holder, [grant]):
        refused = _readiness(signed_in_rehearsal)
    assert set(refused.values()) == {"AccessDeniedException"}


def _refresh(rehearsal: Rehearsal) -> object:
    """Fetch the keys in a new instance, as the schedule does. An instance asks once a minute at most."""
    _broken(rehearsal)
    return _invoke(rehearsal, "authorizer", {"refreshKeys": True})


def _copy_version(rehearsal: Rehearsal) -> int:
    name = f"/warm-standby/{rehearsal.deployment.name}/issuer-keys"
    parameter = rehearsal.session("primary").client("ssm").get_parameter(Name=name)["Parameter"]
    assert json.loads(parameter["Value"])["keys"]
    return parameter["Version"]


def _readiness(rehearsal: Rehearsal) -> dict[str, str]:
    region, name = rehearsal.deployment.regions["primary"], rehearsal.deployment.name
    functions = {"question": f"{name}-query", "upload": f"{name}-upload"}
    file = {"fileName": "readiness-check.txt", "fileType": "text/plain"}
    answer = _invoke(
        rehearsal, "health", {"readinessCheck": {"apiUrl": region.api_url, **file, "functions": functions}}
    )
    assert isinstance(answer, dict)
    checks: dict[str, str] = answer["checks"]
    return checks


def _invoke(rehearsal: Rehearsal, function: str, event: dict[str, object]) -> object:
    client = rehearsal.session("primary").client("lambda")
    name = f"{rehearsal.deployment.name}-{function}"
    return json.loads(client.invoke(FunctionName=name, Payload=json.dumps(event).encode())["Payload"].read())
