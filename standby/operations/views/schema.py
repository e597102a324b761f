"""The JSON of `--json`, field by field: docs/cli.md is made from this, and a test holds the answers to it."""

from collections.abc import Mapping
from typing import Final

_EVENT: Final = {
    "schemaVersion": "2",
    "id": "what tells this event from others of its generation",
    "generation": "the generation that it wrote; for a reconciliation, the one that held",
    "command": "`failover`, `failback` or `reconcile`",
    "actor": "the identity in AWS, and user and machine",
    "reason": "what `--reason` said",
    "startedAt": "when it began, in UTC; the config.json that it wrote says the same in `updatedAt`",
    "endedAt": "when it ended; null while it runs, or when its machine is gone",
    "result": "`started`, `done`, `incomplete` (something is left for `reconcile`), `failed` or `lost`",
    "from": "the region that served before",
    "to": "the region that was to serve",
    "steps[]": "`step`, `result`, `detail`, `at` (UTC) and `seconds` of each step",
    "pendingWrites[]": "`region`, `what` and `why` of what is left for `reconcile`",
}

STATUS: Final[Mapping[str, str]] = {
    "schemaVersion": "2",
    "verdict": "`ready`, `failed over`, `degraded` or `not ready to fail over`",
    "reasons[]": "what is wrong, one sentence each",
    "notes[]": "what is only worth knowing",
    "next": "the next command, in a sentence; null where there is nothing to do",
    "deployment": "`where` (rehearsal or account), `name` and `account`",
    "at": "when this was asked, in UTC",
    "serving.role": "who serves: `primary`, `failover`, or null when config.json names neither, or is not known",
    "serving.region": "its region",
    "serving.generation": "the generation that holds; null when it is hand-made",
    "serving.apiUrl": "the API that pages ask",
    "serving.manuallyEdited": "whether somebody wrote config.json by hand",
    "regions.ROLE.region": "the region",
    "regions.ROLE.down": "why nothing in the region answers; null when anything does",
    "regions.ROLE.config": "this bucket's config.json: `exists`, `serves` (a role), `apiUrl`, `generation`, "
    "`manuallyEdited`, `updatedAt`",
    "regions.ROLE.health": "`status`, `checks` (name: `ok` or an error) and `milliseconds`, of a deep check where one "
    "came in time",
    "regions.ROLE.knowledgeBase": "`inSync`, `documents` in the bucket, `indexed`, `failed`, `running`, `lastJob`",
    "regions.ROLE.replication": "from here to the other region: `to`, `configured`, `missing` (in all), `pending`, "
    "`failed`, `never` (began), `other`, `conflicts` (deleted there on purpose), `oldestSeconds`",
    "regions.ROLE.queues": "`waiting`, `inFlight` and `deadLetters`",
    "regions.ROLE.alarms": "`inAlarm` (names) and `total`",
    "regions.ROLE.X.unavailable": "in place of any of the six above: why it is not known",
    "lastSwitch": "the event of the last failover or failback (as in `journal`), or null",
    "unfinished[]": "events that have not ended, or left something",
}

CHANGE: Final[Mapping[str, str]] = {
    "schemaVersion": "2",
    "command": "`failover`, `failback` or `reconcile`",
    "deployment": "`where`, `name` and `account`",
    "result": "`done`; `incomplete` (users are served, something is left for `reconcile`); `nothing to do`; "
    "`planned` (`--dry-run`); `declined`, `failed` or `lost` (exit code 1); `refused` (3)",
    "summary": "the plan in a sentence",
    "generation": "the generation that the plan writes, or that holds",
    "from": "the region that served before",
    "to": "the region that is to serve",
    "refusals[]": "`reason` and `overridable` of each precondition that does not hold",
    "notes[]": "what is worth knowing",
    "plan[]": "`step` and `region` of each step, in order",
    "steps[]": "`step`, `result`, `detail`, `at` (UTC) and `seconds` of each step that was taken",
    "details[]": "what became of each document",
    "pendingWrites[]": "`region`, `what` and `why` of what is left for `reconcile`",
    "error": "what was told on stderr; null when all went well",
    "winner": "when it lost: the other command's event (as in `journal`), or null when no journal names it",
    "authoritative": "when it lost: `region`, `role` and `generation` that hold now",
    "seconds": "`gathered` and `total`, from when the command began to run",
}

JOURNAL: Final[Mapping[str, str]] = {
    "schemaVersion": "2",
    "events[]": "the events, oldest first, each with the fields below",
    **{f"events[].{name}": text for name, text in _EVENT.items()},
    "events[].missingIn[]": "regions whose journal lacks it, until `reconcile`",
    "unavailable": "region: why its journal could not be read",
}

ERROR: Final[Mapping[str, str]] = {
    "schemaVersion": "2",
    "command": "the command",
    "result": "`failed` (exit code 1), `wrong usage` (2) or `refused` (3)",
    "error": "what was told on stderr",
}
