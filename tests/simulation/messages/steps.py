"""The messages about a step that failed, whose end is unknown, or that could not be verified."""

from typing import Final

from tests.simulation.messages.checks import (
    edge_answers,
    edge_is_invalid,
    edge_shows,
    edge_shows_edit,
    edited_during,
    is_written,
    question_failed,
    shows_nothing,
    shows_old,
    was_found,
)
from tests.simulation.messages.row import Row, always, because, row
from tests.simulation.records import OTHER

_SHOWN: Final = "Verify config.json through the edge: after 5 s {url} shows "
_HAS_REASON: Final = "An answer of the region, or its absence, is this reason."

STEP_ROWS: Final[tuple[Row, ...]] = (
    row("Write config.json in {region}: the bucket {why}", _HAS_REASON, because()),
    row("Write config.json for an interrupted command in {region}: the bucket {why}", _HAS_REASON, because()),
    row("Bring config.json to generation {n} in {region}: the bucket {why}", _HAS_REASON, because()),
    row(
        "Write config.json in {region}: {other} {why}, and then shows the old config.json: the write may still land",
        "The write had no answer, and the look showed another text.",
        shows_old,
    ),
    row(
        "Write config.json in {region}: {other} {why}, and then shows no config.json: the write may have landed",
        "The write had no answer, and the look had none either.",
        shows_nothing,
    ),
    row(
        "Write config.json for an interrupted command in {region}: {other} {why}, and then shows the old config.json:"
        " the write may still land",
        "The write had no answer, and the look showed another text.",
        shows_old,
    ),
    row(
        "Write config.json for an interrupted command in {region}: {other} {why}, and then shows no config.json: the"
        " write may have landed",
        "The write had no answer, and the look had none either.",
        shows_nothing,
    ),
    row(
        "Bring config.json to generation {n} in {region}: {other} {why}, and then shows the old config.json: the write"
        " may still land",
        "The write had no answer, and the look showed another text.",
        shows_old,
    ),
    row(
        "Bring config.json to generation {n} in {region}: {other} {why}, and then shows no config.json: the write may"
        " have landed",
        "The write had no answer, and the look had none either.",
        shows_nothing,
    ),
    row(
        "Write config.json in {region}: config.json can no longer be read, or another command keeps writing it",
        "A read of config.json failed, or five attempts met another write.",
        lambda told, _: any(told.is_faulty(region) for region in OTHER),
    ),
    row(
        "Bring config.json to generation {n} in {region}: config.json can no longer be read, or another command keeps"
        " writing it",
        "A read of config.json failed, or five attempts met another write.",
        lambda told, _: any(told.is_faulty(region) for region in OTHER),
    ),
    *(
        row(
            f"{begin} in {{region}}: {{other}} {{why}}, so which config.json holds is not known",
            "The write was refused by its condition, and the target's copy could not be read then.",
            because("other"),
        )
        for begin in (
            "Write config.json",
            "Write config.json for an interrupted command",
            "Bring config.json to generation {n}",
        )
    ),
    *(
        row(
            f"{begin} in {{region}}: config.json was manually edited during this command; it is now authoritative:"
            " {url}/prod/, and generation {m} may hold later",
            "The command read a config without a generation, after it had written a copy.",
            lambda told, words: edited_during(told, {"url": f"{words['url']}/prod/"}),
        )
        for begin in (
            "Write config.json",
            "Write config.json for an interrupted command",
            "Bring config.json to generation {n}",
        )
    ),
    row("`standby status` looks again; the same command again writes it, or finds it written.", "A command.", always),
    row("Bring the Knowledge Base into sync in {region}: chatbot-ingest {why}", _HAS_REASON, because()),
    row(
        "Bring the Knowledge Base into sync in {region}: {n} jobs started and none covered the bucket: the last job is"
        " {code}",
        "The function said so many times that it started a job.",
        lambda told, words: told.jobs_started(words["region"]) >= int(words["n"]),
    ),
    row("Complete the journal ({n} event) in {region}: the journal {why}", _HAS_REASON, because()),
    row("Complete the journal ({n} events) in {region}: the journal {why}", _HAS_REASON, because()),
    row(
        "Copy {n} document from {region} into the bucket in {other}: {m} failed; --verbose names each",
        "A copy failed.",
        lambda told, words: any(told.is_faulty(region) for region in OTHER),
    ),
    row("Run the same command again: it continues from here.", "A command.", always),
    row(
        "switch traffic to {region} ({role}), generation {n}: done, but not verified.",
        "The region has had this config.",
        is_written,
    ),
    row(
        "{region} already serves, generation {n}: done, but not verified.",
        "The command read this config.",
        was_found,
    ),
    row(f"{_SHOWN}{{region}}, generation {{n}}", "The edge showed this to the command.", edge_shows),
    row(
        f"{_SHOWN.replace('{url}', 'https://d1.cloudfront.net')}{{url}}, generation none: manually edited",
        "The edge showed this to the command.",
        edge_shows_edit,
    ),
    row(f"{_SHOWN}no config.json: it answers {{n}}", "The edge answered so.", edge_answers),
    row(f"{_SHOWN}no valid config.json: it answers {{n}}", "The edge answered so.", edge_is_invalid),
    row(
        "Call /health and ask a question in {region}: the API is degraded",
        "The API answered so.",
        lambda told, words: told.is_degraded(words["region"]),
    ),
    row("Call /health and ask a question in {region}: the API {why}", _HAS_REASON, because()),
    row(
        "Call /health and ask a question in {region}: the API is healthy, but POST /docs answers {n}",
        "The API answered so.",
        question_failed,
    ),
)
"""Each message, what must be true when a command prints it, and the check."""
