"""The connection to an AWS account: each region's own credentials, and boto3's proxies and certificate authorities.

The tests use real botocore; only the servers are fake.
"""

import json
import socket
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import urllib3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.httpsession import URLLib3Session
from botocore.loaders import JSONFileLoader

from standby.deployment.clients import FACTS_CONFIG
from standby.deployment.concurrency import NoAnswerError, Unavailable, attempt, map_concurrently
from standby.deployment.connection import AwsConnection
from standby.deployment.manifest_reader import read_manifest
from standby.deployment.sessions import account_session
from standby.errors import BadUsageError
from standby.target import TargetOptions, open_connection
from tests.standby.helpers import EAST, WEST
from tests.standby.manifests import manifest_text
from tests.standby.rehearsal.network.helpers import SmallRehearsal

PROFILES = """
[profile ops]
role_arn = arn:aws:iam::123456789012:role/operator
source_profile = base
[profile base]
aws_access_key_id = AKIDEXAMPLE
aws_secret_access_key = secret
"""
ASSUMED = """<AssumeRoleResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><AssumeRoleResult><Credentials>
<AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>secret</SecretAccessKey><SessionToken>token</SessionToken>
<Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult>
<ResponseMetadata><RequestId>1</RequestId></ResponseMetadata></AssumeRoleResponse>"""


class Server:
    """A small HTTP server. As a proxy, its answer names the requested URL; `silent` never answers."""

    def __init__(self, *, silent: bool = False) -> None:
        asked = self.asked = list[str]()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                asked.append(f"{self.command} {self.path}")
                if silent:
                    threading.Event().wait(20)
                self.send_response(200 if self.command == "GET" else 502)
                self.end_headers()

            do_CONNECT = do_POST = do_GET  # noqa: N815 - the names that http.server looks for

            def log_message(self, *_: object) -> None:
                """Log nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads, self._server.block_on_close = True, False
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(autouse=True)
def _account(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A profile that assumes a role, and no other setting of this machine."""
    (tmp_path / "config").write_text(PROFILES)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "none"))
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    yield server
    server.stop()


def connection() -> AwsConnection:
    return AwsConnection(name="chatbot", regions=(WEST, EAST), profile="ops")


def parameter(connection: AwsConnection) -> object:
    """Send any request with boto3."""
    return attempt(lambda: connection.clients.ssm(EAST).get_parameter(Name="x"))


@pytest.mark.parametrize("endpoints", ["regional", "legacy"])
@pytest.mark.parametrize("lost,left", [(WEST, EAST), (EAST, WEST)])
def test_a_region_s_credentials_come_from_its_own_sts_while_the_other_region_hangs(
    monkeypatch: pytest.MonkeyPatch, endpoints: str, lost: str, left: str
) -> None:
    asked: set[str] = set()

    def send(_: URLLib3Session, request: AWSPreparedRequest) -> AWSResponse:
        host = urlsplit(request.url).hostname or ""
        asked.add(host)
        if left not in host:  # of the lost region, and the global endpoint, which is in us-east-1
            threading.Event().wait(20)
        text = ASSUMED if host.startswith("sts.") else json.dumps({"Parameter": {"Value": manifest_text()}})
        raw = urllib3.HTTPResponse(body=BytesIO(text.encode()), preload_content=False)
        return AWSResponse(request.url, 200, HTTPHeaders.from_pairs([("x-amzn-requestid", "1")]), raw)

    monkeypatch.setattr(URLLib3Session, "send", send)
    monkeypatch.setenv("AWS_STS_REGIONAL_ENDPOINTS", endpoints)
    assert read_manifest(connection()).name == "chatbot"
    assert asked == {f"sts.{lost}.amazonaws.com", f"sts.{left}.amazonaws.com", f"ssm.{left}.amazonaws.com"}


def test_an_sts_that_does_not_answer_has_the_same_time_out_as_other_services(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Server(silent=True)
    monkeypatch.setattr("standby.deployment.connection.FACTS_CONFIG", FACTS_CONFIG.merge(Config(read_timeout=0.2)))
    account = connection()
    monkeypatch.setenv("AWS_ENDPOINT_URL_STS", silent.url)  # after the check that refuses one on this machine
    began = time.monotonic()
    assert parameter(account) == Unavailable("does not answer (time-out)", unreachable=True)
    assert time.monotonic() - began < 2  # the limit for any other service
    assert len(silent.asked) == 1
    silent.stop()


def test_health_and_edge_are_requested_through_boto3_s_proxy(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    parameter(connection())
    with pytest.raises(NoAnswerError, match="proxy"):
        connection().request("GET", "https://d1.cloudfront.net/config.json")
    assert server.asked == [f"CONNECT sts.{EAST}.amazonaws.com:443", "CONNECT d1.cloudfront.net:443"]


@pytest.mark.parametrize("excepted,asked", [("", "GET {url}/prod/health"), ("127.0.0.1", "GET /prod/health")])
def test_hosts_in_no_proxy_are_requested_directly(
    monkeypatch: pytest.MonkeyPatch, server: Server, excepted: str, asked: str
) -> None:
    monkeypatch.setenv("http_proxy", server.url)
    monkeypatch.setenv("no_proxy", excepted)
    assert connection().request("GET", f"{server.url}/prod/health").status == 200
    assert server.asked == [asked.format(url=server.url)]


def test_the_certificate_authorities_of_boto3_are_trusted(
    small: SmallRehearsal, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = small.rehearsal.network
    name, port = next(iter(network.hosts.items()))
    resolve = socket.getaddrinfo
    monkeypatch.setattr("socket.getaddrinfo", lambda host, *rest: resolve("127.0.0.1" if host == name else host, *rest))
    url = f"https://{name}:{port}/"
    with pytest.raises(NoAnswerError, match="no trusted TLS connection"):
        connection().request("GET", url)
    monkeypatch.setenv("AWS_CA_BUNDLE", str(network.ca_certificate))
    assert connection().request("GET", url).status > 0


def test_a_name_that_cannot_be_resolved_is_reported_differently_from_a_refused_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def nothing(*_: object) -> list[object]:
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr("socket.getaddrinfo", nothing)
    told = "does not answer (its name cannot be resolved)"
    assert parameter(connection()) == Unavailable(told, unreachable=True)
    with pytest.raises(NoAnswerError) as raised:
        connection().request("GET", "https://d1.cloudfront.net/config.json")
    assert raised.value.message == told


def test_settings_that_cannot_be_read_are_not_read_when_name_and_regions_are_given(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "standby.toml").write_text("name = ")
    monkeypatch.chdir(tmp_path)
    assert open_connection(TargetOptions(aws=True, name="chatbot", regions=(WEST, EAST))).name == "chatbot"
    with pytest.raises(BadUsageError, match=r"standby\.toml"):
        open_connection(TargetOptions(aws=True, name="chatbot"))


def test_a_service_s_model_is_read_once_for_two_regions_at_the_same_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    read: list[str] = []
    load = JSONFileLoader.load_file

    def slowly(loader: JSONFileLoader, path: str) -> object:
        found = load(loader, path)
        time.sleep(0.02)
        read.extend([path] if found is not None else [])
        return found

    monkeypatch.setattr(JSONFileLoader, "load_file", slowly)
    # A service that no other test uses, so it has not been read yet.
    map_concurrently(
        (WEST, EAST), lambda region: account_session(region, profile="ops", config=FACTS_CONFIG).client("polly")
    )
    assert any("polly" in path for path in read)
    assert len(read) == len(set(read))
