"""The command `cost`."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import click

from standby.cli.options import examples, json_option, print_json, print_result, refuse_group_options
from standby.console import print_progress
from standby.cost.report import CostReport, cost_report
from standby.cost.stack import Stack
from standby.cost.usage import FROM_SETTINGS, PROFILES, read_usage
from standby.stack.synthesis import configuration_path, default_stack
from standby.target import Target

_STACK_HINT: Final = "`standby cost` reads the synthesized JSON alone: --stack FILE names another one."
GROUP_OPTION_HINTS: Final = dict.fromkeys(("name", "region", "profile", "aws", "directory", "context"), _STACK_HINT)


@click.command(
    short_help="Show what the deployment costs in a month.",
    epilog=examples("standby cost", "standby cost --usage small", "standby cost --json"),
)
@click.option(
    "--usage",
    "profile",
    type=click.Choice([*PROFILES, FROM_SETTINGS]),
    default=FROM_SETTINGS,
    show_default=True,
    help="The usage: a profile, or [usage] of the settings.",
)
@click.option(
    "--stack",
    "path",
    type=click.Path(path_type=Path),
    help="The synthesized Terraform JSON, or its directory. Default: the project's, else the rehearsal's.",
)
@json_option
@click.pass_obj
def cost(target: Target, profile: str, path: Path | None, *, as_json: bool) -> None:
    """Show what the deployment costs in a month.

    The cost, by component and region, is computed from the synthesized Terraform JSON, a dated price list and a usage
    profile. It needs no AWS account. Taxes, and what other parts of the account use, are not in it.
    """
    refuse_group_options(target.options, command="standby cost", hints=GROUP_OPTION_HINTS)
    path = configuration_path(path or default_stack())
    print_progress(f"{path}, usage: {profile}")
    report = cost_report(
        Stack.read(path), read_usage(profile), path=str(path), profile=profile, today=datetime.now(tz=UTC).date()
    )
    if as_json:
        print_json(report)
        return
    print_result("\n".join(cost_lines(report)))
    for note in cost_notes(report):
        print_progress(note)


def cost_lines(report: CostReport) -> list[str]:
    """Return the table, in 80 columns."""
    names = [f"{role} {region}" for role, region in report.regions.items()]
    head = f"{'USD a month':<24}{names[0]:>20}{names[1]:>20}{'both':>12}"
    rows = [
        f"{component.name:<24}{component.primary:>20.2f}{component.failover:>20.2f}"
        f"{component.primary + component.failover:>12.2f}"
        for component in report.components
    ]
    sums = [
        ("sum at list prices", report.list_price),
        ("always-free allowances", -report.free_allowances),
        ("total", report.total),
        ("of the list price, for the standby", report.standby_share),
        ("the DR guide's total", report.dr_guide),
    ]
    return [head, *rows, *(f"{name:<64}{amount:>12.2f}" for name, amount in sums)]


def cost_notes(report: CostReport) -> list[str]:
    """Return what a reader should know of the figures, one line each."""
    notes = [f"Prices were read on {report.oldest_price} or later. Check them before you rely on them."]
    if report.quoted_prices:
        notes.append(f"{len(report.quoted_prices)} of them are from quotes of AWS's pages (--json names them).")
    if report.old_prices:
        notes.append(f"Older than a year: {', '.join(report.old_prices)}")
    if report.stand_in_regions:
        notes.append(f"The prices of us-east-1 stand in for {', '.join(report.stand_in_regions)}.")
    if report.unpriced:
        notes.append(f"Without a price, and not in the sums: {', '.join(report.unpriced)}")
    return notes
