"""Rules about the API: what makes it refuse every request, in a way that no destroyed resource shows."""

from typing import Final

from standby.review.rules.rule import Guard, Rule, guarded
from standby.review.values import ABSENT

_TAKE_BACK: Final = "Take the change back."

SERVING_RULES: Final = (
    Rule(
        name="serving-off",
        severity="blocked",
        objective="API RTO",
        title="The API refuses every request, or a function is never called.",
        find=guarded(
            Guard(
                types=("aws_lambda_function",),
                path=("reserved_concurrent_executions",),
                is_worse=lambda _, after: after == 0,
                effect="With no concurrency, AWS refuses every call of the function.",
                remedy=_TAKE_BACK,
            ),
            *(
                Guard(
                    types=("aws_api_gateway_method_settings",),
                    path=("settings", argument),
                    is_worse=lambda _, after: after == 0,
                    effect="With a limit of 0, the API answers 429 to every request.",
                    remedy=_TAKE_BACK,
                )
                for argument in ("throttling_rate_limit", "throttling_burst_limit")
            ),
            Guard(
                types=("aws_api_gateway_rest_api",),
                path=("disable_execute_api_endpoint",),
                is_worse=lambda _, after: after is True,
                effect="The address that config.json and `standby` use answers no more.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_api_gateway_method",),
                path=("authorization",),
                is_worse=lambda before, after: before == "NONE" and after not in ("NONE", ABSENT),
                effect="The site sends no credentials, so the API denies its requests.",
                remedy=_TAKE_BACK,
            ),
            Guard(
                types=("aws_api_gateway_method",),
                path=("api_key_required",),
                is_worse=lambda _, after: after is True,
                effect="The site sends no API key, so the API denies its requests.",
                remedy=_TAKE_BACK,
            ),
        ),
    ),
)
