"""The deployment's identity: what Terraform's state belongs to, for its whole life.

Terraform itself does not compare. With another name, other regions or another account it would not find the resources
of its state, forget them, and make new ones beside them.
"""

from typing import Final

from cdktf import DataResource, Postcondition, TerraformLocal, TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.data_aws_caller_identity import DataAwsCallerIdentity
from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.settings import Settings

_REMEDY: Final = 'Set it back, or deploy with another name and another state: README.md, "Several environments".'
# A postcondition is only a warning when Terraform destroys. An expression that fails is an error in every command.
_REFUSAL: Final = "This state belongs to another deployment: the warnings say what to do."


class Identity(Construct):
    """The account and the permanent settings, as the first apply wrote them into the state, and their comparison.

    `account` is the account ID. Names that contain it depend on the comparison, so a refused plan stops there.
    """

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider, settings: Settings) -> None:
        super().__init__(scope, id_)
        caller = DataAwsCallerIdentity(scope, "caller", provider=provider)
        self.caller_arn = caller.arn
        first = DataResource(
            self,
            "first_apply",
            input={"account": caller.account_id, **settings.permanent},
            lifecycle=TerraformResourceLifecycle(
                ignore_changes=["input"],
                postcondition=[
                    _same_account(caller.account_id),
                    *(_same_setting(key, value) for key, value in settings.permanent.items()),
                ],
            ),
        )
        present, stored = TerraformLocal(scope, "permanent_settings", settings.permanent).fqn, f"{first.fqn}.input"
        same = f"alltrue([for key, value in {present} : lookup({stored}, key, value) == value])"
        account = f'{stored}.account == {caller.account_id} && {same} ? {stored}.account : tobool("{_REFUSAL}")'
        self.account: str = TerraformLocal(scope, "account", f"${{{account}}}").as_string


def _same_setting(key: str, value: str) -> Postcondition:
    # A state from before this key was permanent has no value to compare.
    stored = f'lookup(self.input, "{key}", "{value}")'
    return Postcondition(
        condition=f'${{{stored} == "{value}"}}',
        error_message=f"This state belongs to a deployment with {key} = ${{{stored}}}, and the settings have {value}."
        f" It stays for the life of a deployment. {_REMEDY}",
    )


def _same_account(account: str) -> Postcondition:
    return Postcondition(
        condition=f"${{self.input.account == {account}}}",
        error_message=f"This state belongs to a deployment in account ${{self.input.account}}, and the credentials are"
        f" those of account {account}. Use the credentials of the first, or the state of the second.",
    )
