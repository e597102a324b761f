"""The steps of a failover and a failback."""

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from http import HTTPStatus
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from standby.console import Stopwatch
from standby.deadline import poll
from standby.deployment.concurrency import NoAnswerError, Unavailable, attempt, explain, map_concurrently
from standby.deployment.connection import Connection
from standby.deployment.manifest import ROLES, Manifest, Role
from standby.deployment.routing_config import (
    KEY,
    ConfigCopies,
    ConfigCopy,
    PreconditionFailedError,
    RoutingConfig,
    UnknownWriteError,
    authoritative_copy,
    may_have_landed,
    moves_users,
    parse_config,
    read_copy,
    serving_role,
    write_copy,
)
from standby.errors import RefusedError
from standby.operations.execution.run import (
    ConflictError,
    NotVerifiedError,
    PlanRun,
    StepFailedError,
    UnknownOutcomeError,
)
from standby.operations.facts import journal
from standby.operations.facts.health import confirm_health
from standby.operations.facts.journal import Event, PendingWrite, StepTaken
from standby.operations.facts.readiness import check_question
from standby.operations.plans.plan import PutConfig, VerifyEdge, VerifyHealth, WriteIntent
from standby_protocol.generation import KnownGenerations

EDGE_SECONDS: Final = 5.0
EDGE_PAUSE_SECONDS: Final = 0.1
HEALTH_SECONDS: Final = 5.0
QUESTION_SECONDS: Final = 10.0
"""Users were moved already: a model that hangs must not hold the command."""
SETTLE_ATTEMPTS: Final = 5
"""How often the command makes both copies agree while another command writes them too; a second attempt is rare."""
_HIDING: Final = "its copy was edited or removed meanwhile, and may have had a later generation"


@dataclass(frozen=True, kw_only=True)
class _Settled:
    """The authoritative copy, why another one cannot be read or written, by its region, and where one was left."""

    authoritative: ConfigCopy
    unread: Mapping[str, Unavailable]
    unwritten: Mapping[str, str]
    hiding: frozenset[str]

    @property
    def pending(self) -> Mapping[str, str]:
        """Why each copy that is not the authoritative one is pending, by its region."""
        silent = {region: f"{region} {why}" for region, why in (*self.unread.items(), *self.unwritten.items())}
        return dict.fromkeys(self.hiding, _HIDING) | silent


class SwitchSteps:
    """The steps for one deployment. Each returns the detail that the journal records."""

    def __init__(self, connection: Connection, manifest: Manifest) -> None:
        self._connection = connection
        self._manifest = manifest

    def write_intent(self, run: PlanRun, action: WriteIntent) -> str:
        """Write the event; this also proves that the bucket accepts writes. Raises `RefusedError` if it does not."""
        region, event = self._manifest.regions[action.role], _event(run)
        try:
            journal.write_event(self._connection.clients.s3(region.region), region, event)
        except (ClientError, BotoCoreError) as error:
            changed = "config.json was not changed." if may_have_landed(error) else "Nothing was changed."
            raise RefusedError(
                f"The frontend bucket of {region.region} {explain(error)}, so config.json cannot be written either.",
                hint=f"{changed} `standby status` shows which region answers.",
            ) from error
        return event.key

    def put_config(self, run: PlanRun, action: PutConfig) -> str:
        """Replace one copy. A failure in the target region is fatal; in the other region it is a pending write.

        A `reconcile` that has written the failover bucket first reports a failure in the other one as pending.
        """
        seen = action.seen
        fatal = seen.region == run.plan.target and not (run.plan.command == "reconcile" and _has_written(run))
        try:
            write_copy(self._connection.clients.s3(seen.region), seen, action.text)
        except PreconditionFailedError:
            return self._settle(run, action)
        except UnknownWriteError as error:
            why = f"{seen.region} {error.message}"
            if fatal:
                raise UnknownOutcomeError(why) from error
            run.pending_writes.append(PendingWrite(region=seen.region, what=KEY, why=why))
            return f"pending: {why}"
        except (ClientError, BotoCoreError) as error:
            if fatal:
                raise StepFailedError(f"the bucket {explain(error)}", fatal=True) from error
            run.pending_writes.append(PendingWrite(region=seen.region, what=KEY, why=f"{seen.region} {explain(error)}"))
            return f"pending: {seen.region} {explain(error)}"
        return f"generation {action.config.generation}"

    def invalidate(self, run: PlanRun) -> str:
        """Invalidate the file in CloudFront. A failure is only a note, because CloudFront does not cache the file.

        CloudFront's control plane is in us-east-1. Source: docs.aws.amazon.com, AWS Fault Isolation Boundaries,
        Appendix B.
        """
        clients = self._connection.clients
        try:
            clients.cloudfront().create_invalidation(
                DistributionId=self._manifest.site.distribution_id,
                InvalidationBatch={
                    "Paths": {"Quantity": 1, "Items": [f"/{KEY}"]},
                    "CallerReference": run.event.id if run.event else f"{clients.clock.now():%Y%m%dT%H%M%S%f}",
                },
            )
        except (ClientError, BotoCoreError) as error:
            run.notes.append(f"CloudFront {explain(error)}: no invalidation, and none is needed")
            return f"CloudFront {explain(error)}; none is needed, because the file is not cached"
        return ""

    def verify_edge(self, action: VerifyEdge) -> str:
        """Read the file through the edge until it is the expected one. Raises `NotVerifiedError` after five seconds."""
        seen = poll(
            lambda: self._read_edge(int(time.time() * 1000)),
            seconds=EDGE_SECONDS,
            pause=EDGE_PAUSE_SECONDS,
            until=lambda seen: seen == action.config,
        )
        if isinstance(seen, RoutingConfig) and seen == action.config:
            return f"{seen.region}, generation {seen.generation}"
        raise NotVerifiedError(f"after {EDGE_SECONDS:.0f} s {self._manifest.site.url} shows {_describe_edge(seen)}")

    def verify_health(self, action: VerifyHealth) -> str:
        """Call the API of the serving region, and ask it a question. Raises `NotVerifiedError` when it fails."""
        region, stopwatch = self._manifest.regions[action.role], Stopwatch()
        try:
            health = confirm_health(self._connection, region, deep=False, seconds=HEALTH_SECONDS)
            if not health.healthy:
                raise NotVerifiedError(f"the API is {health.status}")
            fault = check_question(self._connection, region, seconds=QUESTION_SECONDS)
        except NoAnswerError as error:
            raise NotVerifiedError(f"the API {error.message}") from error
        if fault:
            raise NotVerifiedError(f"the API is healthy, but POST /docs {fault}")
        return f"healthy; it answered a question after {stopwatch.seconds:.1f} s"

    def close(self, run: PlanRun) -> str:
        """Write the result into both journals. A failed write to a journal is only a note."""
        if run.event is None:
            return ""
        event = run.event = run.finished_event(now=self._connection.clients.clock.now())

        def write(role: Role) -> str:
            region = self._manifest.regions[role]
            if any(part.region == region.region and part.what == KEY for part in run.pending_writes):
                return f"pending in {region.region}"
            try:
                journal.write_event(self._connection.clients.s3(region.region), region, event)
            except (ClientError, BotoCoreError) as error:
                return f"pending in {region.region}: {explain(error)}"
            return ""

        return "; ".join(text for text in map_concurrently(ROLES, write) if text)

    def _read_edge(self, nonce: int) -> RoutingConfig | str:
        try:
            answer = self._connection.request("GET", f"{self._manifest.site.url}/{KEY}?fresh={nonce}")
            if answer.status != HTTPStatus.OK:  # a page does not read it, whatever its body is
                return f"no config.json: it answers {answer.status}"
            return parse_config(answer.body)
        except NoAnswerError as error:
            return f"nothing: it {error.message}"
        except ValueError:
            return f"no valid config.json: it answers {answer.status}"

    def _settle(self, run: PlanRun, action: PutConfig) -> str:
        """Make both copies agree after another command's write. Raises `ConflictError` when that command won.

        A region that refuses each write, because it shows another file than it has, gets a pending write. Users are
        with the target already.
        """
        mine, region = action.config, action.seen.region
        try:
            settled = self._make_copies_agree(run, mine)
        except StepFailedError as error:
            if not _has_written(run):
                raise
            target = self._read_region(run.plan.target)
            if isinstance(target, Unavailable):
                raise _target_is_unread(run.plan.target, target) from error
            if target.config != mine:  # it was mine: this command has written it
                raise UnknownOutcomeError(error.message) from error
            why = f"{region} refuses the write: its config.json is not the one that it shows"
            run.pending_writes.append(PendingWrite(region=region, what=KEY, why=why))
            return f"pending: {why}"
        authoritative, unread = settled.authoritative, settled.unread
        if run.plan.target in unread:  # its copy may be this command's, or that of a command that won
            raise _target_is_unread(run.plan.target, unread[run.plan.target])
        if authoritative.config == mine:
            if region in settled.pending:
                why = settled.pending[region]
                run.pending_writes.append(PendingWrite(region=region, what=KEY, why=why))
                return f"pending: {why}"
            return f"generation {mine.generation}, after another command's write"
        if _is_edited(authoritative) and _has_written(run):  # a command that runs beside it may still obey this one
            edited = _describe_winner(authoritative, None)
            raise UnknownOutcomeError(f"{edited}, and generation {mine.generation} may hold later")
        if region in settled.hiding:
            raise ConflictError(_describe_edit(region, authoritative), authoritative=authoritative, winner=None)
        winner = self._find_winner(authoritative)
        raise ConflictError(_describe_winner(authoritative, winner), authoritative=authoritative, winner=winner)

    def _read_region(self, region: str) -> ConfigCopy | Unavailable:
        (role,) = (role for role in ROLES if self._manifest.regions[role].region == region)
        return attempt(partial(self._read_copy, role))

    def _make_copies_agree(self, run: PlanRun, mine: RoutingConfig) -> _Settled:
        """Replace each copy that is not the authoritative one, as far as that is safe.

        A `reconcile` leaves a copy that would move users, because its plan did not say so.
        """
        for _ in range(SETTLE_ATTEMPTS):
            copies = {role: attempt(partial(self._read_copy, role)) for role in ROLES}
            authoritative = authoritative_copy(copies)
            if authoritative is None or (config := authoritative.config) is None:
                break
            moves = run.plan.command == "reconcile" and config != mine and _moves_users(self._manifest, copies)
            stale = [copy for copy in copies.values() if isinstance(copy, ConfigCopy) and copy.config != config]
            hiding = self._find_hiding(copies, config) if not config.manually_edited else ()
            replaced = () if config.manually_edited or moves else [copy for copy in stale if copy not in hiding]
            if (unwritten := self._replace(replaced, authoritative)) is not None:
                unread = {role: copy for role, copy in copies.items() if isinstance(copy, Unavailable)}
                return _Settled(
                    authoritative=authoritative,
                    unread={self._manifest.regions[role].region: why for role, why in unread.items()},
                    unwritten=unwritten,
                    hiding=frozenset(copy.region for copy in hiding),
                )
        raise StepFailedError("config.json can no longer be read, or another command keeps writing it", fatal=True)

    def _find_hiding(self, copies: ConfigCopies, config: RoutingConfig) -> Sequence[ConfigCopy]:
        """Return the copies without a generation that may have replaced a later one than this config's."""
        found = [copy for copy in copies.values() if isinstance(copy, ConfigCopy) and not copy.generation]
        if not found:
            return ()
        keys = {role: attempt(partial(self._list_journal, role, config.generation or 0)) for role in copies}
        known = KnownGenerations(
            copies=copies,
            journal_generation=max(
                (journal.parse_generation(key) for one in keys.values() if isinstance(one, tuple) for key in one),
                default=0,
            ),
            unread_journals={role: one for role, one in keys.items() if isinstance(one, Unavailable)},
        )
        return found if known.may_be_hidden_from(config) else ()

    def _list_journal(self, role: Role, since: int) -> tuple[str, ...]:
        region = self._manifest.regions[role]
        return journal.list_keys_since(self._connection.clients.s3(region.region), region, since)

    def _read_copy(self, role: Role) -> ConfigCopy:
        region = self._manifest.regions[role]
        return read_copy(self._connection.clients.s3(region.region), region)

    def _replace(self, copies: Iterable[ConfigCopy], authoritative: ConfigCopy) -> Mapping[str, str] | None:
        """Replace these copies with the authoritative one. Return why one could not be written, by its region.

        Return None when a copy has changed since it was read. `reconcile` writes a copy whose region does not answer.
        """
        unwritten = {}
        for copy in copies:
            try:
                write_copy(self._connection.clients.s3(copy.region), copy, authoritative.text)
            except PreconditionFailedError:
                return None
            except UnknownWriteError as error:
                unwritten[copy.region] = error.message
            except (ClientError, BotoCoreError) as error:
                unwritten[copy.region] = f"{explain(error)}"
        return unwritten

    def _find_winner(self, authoritative: ConfigCopy) -> Event | None:
        config = authoritative.config
        if config is None or config.generation is None:
            return None
        for role in ROLES:
            events = attempt(partial(self._read_events, role, config))
            if not isinstance(events, Unavailable):
                found = journal.find_event_of_config(events, generation=config.generation, updated_at=config.updated_at)
                if found is not None:
                    return found
        return None

    def _read_events(self, role: Role, config: RoutingConfig) -> tuple[Event, ...]:
        region = self._manifest.regions[role]
        return journal.read_events_of_config(self._connection.clients.s3(region.region), region, config)


def _event(run: PlanRun) -> Event:
    if run.event is None:
        raise ValueError("a plan without an event has no step that writes one")
    return run.event


def _moves_users(manifest: Manifest, copies: ConfigCopies) -> bool:
    """Return whether making both copies equal to the authoritative one moves new visitors."""
    role = serving_role(manifest, copies)
    return role is not None and moves_users(manifest, copies, role)


def _has_written(run: PlanRun) -> bool:
    """Return whether this run has written a copy of config.json: then something was changed."""
    return any(one.step.startswith(journal.CONFIG_WRITES) and _is_written(one) for one in run.steps)


def _is_written(taken: StepTaken) -> bool:
    return taken.result == "done" and not taken.detail.startswith("pending: ")


def _target_is_unread(target: str, why: Unavailable) -> UnknownOutcomeError:
    return UnknownOutcomeError(f"{target} {why}, so which config.json holds is not known")


def _describe_edge(seen: RoutingConfig | str) -> str:
    if isinstance(seen, str):
        return seen
    return f"{seen.region or seen.api_url}, generation {seen.generation or 'none: manually edited'}"


def _is_edited(copy: ConfigCopy) -> bool:
    return copy.config is not None and copy.config.manually_edited


def _describe_edit(region: str, authoritative: ConfigCopy) -> str:
    said = f"config.json in {region} was edited or removed during this command"
    return f"{said}; authoritative: {_describe_config(authoritative.config)}" if authoritative.config else said


def _describe_winner(authoritative: ConfigCopy, winner: Event | None) -> str:
    config = authoritative.config
    if config is None:
        return "another command changed config.json first"
    if config.manually_edited:
        return f"config.json was manually edited during this command; it is now authoritative: {config.api_url}"
    who = f"{winner.actor} with `standby {winner.command}`" if winner else "a command that no journal names"
    return f"{who} changed config.json first; now authoritative: {_describe_config(config)}"


def _describe_config(config: RoutingConfig) -> str:
    return f"{config.region} ({config.role}), generation {config.generation}"
