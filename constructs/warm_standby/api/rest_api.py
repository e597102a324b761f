"""One region's REST API: routes to functions, validation, CORS, throttling, access logs."""

from collections.abc import Mapping

from cdktf import ITerraformDependable, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.api_gateway_deployment import ApiGatewayDeployment
from cdktf_cdktf_provider_aws.api_gateway_gateway_response import ApiGatewayGatewayResponse
from cdktf_cdktf_provider_aws.api_gateway_request_validator import ApiGatewayRequestValidator
from cdktf_cdktf_provider_aws.api_gateway_resource import ApiGatewayResource
from cdktf_cdktf_provider_aws.api_gateway_rest_api import ApiGatewayRestApi, ApiGatewayRestApiEndpointConfiguration
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.api.definition import (
    ANSWER_HEADERS,
    GATEWAY_ANSWERS,
    ROUTES,
    STAGE,
    VALIDATION,
    definition_digest,
)
from warm_standby.api.route import ApiRoute
from warm_standby.api.stage import ApiStage
from warm_standby.functions.function import Function
from warm_standby.names import Names
from warm_standby.settings import Operations


class RestApi(Construct):
    """A regional REST API with one stage, `prod`. `url` ends in `/prod/`, as the guide's output does."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: Operations,
        functions: Mapping[str, Function],
        site_origin: str,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self.name = names.regional("api")
        self.rest_api = ApiGatewayRestApi(
            self,
            "rest_api",
            provider=provider,
            name=self.name,
            description="Questions, uploads and health of the document chatbot",
            endpoint_configuration=ApiGatewayRestApiEndpointConfiguration(types=["REGIONAL"]),
        )
        self._id = self.rest_api.id
        self.host = f"{self._id}.execute-api.{names.region}.amazonaws.com"
        self.url = f"https://{self.host}/{STAGE}/"
        self.deployment = self._deploy(
            [*self._routes(names, functions, site_origin), *self._gateway_answers(site_origin)],
            triggers={
                "definition": definition_digest(),
                "functions": " ".join(functions[route.function].name for route in ROUTES),
                "site_origin": site_origin,
            },
        )
        self.stage = ApiStage(
            self,
            "stage",
            provider=provider,
            names=names,
            settings=settings,
            rest_api_id=self._id,
            deployment_id=self.deployment.id,
        )

    def _routes(self, names: Names, functions: Mapping[str, Function], site_origin: str) -> list[ITerraformDependable]:
        validator = ApiGatewayRequestValidator(
            self,
            "validator",
            provider=self._provider,
            name="body",
            rest_api_id=self._id,
            validate_request_body=VALIDATION["validate_request_body"],
        )
        routes, root = [], self.rest_api.root_resource_id
        for route in ROUTES:
            resource = ApiGatewayResource(
                self,
                f"resource_{route.path}",
                provider=self._provider,
                rest_api_id=self._id,
                parent_id=root,
                path_part=route.path,
            )
            routes.append(
                ApiRoute(
                    self,
                    route.path,
                    provider=self._provider,
                    names=names,
                    route=route,
                    function=functions[route.function],
                    resource=resource,
                    validator_id=validator.id,
                    site_origin=site_origin,
                )
            )
        return [part for route in routes for part in route.parts]

    def _gateway_answers(self, site_origin: str) -> list[ITerraformDependable]:
        return [
            ApiGatewayGatewayResponse(
                self,
                f"answer_{answer.response_type}",
                provider=self._provider,
                rest_api_id=self._id,
                response_type=answer.response_type,
                status_code=answer.status_code,
                response_templates={"application/json": answer.template},
                response_parameters={
                    "gatewayresponse.header.Access-Control-Allow-Origin": f"'{site_origin}'",
                    **{f"gatewayresponse.header.{name}": f"'{value}'" for name, value in ANSWER_HEADERS.items()},
                },
            )
            for answer in GATEWAY_ANSWERS
        ]

    def _deploy(self, parts: list[ITerraformDependable], *, triggers: Mapping[str, str]) -> ApiGatewayDeployment:
        return ApiGatewayDeployment(
            self,
            "deployment",
            provider=self._provider,
            rest_api_id=self._id,
            triggers=dict(triggers),
            lifecycle=TerraformResourceLifecycle(create_before_destroy=True),
            depends_on=parts,
        )
