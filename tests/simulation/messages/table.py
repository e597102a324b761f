"""The messages with which `failover`, `failback` and `reconcile` end."""

from typing import Final

from tests.simulation.messages.checks import (
    already_serves,
    answers_but_refuses,
    both_copies_have_it,
    both_journals_unknown,
    config_unchanged,
    copies_disagree,
    copies_were_different,
    documents_lack,
    edited_during,
    has_no_generation,
    is_absent_or_invalid,
    is_in_sync,
    is_pending,
    is_silent,
    knowledge_base_is_behind,
    last_generation_unknown,
    lost_to,
    may_hide,
    no_event,
    nothing_changed,
    serves,
    shows_nothing,
    shows_old,
    users_moved,
    was_found,
)
from tests.simulation.messages.row import Row, always, because, row
from tests.simulation.messages.steps import STEP_ROWS
from tests.simulation.records import OTHER

_HAS_REASON: Final = "An answer of the region, or its absence, is this reason."
_HIDING: Final = "The command read this copy. A journal has a generation above the other copy's, or was not read."
_SAME: Final = "The command read this."

ROWS: Final[tuple[Row, ...]] = (
    row(
        "Done. {region} now serves (generation {n}).",
        "The edge showed this generation to the command, and the region's API answered a question.",
        serves,
    ),
    row(
        "Done. {region} serves (generation {n}).",
        "The edge showed this generation to the command, and the region's API answered a question.",
        serves,
    ),
    row(
        "{region} already serves, generation {n}. Nothing to do.",
        "The copy that the edge shows first names this region and generation. A copy that was not read is a note.",
        already_serves,
    ),
    row(
        "{region} already serves. Nothing to do.",
        "The copy that the edge shows first names this region. A copy that was not read is a note.",
        already_serves,
    ),
    row(
        "note: config.json is manually edited: `standby reconcile` gives it a generation",
        "The command read a copy without a generation.",
        lambda told, _: any(one.manually_edited for region in OTHER for one in told.configs(region)),
    ),
    row(
        "note: config.json in {region} has no generation and may have had a later one: run `standby reconcile`",
        _HIDING,
        may_hide,
    ),
    row(
        "note: {region} serves according to its own copy of config.json; {other} may have a higher generation: --force"
        " writes a higher one",
        "The other copy could not be read.",
        lambda told, words: told.is_faulty(words["other"]),
    ),
    row(
        "note: config.json in {region} is invalid: this replaces it",
        "The command read a text that is no config.",
        is_absent_or_invalid,
    ),
    row(
        "Done as far as possible now.",
        "Something is named as pending.",
        lambda told, _: "Pending:" in told.report.words,
    ),
    row(
        "Done. Both regions are in sync.",
        "Both copies are equal, and each region and Knowledge Base has each document that was listed.",
        is_in_sync,
    ),
    row(
        "Both regions are in sync. Nothing to do.",
        "Both copies are equal, and each region and Knowledge Base has each document that was listed.",
        is_in_sync,
    ),
    row(
        "Pending: config.json in {region}, which {why}.",
        "For this reason, no write of the command to this copy was carried out.",
        is_pending,
    ),
    row(
        "Pending: config.json in {region}, which {why}, and then shows the old config.json: the write may still land.",
        "The write had no answer, and the look showed another text.",
        shows_old,
    ),
    row(
        "Pending: config.json in {region}, which {why}, and then shows no config.json: the write may have landed.",
        "The write had no answer, and the look had none either.",
        shows_nothing,
    ),
    row(
        "Pending: config.json in {region}, which refuses the write: its config.json is not the one that it shows.",
        "S3 refuses a write on condition of the ETag that it shows.",
        always,
    ),
    row(
        "Pending: config.json in {region} (its copy was edited or removed meanwhile, and may have had a later"
        " generation).",
        _HIDING,
        may_hide,
    ),
    row("When {region} is back: `standby reconcile`.", "A call to the region got no answer, or a late one.", is_silent),
    row(
        "Pending: config.json in {region} (it differs from the other region's copy).",
        "The last reads of the copies differ.",
        copies_were_different,
    ),
    row(
        "When {region} accepts the write: `standby reconcile`.",
        "A call to the region was refused.",
        answers_but_refuses,
    ),
    row("Later: `standby reconcile`.", "Something is pending.", lambda told, _: "Pending:" in told.report.words),
    row(
        "Pending: documents in {region} ({n} {documents} {other} changed during the run).",
        "Between the listing and the copy, a document was written or deleted.",
        always,
    ),
    row(
        "Pending: documents in {region} (the documents of {other} cannot be compared: {third} {why}).",
        _HAS_REASON,
        because("third"),
    ),
    row(
        "Pending: documents in {region} (the documents of {other} cannot be compared: {why}).",
        _HAS_REASON,
        lambda told, words: any(told.failed(region, words["why"]) for region in OTHER),
    ),
    row("Pending: journal in {region}, which {why}.", _HAS_REASON, because()),
    row("Pending: Knowledge Base in {region}, which {why}.", _HAS_REASON, because()),
    row("Pending: Knowledge Base in {region} ({why}).", _HAS_REASON, because()),
    row(
        "note: whether the Knowledge Base of {region} is in sync is unavailable: {why}",
        _HAS_REASON,
        because(),
    ),
    row(
        "note: not copied from {region}, because it was deleted in the other region: {name}",
        "The other region has a delete marker.",
        always,
    ),
    row("{command} refused:", "Each reason follows.", always),
    row("--force overrides this.", "The command was given without `--force`.", lambda told, _: not told.spec.force),
    row("`standby status` shows which region answers.", "A command.", always),
    row(
        "config.json of {region} cannot be read ({why}), and the target's own bucket is written first",
        _HAS_REASON,
        because(),
    ),
    row("{region} {why}: the regions cannot be compared", _HAS_REASON, because()),
    row("{region} {why}: nothing can be reconciled with it", _HAS_REASON, because()),
    row("config.json of {region} {why}", _HAS_REASON, because()),
    row("the API of {region} {why}", _HAS_REASON, because()),
    row("the API of {region} {why} (check {n} of {m})", _HAS_REASON, because()),
    row(
        "the API of {region} is degraded: retrieve (denied)",
        "The API answered so.",
        lambda told, words: told.is_degraded(words["region"]),
    ),
    row(
        "the API of {region} is degraded: retrieve (denied) (check {n} of {m})",
        "The API answered so.",
        lambda told, words: told.is_degraded(words["region"]),
    ),
    row(
        "another command moved users while the regions were compared: run `standby failback` again",
        "Two reads of config.json named different regions.",
        users_moved,
    ),
    row(
        "the copies of config.json disagree: {region} says {said}, {other} says {says}: run `standby reconcile`",
        _SAME,
        copies_disagree,
    ),
    row(
        "{n} {documents} {region} {are} missing in {other}: run `standby reconcile`",
        "The last listings show at least so many differences.",
        documents_lack,
    ),
    row(
        "the Knowledge Base of {region} is behind its bucket: run `standby reconcile`",
        "A job, as it was read, does not cover a listing.",
        knowledge_base_is_behind,
    ),
    row("the Knowledge Base of {region}: {why}", _HAS_REASON, because()),
    row(
        "replication from {region}: {why}",
        _HAS_REASON,
        lambda told, words: any(told.failed(region, words["why"]) for region in OTHER),
    ),
    row("replication from {region}: {other} {why}", _HAS_REASON, because("other")),
    row(
        "the journal has pending writes: run `standby reconcile`",
        "An event in a journal is incomplete.",
        lambda told, _: any(event.result == "incomplete" for region in OTHER for event in told.world.events(region)),
    ),
    row(
        "no command wrote the generation {n} of config.json: run `standby reconcile`",
        "The command read this generation.",
        no_event,
    ),
    row(
        "config.json has an older generation ({n}) than `{command}` wrote ({m}): run `standby reconcile`",
        "The journal has an event of the higher generation.",
        lambda told, words: any(
            (event.command, str(event.generation)) == (words["command"], words["m"])
            for region in OTHER
            for event in told.world.events(region)
        ),
    ),
    row("{region} has no config.json", "The command read no valid config there.", is_absent_or_invalid),
    row(
        "config.json in {region} is invalid: correct it, or run `standby reconcile --force`",
        "The command read a text that is no config.",
        is_absent_or_invalid,
    ),
    row(
        "config.json in {region} exists and is invalid: correct it, or --force replaces it",
        "The command read a text that is no config.",
        is_absent_or_invalid,
    ),
    row(
        "the last generation is not known (the journal of {region} {why}): --force writes one from the time, which is"
        " higher than any",
        _HAS_REASON,
        last_generation_unknown,
    ),
    row(
        "the last generation is not known (the journal of {region} {why}; the journal of {other} {also}): --force"
        " writes one from the time, which is higher than any",
        _HAS_REASON,
        both_journals_unknown,
    ),
    row(
        "the last generation is not known (config.json and the journal are empty): --force writes one from the time,"
        " which is higher than any",
        "No config.json was found.",
        lambda told, _: not any(told.configs(region) for region in OTHER),
    ),
    row(
        "The frontend bucket of {region} {why}, so config.json cannot be written either.",
        _HAS_REASON,
        because(),
    ),
    row("Nothing was changed.", "No write of the command was carried out, or still can be.", nothing_changed),
    row(
        "config.json was not changed.",
        "No write of the command to config.json was carried out, or still can be.",
        config_unchanged,
    ),
    row(
        "config.json is in sync (generation {n}), nothing else changed.",
        "Both regions have had this generation, or a later one.",
        both_copies_have_it,
    ),
    row(", nothing else changed", "The words before it say what was changed.", always),
    row(
        "config.json is written in one region alone (generation {n}), nothing else changed.",
        "A region has had this generation, or a later one.",
        lambda told, words: any(one[0] >= int(words["n"]) for _, one in told.world.ever),
    ),
    row(
        "{actor} with `standby {command}` changed config.json first; now authoritative: {region} ({role}),"
        " generation {n}",
        "The command read this config, and the event of this operator's command is in a journal.",
        lost_to,
    ),
    row(
        "a command that no journal names changed config.json first; now authoritative: {region} ({role}),"
        " generation {n}",
        "The command read this config.",
        was_found,
    ),
    row(
        "config.json in {region} was edited or removed during this command; authoritative: {other} ({role}),"
        " generation {n}",
        "The command read both copies so.",
        lambda told, words: (
            has_no_generation(told, words)
            and told.has_read(words["other"], int(words["n"]), where=OTHER[words["region"]])
        ),
    ),
    row(
        "config.json was manually edited during this command; it is now authoritative: {url}/prod/",
        "The command read this config, which has no generation.",
        lambda told, words: edited_during(told, {"url": f"{words['url']}/prod/"}),
    ),
    row("`standby status` shows the current state; decide together what is next.", "A command.", always),
    *STEP_ROWS,
    row("`standby status --deep` shows what fails; the same command again verifies again.", "A command.", always),
    row("No manifest of chatbot: {region} {why}; {other} {also}", _HAS_REASON, both_journals_unknown),
    row(
        "Check your own network first: `curl -sSI https://sts.{region}.amazonaws.com` and `curl -sSI"
        " https://sts.{other}.amazonaws.com` must print an HTTP status",
        "No region gave the manifest.",
        lambda told, _: all(told.is_faulty(region) for region in OTHER),
    ),
)
"""Each message, what must be true when a command prints it, and the check."""
