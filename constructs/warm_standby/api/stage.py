"""The stage of the REST API: throttling, metrics, traces and JSON access logs."""

import json
from typing import Final

from cdktf_cdktf_provider_aws.api_gateway_account import ApiGatewayAccount
from cdktf_cdktf_provider_aws.api_gateway_method_settings import (
    ApiGatewayMethodSettings,
    ApiGatewayMethodSettingsSettings,
)
from cdktf_cdktf_provider_aws.api_gateway_stage import ApiGatewayStage, ApiGatewayStageAccessLogSettings
from cdktf_cdktf_provider_aws.cloudwatch_log_group import CloudwatchLogGroup
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.api.definition import STAGE
from warm_standby.iam import ServiceRole, Statement
from warm_standby.names import Names
from warm_standby.settings import Operations

# Caller, request and result, without headers and bodies. The values are $context variables of API Gateway.
# Source: docs.aws.amazon.com, API Gateway, "Variables for access logging for API Gateway".
ACCESS_LOG: Final = {
    "requestId": "$context.requestId",
    "requestTime": "$context.requestTimeEpoch",
    "ip": "$context.identity.sourceIp",
    "method": "$context.httpMethod",
    "path": "$context.resourcePath",
    "status": "$context.status",
    "error": "$context.error.responseType",
    "integrationStatus": "$context.integration.status",
    "latencyMs": "$context.responseLatency",
    "xrayTraceId": "$context.xrayTraceId",
}


class ApiStage(Construct):
    """The stage `prod`, with throttling of its own, because a usage plan without API keys does not throttle.

    `ApiGatewayAccount` sets the one role that API Gateway logs with, for all APIs of the account in this region. It
    replaces an earlier role. If `settings.api_gateway_account` is false, the account must already have a role.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: Operations,
        rest_api_id: str,
        deployment_id: str,
    ) -> None:
        super().__init__(scope, id_)
        self.access_logs = CloudwatchLogGroup(
            self,
            "access_logs",
            provider=provider,
            name=f"/aws/apigateway/{names.regional('api')}",
            retention_in_days=settings.log_retention_days,
        )
        account = [self._account(provider, names)] if settings.api_gateway_account else []
        self.stage = ApiGatewayStage(
            self,
            "stage",
            provider=provider,
            rest_api_id=rest_api_id,
            deployment_id=deployment_id,
            stage_name=STAGE,
            xray_tracing_enabled=True,
            access_log_settings=ApiGatewayStageAccessLogSettings(
                destination_arn=self.access_logs.arn, format=json.dumps(ACCESS_LOG)
            ),
            depends_on=account,
        )
        ApiGatewayMethodSettings(
            self,
            "method_settings",
            provider=provider,
            rest_api_id=rest_api_id,
            stage_name=self.stage.stage_name,
            method_path="*/*",
            settings=ApiGatewayMethodSettingsSettings(
                metrics_enabled=True,
                throttling_rate_limit=settings.api_rate_limit,
                throttling_burst_limit=settings.api_burst_limit,
            ),
        )

    def _account(self, provider: AwsProvider, names: Names) -> ApiGatewayAccount:
        # The actions of the managed policy AmazonAPIGatewayPushToCloudWatchLogs, for this region and account only.
        # Source: docs.aws.amazon.com, API Gateway, "Set up CloudWatch logging for REST APIs".
        verbs = ("CreateLogGroup", "CreateLogStream", "DescribeLogGroups", "DescribeLogStreams", "FilterLogEvents")
        role = ServiceRole(
            self,
            "logging_role",
            provider=provider,
            name=names.account_wide("api-logging"),
            service="apigateway.amazonaws.com",
            statements=[
                Statement(
                    sid="WriteLogs",
                    actions=[f"logs:{verb}" for verb in (*verbs, "GetLogEvents", "PutLogEvents")],
                    resources=[names.arn("logs", "*")],
                )
            ],
        )
        return ApiGatewayAccount(
            self, "account", provider=provider, cloudwatch_role_arn=role.role.arn, depends_on=[role.policy]
        )
