"""A region proxy serves its region as AWS does: URLs, host names and signatures work unchanged."""

import json
import ssl
from urllib.parse import urlsplit

import boto3
import pytest
import urllib3
from botocore.config import Config

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.network.caddy import serves_tls
from tests.standby.manifests import REGIONS
from tests.standby.rehearsal.network.helpers import SmallRehearsal


def signer(small: SmallRehearsal, region: str) -> boto3.Session:
    """Return the session of a user with all permissions. Unlike root's, the signature of a user is verified."""
    iam = small.sessions["primary"].client("iam")
    if not [user for user in iam.list_users()["Users"] if user["UserName"] == "signer"]:
        iam.create_user(UserName="signer")
        allow = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
        iam.put_user_policy(UserName="signer", PolicyName="all", PolicyDocument=json.dumps(allow))
    key = iam.create_access_key(UserName="signer")["AccessKey"]
    return boto3.Session(
        aws_access_key_id=key["AccessKeyId"], aws_secret_access_key=key["SecretAccessKey"], region_name=region
    )


@pytest.mark.parametrize("role", ROLES)
def test_the_signature_of_a_request_stays_valid(small: SmallRehearsal, role: Role) -> None:
    region = REGIONS[role]
    session = signer(small, region)
    for endpoint in (small.rehearsal.network.region_proxies[region], small.rehearsal.network.router):
        s3 = session.client("s3", endpoint_url=endpoint)
        s3.put_object(Bucket=f"documents-{region}", Key="a b/ü.txt", Body=b"signed")
        assert s3.get_object(Bucket=f"documents-{region}", Key="a b/ü.txt")["Body"].read() == b"signed"
        assert session.client("sts", endpoint_url=endpoint).get_caller_identity()["Arn"].endswith("user/signer")


def test_a_presigned_url_with_the_buckets_own_host_works_unchanged(small: SmallRehearsal) -> None:
    s3 = small.sessions["primary"].client(
        "s3",
        endpoint_url="https://s3.us-west-2.amazonaws.com",
        config=Config(s3={"addressing_style": "virtual"}, signature_version="s3v4"),
    )
    post = s3.generate_presigned_post("documents-us-west-2", "posted.txt")
    response = small.client.request(
        "POST", post["url"], fields={**post["fields"], "file": ("f", b"posted", "text/plain")}
    )
    assert response.status == 204
    url = s3.generate_presigned_url("get_object", Params={"Bucket": "documents-us-west-2", "Key": "posted.txt"})
    assert urlsplit(url).hostname == "documents-us-west-2.s3.us-west-2.amazonaws.com"
    assert small.client.request("GET", url).data == b"posted"


@pytest.mark.parametrize("role", ROLES)
def test_an_api_responds_at_its_own_host_name_and_below_the_emulators_path(small: SmallRehearsal, role: Role) -> None:
    region = small.rehearsal.deployment.regions[role]
    assert json.loads(small.client.request("GET", f"{region.api_url}health").data) == {"role": role}
    local = getattr(small.rehearsal.urls, f"{role}_api")
    assert local.startswith(small.rehearsal.network.region_proxies[region.region])
    assert json.loads(urllib3.request("GET", f"{local}health").data) == {"role": role}


def test_the_router_sends_each_request_to_the_region_that_it_is_signed_for(small: SmallRehearsal) -> None:
    small.rehearsal.faults.set("s3-errors", "primary")
    config = Config(retries={"total_max_attempts": 1})
    for role in ROLES:
        expected = 503 if role == "primary" else 200
        s3 = small.sessions[role].client("s3", endpoint_url=small.rehearsal.network.router, config=config)
        try:
            status = s3.list_objects_v2(Bucket=f"documents-{REGIONS[role]}")["ResponseMetadata"]["HTTPStatusCode"]
        except s3.exceptions.ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        assert status == expected
        url = s3.generate_presigned_url("list_objects_v2", Params={"Bucket": f"documents-{REGIONS[role]}"})
        assert urllib3.request("GET", url, retries=False).status == expected


def test_the_router_refuses_immediately_for_a_region_that_is_down_and_serves_the_other(small: SmallRehearsal) -> None:
    router, regions = small.rehearsal.network.router, small.rehearsal.deployment.regions
    small.rehearsal.faults.set("region-down", "primary")

    def health(role: Role) -> int:
        api = (urlsplit(regions[role].api_url).hostname or "").partition(".")[0]
        url = f"{router}/_aws/execute-api/{api}/prod/health"
        return urllib3.request("GET", url, retries=False, timeout=2).status

    with pytest.raises(urllib3.exceptions.ProtocolError):
        health("primary")
    assert health("failover") == 200


def test_every_host_name_is_served_with_a_certificate_of_the_rehearsals_own_authority(small: SmallRehearsal) -> None:
    network = small.rehearsal.network
    for name, port in network.hosts.items():
        assert serves_tls([name], port=port, ca_certificate=network.ca_certificate)
    assert not serves_tls(["elsewhere.example"], port=port, ca_certificate=network.ca_certificate)


def test_the_authority_is_not_trusted_by_default(small: SmallRehearsal) -> None:
    port = next(iter(small.rehearsal.network.hosts.values()))
    pool = urllib3.HTTPSConnectionPool("127.0.0.1", port, ssl_context=ssl.create_default_context())
    with pool, pytest.raises(urllib3.exceptions.SSLError):
        pool.request("GET", "/", retries=False)


def test_a_region_proxy_listens_on_this_machine_only(small: SmallRehearsal) -> None:
    for name in ("region-proxy-us-west-2", "region-proxy-us-east-1", "edge", "edge-cache"):
        listening = small.process(name).net_connections(kind="inet")
        assert {entry.laddr.ip for entry in listening if entry.status == "LISTEN"} == {"127.0.0.1"}
