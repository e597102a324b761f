"""Put everything back after a scenario, whatever happened in it."""

from contextlib import suppress

from standby.drill.context import ScenarioContext
from standby.drill.errors import WENT_WRONG, NotPutBackError, words
from standby.errors import StandbyError


def restore(context: ScenarioContext) -> None:
    """Heal, reconcile, fail back, each whatever became of the one before.

    Raises `NotPutBackError` that names everything that could not be put back.
    """
    context.kill_running_commands()
    parts = {
        "the fault": (context.heal, "run the drill again, which heals first"),
        "both regions in step": (lambda: _reconcile(context), "run `standby reconcile`"),
        "users in the primary region": (lambda: _go_home(context), "run `standby failback`"),
    }
    left: list[str] = []
    for what, (put_back, then) in parts.items():
        try:
            put_back()
        except WENT_WRONG as error:
            left.append(f"{what} ({words(error)}): {then}")
    if left:
        raise NotPutBackError(f"NOT put back: {'; '.join(left)}", hint="`standby status` shows how it is now.")


def _reconcile(context: ScenarioContext) -> None:
    with suppress(StandbyError, OSError):  # a load that has died is no reason to leave anything as it is
        context.load_process.rate("upload", 0)  # failing back is a planned act: it waits for documents in step
    context.run_with_retries("reconcile")


def _go_home(context: ScenarioContext) -> None:
    with suppress(*WENT_WRONG, ValueError):  # who serves is not known then: `failback` finds out
        if context.observer.serving() == "primary":
            return
    if not context.by_force:
        context.run_with_retries("failback")
    elif (ran := context.command("failback")).code != 0:
        context.note(f"standby failback, now by force: {' '.join(ran.stderr.split())[-200:]}")
        context.run_with_retries("failback", "--force")
    context.until_answered("primary")
