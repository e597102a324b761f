"""A tag that the settings accept is one that every tagged service accepts, and no S3 object is tagged."""

import importlib
import re
from collections.abc import Iterator
from typing import Any, Final

import botocore.session
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.constructs.plan import Plan, Synthesize, default_settings, resources
from warm_standby.settings import Settings

# Each type of resource that takes tags, and botocore's model of them: the service, and the shapes of a key and a value.
MODELED: Final = {
    "aws_bedrock_guardrail": ("bedrock", "TagKey", "TagValue"),
    "aws_bedrockagent_knowledge_base": ("bedrock-agent", "TagKey", "TagValue"),
    "aws_cloudfront_distribution": ("cloudfront", "TagKey", "TagValue"),
    "aws_cloudwatch_event_rule": ("events", "TagKey", "TagValue"),
    "aws_cloudwatch_log_group": ("logs", "TagKey", "TagValue"),
    "aws_cloudwatch_metric_alarm": ("cloudwatch", "TagKey", "TagValue"),
    "aws_iam_role": ("iam", "tagKeyType", "tagValueType"),
    "aws_lambda_event_source_mapping": ("lambda", "TagKey", "TagValue"),
    "aws_lambda_function": ("lambda", "TagKey", "TagValue"),
    "aws_opensearchserverless_collection": ("opensearchserverless", "TagKey", "TagValue"),
    "aws_sns_topic": ("sns", "TagKey", "TagValue"),
    "aws_ssm_parameter": ("ssm", "TagKey", "TagValue"),
}
# The models of these say nothing about tags. Their pages allow letters, digits, spaces and + - = . _ : / @, keys of 1
# to 128 and values of 0 to 256 characters, and 50
# tags: docs.aws.amazon.com, API Gateway, "Tag restrictions that apply for
# API Gateway"; S3, "Using cost allocation S3 bucket tags"; SQS, "Amazon SQS cost allocation tags".
DOCUMENTED: Final = {"aws_api_gateway_rest_api", "aws_api_gateway_stage", "aws_s3_bucket", "aws_sqs_queue"}
DOCUMENTED_PATTERN: Final = r"[\p{L}\p{Z}\p{N}_.:/=+\-@]*"
# Ten tags at most: docs.aws.amazon.com, S3, "Categorizing your objects using tags".
UNTAGGED: Final = {"aws_s3_object"}
# The most tags of one resource of all others: docs.aws.amazon.com, Tagging AWS resources, "Tag naming limits".
MOST_TAGS: Final = 50
PRINTABLE: Final = [chr(code) for code in range(32, 127)]


def takes_tags(type_: str) -> bool:
    """Return whether the provider puts its default tags on this type. The bindings come from the provider's schema."""
    module = importlib.import_module(f"cdktf_cdktf_provider_aws.{type_.removeprefix('aws_')}")
    return any(hasattr(member, "tags_all") for member in vars(module).values())


def shapes(kind: int) -> Iterator[dict[str, Any]]:
    """Return the rules for keys (1) or values (2) of all modeled services."""
    session = botocore.session.Session()
    for model in MODELED.values():
        yield dict(session.get_service_model(model[0]).shape_for(model[kind]).metadata)


def patterns(kind: int) -> list[re.Pattern[str]]:
    """Return the patterns, for ASCII text: Python has no classes of Unicode letters, spaces and numbers."""
    found = [DOCUMENTED_PATTERN, *(rule["pattern"] for rule in shapes(kind) if "pattern" in rule)]
    ascii_classes = {r"\p{L}": "a-zA-Z", r"\p{Z}": " ", r"\p{N}": "0-9"}
    for unicode_class, ascii_class in ascii_classes.items():
        found = [pattern.replace(unicode_class, ascii_class) for pattern in found]
    return [re.compile(pattern, re.ASCII) for pattern in found]


KEYS, VALUES = patterns(1), patterns(2)


def accepted(key: str, value: str) -> bool:
    try:
        Settings(name="chatbot", tags={key: value})
    except ValueError:
        return False
    return True


def fits(text: str, rules: list[re.Pattern[str]]) -> bool:
    return text.isascii() and all(rule.fullmatch(text) for rule in rules)


@pytest.mark.parametrize("store", ["opensearch-serverless", "s3-vectors"])
def test_every_type_that_takes_tags_is_in_the_table(synthesize: Synthesize, store: str) -> None:
    plan = synthesize(default_settings(knowledge_base={"vector_store": store}))
    types = {type_ for type_ in plan.document["resource"] if type_.startswith("aws_")}
    tagged = {type_ for type_ in types if takes_tags(type_)}
    assert len(tagged) > 12
    assert tagged <= MODELED.keys() | DOCUMENTED | UNTAGGED
    if store == "opensearch-serverless":
        assert tagged == MODELED.keys() | DOCUMENTED | UNTAGGED


@pytest.mark.parametrize("character", PRINTABLE)
def test_a_character_is_accepted_if_every_service_accepts_it(character: str) -> None:
    assert accepted(f"a{character}", "") == fits(f"a{character}", KEYS)
    assert accepted("a", character) == fits(character, VALUES)


@given(key=st.text(min_size=1, max_size=140), value=st.text(max_size=270))
def test_an_accepted_tag_fits_every_service(key: str, value: str) -> None:
    if accepted(key, value):
        assert fits(key, KEYS)
        assert fits(value, VALUES)


def test_the_lengths_are_those_of_the_narrowest_service() -> None:
    keys, values = list(shapes(1)), list(shapes(2))
    longest = min(rule["max"] for rule in keys), min(rule["max"] for rule in values)
    assert accepted("k" * longest[0], "v" * longest[1])
    assert not accepted("k" * (longest[0] + 1), "")
    assert not accepted("k", "v" * (longest[1] + 1))
    assert max(rule.get("min", 0) for rule in values) == 0  # so an empty value is one that every service accepts
    assert accepted("k", "")


def test_forty_tags_leave_ten_for_others() -> None:
    limit = next(rule.max_length for rule in Settings.model_fields["tags"].metadata if hasattr(rule, "max_length"))
    assert limit == MOST_TAGS - 10


@pytest.mark.parametrize("store", ["opensearch-serverless", "s3-vectors"])
def test_no_s3_object_gets_the_default_tags(synthesize: Synthesize, store: str) -> None:
    plan: Plan = synthesize(default_settings(knowledge_base={"vector_store": store}))
    objects = resources(plan, "aws_s3_object")
    assert len(objects) > 10
    assert {str(body.get("override_provider")) for body in objects.values()} == {"{'default_tags': {'tags': {}}}"}
    assert all("tags" not in body for body in objects.values())
