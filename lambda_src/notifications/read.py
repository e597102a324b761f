"""Read the facts of one look from both regions."""

import json
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from botocore.exceptions import BotoCoreError, ClientError

from notifications.facts import Command, ConfigCopy, Drill, Look, Peer, Refusal
from notifications.settings import Settings
from notifications.state import InvalidStateError, State, parse_state, parse_time
from shared.errors import error_code
from standby_protocol.api_url import normalize_api_url
from standby_protocol.automatic import DRILL_KEY
from standby_protocol.conditional_write import NO_SUCH_KEY
from standby_protocol.journal import PREFIX, is_event_key, parse_generation
from standby_protocol.routing_config import KEY, MAX_READ_BYTES, parse_config

if TYPE_CHECKING:
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import GetObjectOutputTypeDef
    from mypy_boto3_ssm import SSMClient

STATE_KEY: Final = "standby/notifications/state.json"
LOST: Final = "the primary region is lost, but "
"""How the reason begins for which the controller waits although the primary region is lost."""
GENERATIONS: Final = 20
"""How many generations before that of config.json the journal is listed."""
MAX_BYTES: Final = 1024 * 1024

Errors = (ClientError, BotoCoreError)


@dataclass(frozen=True, kw_only=True)
class RegionFacts:
    """What was read of one region. `error` says what could not be read first; nothing was read after it."""

    copy: ConfigCopy | None = None
    tags: Mapping[str, str] | None = None
    commands: tuple[Command, ...] = ()
    drill: Drill | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class AlarmFacts:
    """The states of alarms, and when the last one changed. `error`: they could not be read."""

    states: Mapping[str, str] = field(default_factory=dict)
    since: datetime | None = None
    error: str = ""


@dataclass(frozen=True, kw_only=True)
class Reader:
    """Reads with one client of S3 for each region. A region that does not answer costs one time-out."""

    settings: Settings
    s3: Mapping[str, "S3Client"]
    cloudwatch: "CloudWatchClient"
    ssm: "SSMClient | None" = None

    def look(self, state: State, now: datetime) -> Look:
        """Return the facts now. What cannot be read of either region is missing in them."""
        settings = self.settings
        with ThreadPoolExecutor(max_workers=5) as pool:
            found = {region: pool.submit(self._region, region, state) for region in settings.buckets}
            peer, alarms = pool.submit(self._peer), pool.submit(self._alarms)
            refusal = pool.submit(self._refusal)
            regions = {region: future.result() for region, future in found.items()}
        read_alarms = alarms.result()
        unread = {region: facts.error for region, facts in regions.items() if facts.error}
        controller, controller_error = refusal.result()
        errors = {"alarms": read_alarms.error, "controller": controller_error}
        unread |= {place: error for place, error in errors.items() if error}
        drills = [facts.drill for facts in regions.values() if facts.drill]
        commands = {one.key: one for facts in regions.values() for one in facts.commands}
        return Look(
            at=now,
            region=settings.region,
            other=settings.other_region,
            read_order=settings.read_order,
            copies={region: facts.copy for region, facts in regions.items() if facts.copy},
            unread=unread,
            commands=tuple(commands[key] for key in sorted(commands)),
            journal={region: facts.tags for region, facts in regions.items() if facts.tags is not None},
            alarms=read_alarms.states,
            alarms_since=read_alarms.since,
            peer=peer.result(),
            drill=max(drills, key=lambda drill: drill.until, default=None),
            drill_read=any(not facts.error for facts in regions.values()),
            refusal=controller,
        )

    def _region(self, region: str, state: State) -> RegionFacts:
        facts = RegionFacts()
        try:
            copy = self._copy(region)
            facts = RegionFacts(copy=copy)
            tags = dict(self._list_events(region, since=max(0, state.generation - GENERATIONS)))
            seen = state.journal.get(region, {})
            wanted = [key for key, tag in tags.items() if seen.get(key) != tag or _may_have_written(key, copy)]
            commands = [self._command(region, key) for key in wanted]
            drill = self._drill(region)
        except Errors as error:
            return RegionFacts(copy=facts.copy, error=error_code(error))
        return RegionFacts(copy=copy, tags=tags, commands=tuple(filter(None, commands)), drill=drill)

    def _copy(self, region: str) -> ConfigCopy:
        answer = self._get(region, KEY)
        if answer is None:
            return ConfigCopy(region=region, state="absent", etag="", modified=datetime.fromtimestamp(0, tz=UTC))
        etag, modified = answer["ETag"].strip('"'), answer["LastModified"]
        try:
            config = parse_config(answer["Body"].read(MAX_READ_BYTES))
        except ValueError:
            return ConfigCopy(region=region, state="invalid", etag=etag, modified=modified)
        names = {normalize_api_url(url): name for name, url in self.settings.api_urls.items()}
        return ConfigCopy(
            region=region,
            state="valid",
            etag=etag,
            modified=modified,
            serves=names.get(config.api_url, config.api_url),
            generation=config.generation,
            updated_at=config.updated_at,
            config=config,
        )

    def _list_events(self, region: str, *, since: int) -> Iterator[tuple[str, str]]:
        """Yield the key and the ETag of each event from this generation on."""
        pages = self.s3[region].get_paginator("list_objects_v2")
        start = f"{PREFIX}{since:012d}"
        for page in pages.paginate(Bucket=self.settings.buckets[region], Prefix=PREFIX, StartAfter=start):
            for entry in page.get("Contents", ()):
                if is_event_key(entry["Key"]):
                    yield entry["Key"], entry["ETag"].strip('"')

    def _command(self, region: str, key: str) -> Command | None:
        answer = self._get(region, key)
        return parse_command(key, answer["Body"].read(MAX_BYTES)) if answer else None

    def _drill(self, region: str) -> Drill | None:
        answer = self._get(region, DRILL_KEY)
        return parse_drill(answer["Body"].read(MAX_BYTES)) if answer else None

    def _refusal(self) -> tuple[Refusal | None, str]:
        """Return whether the controller of this region refuses to move users, and the error if it could not be read."""
        name = self.settings.controller_parameter
        if self.ssm is None or name is None:
            return None, ""
        try:
            text = self.ssm.get_parameter(Name=name)["Parameter"]["Value"]
        except Errors as error:
            return None, error_code(error)
        return parse_refusal(text), ""

    def _peer(self) -> Peer:
        other = self.settings.other_region
        try:
            answer = self._get(other, STATE_KEY)
            if answer is None:
                return Peer(missing=True, error="its function has no state yet")
            state = parse_state(answer["Body"].read(MAX_BYTES).decode("utf-8", errors="replace"))
        except Errors as error:
            return Peer(error=f"its bucket cannot be read ({error_code(error)})")
        except InvalidStateError as error:
            return Peer(error=str(error))
        return Peer(looked_at=parse_time(state.looked_at), reported=frozenset(state.reported))

    def _alarms(self) -> AlarmFacts:
        """Return this region's alarms of readiness. An alarm that does not exist is unknown, like a new one."""
        try:
            answer = self.cloudwatch.describe_alarms(AlarmNames=list(self.settings.alarms))
        except Errors as error:
            return AlarmFacts(error=error_code(error))
        alarms = answer["MetricAlarms"]
        states: dict[str, str] = {alarm["AlarmName"]: alarm["StateValue"] for alarm in alarms}
        times = [alarm["StateUpdatedTimestamp"] for alarm in alarms if "StateUpdatedTimestamp" in alarm]
        missing = {name: "INSUFFICIENT_DATA" for name in self.settings.alarms if name not in states}
        return AlarmFacts(states={**states, **missing}, since=max(times, default=None))

    def _get(self, region: str, key: str) -> "GetObjectOutputTypeDef | None":
        """Return an object, None if there is none. Raises botocore's errors."""
        try:
            return self.s3[region].get_object(Bucket=self.settings.buckets[region], Key=key)
        except ClientError as error:
            if error_code(error) == NO_SUCH_KEY:
                return None
            raise


def _may_have_written(key: str, copy: ConfigCopy) -> bool:
    """Return whether the event with this key has the generation of config.json."""
    return copy.generation is not None and parse_generation(key) == copy.generation


def parse_drill(body: bytes) -> Drill | None:
    """Read the mark of a drill; None if the text is none. Only `until` must be there."""
    try:
        mark: Any = json.loads(body)
        until = parse_time(mark["until"])
        texts = [str(mark.get(name, "")) for name in ("scenario", "actor", "startedAt")]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    return Drill(until=until, scenario=texts[0], actor=texts[1], began_at=texts[2]) if until else None


def parse_refusal(text: str) -> Refusal | None:
    """Read from the controller's state whether it refuses to move users; None if the text is no state."""
    try:
        state: Any = json.loads(text)
        action, reason = state["action"], state["reason"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    refuses = action == "wait" and isinstance(reason, str) and reason.startswith(LOST)
    return Refusal(reason=reason.removeprefix(LOST) if refuses else "")


def parse_command(key: str, body: bytes) -> Command | None:
    """Read an event of the journal, as far as it is reported; None if it is none."""
    try:
        event: Any = json.loads(body)
        texts = {name: event[name] for name in ("command", "actor", "startedAt", "result")}
        texts |= {name: event.get(name, "") for name in ("reason", "from", "to")}
        generation = event["generation"]
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None
    if not isinstance(generation, int) or not all(isinstance(text, str) for text in texts.values()):
        return None
    return Command(
        key=key,
        generation=generation,
        command=texts["command"],
        actor=texts["actor"],
        reason=texts["reason"],
        started_at=texts["startedAt"],
        result=texts["result"],
        source=texts["from"],
        target=texts["to"],
    )
