"""The whole stack over the state of an applied one: what belongs to another deployment is refused, and nothing else."""

import json
import re
import shutil

import pytest

from standby.deployment.manifest import ROLES
from standby.rehearsal.deploy.applier import create_applier
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import ROOT, SETTINGS
from tests.e2e.state_copy import State, StateCopy
from tests.standby.rehearsal.deploy.helpers import EVERYTHING

ADMINISTRATOR = "administrator"
"""The role that plans a deployment of another name: the applier's policy is limited to its own."""


@pytest.fixture(scope="module")
def state_copy(rehearsal: Rehearsal, tmp_path_factory: pytest.TempPathFactory) -> StateCopy:
    """A copy of the state of the shared rehearsal, for plans with other settings."""
    emulator = rehearsal.emulator
    assert emulator is not None
    create_applier(emulator, policy=EVERYTHING, name=ADMINISTRATOR)
    paths = RehearsalPaths(project=ROOT, directory=tmp_path_factory.mktemp("copy"))
    if rehearsal.paths.cli_config.is_file():
        shutil.copy(rehearsal.paths.cli_config, paths.cli_config)
    state = json.loads(rehearsal.paths.state.read_text(encoding="utf-8"))
    return StateCopy(paths=paths, endpoint=rehearsal.endpoint, state=state)


def _settings(extra: str = "") -> str:
    return SETTINGS.read_text(encoding="utf-8") + extra


def _as_an_older_version(state: State) -> None:
    state["resources"] = [resource for resource in state["resources"] if resource["type"] != "terraform_data"]
    for resource in state["resources"]:
        if (resource["mode"], resource["type"]) == ("managed", "aws_ssm_parameter"):
            for instance in resource["instances"]:
                instance["attributes"]["description"] = "What the operator's tool needs to know of this deployment"


def _empty(state: State) -> None:
    state |= {"resources": [], "outputs": {}}


def _changes(planned: str) -> set[str]:
    """Return the addresses that a plan changes, without the hash that cdktf appends."""
    return set(re.findall(r"^  # (\S+?)_[0-9A-F]{8} (?:will|must) be", planned, re.MULTILINE))


@pytest.mark.parametrize("options", [(), ("-destroy",)], ids=["plan", "destroy"])
def test_other_regions_are_refused_with_one_error(state_copy: StateCopy, options: tuple[str, ...]) -> None:
    regions = '\n[regions]\nprimary = "us-east-2"\nfailover = "us-east-1"\n'
    refused = state_copy.plan(_settings(regions), options=options)
    said = " ".join((refused.stdout + refused.stderr).split())
    assert (refused.returncode, refused.stderr.count("Error: ")) == (1, 1), refused.stderr
    assert "regions.primary = us-west-2, and the settings have us-east-2" in said
    assert 'README.md, "Several environments"' in said


def test_the_provider_refuses_an_account_that_the_settings_do_not_allow(state_copy: StateCopy) -> None:
    allowed = 'allowed_account_ids = ["111122223333"]\n'
    refused = state_copy.plan(allowed + _settings(), own_accounts=True)
    assert refused.returncode == 1
    assert "AWS account ID not allowed: 000000000000" in " ".join(refused.stderr.split())


def test_a_deployment_that_exists_is_not_planned_again_beside_itself(state_copy: StateCopy) -> None:
    refused = state_copy.plan(_settings(), change=_empty)
    said = " ".join((refused.stdout + refused.stderr).split())
    assert (refused.returncode, refused.stderr.count("Error: ")) == (1, 2), refused.stderr
    for region in ("us-west-2", "us-east-1"):
        assert f"A deployment named e2e is in {region} already, and this state does not have it." in said


def test_a_second_name_is_planned_beside_the_first(state_copy: StateCopy) -> None:
    settings = _settings().replace('name = "e2e"', 'name = "e2e-dev"')
    planned = state_copy.plan(settings, change=_empty, applier=ADMINISTRATOR)
    assert planned.returncode == 0, planned.stderr
    assert re.search(r"Plan: \d+ to add, 0 to change, 0 to destroy", planned.stdout)


def test_the_state_of_an_older_version_gets_its_identity_and_no_second_manifest(state_copy: StateCopy) -> None:
    planned = state_copy.plan(_settings(), change=_as_an_older_version)
    assert planned.returncode == 0, planned.stderr
    assert "terraform_data.identity_first_apply" in _changes(planned.stdout)
    assert not any(address.startswith("aws_ssm_parameter.") for address in _changes(planned.stdout))


def test_forty_tags_are_planned_for_all_that_takes_tags_and_none_for_s3_objects(state_copy: StateCopy) -> None:
    tags = "\n".join(f't{number} = "x"' for number in range(39))
    settings = _settings(tags).replace('name = "e2e"', 'name = "e2e-dev"')  # `[tags]` is the last section
    changes = state_copy.changes(settings, change=_empty, applier=ADMINISTRATOR)
    found = [(change["type"], change["change"]["after"].get("tags_all")) for change in changes]
    counts = {kind: {len(tags) for other, tags in found if other == kind and tags} for kind, _ in found}
    assert len([kind for kind, sizes in counts.items() if sizes]) > 12
    assert {kind: sizes for kind, sizes in counts.items() if sizes not in ({40}, set())} == {}
    assert counts["aws_s3_object"] == set()


def test_an_applied_s3_object_has_no_tag_and_its_bucket_has_them(rehearsal: Rehearsal) -> None:
    """S3 takes 10 tags for an object. Source: docs.aws.amazon.com, S3, "Categorizing your objects using tags"."""
    state = json.loads(rehearsal.paths.state.read_text(encoding="utf-8"))
    kept = [resource for resource in state["resources"] if resource["type"] == "aws_s3_object"]
    assert len(kept) > 10
    assert all(not instance["attributes"]["tags_all"] for resource in kept for instance in resource["instances"])
    for role in ROLES:
        s3, bucket = rehearsal.session(role).client("s3"), rehearsal.deployment.regions[role].frontend_bucket
        for key in ("index.html", "limits.json", "config.json", f"origin-check/{role}.json"):
            assert s3.get_object_tagging(Bucket=bucket, Key=key)["TagSet"] == [], key
        assert s3.get_bucket_tagging(Bucket=bucket)["TagSet"] == [{"Key": "project", "Value": "warm-standby"}]


def test_a_domain_name_that_is_added_later_takes_nothing_away(state_copy: StateCopy, rehearsal: Rehearsal) -> None:
    certificate = "arn:aws:acm:us-east-1:000000000000:certificate/01234567-89ab-cdef-0123-456789abcdef"
    site = f'\n[site]\ndomain_names = ["chat.example.com"]\ncertificate_arn = "{certificate}"\n'
    changes = state_copy.changes(_settings(site), change=lambda _: None)
    replaced = {change["type"] for change in changes if "delete" in change["change"]["actions"]}
    assert replaced == {"aws_api_gateway_deployment"}  # of which the new one is made first
    changed = {change["type"]: change["change"]["after"] for change in changes}
    both = {"https://chat.example.com", rehearsal.deployment.site.url}
    assert set(changed["aws_s3_bucket_cors_configuration"]["cors_rule"][0]["allowed_origins"]) == both
    functions = [change["change"]["after"] for change in changes if change["type"] == "aws_lambda_function"]
    origins = [body["environment"][0]["variables"].get("SITE_ORIGIN") for body in functions]
    assert {frozenset(origin.split()) for origin in origins if origin} == {frozenset(both)}
