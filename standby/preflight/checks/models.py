"""Whether the models answer, and what to do about each error of theirs."""

from typing import Final, Literal

from standby.deployment.concurrency import Unavailable
from standby.preflight.facts.models import Refusal
from standby.preflight.findings import RUN_AGAIN, Finding, unknown
from standby.text import one_line

MAX_MESSAGE: Final = 160

_REMEDIES: Final = (
    (
        "aws-marketplace",
        (
            "The model is sold in AWS Marketplace: call it once with a role that may aws-marketplace:Subscribe and"
            " aws-marketplace:ViewSubscriptions, and try again after 15 minutes."
        ),
    ),
    (
        "use case details",
        (
            "Submit Anthropic's use-case form: Bedrock console, Model catalog, an Anthropic model."
            " Try again after 15 minutes."
        ),
    ),
    (
        "on-demand throughput",
        'The model is called through an inference profile: set its ID, such as "us.anthropic...".',
    ),
    ("too many tokens", "The account's quota is used up or 0: Service Quotas, Amazon Bedrock, tokens of this model."),
    ("not authorized to perform", "Allow bedrock:InvokeModel: `standby preflight --policy`"),
    ("access to the model", "Request the model: Bedrock console, Model catalog."),
    ("model identifier is invalid", "Correct the model's ID, or choose one that this region has."),
    ("end of its life", "Choose a newer model."),
)
"""What an error's message contains, and its remedy. Sources: docs.aws.amazon.com, Bedrock, "Troubleshooting Amazon
Bedrock API Error Codes" and "Access Amazon Bedrock foundation models"; github.com/ministryofjustice/
modernisation-platform-environments, pull request 18302 (the words of the Marketplace's refusal)."""

_MOMENTARY: Final = frozenset({"InternalServerException", "ModelTimeoutException", "ServiceUnavailableException"})

_THROTTLED: Final = "ThrottlingException"
"""With "Too many tokens per day" it is the account's quota, which a new account may have at 0."""


def check_model(
    kind: Literal["answer model", "embedding model"], region: str, model: str, refusal: Refusal | Unavailable | None
) -> Finding:
    """Return whether the model answered its one call."""
    if refusal is None:
        return Finding(check=kind, region=region, status="ok", detail=model)
    if isinstance(refusal, Unavailable):
        return unknown(kind, refusal, action="bedrock:InvokeModel", region=region)
    remedy = next(
        (remedy for words, remedy in _REMEDIES if words in refusal.message.lower()),
        "Look the error up: docs.aws.amazon.com, Amazon Bedrock, API error codes.",
    )
    is_momentary = refusal.code in _MOMENTARY or (refusal.code == _THROTTLED and "tokens" not in refusal.message)
    return Finding(
        check=kind,
        region=region,
        status="unknown" if is_momentary else "fails",
        detail=f"{model}: {refusal.code}: {_shorten(refusal.message)}",
        remedy=RUN_AGAIN if is_momentary else remedy,
    )


def check_use_case(form: Literal["submitted", "missing"] | Unavailable) -> Finding:
    """Return whether Anthropic's form was submitted. Without it, a model may answer for 15 minutes and then refuse."""
    if isinstance(form, Unavailable):
        return unknown("use-case form", form, action="bedrock:GetUseCaseForModelAccess")
    if form == "submitted":
        return Finding(check="use-case form", status="ok", detail="Anthropic's form was submitted")
    return Finding(
        check="use-case form",
        status="fails",
        detail="Anthropic's form was not submitted for this account",
        remedy="Submit it once: Bedrock console, Model catalog, an Anthropic model.",
    )


def _shorten(message: str) -> str:
    line = one_line(message)
    return line if len(line) <= MAX_MESSAGE else f"{line[:MAX_MESSAGE]}..."
