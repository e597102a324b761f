"""The authorizer of one REST API: which function API Gateway asks, and how long it keeps the answer."""

from typing import Final

from cdktf_cdktf_provider_aws.api_gateway_authorizer import ApiGatewayAuthorizer
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.functions.function import Function
from warm_standby.names import Names

CACHED_SECONDS: Final = 60
"""How long a token is let in without asking the function again, also after it has expired or lost a claim."""
IDENTITY_SOURCE: Final = "method.request.header.Authorization"
"""A request without this header gets 401 from API Gateway itself. It is the key of the cache, too.

Source: docs.aws.amazon.com, API Gateway, "Use API Gateway Lambda authorizers".
"""


class RequestAuthorizer(Construct):
    """An authorizer of type REQUEST, and its permission to invoke the function. `id` is its own ID."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        rest_api_id: str,
        function: Function,
    ) -> None:
        super().__init__(scope, id_)
        invocations = f"functions/{function.function.arn}/invocations"
        self.authorizer = ApiGatewayAuthorizer(
            self,
            "authorizer",
            provider=provider,
            rest_api_id=rest_api_id,
            name="access-token",
            type="REQUEST",
            authorizer_uri=f"arn:aws:apigateway:{names.region}:lambda:path/2015-03-31/{invocations}",
            identity_source=IDENTITY_SOURCE,
            authorizer_result_ttl_in_seconds=CACHED_SECONDS,
        )
        self.id = self.authorizer.id
        function.add_permission(
            "api",
            principal="apigateway.amazonaws.com",
            source_arn=names.arn("execute-api", f"{rest_api_id}/authorizers/{self.id}"),
        )
