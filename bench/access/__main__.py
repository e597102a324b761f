"""`python -m bench.access DIRECTORY`: a request with the authorizer against one without, in a rehearsal with sign-in.

The rehearsal in DIRECTORY must be up (`standby rehearse --directory DIRECTORY up --access oidc`). In the failover
region the route loses its authorizer for the time of the measurement. The requests take turns, so load affects both.

An emulator's call of any function takes longer than AWS's. So the function is also measured against an empty one, which
the failover region's route asks in its place: the difference is the part of our own code.

Take the rehearsal down afterwards: the emulator keeps the changed time of the authorizer as a text, and Terraform's
provider then cannot read it.
"""

import argparse
import io
import json
import statistics
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from standby.deployment.manifest import Role
from standby.rehearsal.files.paths import find_project
from standby.rehearsal.network.network import Client
from standby.rehearsal.rehearsal import Rehearsal

if TYPE_CHECKING:
    from mypy_boto3_apigateway import APIGatewayClient
    from mypy_boto3_apigateway.type_defs import PatchOperationTypeDef

EMPTY_POLICY: Final = {
    "principalId": "anybody",
    "policyDocument": {
        "Version": "2012-10-17",
        "Statement": [{"Action": "execute-api:Invoke", "Effect": "Allow", "Resource": "*"}],
    },
}
ROUTE: Final = "ingestion-status"
GUARDED: Final[Role] = "primary"
OPEN: Final[Role] = "failover"
COLD_STARTS: Final = 5
EMPTY: Final = "bench-empty-authorizer"
EMPTY_HANDLER: Final = f"""\
import sys

POLICY = {json.dumps(EMPTY_POLICY)}


def handler(event, context):
    sys.stderr.write("authorized\\n")
    return POLICY
"""
"""It logs a line, as the authorizer does: the emulator waits longer for a function that logs nothing."""


def main() -> None:
    """Measure and print the medians in milliseconds, their difference and their ratio."""
    parser = argparse.ArgumentParser(prog="python -m bench.access", description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--requests", type=int, default=200, help="requests of each kind (default: 200)")
    options = parser.parse_args()
    rehearsal = Rehearsal(project=find_project(Path.cwd()), directory=options.directory)
    token = rehearsal.sign_in().token()
    with _open_route(rehearsal):
        _compare(rehearsal, token, options.requests, "API Gateway keeps the answer for 60 s")
        with _uncached(rehearsal):
            _compare(rehearsal, token, options.requests, "the function is asked each time")
            with _empty_authorizer(rehearsal):
                title = "the function is asked each time, and an empty one in place of none"
                _compare(rehearsal, token, options.requests, title)
            cold = statistics.median(_cold_start(rehearsal, token) for _ in range(COLD_STARTS))
    print(f"first request of a new instance: {cold:.0f} ms (median of {COLD_STARTS})")


def _compare(rehearsal: Rehearsal, token: str, requests: int, title: str) -> None:
    guarded, open_ = _requester(rehearsal, GUARDED, token), _requester(rehearsal, OPEN, token)
    for _ in range(10):
        guarded(), open_()
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(requests):
        times[0].append(guarded())
        times[1].append(open_())
    with_, without = (statistics.median(each) for each in times)
    print(
        f"{title}: p50 {with_:.2f} ms with the authorizer, {without:.2f} ms without:"
        f" {with_ - without:+.2f} ms, ratio {with_ / without:.3f} ({requests} requests each)"
    )


def _requester(rehearsal: Rehearsal, role: Role, token: str) -> Callable[[], float]:
    client, url = Client(rehearsal.network), f"{rehearsal.deployment.regions[role].api_url}{ROUTE}"

    def request() -> float:
        begun = time.perf_counter()
        answer = client.request("GET", url, headers={"Authorization": f"Bearer {token}"})
        elapsed = 1000 * (time.perf_counter() - begun)
        if answer.status != 200:  # noqa: PLR2004 - HTTP's own number
            raise SystemExit(f"{url}: {answer.status} {answer.data[:200]!r}")
        return elapsed

    return request


def _cold_start(rehearsal: Rehearsal, token: str) -> float:
    """Return the time of a request after a refused one: the emulator ends an instance that raised an error."""
    url = f"{rehearsal.deployment.regions[GUARDED].api_url}{ROUTE}"
    Client(rehearsal.network).request("GET", url, headers={"Authorization": "Bearer a.b.c"})
    return _requester(rehearsal, GUARDED, token)()


@contextmanager
def _open_route(rehearsal: Rehearsal) -> Iterator[None]:
    """Take the authorizer from the route of the open region during this block."""
    gateway, api, resource = _route(rehearsal, OPEN)
    method = gateway.get_method(restApiId=api, resourceId=resource, httpMethod="GET")
    _update_method(gateway, api, resource, {"/authorizationType": "NONE"})
    try:
        yield
    finally:
        back = {"/authorizationType": "CUSTOM", "/authorizerId": method["authorizerId"]}
        _update_method(gateway, api, resource, back)


@contextmanager
def _uncached(rehearsal: Rehearsal) -> Iterator[None]:
    """Let API Gateway keep no answer of the authorizer during this block."""
    gateway, api, _ = _route(rehearsal, GUARDED)
    (authorizer,) = gateway.get_authorizers(restApiId=api)["items"]
    path = "/authorizerResultTtlInSeconds"
    for_it = {"restApiId": api, "authorizerId": authorizer["id"]}
    gateway.update_authorizer(**for_it, patchOperations=[{"op": "replace", "path": path, "value": "0"}])
    try:
        yield
    finally:
        seconds = str(authorizer["authorizerResultTtlInSeconds"])
        gateway.update_authorizer(**for_it, patchOperations=[{"op": "replace", "path": path, "value": seconds}])


@contextmanager
def _empty_authorizer(rehearsal: Rehearsal) -> Iterator[None]:
    """Let the route of the open region ask a function that lets everybody in, and does nothing else, in this block."""
    gateway, api, resource = _route(rehearsal, OPEN)
    functions = rehearsal.session(OPEN).client("lambda")
    own = functions.get_function(FunctionName=f"{rehearsal.deployment.name}-authorizer")["Configuration"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("empty.py", EMPTY_HANDLER)
    arn = functions.create_function(
        FunctionName=EMPTY,
        Runtime=own["Runtime"],
        Role=own["Role"],
        Handler="empty.handler",
        MemorySize=own["MemorySize"],
        Code={"ZipFile": code.getvalue()},
    )["FunctionArn"]
    functions.add_permission(
        FunctionName=EMPTY, StatementId="api", Action="lambda:InvokeFunction", Principal="apigateway.amazonaws.com"
    )
    region = rehearsal.deployment.regions[OPEN].region
    authorizer = gateway.create_authorizer(
        restApiId=api,
        name=EMPTY,
        type="REQUEST",
        authorizerUri=f"arn:aws:apigateway:{region}:lambda:path/2015-03-31/functions/{arn}/invocations",
        identitySource="method.request.header.Authorization",
        authorizerResultTtlInSeconds=0,
    )["id"]
    wanted = {"/authorizationType": "CUSTOM", "/authorizerId": authorizer}
    try:
        _update_method(gateway, api, resource, wanted)
        yield
    finally:
        _update_method(gateway, api, resource, {"/authorizationType": "NONE"})
        gateway.delete_authorizer(restApiId=api, authorizerId=authorizer)
        functions.delete_function(FunctionName=EMPTY)


def _update_method(gateway: "APIGatewayClient", api: str, resource: str, values: Mapping[str, str]) -> None:
    operations: list[PatchOperationTypeDef] = [
        {"op": "replace", "path": path, "value": value} for path, value in values.items()
    ]
    gateway.update_method(restApiId=api, resourceId=resource, httpMethod="GET", patchOperations=operations)


def _route(rehearsal: Rehearsal, role: Role) -> "tuple[APIGatewayClient, str, str]":
    gateway = rehearsal.session(role).client("apigateway")
    api = rehearsal.deployment.regions[role].api_url.partition("//")[2].partition(".")[0]
    found = gateway.get_resources(restApiId=api, limit=500)["items"]
    return gateway, api, next(each["id"] for each in found if each.get("pathPart") == ROUTE)


if __name__ == "__main__":
    main()
