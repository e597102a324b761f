"""An issuer on a TLS port of this machine, with a certificate of its own. A test sets what it answers."""

import datetime as dt
import ipaddress
import json
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
DISCOVERY = "/.well-known/openid-configuration"
KEYS = "/jwks"


@dataclass
class TlsIssuer:
    """The issuer's address, and its answers by path: a status with a JSON value, or bytes as they are."""

    url: str
    answers: dict[str, tuple[int, Any]] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    def publish(self, keys: list[Mapping[str, Any]], **discovered: object) -> None:
        """Answer as an issuer with these keys does."""
        document = {"issuer": self.url, "jwks_uri": f"{self.url}{KEYS}", **discovered}
        self.answers = {DISCOVERY: (200, document), KEYS: (200, {"keys": keys})}


@contextmanager
def tls_issuer(directory: Path) -> Iterator[tuple[TlsIssuer, Path]]:
    """Run an issuer; yield it with the file of its certificate, which a client must trust."""
    certificate = _write_certificate(directory)
    server = ThreadingHTTPServer((HOST, 0), _Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.issuer = TlsIssuer(url=f"https://{HOST}:{server.server_port}")  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.issuer, certificate  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        issuer: TlsIssuer = self.server.issuer  # type: ignore[attr-defined]
        issuer.asked.append(self.path)
        status, answer = issuer.answers.get(self.path, (404, {}))
        body = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
        self.send_response(status)
        for name, value in {"Content-Length": str(len(body)), **issuer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the name of the method that is replaced
        """Print nothing."""


def _write_certificate(directory: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, HOST)])
    now = dt.datetime.now(dt.UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(HOST))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = directory / "issuer.pem"
    path.write_bytes(private + certificate.public_bytes(serialization.Encoding.PEM))
    return path
