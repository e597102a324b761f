"""Put everything back after a scenario, whatever happened in it."""

from contextlib import suppress

from standby.drill.context import Stage
from standby.drill.errors import WENT_WRONG, NotPutBackError, words
from standby.errors import StandbyError


def restore(stage: Stage) -> None:
    """Heal, reconcile, fail back, each whatever became of the one before.

    Raises `NotPutBackError` that names everything that could not be put back.
    """
    stage.abandon()
    parts = {
        "the fault": (stage.heal, "run the drill again, which heals first"),
        "both regions in step": (lambda: _reconcile(stage), "run `standby reconcile`"),
        "users in the primary region": (lambda: _go_home(stage), "run `standby failback`"),
    }
    left: list[str] = []
    for what, (put_back, then) in parts.items():
        try:
            put_back()
        except WENT_WRONG as error:
            left.append(f"{what} ({words(error)}): {then}")
    if left:
        raise NotPutBackError(f"NOT put back: {'; '.join(left)}", hint="`standby status` shows how it is now.")


def _reconcile(stage: Stage) -> None:
    with suppress(StandbyError, OSError):  # a load that has died is no reason to leave anything as it is
        stage.pressure.rate("upload", 0)  # failing back is a planned act: it waits for documents in step
    stage.insist("reconcile")


def _go_home(stage: Stage) -> None:
    with suppress(*WENT_WRONG, ValueError):  # who serves is not known then: `failback` finds out
        if stage.eyes.serving() == "primary":
            return
    if not stage.by_force:
        stage.insist("failback")
    elif (ran := stage.command("failback")).code != 0:
        stage.note(f"standby failback, now by force: {' '.join(ran.stderr.split())[-200:]}")
        stage.insist("failback", "--force")
    stage.until_answered("primary")
