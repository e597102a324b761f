"""Rules about the deployment: its account, its state, its age, and the moment at which the plan is applied."""

from collections.abc import Iterator
from typing import Final

from standby.review.findings import Finding
from standby.review.plan import Plan
from standby.review.rules.rule import Rule, Surroundings
from standby.review.values import ABSENT, Arguments, show

IDENTITY: Final = "identity_first_apply"
MANIFEST: Final = "manifest_parameter"
_PLAN_AGAIN: Final = "Plan again, and review that plan."


def _find_other_account(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    for change in plan.of("terraform_data"):
        if not change.construct.startswith(IDENTITY) or change.before is None:
            continue
        account = change.before.value("input", "account")
        if plan.accounts and account not in plan.accounts:
            yield rule.finding(
                change.address,
                argument="provider.allowed_account_ids",
                before=show(account),
                after=", ".join(sorted(plan.accounts)),
                effect="The plan is for another account than the one in which the deployment is.",
                remedy="Use the settings and the credentials of the deployment's account.",
            )
        if change.action != "no-op":
            yield rule.finding(
                change.address,
                argument=change.action,
                effect="The record of what this state belongs to changes: name, regions and account are not checked.",
                remedy="Take the change back. A second deployment needs a name and a state of its own.",
            )


def _find_other_backend(rule: Rule, plan: Plan, surroundings: Surroundings) -> Iterator[Finding]:
    del plan
    planned = Arguments(surroundings.stack).value("terraform", "backend")
    known = Arguments(surroundings.initialized_backend)
    if not isinstance(surroundings.stack, dict) or known.value("type") in (ABSENT, "cloud"):
        return
    wanted_backends = planned if isinstance(planned, dict) and planned else {"local": {}}
    for kind, found in wanted_backends.items():
        wanted = found if isinstance(found, dict) else {}
        place = {key: known.value("config", key) for key in ("path", "bucket", "key", "region") if key in wanted}
        if kind != known.value("type") or any(wanted[key] != value for key, value in place.items()):
            yield rule.finding(
                "terraform.backend",
                argument=str(kind),
                before=f"{show(known.value('type'))} {show(_place(known.value('config')))}",
                after=f"{kind} {show(_place(wanted))}",
                effect="The state would be another one: Terraform would create everything a second time.",
                remedy='Move the state first: README.md, "Several environments".',
            )


def _place(config: object) -> object:
    keys = ("path", "bucket", "key", "region")
    return {key: config[key] for key in keys if config.get(key)} if isinstance(config, dict) else config


def _find_old_plan(rule: Rule, plan: Plan, surroundings: Surroundings) -> Iterator[Finding]:
    written, state = plan.written_at, surroundings.state_written_at
    if written is None:
        yield rule.finding("plan", effect="The plan does not say when it was made.", remedy=_PLAN_AGAIN)
    elif state is not None and state.replace(microsecond=0) > written:  # a plan's time has whole seconds
        yield rule.finding(
            "plan",
            argument="timestamp",
            before=f"state of {state:%Y-%m-%d %H:%M:%S} UTC",
            after=f"plan of {written:%Y-%m-%d %H:%M:%S} UTC",
            effect="The state was written after the plan: another apply came first, and Terraform refuses this plan.",
            remedy=_PLAN_AGAIN,
        )


def _find_errored(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    if plan.is_errored:
        yield rule.finding(
            "plan",
            argument="errored",
            after="true",
            effect="Terraform stopped with an error while it planned, so the plan is not complete.",
            remedy="Correct the error that `terraform plan` printed, and plan again.",
        )
    if plan.is_partial:
        yield rule.finding(
            "plan",
            argument="complete",
            after="false",
            severity="warned",
            effect="Terraform left changes out (-target, or deferred ones). What it left out was not reviewed.",
            remedy="Plan without -target. After the apply, plan and review again.",
        )
    if plan.invokes_actions:
        yield rule.finding(
            "plan",
            argument="action_invocations",
            severity="warned",
            effect="The apply runs actions, such as calls of functions. They were not reviewed.",
            remedy="Read them in `terraform show PLAN`.",
        )


def _find_manifest_outputs(rule: Rule, plan: Plan, _: Surroundings) -> Iterator[Finding]:
    manifests = [change for change in plan.of("aws_ssm_parameter") if change.construct.startswith(MANIFEST)]
    if plan.outputs and any(change.action == "update" for change in manifests) and not plan.is_first:
        yield rule.finding(
            "output",
            argument=", ".join(sorted(plan.outputs)),
            effect="What the manifest carries changes: addresses, names or ids that open pages and scripts use.",
            remedy="Tell those who use the outputs. After the apply, do what `standby status` says.",
        )


def _find_bad_moment(rule: Rule, plan: Plan, surroundings: Surroundings) -> Iterator[Finding]:
    if not any(change.changes for change in plan.changes):
        return
    if surroundings.serving == "failover":
        yield rule.finding(
            "deployment",
            argument="serves",
            after="the failover region",
            effect="The deployment is failed over: the apply changes the region that serves users.",
            remedy="Fail back first (`standby failback`), or apply only what the incident needs.",
        )
    for region, why in surroundings.unavailable.items():
        yield rule.finding(
            "deployment",
            argument=region,
            after=why,
            effect=f"{region} {why}: the apply would stop half way, with one region changed.",
            remedy="Wait until `standby status` says that both regions answer.",
        )


DEPLOYMENT_RULES: Final = (
    Rule(
        name="other-account",
        severity="blocked",
        objective="deployment",
        title="The plan is for another account, or forgets what its state belongs to.",
        find=_find_other_account,
    ),
    Rule(
        name="other-backend",
        severity="blocked",
        objective="deployment",
        title="The state's backend is another one than that of the last `terraform init`.",
        find=_find_other_backend,
    ),
    Rule(
        name="plan-incomplete",
        severity="blocked",
        objective="deployment",
        title="Terraform stopped with an error while it planned, or left changes out (warned).",
        find=_find_errored,
    ),
    Rule(
        name="plan-old",
        severity="warned",
        objective="deployment",
        title="The plan is older than the state, or does not say how old it is.",
        find=_find_old_plan,
    ),
    Rule(
        name="outputs-change",
        severity="warned",
        objective="readiness",
        title="Outputs that the manifest carries change.",
        find=_find_manifest_outputs,
    ),
    Rule(
        name="bad-moment",
        severity="warned",
        objective="deployment",
        title="The deployment is failed over, or a region does not answer.",
        find=_find_bad_moment,
    ),
)
