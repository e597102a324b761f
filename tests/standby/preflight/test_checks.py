"""Each check's good, bad and unknown case. Unknown is never fine, and what fails has a remedy."""

from collections.abc import Callable

import pytest

from standby.deployment.concurrency import Unavailable
from standby.preflight.checks import account, identity, models, quotas, state
from standby.preflight.checks.names import check_names
from standby.preflight.facts.account import Certificate
from standby.preflight.facts.models import Refusal
from standby.preflight.facts.names import Name
from standby.preflight.facts.principal import Principal, Simulation
from standby.preflight.facts.quotas import Capacity, Quota
from standby.preflight.facts.state import OwnResources, StateBucket
from standby.preflight.findings import Finding, Status, unknown
from standby.stack.configuration import Resource, Stack, StateBackend

ACCOUNT, WEST = "111122223333", "us-west-2"
SILENT = Unavailable("does not answer (time-out)", unreachable=True)
DENIED = Unavailable("answers AccessDenied")
ROLE = Principal(
    account=ACCOUNT,
    arn=f"arn:aws:sts::{ACCOUNT}:assumed-role/ci/session",
    kind="role",
    source=f"arn:aws:iam::{ACCOUNT}:role/ci",
)
ROOT = Principal(account=ACCOUNT, arn=f"arn:aws:iam::{ACCOUNT}:root", kind="root")
FEDERATED = Principal(account=ACCOUNT, arn=f"arn:aws:sts::{ACCOUNT}:federated-user/eve", kind="federated user")
HIDDEN = Principal(account=ACCOUNT, arn=ROLE.arn, kind="role", source=ROLE.source, hidden=DENIED)
UNREAD = Principal(account=ACCOUNT, arn=ROLE.arn, kind="role", source=ROLE.source, hidden=SILENT)
LOCAL, S3 = StateBackend(path="../terraform.chatbot.tfstate"), StateBackend(bucket="states", region=WEST, key="a/b")
FUNCTION = Name(kind="aws_lambda_function", region=WEST, name="chatbot-query")
BUCKET = Name(kind="aws_s3_bucket", region=WEST, name="chatbot-docs")
OWN = OwnResources(counts={"aws_lambda_function": 1}, names=frozenset({FUNCTION}))
NOTHING = OwnResources()
ISSUED = Certificate(status="ISSUED", names=("chat.example.com",))
LINKED = "observability.aoss.amazonaws.com/AWSServiceRoleForAmazonOpenSearchServerless"


def stack(*accounts: str) -> Stack:
    return Stack(name="chatbot", regions=(WEST,), accounts=accounts, settings={}, backend=LOCAL, resources=())


def model(refusal: Refusal | Unavailable | None) -> Finding:
    return models.check_model("answer model", WEST, "us.anthropic.claude", refusal)


def logging_role(role: str | Unavailable, *, replaced: bool) -> Finding:
    return account.check_logging_role(WEST, role, own="chatbot-api", replaced=replaced)


def linked(*, exists: bool | Unavailable, allowed: bool | Unavailable) -> Finding:
    return account.check_service_linked_role(LINKED, exists=exists, allowed=allowed)


HOLDS, LACKS = Simulation(allowed=2, denied=()), Simulation(allowed=1, denied=(("iam:PassRole", "arn:x"),))
KIND = "aws_s3_bucket"

CASES: list[tuple[str, Status, Callable[[], Finding], str]] = [
    ("a role", "ok", lambda: identity.check_identity(ROLE), "role/ci"),
    ("the root user", "fails", lambda: identity.check_identity(ROOT), "Apply as a role"),
    ("a federated user", "fails", lambda: identity.check_identity(FEDERATED), "Apply as a role"),
    ("a role that is hidden from itself", "fails", lambda: identity.check_identity(HIDDEN), "iam:GetRole"),
    ("a role that cannot be read", "unknown", lambda: identity.check_identity(UNREAD), "again"),
    ("an allowed account", "ok", lambda: identity.check_account(ROLE, stack(ACCOUNT)), "is allowed"),
    ("another account", "fails", lambda: identity.check_account(ROLE, stack("999922223333")), "allowed account"),
    ("any account", "advice", lambda: identity.check_account(ROLE, stack()), f'["{ACCOUNT}"]'),
    ("an enabled region", "ok", lambda: identity.check_region(WEST, ACCOUNT, ROLE), "accepts"),
    (
        "a region that is not enabled",
        "fails",
        lambda: identity.check_region(WEST, Unavailable("answers InvalidClientTokenId"), ROLE),
        "enable-region --region-name us-west-2",
    ),
    ("a region that is silent", "unknown", lambda: identity.check_region(WEST, SILENT, ROLE), "again"),
    ("a region of others", "fails", lambda: identity.check_region(WEST, "999922223333", ROLE), "one set"),
    ("all permissions", "ok", lambda: identity.check_permissions(HOLDS), "all 2 hold"),
    ("a denied permission", "fails", lambda: identity.check_permissions(LACKS), "iam:PassRole"),
    ("no simulation", "unknown", lambda: identity.check_permissions(DENIED), "iam:SimulatePrincipalPolicy"),
    ("a model that answers", "ok", lambda: model(None), "us.anthropic.claude"),
    ("a model that nobody asked", "unknown", lambda: model(SILENT), "again"),
    (
        "a model without a subscription",
        "fails",
        lambda: model(
            Refusal(
                "AccessDeniedException",
                "Model access is denied due to IAM user or service role is not authorized to perform the required AWS"
                " Marketplace actions (aws-marketplace:ViewSubscriptions, aws-marketplace:Subscribe)",
            )
        ),
        "aws-marketplace:Subscribe and",
    ),
    (
        "a model without the form",
        "fails",
        lambda: model(
            Refusal("ResourceNotFoundException", "Model use case details have not been submitted for this account.")
        ),
        "use-case form",
    ),
    (
        "a model without a permission",
        "fails",
        lambda: model(Refusal("AccessDeniedException", "User: x is not authorized to perform: bedrock:InvokeModel")),
        "Allow bedrock:InvokeModel",
    ),
    (
        "a model with a quota of 0",
        "fails",
        lambda: model(Refusal("ThrottlingException", "Too many tokens per day, please wait before trying again.")),
        "Service Quotas",
    ),
    (
        "a model that is busy",
        "unknown",
        lambda: model(Refusal("ThrottlingException", "Too many requests, please wait.")),
        "again",
    ),
    (
        "a model that needs a profile",
        "fails",
        lambda: model(Refusal("ValidationException", "Invocation with on-demand throughput isn\u2019t supported.")),
        "inference profile",
    ),
    ("a model with another error", "fails", lambda: model(Refusal("Strange", "\x1b[2J")), "Look the error up"),
    ("a form", "ok", lambda: models.check_use_case("submitted"), "submitted"),
    ("no form", "fails", lambda: models.check_use_case("missing"), "Submit it once"),
    ("a form that cannot be read", "unknown", lambda: models.check_use_case(DENIED), "GetUseCaseForModelAccess"),
    ("enough concurrency", "ok", lambda: quotas.check_concurrency(WEST, Quota(1000, 0), 205), "1000 executions"),
    ("a young account", "fails", lambda: quotas.check_concurrency(WEST, Quota(10, 0), 205), "L-B99A9384"),
    ("all reserved", "fails", lambda: quotas.check_concurrency(WEST, Quota(1000, 900), 205), "api_burst_limit"),
    ("no concurrency", "unknown", lambda: quotas.check_concurrency(WEST, DENIED, 205), "lambda:GetAccountSettings"),
    ("enough capacity", "ok", lambda: quotas.check_capacity(WEST, Capacity(10, 10)), "up to 10 OCU"),
    ("too little capacity", "fails", lambda: quotas.check_capacity(WEST, Capacity(10, 1)), "update-account-settings"),
    ("no capacity", "unknown", lambda: quotas.check_capacity(WEST, DENIED), "aoss:GetAccountSettings"),
    ("a quota with room", "ok", lambda: quotas.check_quota(KIND, Quota(100, 96), 4), "96 of 100"),
    ("a quota without room", "fails", lambda: quotas.check_quota(KIND, Quota(100, 97), 4), "Request more"),
    ("no quota", "unknown", lambda: quotas.check_quota(KIND, SILENT, 4), "again"),
    ("our logging role", "ok", lambda: logging_role("arn:x/chatbot-api", replaced=True), "chatbot-api"),
    ("no logging role yet", "ok", lambda: logging_role("", replaced=True), "will be set"),
    (
        "another logging role",
        "advice",
        lambda: logging_role("arn:x/theirs", replaced=True),
        "api_gateway_account = false",
    ),
    ("a logging role that is kept", "ok", lambda: logging_role("arn:x/theirs", replaced=False), "theirs"),
    ("no logging role at all", "fails", lambda: logging_role("", replaced=False), "api_gateway_account = true"),
    ("an unread logging role", "unknown", lambda: logging_role(SILENT, replaced=True), "again"),
    (
        "a service-linked role",
        "ok",
        lambda: linked(exists=True, allowed=SILENT),
        "AWSServiceRoleForAmazonOpenSearchServerless",
    ),
    ("one that may be created", "ok", lambda: linked(exists=False, allowed=True), "will be created"),
    ("one that may not", "fails", lambda: linked(exists=False, allowed=False), "--aws-service-name observability.aoss"),
    ("one that nobody knows", "unknown", lambda: linked(exists=DENIED, allowed=True), "iam:GetRole"),
    (
        "one of an unknown permission",
        "unknown",
        lambda: linked(exists=False, allowed=DENIED),
        "iam:SimulatePrincipalPolicy",
    ),
    ("a certificate", "ok", lambda: account.check_certificate(ISSUED, "chat.example.com"), "issued"),
    ("one of another name", "fails", lambda: account.check_certificate(ISSUED, "a.example.com"), "request-certificate"),
    (
        "a pending certificate",
        "fails",
        lambda: account.check_certificate(
            Certificate(status="PENDING_VALIDATION", names=("*.example.com",)), "a.example.com"
        ),
        "validate it",
    ),
    ("an unread certificate", "unknown", lambda: account.check_certificate(DENIED, "a.b"), "acm:DescribeCertificate"),
    ("distributions", "ok", lambda: account.check_cloudfront(1, own=False), "has distributions"),
    ("no distribution", "advice", lambda: account.check_cloudfront(0, own=False), "must be verified"),
    ("unknown distributions", "unknown", lambda: account.check_cloudfront(DENIED, own=False), "ListDistributions"),
    ("a state", "ok", lambda: state.check_state(LOCAL, OWN, deployed=True), "has this deployment"),
    ("a new local state", "advice", lambda: state.check_state(LOCAL, NOTHING, deployed=False), 'backend = "s3"'),
    ("a new state in S3", "ok", lambda: state.check_state(S3, NOTHING, deployed=False), "s3://states/a/b is new"),
    ("a state that is lost", "fails", lambda: state.check_state(S3, NOTHING, deployed=True), "Use its state"),
    ("an unread state", "unknown", lambda: state.check_state(S3, DENIED, deployed=False), "s3:GetObject"),
    ("an unknown deployment", "unknown", lambda: state.check_state(S3, NOTHING, deployed=DENIED), "ssm:GetParameter"),
]


@pytest.mark.parametrize("name,status,check,said", CASES, ids=[case[0] for case in CASES])
def test_the_finding(name: str, status: Status, check: Callable[[], Finding], said: str) -> None:
    finding = check()
    assert finding.status == status
    assert said in f"{finding.detail} {finding.remedy}"
    assert bool(finding.remedy) is (status != "ok")
    assert (finding.detail + finding.remedy).isprintable()


def bucket(**changes: object) -> list[Status]:
    found = StateBucket(**{"region": WEST, "versioned": True, **changes})  # type: ignore[arg-type]  # the test names the fields
    return [finding.status for finding in state.check_state_bucket(S3, found, HOLDS)]


def test_a_state_bucket_is_versioned_in_its_region_and_lockable() -> None:
    assert bucket() == ["ok", "ok"]
    assert bucket(versioned=False) == ["fails", "ok"]
    assert bucket(region="eu-west-1") == ["fails", "ok"]
    good = StateBucket(region=WEST, versioned=True)
    assert [finding.status for finding in state.check_state_bucket(S3, good, LACKS)] == ["ok", "fails"]
    assert [finding.status for finding in state.check_state_bucket(S3, good, DENIED)] == ["ok", "unknown"]


def test_a_state_bucket_that_is_missing_fails_and_a_silent_one_is_unknown() -> None:
    (missing,) = state.check_state_bucket(S3, Unavailable("answers 404"), HOLDS)
    (silent,) = state.check_state_bucket(S3, SILENT, HOLDS)
    assert (missing.status, silent.status) == ("fails", "unknown")
    assert "aws s3 mb s3://states --region us-west-2" in missing.remedy


def test_free_and_own_names_are_fine() -> None:
    (finding,) = check_names(WEST, {FUNCTION: "exists", BUCKET: "free"}, OWN)
    assert (finding.status, finding.detail) == ("ok", "1 free, 1 of this deployment")


def test_a_name_of_another_deployment_fails() -> None:
    (finding,) = check_names(WEST, {FUNCTION: "exists", BUCKET: "free"}, NOTHING)
    assert finding.status == "fails"
    assert "lambda_function chatbot-query" in finding.detail


def test_a_bucket_of_another_account_fails_and_is_called_so() -> None:
    (finding,) = check_names(WEST, {BUCKET: "another account"}, NOTHING)
    assert finding.status == "fails"
    assert "another account has s3_bucket chatbot-docs" in finding.detail


def test_an_existing_name_is_unknown_while_the_state_cannot_be_read() -> None:
    (finding,) = check_names(WEST, {FUNCTION: "exists"}, SILENT)
    assert finding.status == "unknown"


@pytest.mark.parametrize(
    "why,remedy", [(SILENT, "Run the command again."), (DENIED, "--policy")], ids=["silent", "denied"]
)
def test_a_name_that_cannot_be_looked_up_is_unknown_beside_the_taken_ones(why: Unavailable, remedy: str) -> None:
    taken, hidden = check_names(WEST, {FUNCTION: "exists", BUCKET: why}, NOTHING)
    assert (taken.status, hidden.status) == ("fails", "unknown")
    assert remedy in hidden.remedy


def test_the_needed_concurrency_is_computed_from_the_stack() -> None:
    def part(kind: str, **attributes: object) -> Resource:
        return Resource(kind=kind, region=WEST, attributes=attributes)

    small = Stack(
        **{
            **vars(stack()),
            "resources": (
                part("aws_api_gateway_method_settings", settings={"throttling_burst_limit": 200}),
                part("aws_lambda_event_source_mapping", scaling_config={"maximum_concurrency": 2}),
                part("aws_cloudwatch_event_rule"),
                part("aws_cloudwatch_event_rule"),
            ),
        }
    )
    assert quotas.needed_concurrency(small, WEST) == 204
    assert quotas.needed_concurrency(small, "us-east-1") == 0


@pytest.mark.parametrize(
    "fact, said",
    [
        (Unavailable("answers 400, but not as AWS does"), "the service answers 400, but not as AWS does"),
        (Unavailable("does not answer (time-out after 3 s)"), "the service does not answer (time-out after 3 s)"),
        (Unavailable("failed: no region"), "failed: no region"),
    ],
)
def test_a_fact_that_cannot_be_read_is_a_whole_sentence(fact: Unavailable, said: str) -> None:
    assert unknown("quota", fact).detail == f"cannot be read here: {said}"
