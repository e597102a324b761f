"""A Lambda function with its own role and log group, and with X-Ray tracing."""

from collections.abc import Mapping, Sequence

from cdktf import Fn, ITerraformDependable
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.lambda_function import (
    LambdaFunction,
    LambdaFunctionEnvironment,
    LambdaFunctionLoggingConfig,
    LambdaFunctionTracingConfig,
)
from cdktf_cdktf_provider_aws.lambda_permission import LambdaPermission
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.iam import ServiceRole, Statement
from warm_standby.names import Names

RUNTIME = "python3.13"

AUTHORIZER = "authorizer"
"""The package of the function that verifies access tokens."""


class Function(Construct):
    """A Lambda function whose handler is in one package of the archive.

    The function's name is that of the `package`, with hyphens instead of underscores. `code` is the path of the
    archive that all functions share. `timeout` is in seconds, `memory` in MB. `reserved_concurrency`: the executions
    that only this function may use, and its upper limit; None leaves it to share those of the account.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        package: str,
        code: str,
        environment: Mapping[str, str],
        statements: Sequence[Statement],
        timeout: int,
        memory: int,
        log_retention_days: int,
        reserved_concurrency: int | None = None,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        name = names.regional(package.replace("_", "-"))
        self.name = name
        self.arn = names.arn("lambda", f"function:{name}")
        self.log_group = CloudwatchLogGroup(
            self, "logs", provider=provider, name=f"/aws/lambda/{name}", retention_in_days=log_retention_days
        )
        self.role = ServiceRole(
            self,
            "role",
            provider=provider,
            name=names.account_wide(package.replace("_", "-")),
            service="lambda.amazonaws.com",
            statements=[*statements, *_observability_statements(names, name)],
        )
        self.function = LambdaFunction(
            self,
            "function",
            provider=provider,
            function_name=name,
            role=self.role.role.arn,
            runtime=RUNTIME,
            architectures=["arm64"],
            handler=f"{package}.handler.handler",
            filename=code,
            source_code_hash=Fn.filebase64sha256(code),  # by which Terraform sees a change
            timeout=timeout,
            memory_size=memory,
            reserved_concurrent_executions=reserved_concurrency,
            environment=LambdaFunctionEnvironment(variables=dict(environment)),
            tracing_config=LambdaFunctionTracingConfig(mode="Active"),
            logging_config=LambdaFunctionLoggingConfig(
                log_format="JSON", log_group=self.log_group.name, application_log_level="INFO"
            ),
            depends_on=[self.role.policy],
        )

    def add_permission(self, id_: str, *, principal: str, source_arn: str) -> ITerraformDependable:
        """Allow one source of one AWS service to invoke the function."""
        return LambdaPermission(
            self,
            id_,
            provider=self._provider,
            statement_id=id_.replace("_", "-"),
            action="lambda:InvokeFunction",
            function_name=self.function.function_name,
            principal=principal,
            source_arn=source_arn,
        )


def _observability_statements(names: Names, function_name: str) -> tuple[Statement, Statement]:
    logs = names.arn("logs", f"log-group:/aws/lambda/{function_name}:*")
    return (
        Statement(sid="WriteLogs", actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[logs]),
        Statement(
            sid="WriteTraces",
            actions=["xray:PutTelemetryRecords", "xray:PutTraceSegments"],
            resources=["*"],
            wildcard_reason="docs.aws.amazon.com, Service Authorization Reference, AWS X-Ray: no resource types",
        ),
    )
