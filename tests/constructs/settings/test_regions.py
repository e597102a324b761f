"""The regions of a deployment: what each must have, and what the message says of those that lack something."""

from pathlib import Path

import botocore.session
import pytest

from tests.constructs.plan import Plan
from warm_standby.settings import Settings, SettingsError
from warm_standby.settings.regions import BEDROCK_REGIONS, MISSING, deployment_regions, missing_services

STORES = ("opensearch-serverless", "s3-vectors")
# docs.aws.amazon.com, Bedrock, "Supported models and Regions for Amazon Bedrock knowledge bases", November 2026.
KNOWLEDGE_BASE_REGIONS = {
    *("ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1", "ap-south-2", "ap-southeast-1"),
    *("ap-southeast-2", "ca-central-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1", "eu-south-2"),
    *("eu-west-1", "eu-west-2", "eu-west-3", "sa-east-1", "us-east-1", "us-east-2", "us-west-2"),
}


def loaded(file: Path, *, primary: str, failover: str, store: str) -> Settings:
    file.write_text(
        f'''name = "chatbot"
regions = {{primary = "{primary}", failover = "{failover}"}}
knowledge_base.vector_store = "{store}"
answers.model = "amazon.nova-lite-v1:0"'''
    )
    return Settings.load(file)


@pytest.mark.parametrize("store", STORES)
@pytest.mark.parametrize("region", BEDROCK_REGIONS)
def test_a_region_is_accepted_if_it_lacks_nothing_and_the_message_names_what_it_lacks(
    tmp_path: Path, region: str, store: str
) -> None:
    file, other = tmp_path / "standby.toml", "us-east-1" if region != "us-east-1" else "us-west-2"
    missing = missing_services(region, vector_store=store)
    if not missing:
        assert loaded(file, primary=region, failover=other, store=store).regions.primary == region
        assert loaded(file, primary=other, failover=region, store=store).regions.failover == region
        return
    with pytest.raises(SettingsError) as refused:
        loaded(file, primary=other, failover=region, store=store)
    said = str(refused.value)
    assert said.startswith(f"{file}: regions.failover = {region!r}: no {' and no '.join(missing)} there: use one of ")
    assert set(said.rpartition("use one of ")[2].split(", ")) == set(deployment_regions(vector_store=store))


@pytest.mark.parametrize("store", STORES)
def test_the_regions_are_those_with_knowledge_bases(store: str) -> None:
    assert set(deployment_regions(vector_store=store)) == KNOWLEDGE_BASE_REGIONS


def test_a_vector_store_that_a_region_lacks_is_named() -> None:
    assert missing_services("il-central-1", vector_store="s3-vectors") == ("Bedrock Knowledge Bases", "S3 Vectors")
    assert missing_services("us-west-1", vector_store="opensearch-serverless") == ("Bedrock Knowledge Bases",)


def test_the_regions_with_bedrock_are_those_of_botocore() -> None:
    assert list(BEDROCK_REGIONS) == botocore.session.Session().get_available_regions("bedrock")


def test_the_regions_without_opensearch_serverless_are_those_of_botocore() -> None:
    available = botocore.session.Session().get_available_regions("opensearchserverless")
    assert set(BEDROCK_REGIONS) - MISSING["OpenSearch Serverless"] == set(BEDROCK_REGIONS) & set(available)


def test_the_provider_is_the_pinned_one(plan: Plan) -> None:
    version = plan.document["terraform"]["required_providers"]["aws"]["version"]
    assert f"support by AWS provider {version}" in MISSING
