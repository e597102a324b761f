"""Every validation rule of the settings, and the one-line error for a refused value."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from syrupy.assertion import SnapshotAssertion

from warm_standby.names import Names
from warm_standby.settings import Settings, SettingsError

CERTIFICATE = "arn:aws:acm:us-east-1:111122223333:certificate/01234567-89ab-cdef-0123-456789abcdef"
NAME = 'name = "chatbot"\n'
DNS_ZONE = NAME + 'dns.hosted_zone_id = "Z0123456789ABCDEFGHIJ"\n'
DNS_NAME = DNS_ZONE + 'dns.api_domain_name = "api.example.com"\n'
EUROPE = 'regions = {primary = "eu-central-1", failover = "eu-west-1"}\n'
JAPAN = 'regions = {primary = "ap-northeast-1", failover = "ap-northeast-3"}\n'
S3_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")

# The file's text, the key and the value in the message, and a part of the fix.
REFUSED: tuple[tuple[str, str, object, str], ...] = (
    ('name = "Chat"', "name", "Chat", "lowercase letters"),
    ('name = "ab"', "name", "ab", "3 to 20"),
    (f'name = "{"a" * 21}"', "name", "a" * 21, "3 to 20"),
    ('name = "1chat"', "name", "1chat", "start with a letter"),
    ('name = "chat-"', "name", "chat-", "single hyphens"),
    ('name = "chat--bot"', "name", "chat--bot", "single hyphens"),
    ('name = "chat.bot"', "name", "chat.bot", "lowercase letters"),
    ('name = "chat_bot"', "name", "chat_bot", "lowercase letters"),
    ('name = "sthree-chat"', "name", "sthree-chat", "choose another name"),
    ('name = "amzn-s3-demo-x"', "name", "amzn-s3-demo-x", "choose another name"),
    ("name = 5", "name", 5, "string"),
    (NAME + 'allowed_account_ids = ["1"]', "allowed_account_ids.0", "1", "12 digits"),
    (NAME + 'allowed_account_ids = ["١١١١٢٢٢٢٣٣٣٣"]', "allowed_account_ids.0", None, "12 digits"),
    (NAME + "allowed_account_ids = [111122223333]", "allowed_account_ids.0", 111122223333, "string"),
    (NAME + f"allowed_account_ids = {['1' * 12] * 2}", "allowed_account_ids", ["1" * 12] * 2, "only once"),
    (NAME + 'regions.failover = "us-west-1"', "regions.failover", "us-west-1", "no Bedrock Knowledge Bases there"),
    (NAME + 'regions = "us-west-2"', "regions", "us-west-2", "Regions"),
    (NAME + 'regions.primary = "us-west-9"', "regions.primary", "us-west-9", "us-west-2"),
    (NAME + 'regions.failover = "us-west-2"', "regions.failover", "us-west-2", "choose another"),
    (NAME + 'regions.primary = "us-east-1"', "regions.failover", "us-east-1", "choose another"),
    (NAME + 'knowledge_base.vector_store = "pinecone"', "knowledge_base.vector_store", "pinecone", "s3-vectors"),
    (NAME + 'knowledge_base.embedding_model = "x.y"', "knowledge_base.embedding_model", "x.y", "titan-embed"),
    (NAME + "knowledge_base.embedding_dimensions = 999", "knowledge_base.embedding_dimensions", 999, "1024"),
    (NAME + "knowledge_base.chunk_tokens = 19", "knowledge_base.chunk_tokens", 19, "20"),
    (NAME + "knowledge_base.chunk_tokens = 8193", "knowledge_base.chunk_tokens", 8193, "8192"),
    (NAME + "knowledge_base.chunk_overlap_percent = 0", "knowledge_base.chunk_overlap_percent", 0, "1"),
    (NAME + "knowledge_base.chunk_overlap_percent = 100", "knowledge_base.chunk_overlap_percent", 100, "99"),
    (NAME + 'answers.model = "claude"', "answers.model", "claude", "Bedrock model"),
    (NAME + 'answers.model = "us.anthropic.claude v1"', "answers.model", "us.anthropic.claude v1", "Bedrock model"),
    (NAME + 'answers.allowed_models = ["claude"]', "answers.allowed_models.0", "claude", "Bedrock model"),
    (NAME + 'answers.allowed_models = ["a.b", "a.b"]', "answers.allowed_models", ["a.b", "a.b"], "only once"),
    (NAME + 'answers.profile_regions = ["mars-1"]', "answers.profile_regions.0", "mars-1", "did you mean"),
    (NAME + "answers.profile_regions = []", "answers.profile_regions", [], "at least 1"),
    (NAME + 'answers.model = "eu.a.b"', "answers.profile_regions", ("us-east-1", "us-east-2", "us-west-2"), "eu.a.b"),
    (NAME + 'answers.profile_regions = ["eu-west-1"]', "answers.profile_regions", ["eu-west-1"], "routes to"),
    (NAME + 'answers.allowed_models = ["jp.a.b"]', "answers.profile_regions", None, "jp.a.b"),
    (
        NAME + 'answers = {model = "eu.a.b", profile_regions = ["ca-central-1"]}',
        "answers.profile_regions",
        None,
        "eu.a.b",
    ),
    (
        NAME + EUROPE,
        "answers.model",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "cannot be called from eu-central-1",
    ),
    (NAME + EUROPE + 'answers.model = "us.a.b"', "answers.model", "us.a.b", "the model's global. profile"),
    (
        NAME + EUROPE + 'answers = {model = "global.a.b", allowed_models = ["a.b", "us.a.b"]}',
        "answers.allowed_models.1",
        "us.a.b",
        "cannot be called from eu-central-1",
    ),
    (
        NAME + 'regions.failover = "eu-west-1"',
        "answers.model",
        "us.anthropic.claude-haiku-4-5-20251001-v1:0",
        "cannot be called from eu-west-1",
    ),
    (NAME + 'documents.replication = "three-way"', "documents.replication", "three-way", "one-way"),
    (NAME + "documents.max_upload_mb = 51", "documents.max_upload_mb", 51, "50"),
    (NAME + "documents.max_upload_mb = 0", "documents.max_upload_mb", 0, "1"),
    (NAME + 'documents.max_upload_mb = "50"', "documents.max_upload_mb", "50", "integer"),
    (NAME + 'documents.upload_types = [".exe"]', "documents.upload_types.0", ".exe", ".pdf"),
    (NAME + 'documents.upload_types = [".md", ".md"]', "documents.upload_types", [".md", ".md"], "only once"),
    (NAME + "documents.upload_types = []", "documents.upload_types", [], "at least 1"),
    (NAME + "documents.expire_days = 0", "documents.expire_days", 0, "1"),
    (NAME + "documents.noncurrent_version_days = 0", "documents.noncurrent_version_days", 0, "1"),
    (NAME + "site.origin_failover_status_codes = [418]", "site.origin_failover_status_codes.0", 418, "503"),
    (NAME + "site.origin_failover_status_codes = []", "site.origin_failover_status_codes", [], "add 503 and 504"),
    (NAME + "site.origin_failover_status_codes = [403, 503]", "site.origin_failover_status_codes", [403, 503], "504"),
    (NAME + "site.origin_failover_status_codes = [504, 500]", "site.origin_failover_status_codes", [504, 500], "503"),
    (NAME + 'site.domain_names = ["Chat"]', "site.domain_names.0", "Chat", "chat.example.com"),
    (NAME + 'site.domain_names = ["*.example.com"]', "site.domain_names.0", "*.example.com", "exact origin"),
    (
        NAME + f'site = {{domain_names = ["a.example.com", "b.example.com"], certificate_arn = "{CERTIFICATE}"}}',
        "site.domain_names",
        ["a.example.com", "b.example.com"],
        "redirect the others to it",
    ),
    (NAME + 'site.domain_names = ["chat.example.com"]', "site.certificate_arn", "", "together"),
    (NAME + f'site.certificate_arn = "{CERTIFICATE}"', "site.certificate_arn", CERTIFICATE, "together"),
    (
        NAME + 'site.certificate_arn = "arn:aws:acm:eu-west-1:1:certificate/x"',
        "site.certificate_arn",
        None,
        "us-east-1",
    ),
    (NAME + 'operations.appliers = ["ci"]', "operations.appliers.0", "ci", "arn:aws:iam::111122223333:role/deployer"),
    (
        NAME + 'operations.appliers = ["arn:aws:sts::111122223333:assumed-role/ci/x"]',
        "operations.appliers.0",
        None,
        "IAM role",
    ),
    (
        NAME + 'operations.appliers = ["arn:aws:iam::111122223333:role/*"]',
        "operations.appliers.0",
        None,
        "without wildcards",
    ),
    (NAME + 'operations.appliers = ["arn:aws:iam::111122223333:root"]', "operations.appliers.0", None, "IAM role"),
    (NAME + 'operations.alert_emails = ["oncall"]', "operations.alert_emails.0", "oncall", "oncall@example.com"),
    (NAME + 'operations.alert_emails = ["a@b.c", "a@b.c"]', "operations.alert_emails", None, "only once"),
    (NAME + "operations.log_retention_days = 31", "operations.log_retention_days", 31, "30"),
    (NAME + "operations.api_rate_limit = 0", "operations.api_rate_limit", 0, "1"),
    (NAME + "operations.api_burst_limit = 5001", "operations.api_burst_limit", 5001, "5000"),
    (NAME + "operations.reserved_concurrency = {helth = 5}", "operations.reserved_concurrency", None, "no function"),
    (
        NAME + "operations.reserved_concurrency = {query = 0}",
        "operations.reserved_concurrency",
        None,
        "switches it off",
    ),
    (NAME + "operations.reserved_concurrency = {ingest = 2}", "operations.reserved_concurrency", None, "the queue"),
    (NAME + "operations.reserved_concurrency = {health = 1}", "operations.reserved_concurrency", None, "at least 2"),
    (NAME + "operations.access_logs = 1", "operations.access_logs", 1, "boolean"),
    (NAME + "operations.access_log_days = 0", "operations.access_log_days", 0, "1"),
    (NAME + "access = {waf = true, rate_limit = 9}", "access.rate_limit", 9, "10"),
    (NAME + "access = {waf = true, rate_limit = 2000000001}", "access.rate_limit", None, "2000000000"),
    (NAME + 'dns.hosted_zone_id = "Z0123"', "dns.api_domain_name", "", "dns.hosted_zone_id together"),
    (NAME + 'dns.api_domain_name = "api.example.com"', "dns.hosted_zone_id", "", "dns.api_domain_name together"),
    (DNS_ZONE + 'dns.api_domain_name = "*.example.com"', "dns.api_domain_name", "*.example.com", "not a wildcard"),
    (DNS_ZONE + 'dns.api_domain_name = "Api.example.com"', "dns.api_domain_name", "Api.example.com", "lowercase"),
    (DNS_ZONE + f'dns.api_domain_name = "{"a" * 60}.example.com"', "dns.api_domain_name", None, "at most 64"),
    (DNS_ZONE + 'dns.api_domain_name = "a.cloudfront.net"', "dns.api_domain_name", None, "your own hosted zone"),
    (NAME + 'dns.hosted_zone_id = "/hostedzone/Z01"', "dns.hosted_zone_id", "/hostedzone/Z01", "without /hostedzone/"),
    (DNS_NAME + 'access = {waf = true, allowed_cidrs = ["203.0.113.0/24"]}', "dns.api_domain_name", None, "use one"),
    (
        NAME + 'automatic.enabled = true\naccess = {waf = true, allowed_cidrs = ["203.0.113.0/24"]}',
        "automatic.enabled",
        True,
        "use one",
    ),
    (
        NAME + "automatic.enabled = true\naccess = {waf = true, rate_limit = 99}",
        "automatic.enabled",
        True,
        "access.rate_limit = 100 or more",
    ),
    (DNS_NAME + "operations.api_rate_limit = 9", "operations.api_rate_limit", 9, "need 10 or more"),
    (DNS_NAME + "operations.api_burst_limit = 9", "operations.api_burst_limit", 9, "need 10 or more"),
    (DNS_NAME + "access = {waf = true, rate_limit = 99}", "dns.api_domain_name", None, "access.rate_limit = 100"),
    (
        DNS_NAME + f'site = {{domain_names = ["api.example.com"], certificate_arn = "{CERTIFICATE}"}}',
        "dns.api_domain_name",
        None,
        "use another",
    ),
    (NAME + "access.rate_limit = 500", "access.rate_limit", 500, "set access.waf = true"),
    (NAME + 'access.allowed_cidrs = ["203.0.113.0/24"]', "access.allowed_cidrs", None, "set access.waf = true"),
    *(
        (NAME + f'access = {{waf = true, allowed_cidrs = ["{cidr}"]}}', "access.allowed_cidrs.0", cidr, fix)
        for cidr, fix in (
            ("203.0.113.7/24", "first address of the range"),
            ("office", "CIDR notation"),
            ("0.0.0.0/0", "leave the list empty"),
            ("::/0", "leave the list empty"),
        )
    ),
    (
        NAME + 'access = {waf = true, allowed_cidrs = ["203.0.113.7", "203.0.113.7/32"]}',
        "access.allowed_cidrs",
        None,
        "only once",
    ),
    (NAME + "operations.sweep_minutes = 61", "operations.sweep_minutes", 61, "60"),
    (NAME + "operations.readiness_minutes = 61", "operations.readiness_minutes", 61, "60"),
    (NAME + "operations.api_gateway_account = 0", "operations.api_gateway_account", 0, "boolean"),
    (NAME + "operations.force_destroy = 1", "operations.force_destroy", 1, "boolean"),
    (NAME + "objectives.page_rto_seconds = 0", "objectives.page_rto_seconds", 0, "greater than 0"),
    (NAME + "objectives.page_rto_seconds = nan", "objectives.page_rto_seconds", None, "3600"),
    (NAME + "objectives.page_rpo_files = -1", "objectives.page_rpo_files", -1, "0"),
    (NAME + "objectives.api_rpo_answers = 0.5", "objectives.api_rpo_answers", 0.5, "integer"),
    (NAME + "objectives.documents_rpo_seconds = 86401", "objectives.documents_rpo_seconds", 86401, "86400"),
    (NAME + "objectives.execution_seconds = inf", "objectives.execution_seconds", None, "3600"),
    (NAME + 'site.api_fallback = "yes"', "site.api_fallback", "yes", "boolean"),
    (NAME + 'state.backend = "gcs"', "state.backend", "gcs", "s3"),
    (NAME + 'state.backend = "s3"', "state.bucket", None, "versioned bucket"),
    (NAME + 'state = {backend = "s3", bucket = "states"}', "state.region", None, "region"),
    *(
        (NAME + f'state.bucket = "{bucket}"', "state.bucket", bucket, "existing S3 bucket")
        for bucket in ("My_Bucket", "a..b", "192.168.0.1", "xn--states", "a.-b", "ab")
    ),
    (NAME + 'state.key = "/state"', "state.key", "/state", "does not start or end with /"),
    (NAME + 'tags.project = "a<b>"', "tags.project", "a<b>", "digits, spaces"),
    (NAME + 'tags."a*b" = "x"', "tags.a*b", None, "digits, spaces"),
    (NAME + 'state.key = ""', "state.key", "", "at least 1"),
    (NAME + 'tags."aws:project" = "x"', "tags.aws:project", None, "does not start with aws:"),
    (NAME + 'tags.owner = "Zürich"', "tags.owner", "Zürich", "the letters A to Z"),
    (NAME + 'tags."Größe" = "x"', "tags.Größe", None, "the letters A to Z"),
    (NAME + 'tags = {Project = "x", project = "y"}', "tags", None, "Project and project differ in case only"),
    (NAME + 'tags."AWS:project" = "x"', "tags.AWS:project", None, "does not start with aws:"),
    (NAME + 'tags."" = "x"', "tags.", None, "at least 1"),
    (NAME + f'tags.long = "{"x" * 257}"', "tags.long", "x" * 257, "256"),
    (NAME + "tags.count = 5", "tags.count", 5, "string"),
    (NAME + "[tags]\n" + "\n".join(f't{n} = ""' for n in range(41)), "tags", None, "at most 40"),
    ('name = "xn--chat"', "name", "xn--chat", "single hyphens"),
    (NAME + 'answers.model = "a.' + "b" * 127 + '"', "answers.model", "a." + "b" * 127, "Bedrock model"),
    (NAME + "tags.key = 'a\\tb'", "tags.key", None, "digits, spaces"),
    (NAME + "automatic = {failed_looks = 5, of_looks = 4}", "automatic.failed_looks", 5, "use at most that"),
    (NAME + 'notifications.emails = ["a@b.c"]', "notifications.emails", ["a@b.c"], "notifications.enabled = false"),
    (NAME + "color = 1", "color", 1, "no such setting: remove it"),
    (NAME + "regions.third = 1", "regions.third", 1, "no such setting: remove it"),
    (NAME + "operations.alert_email = 'a@b.c'", "operations.alert_email", "a@b.c", "correct its name"),
)

ACCEPTED = (
    EUROPE + 'answers.model = "global.anthropic.claude-x-v1:0"',
    'regions = {primary = "eu-central-1", failover = "ap-south-1"}\nanswers.model = "amazon.nova-lite-v1:0"',
    'regions = {primary = "ca-central-1", failover = "us-east-1"}',
    'knowledge_base = {embedding_model = "cohere.embed-multilingual-v3"}',
    "knowledge_base = {embedding_dimensions = 256, chunk_tokens = 20, chunk_overlap_percent = 99}",
    EUROPE + 'answers = {model = "eu.anthropic.claude-x-v1:0", profile_regions = ["eu-west-1"]}',
    JAPAN + 'answers = {model = "jp.a.b", allowed_models = ["apac.a.b"], profile_regions = ["ap-northeast-1"]}',
    'answers = {model = "global.anthropic.claude-x-v1:0", allowed_models = ["amazon.nova-lite-v1:0"]}',
    'documents = {replication = "one-way", max_upload_mb = 1, upload_types = [".pdf"], expire_days = 365}',
    f'site = {{domain_names = ["chat.example.com"], certificate_arn = "{CERTIFICATE}"}}',
    'operations = {alert_emails = ["a.b+c@example.co.uk"], log_retention_days = 3653, sweep_minutes = 60}',
    "objectives = {page_rto_seconds = 1, execution_seconds = 0.5, page_rpo_files = 3}",
    'state = {backend = "s3", bucket = "my.states-1", region = "eu-west-1", key = "a/b"}',
    'access = {waf = true, rate_limit = 10, allowed_cidrs = ["203.0.113.7", "2001:DB8::/32"]}',
    "operations = {access_logs = true, access_log_days = 1}",
    "operations.reserved_concurrency = {query = 1, health = 2, ingest = 3}",
    'tags = {"Cost Center" = ""}',
    'tags = {owner = "a", project = "a"}',
    f'answers.allowed_models = ["a.{"b" * 126}"]',
    f"{DNS_NAME.removeprefix(NAME)}operations = {{api_rate_limit = 10, api_burst_limit = 10}}",
    f"{DNS_NAME.removeprefix(NAME)}access = {{waf = true, rate_limit = 100}}",
    f'{DNS_ZONE.removeprefix(NAME)}dns.api_domain_name = "{"a" * 52}.example.com"',
    "automatic.enabled = true\naccess = {waf = true, rate_limit = 100}",
    "automatic = {failed_looks = 4, of_looks = 4}",
    'notifications = {enabled = true, emails = ["a@b.c"]}',
    'state.bucket = "a-1"',
    'state.key = "a"',
)


@pytest.fixture(scope="session")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("settings") / "standby.toml"


def refusal(file: Path, text: str) -> str:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(SettingsError) as refused:
        Settings.load(file)
    return str(refused.value)


@pytest.mark.parametrize("text, key, value, fix", REFUSED, ids=[f"{case[1]}-{n}" for n, case in enumerate(REFUSED)])
def test_a_refused_value_is_one_line_with_file_key_value_and_fix(
    scratch: Path, text: str, key: str, value: object, fix: str
) -> None:
    message = refusal(scratch, text)
    assert message.startswith(f"{scratch}: {key}")
    assert "\n" not in message
    assert value is None or f"{key} = {value!r}: " in message
    assert fix in message.partition(": ")[2].partition(": ")[2]


def test_each_refusal_has_the_reviewed_message(scratch: Path, snapshot: SnapshotAssertion) -> None:
    said = [refusal(scratch, text).removeprefix(f"{scratch}: ") for text, *_ in REFUSED]
    assert "\n".join(re.sub(r"x{99,}|\[(.{120}).*\]", r"\1...", one) for one in said) == snapshot


@pytest.mark.parametrize("text", ACCEPTED)
def test_a_value_that_deploys_is_accepted(scratch: Path, text: str) -> None:
    scratch.write_text(NAME + text, encoding="utf-8")
    assert Settings.load(scratch).name == "chatbot"


def test_a_missing_name_is_reported_with_its_fix(scratch: Path) -> None:
    assert refusal(scratch, "") == f"{scratch}: name is missing: add it"


def test_settings_cannot_be_changed_once_read() -> None:
    settings = Settings(name="chatbot")
    with pytest.raises(ValueError, match="frozen"):
        settings.regions.primary = "us-east-2"


@given(name=st.text(alphabet="abc09-._X \n", max_size=24), region=st.sampled_from(["us-east-1", "ap-southeast-1"]))
def test_an_accepted_name_gives_bucket_names_that_s3_accepts(name: str, region: str) -> None:
    """Source: docs.aws.amazon.com, S3, "General purpose bucket naming rules"."""
    try:
        accepted = Settings(name=name).name
    except ValueError:
        return
    for purpose in ("docs", "frontend", "vectors"):
        bucket = Names(deployment=accepted, account="111122223333", region=region).bucket(purpose)
        assert S3_BUCKET_NAME.fullmatch(bucket)
        assert not bucket.startswith(("xn--", "sthree-", "amzn-s3-demo-"))


@given(name=st.from_regex(r"[a-z][a-z0-9]{1,8}(-[a-z0-9]{1,9})?", fullmatch=True))
def test_an_ordinary_name_is_accepted(name: str) -> None:
    if len(name) > 2 and not name.startswith("sthree-"):
        assert Settings(name=name).name == name


_KEYS = [
    f"{section}.{key}"
    for section, model in Settings.model_fields.items()
    for key in getattr(model.annotation, "model_fields", {})
]
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x7f"), max_size=30)
_VALUES = st.one_of(_TEXT, st.integers(-(2**62), 2**62), st.booleans(), st.lists(_TEXT, max_size=3))


@given(key=st.sampled_from(_KEYS), value=_VALUES)
def test_any_value_at_any_key_loads_or_is_refused_on_one_line(scratch: Path, key: str, value: object) -> None:
    scratch.write_text(NAME + f"{key} = {json.dumps(value, ensure_ascii=False)}", encoding="utf-8")
    message = ""
    try:
        Settings.load(scratch)
    except SettingsError as error:
        message = str(error)
    assert message == "" or message.startswith(f"{scratch}: {key.partition('.')[0]}.")
    assert len(message.splitlines()) <= 1


def test_the_sections_have_keys_to_try() -> None:
    assert {"regions.primary", "state.backend", "operations.force_destroy"} <= set(_KEYS)
