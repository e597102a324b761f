"""One round of the controller: look, decide, and perhaps move users. A schedule starts one each minute."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from controller.checkers import see_from_the_checkers
from controller.clients import Clients
from controller.move import ACTOR, Move, move_users
from controller.objects import BucketFacts, can_read_config, read_buckets
from controller.readiness import describe_behind, describe_unhealthy
from controller.settings import ControlledDeployment, Settings
from controller.state import read_looks, write_state
from controller.vantage import see_from_here, see_from_the_edge
from shared.errors import describe_aws_error
from shared.logs import Log
from standby_protocol.automatic import Decision, Facts, Look, Rules, Verdict, add_look, decide, needs_more
from standby_protocol.deployment import Role, Unavailable
from standby_protocol.journal import FIRST_GENERATION
from standby_protocol.routing_config import authoritative_copy, serving_role

if TYPE_CHECKING:
    from collections.abc import Mapping


@dataclass(kw_only=True)
class Controller:
    """The controller of one deployment. `looks` are those that this instance of the function remembers itself."""

    settings: Settings
    deployment: ControlledDeployment
    rules: Rules
    clients: Clients
    name: str
    looks: Sequence[Look] = field(default=())

    def run(self, now: datetime, log: Log) -> Decision:
        """Make one round, and return the decision. It is also in the state, and in the log."""
        looks = add_look(self._past_looks(log), self._look(now, log), self.rules)
        buckets = read_buckets(self.clients.s3, self.deployment.regions)
        facts = self._facts(looks, buckets, now=now)
        if needs_more(facts, self.rules):
            facts = self._with_readiness(facts)
        decision = decide(facts, self.rules)
        if decision.action == "move":
            decision = self._move(decision, buckets, now=now, log=log)
        self._remember(looks, decision, log)
        log.info("looked", looked=1, action=decision.action, reason=decision.reason)
        return decision

    def _look(self, now: datetime, log: Log) -> Look:
        """Look from here and from the second vantage point. The edge is asked only if a failure has to be confirmed."""
        here = see_from_here(self.deployment)
        if not self.settings.health_check_id:
            there = "unknown" if here == "healthy" else see_from_the_edge(self.deployment)
            return Look(at=now, here=here, there=there)
        there = self._see_from_the_checkers(self.settings.health_check_id, now, log)
        if here == there == "failed" and not self._is_confirmed():
            here = "unknown"
        return Look(at=now, here=here, there=there)

    def _is_confirmed(self) -> bool:
        """Return whether the controller itself is known not to be cut off from the primary region.

        It is not if it reads the region's bucket now, or if the edge does not read it either. The checkers' result can
        be some minutes old, so a controller that is cut off would move users from a region that has returned.
        """
        primary = self.deployment.regions["primary"]
        return can_read_config(self.clients.s3["primary"], primary) or see_from_the_edge(self.deployment) == "failed"

    def _see_from_the_checkers(self, health_check_id: str, now: datetime, log: Log) -> Verdict:
        """Read the checkers' result in each round, so that one that cannot be read is noticed before a loss."""
        try:
            return see_from_the_checkers(self.clients.cloudwatch, health_check_id, now=now, minute=self.rules.minute)
        except (ClientError, BotoCoreError) as error:
            log.warning("checkers_not_read", **describe_aws_error(error))
            return "unknown"

    def _past_looks(self, log: Log) -> Sequence[Look]:
        """Return the looks of the state, or those of this instance if the state cannot be read."""
        try:
            return read_looks(self.clients.ssm, self.settings.state_parameter) or self.looks
        except (ClientError, BotoCoreError) as error:
            log.warning("state_not_read", **describe_aws_error(error))
            return self.looks

    def _facts(self, looks: Sequence[Look], buckets: "Mapping[Role, BucketFacts]", *, now: datetime) -> Facts:
        copies = {role: found.copy for role, found in buckets.items()}
        copy = authoritative_copy(copies)
        switches = {
            role: found.switched_on for role, found in buckets.items() if not isinstance(found.switched_on, Unavailable)
        }
        drills = [found.drill_until for found in buckets.values() if isinstance(found.drill_until, datetime)]
        return Facts(
            now=now,
            looks=looks,
            serving=serving_role(self.deployment, copies),
            manually_edited=bool(copy and copy.config and copy.config.manually_edited),
            switches=switches,
            last_move=_last_move(buckets),
            journal_read=not isinstance(buckets["failover"].journal, Unavailable),
            drill_known=not isinstance(buckets["failover"].drill_until, Unavailable),
            drill_until=max(drills, default=None),
        )

    def _with_readiness(self, facts: Facts) -> Facts:
        unhealthy = describe_unhealthy(self.clients, self.settings, self.deployment.regions["failover"])
        behind = "" if unhealthy else describe_behind(self.clients, self.settings, now=facts.now)
        return replace(facts, unhealthy=unhealthy, behind=behind)

    def _move(self, decision: Decision, buckets: "Mapping[Role, BucketFacts]", *, now: datetime, log: Log) -> Decision:
        move = self._try_to_move(decision.reason, buckets, now=now, log=log)
        if move.outcome == "moved":
            log.warning("moved", generation=move.generation, reason=decision.reason)
            return replace(decision, reason=f"moved users with generation {move.generation}: {decision.reason}")
        log.error("not_moved", outcome=move.outcome, why=move.why)
        return Decision(action="wait", reason=f"the move ended as {move.outcome}: {move.why}")

    def _try_to_move(self, reason: str, buckets: "Mapping[Role, BucketFacts]", *, now: datetime, log: Log) -> Move:
        actor = f"{ACTOR} ({self.name} in {self.deployment.regions['failover'].region})"
        try:
            return move_users(self.clients.writing_s3, self.deployment, buckets, reason=reason, actor=actor, now=now)
        except (ClientError, BotoCoreError) as error:
            log.warning("journal_not_written", **describe_aws_error(error))
            return Move(outcome="failed", why="the journal cannot be written")

    def _remember(self, looks: Sequence[Look], decision: Decision, log: Log) -> None:
        self.looks = looks
        try:
            write_state(self.clients.ssm, self.settings.state_parameter, looks, decision, second=self.settings.second)
        except (ClientError, BotoCoreError) as error:
            log.warning("state_not_written", **describe_aws_error(error))


def _last_move(buckets: "Mapping[Role, BucketFacts]") -> datetime | None:
    """Return when the last command began, according to both journals and to config.json."""
    times = [
        end.last_start
        for found in buckets.values()
        if not isinstance(end := found.journal, Unavailable) and end.last_start
    ]
    for found in buckets.values():
        config = None if isinstance(found.copy, Unavailable) else found.copy.config
        if config is not None and (config.generation or 0) > FIRST_GENERATION:
            times += _parse_time(config.updated_at)
    return max(times, default=None)


def _parse_time(text: str) -> list[datetime]:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return []
    return [time] if time.tzinfo else []
