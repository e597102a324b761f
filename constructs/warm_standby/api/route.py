"""One route of the REST API: a method that a function answers, and a CORS preflight that API Gateway answers."""

import json
from typing import Any

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.api_gateway_integration import ApiGatewayIntegration
from cdktf_cdktf_provider_aws.api_gateway_integration_response import ApiGatewayIntegrationResponse
from cdktf_cdktf_provider_aws.api_gateway_method import ApiGatewayMethod
from cdktf_cdktf_provider_aws.api_gateway_method_response import ApiGatewayMethodResponse
from cdktf_cdktf_provider_aws.api_gateway_model import ApiGatewayModel
from cdktf_cdktf_provider_aws.api_gateway_resource import ApiGatewayResource
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.api.definition import (
    PREFLIGHT,
    PREFLIGHT_STATUS,
    PREFLIGHT_TEMPLATE,
    VALIDATED_CONTENT_TYPE,
    Route,
    preflight_headers,
)
from warm_standby.functions.function import Function
from warm_standby.names import Names


class ApiRoute(Construct):
    """A method with a Lambda proxy integration, and OPTIONS with a mock integration.

    `authorizer_id` is that of the API's authorizer, None for an open API. `dependables` are the resources that a
    deployment must wait for.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        route: Route,
        function: Function,
        resource: ApiGatewayResource,
        validator_id: str,
        site_origin: str,
        authorizer_id: str | None,
    ) -> None:
        super().__init__(scope, id_)
        self._route = route
        self._authorizer_id = authorizer_id
        rest_api_id = resource.rest_api_id
        self._api: dict[str, Any] = {"provider": provider, "rest_api_id": rest_api_id}
        self._resource: dict[str, Any] = {**self._api, "resource_id": resource.id}
        self.dependables: list[ITerraformDependable] = [
            *self._method(names, function, validator_id),
            *self._preflight(site_origin),
        ]
        function.add_permission(
            "api",
            principal="apigateway.amazonaws.com",
            source_arn=names.arn("execute-api", f"{rest_api_id}/*/{route.method}/{route.path}"),
        )

    def _method(self, names: Names, function: Function, validator_id: str) -> list[ITerraformDependable]:
        model = self._model()
        method = ApiGatewayMethod(
            self,
            "method",
            **self._resource,
            http_method=self._route.method,
            authorization=self._route.authorization,
            authorizer_id=self._authorizer_id if self._route.authorization == "CUSTOM" else self._route.authorizer_id,
            request_models={VALIDATED_CONTENT_TYPE: model.name} if model else None,
            request_validator_id=validator_id if model else None,
        )
        integration = ApiGatewayIntegration(
            self,
            "integration",
            **self._resource,
            http_method=method.http_method,
            type=self._route.integration,
            integration_http_method="POST",
            uri=f"arn:aws:apigateway:{names.region}:lambda:path/2015-03-31/functions/{function.function.arn}/invocations",
        )
        return [method, integration, *([model] if model else [])]

    def _model(self) -> ApiGatewayModel | None:
        if self._route.schema is None:
            return None
        return ApiGatewayModel(
            self,
            "model",
            **self._api,
            name=str(self._route.schema["title"]),
            content_type="application/json",
            schema=json.dumps(self._route.schema, sort_keys=True),
        )

    def _preflight(self, site_origin: str) -> list[ITerraformDependable]:
        headers = {
            **preflight_headers(sign_in=self._authorizer_id is not None),
            "Access-Control-Allow-Methods": f"OPTIONS,{self._route.method}",
            "Access-Control-Allow-Origin": site_origin,
        }
        method = ApiGatewayMethod(
            self, "preflight", **self._resource, http_method="OPTIONS", authorization=PREFLIGHT["authorization"]
        )
        integration = ApiGatewayIntegration(
            self,
            "preflight_integration",
            **self._resource,
            http_method=method.http_method,
            type=PREFLIGHT["integration"],
            request_templates={"application/json": PREFLIGHT_TEMPLATE},
            # The deployment is replaced with create_before_destroy, which Terraform extends to its dependencies. A
            # replaced integration would then be lost: it has no ID of its own, so deleting the old one deletes the new
            # one. MiniStack returns an HTTP method that was never set, and so causes that at every second apply.
            lifecycle=TerraformResourceLifecycle(ignore_changes=["integration_http_method"]),
        )
        response = ApiGatewayMethodResponse(
            self,
            "preflight_response",
            **self._resource,
            http_method=method.http_method,
            status_code=PREFLIGHT_STATUS,
            response_parameters={f"method.response.header.{header}": True for header in headers},
        )
        integration_response = ApiGatewayIntegrationResponse(
            self,
            "preflight_answer",
            **self._resource,
            http_method=integration.http_method,
            status_code=response.status_code,
            response_parameters={f"method.response.header.{header}": f"'{value}'" for header, value in headers.items()},
        )
        return [method, integration, response, integration_response]
