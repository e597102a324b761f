"""The REST API of one region: routes to functions, validation, CORS, throttling and access logs."""

from collections.abc import Mapping, Sequence
from typing import Any

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.api_gateway_deployment import ApiGatewayDeployment
from cdktf_cdktf_provider_aws.api_gateway_gateway_response import ApiGatewayGatewayResponse
from cdktf_cdktf_provider_aws.api_gateway_request_validator import ApiGatewayRequestValidator
from cdktf_cdktf_provider_aws.api_gateway_resource import ApiGatewayResource
from cdktf_cdktf_provider_aws.api_gateway_rest_api import ApiGatewayRestApi, ApiGatewayRestApiEndpointConfiguration
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.api.authorizer import CACHED_SECONDS, IDENTITY_SOURCE, RequestAuthorizer
from warm_standby.api.definition import (
    GATEWAY_RESPONSE_HEADERS,
    STAGE,
    UNAUTHORIZED_HEADERS,
    VALIDATION,
    definition_digest,
    gateway_responses,
)
from warm_standby.api.definition import routes as api_routes
from warm_standby.api.route import ApiRoute
from warm_standby.api.stage import ApiStage
from warm_standby.functions.function import Function
from warm_standby.names import Names
from warm_standby.settings import Operations


class RestApi(Construct):
    """A regional REST API with one stage, `prod`. `url` ends in `/prod/`, as in the DR guide.

    With an `authorizer` function, every route but `/health` needs an access token.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: Operations,
        functions: Mapping[str, Function],
        site_origins: Sequence[str],
        authorizer: Function | None,
    ) -> None:
        super().__init__(scope, id_)
        # API Gateway's own answers have one fixed value. They have no data, so with two origins it is any (record 6).
        site_origin = site_origins[0] if len(site_origins) == 1 else "*"
        self._provider = provider
        self._names = names
        self.name = names.regional("api")
        self.rest_api = ApiGatewayRestApi(
            self,
            "rest_api",
            provider=provider,
            name=self.name,
            description="Questions, uploads and health of the document chatbot",
            endpoint_configuration=ApiGatewayRestApiEndpointConfiguration(types=["REGIONAL"]),
        )
        rest_api_id = self.rest_api.id
        self._api: dict[str, Any] = {"provider": provider, "rest_api_id": rest_api_id}
        self.host = f"{rest_api_id}.execute-api.{names.region}.amazonaws.com"
        self.url = f"https://{self.host}/{STAGE}/"
        self._sign_in = authorizer is not None
        self._authorizer = self._authorize(authorizer) if authorizer else None
        self.deployment = self._deploy(functions, site_origin)
        self.stage = ApiStage(
            self, "stage", **self._api, names=names, settings=settings, deployment_id=self.deployment.id
        )

    def _authorize(self, function: Function) -> RequestAuthorizer:
        return RequestAuthorizer(self, "access", **self._api, names=self._names, function=function)

    def _routes(self, functions: Mapping[str, Function], site_origin: str) -> list[ITerraformDependable]:
        validation = VALIDATION["validate_request_body"]
        validator = ApiGatewayRequestValidator(
            self, "validator", **self._api, name="body", validate_request_body=validation
        )
        root = self.rest_api.root_resource_id
        dependables: list[ITerraformDependable] = []
        for route in api_routes(sign_in=self._sign_in):
            resource = ApiGatewayResource(
                self, f"resource_{route.path}", **self._api, parent_id=root, path_part=route.path
            )
            api_route = ApiRoute(
                self,
                route.path,
                provider=self._provider,
                names=self._names,
                route=route,
                function=functions[route.function],
                resource=resource,
                validator_id=validator.id,
                site_origin=site_origin,
                authorizer_id=self._authorizer.id if self._authorizer else None,
            )
            dependables += api_route.dependables
        return dependables

    def _gateway_responses(self, site_origin: str) -> list[ITerraformDependable]:
        prefix = "gatewayresponse.header"
        common = {**GATEWAY_RESPONSE_HEADERS, "Access-Control-Allow-Origin": site_origin}
        return [
            ApiGatewayGatewayResponse(
                self,
                f"answer_{response.response_type}",
                **self._api,
                response_type=response.response_type,
                status_code=response.status_code,
                response_templates={"application/json": response.template},
                response_parameters={
                    f"{prefix}.{name}": f"'{value}'"
                    for name, value in {
                        **common,
                        **(UNAUTHORIZED_HEADERS if response.response_type == "UNAUTHORIZED" else {}),
                    }.items()
                },
            )
            for response in gateway_responses(sign_in=self._sign_in)
        ]

    def _deploy(self, functions: Mapping[str, Function], site_origin: str) -> ApiGatewayDeployment:
        return ApiGatewayDeployment(
            self,
            "deployment",
            **self._api,
            triggers={
                "definition": definition_digest(sign_in=self._sign_in),
                "functions": " ".join(functions[route.function].name for route in api_routes(sign_in=self._sign_in)),
                "site_origin": site_origin,
                **self._authorizer_trigger(),
            },
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            depends_on=[*self._routes(functions, site_origin), *self._gateway_responses(site_origin)],
        )

    def _authorizer_trigger(self) -> dict[str, str]:
        """Return what of the authorizer takes effect with a new deployment only."""
        if not self._authorizer:
            return {}
        return {"authorizer": f"{self._authorizer.id} {IDENTITY_SOURCE} {CACHED_SECONDS}"}
