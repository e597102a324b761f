"""A schedule that invokes a Lambda function."""

from collections.abc import Mapping

from cdktf import Fn
from cdktf_cdktf_provider_aws.cloudwatch_event_rule import CloudwatchEventRule
from cdktf_cdktf_provider_aws.cloudwatch_event_target import CloudwatchEventTarget
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.functions.function import Function
from warm_standby.names import Names


class Schedule(Construct):
    """An EventBridge rule that invokes a function every `minutes` minutes, with `event` or EventBridge's own event."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        function: Function,
        minutes: int,
        event: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(scope, id_)
        purpose = id_.replace("_", "-")
        self.name = names.regional(purpose)
        rule = CloudwatchEventRule(
            self,
            "rule",
            provider=provider,
            name=self.name,
            schedule_expression=f"rate({minutes} {'minute' if minutes == 1 else 'minutes'})",
        )
        CloudwatchEventTarget(
            self,
            "target",
            provider=provider,
            rule=rule.name,
            target_id=purpose,
            arn=function.function.arn,
            input=Fn.jsonencode(event) if event else None,
        )
        function.add_permission(
            f"scheduled_{purpose}",
            principal="events.amazonaws.com",
            source_arn=names.arn("events", f"rule/{rule.name}"),
        )
