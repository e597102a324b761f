"""Five stacks with a deliberate error: the drill reports each. A busy machine may miss more, never fewer."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from standby.deployment.clients import GLOBAL_REGION
from standby.deployment.sessions import EmulatorSession
from standby.drill.measure.objectives import API_RTO_SECONDS
from standby.drill.measure.records import Outcome
from standby.drill.operator_process import run_command
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.drill.helpers import missed, report_of, run_one

if TYPE_CHECKING:
    from mypy_boto3_cloudfront import CloudFrontClient
    from mypy_boto3_cloudfront.type_defs import DistributionConfigOutputTypeDef

CONFIG_CACHED_SECONDS = 600


@contextmanager
def changed_distribution(
    rehearsal: Rehearsal, change: Callable[["DistributionConfigOutputTypeDef"], None]
) -> Iterator[None]:
    """Change the distribution as in a wrong stack; restore it afterward."""
    cloudfront, id_ = cloudfront_of(rehearsal), str(rehearsal.outputs["cloudfront_distribution_id"])

    def write(config: "DistributionConfigOutputTypeDef") -> None:
        etag = cloudfront.get_distribution_config(Id=id_)["ETag"]
        cloudfront.update_distribution(Id=id_, IfMatch=etag, DistributionConfig=config)
        rehearsal.refresh_edge()

    before, changed = (cloudfront.get_distribution_config(Id=id_)["DistributionConfig"] for _ in range(2))
    change(changed)
    try:
        write(changed)
        yield
    finally:
        write(before)


def cloudfront_of(rehearsal: Rehearsal) -> "CloudFrontClient":
    return EmulatorSession(region=GLOBAL_REGION, endpoint=rehearsal.network.emulator_url).client("cloudfront")


def test_an_origin_group_without_503_loses_pages(rehearsal: Rehearsal) -> None:
    def without_503(config: "DistributionConfigOutputTypeDef") -> None:
        for group in config["OriginGroups"]["Items"]:
            codes = group["FailoverCriteria"]["StatusCodes"]
            codes["Items"] = [code for code in codes["Items"] if code != 503]
            codes["Quantity"] = len(codes["Items"])

    with changed_distribution(rehearsal, without_503):
        report = run_one(rehearsal, "page-origin-lost")
    assert (report.result, report.reason) == (Outcome.MISSED, "")
    assert "cold pages failed" in missed(report)


def test_a_config_json_that_the_edge_caches_keeps_users_in_the_lost_region(rehearsal: Rehearsal) -> None:
    policy = cloudfront_of(rehearsal).create_cache_policy(
        CachePolicyConfig={
            "Name": f"cached-{uuid.uuid4()}",
            "MinTTL": CONFIG_CACHED_SECONDS,
            "DefaultTTL": CONFIG_CACHED_SECONDS,
            "MaxTTL": CONFIG_CACHED_SECONDS,
            "ParametersInCacheKeyAndForwardedToOrigin": {
                "EnableAcceptEncodingGzip": False,
                "HeadersConfig": {"HeaderBehavior": "none"},
                "CookiesConfig": {"CookieBehavior": "none"},
                "QueryStringsConfig": {"QueryStringBehavior": "none"},
            },
        }
    )["CachePolicy"]["Id"]

    def cached(config: "DistributionConfigOutputTypeDef") -> None:
        for behavior in config["CacheBehaviors"]["Items"]:
            behavior["CachePolicyId"] = policy

    with changed_distribution(rehearsal, cached):
        report = run_one(rehearsal, "region-lost")
    assert report.result is not Outcome.PASSED
    assert missed(report)["API RTO"] == (None, API_RTO_SECONDS)


def test_a_config_json_that_is_read_from_the_primary_first_moves_new_visitors_back(rehearsal: Rehearsal) -> None:
    def primary_first(config: "DistributionConfigOutputTypeDef") -> None:
        pages = config["DefaultCacheBehavior"]["TargetOriginId"]
        for behavior in config["CacheBehaviors"]["Items"]:
            assert behavior["TargetOriginId"] != pages
            behavior["TargetOriginId"] = pages

    with changed_distribution(rehearsal, primary_first):
        report = run_one(rehearsal, "return-and-failback")
    assert (report.result, report.reason) == (Outcome.MISSED, "")
    assert "answers of the returned region before failback" in missed(report)


def test_three_connection_attempts_delay_a_page_for_too_long(rehearsal: Rehearsal) -> None:
    def default_attempts(config: "DistributionConfigOutputTypeDef") -> None:
        for origin in config["Origins"]["Items"]:
            origin["ConnectionAttempts"] = 3

    with changed_distribution(rehearsal, default_attempts):
        report = run_one(rehearsal, "region-black-hole")
    assert (report.result, report.reason) == (Outcome.MISSED, "")
    assert "cold page RTO, S3 hangs" in missed(report)


def test_without_replication_there_is_no_steady_state(rehearsal: Rehearsal) -> None:
    s3, bucket = rehearsal.session("primary").client("s3"), rehearsal.deployment.regions["primary"].documents_bucket
    before, off = (s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"] for _ in range(2))
    for rule in off["Rules"]:
        rule["Status"] = "Disabled"
    try:
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=off)
        report = report_of(rehearsal, "region-lost")
    finally:
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=before)
    assert report.exit_code == 3
    assert "replication is off or behind" in report.scenarios[0].reason
    # The document that was not replicated would disturb the next test.
    options = ("--directory", str(rehearsal.paths.directory))
    run_command("reconcile", "--yes", "--json", options=options).require_success()
