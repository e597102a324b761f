"""The function that verifies access tokens, with its copy of the issuer's keys."""

import json
from typing import Final

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from warm_standby.functions.function import AUTHORIZER, Function
from warm_standby.functions.schedule import Schedule
from warm_standby.iam import Statement
from warm_standby.names import Names
from warm_standby.settings import Settings

TIMEOUT: Final = 10
"""Seconds. The function gives the issuer five, and Parameter Store two."""
REFRESH_MINUTES: Final = 5
"""So that a region without users has the keys soon after its first apply, and soon after the issuer changes them."""
REFRESH_EVENT: Final = {"refreshKeys": True}
EMPTY_COPY: Final = '{"fetchedAt":0,"keys":[]}'


class Authorizer(Construct):
    """The function `authorizer` of one region, its copy of the issuer's keys, and a schedule that fetches them.

    Its role may read and write this one parameter, and nothing else besides logs. A new instance starts with the copy,
    so it can verify tokens while the issuer is down (record 98). `code` is the path of its own archive.
    """

    def __init__(
        self, scope: Construct, id_: str, *, provider: AwsProvider, names: Names, settings: Settings, code: str
    ) -> None:
        super().__init__(scope, id_)
        parameter = f"/warm-standby/{names.deployment}/issuer-keys"
        SsmParameter(
            self,
            "keys",
            provider=provider,
            name=parameter,
            description="The public keys of the issuer, as the authorizer fetched them last",
            type="String",
            insecure_value=EMPTY_COPY,
            lifecycle=TerraformResourceLifecycle(ignore_changes=["insecure_value"]),
        )
        access = settings.access
        self.function = Function(
            self,
            "function",
            provider=provider,
            names=names,
            package=AUTHORIZER,
            code=code,
            environment={
                "ISSUER": access.issuer or "",
                "CLIENT_ID": access.client_id or "",
                "AUDIENCE": access.audience or "",
                "REQUIRED_CLAIMS": json.dumps(access.required_claims, sort_keys=True),
                "DELETE_CLAIMS": json.dumps(access.delete_claims, sort_keys=True),
                "KEYS_PARAMETER": parameter,
            },
            statements=[
                Statement(
                    sid="KeepKeys",
                    actions=["ssm:GetParameter", "ssm:PutParameter"],
                    resources=[names.arn("ssm", f"parameter{parameter}")],
                )
            ],
            timeout=TIMEOUT,
            memory=512,
            log_retention_days=settings.operations.log_retention_days,
        )
        self.schedule = Schedule(
            self,
            "issuer_keys",
            provider=provider,
            names=names,
            function=self.function,
            minutes=REFRESH_MINUTES,
            event=REFRESH_EVENT,
        )
