"""Seeded mistakes: what the protocol would be with one line wrong. Each must violate a rule of the oracle."""

from typing import Final

from tests.simulation.seeded.mistake import Mistake, seeded

__all__ = ["MISTAKES", "Mistake", "seeded"]

ROUTING: Final = "standby.deployment.routing_config"
WRITE: Final = "standby_protocol.conditional_write"
RULES: Final = "standby_protocol.routing_config"
SWITCH: Final = "standby.operations.plans.switch"
WRITES: Final = "standby_protocol.switch"
RECONCILE: Final = "standby.operations.plans.reconcile"
STEPS: Final = "standby.operations.execution.switch_steps"
GENERATION: Final = "standby_protocol.generation"
JOURNAL: Final = "standby.operations.facts.journal"
DOCUMENTS: Final = "standby.operations.facts.documents"
COPIES: Final = "standby.operations.execution.reconcile_steps"
PRECONDITIONS: Final = "standby.operations.plans.failback_preconditions"
CHECK: Final = "standby.operations.execution.failback_check"
STATE: Final = "standby.operations.facts.state"
FACTS: Final = "standby.operations.facts.switch_facts"
RUN: Final = "standby.operations.execution.run"
EXECUTOR: Final = "standby.operations.execution.executor"


def _mistake(title: str, module: str, where: str, old: str, new: str) -> Mistake:
    return Mistake(title=title, module=module, where=where, old=old, new=new)


MISTAKES: Final = (
    _mistake("a write has no condition", WRITE, "write_arguments", "        **condition,", "        **{},"),
    _mistake(
        "a lost answer counts as written",
        ROUTING,
        "write_copy",
        "            raise\n",
        "            return\n",
    ),
    _mistake(
        "a write without an answer that is not there yet counts as failed",
        WRITE,
        "judge_write",
        "(written is None or refusal is None)",
        "written is None",
    ),
    _mistake(
        "a look that fails shows that nothing was written",
        ROUTING,
        "_is_written",
        "    except BotoCoreError:\n        return None",
        "    except BotoCoreError:\n        return True",
    ),
    _mistake(
        "the failover region's copy is always authoritative",
        RULES,
        "authoritative_copy",
        "and history.accepts(copy.config)",
        "",
    ),
    _mistake(
        "the journal's generation is ignored",
        GENERATION,
        "KnownGenerations.highest",
        "max([self.journal_generation, *known])",
        "max([0, *known])",
    ),
    _mistake(
        "only the target's copy gives the generation",
        SWITCH,
        "_known_generations",
        "copies=facts.copies,",
        "copies={facts.target: facts.copies[facts.target]} | {role: copy for role, copy in facts.copies.items()"
        " if isinstance(copy, Unavailable)}, ",
    ),
    _mistake(
        "a command writes the generation that is there",
        GENERATION,
        "KnownGenerations.next",
        "min(_next_of(role, known), MAX_GENERATION)",
        "min(known, MAX_GENERATION)",
    ),
    _mistake(
        "both regions take the same generations",
        GENERATION,
        "_next_of",
        "return following if following % 2 == _REMAINDERS[role] else following + 1",
        "return following",
    ),
    _mistake(
        "the other region is written first",
        WRITES,
        "plan_writes",
        "copies=(own, beside) if",
        "copies=(beside, own) if",
    ),
    _mistake(
        "the other region is never written",
        WRITES,
        "plan_writes",
        "if isinstance(beside, ConfigCopy)",
        "if False",
    ),
    _mistake(
        "no intent is written before the change",
        STEPS,
        "SwitchSteps.write_intent",
        "journal.write_event(self._connection.clients.s3(region.region), region, event)",
        "pass",
    ),
    _mistake(
        "a refused intent stops nothing",
        STEPS,
        "SwitchSteps.write_intent",
        "        except (ClientError, BotoCoreError) as error:",
        '        except (ClientError, BotoCoreError) as error:\n            return ""',
    ),
    _mistake(
        "a copy that changed counts as written",
        STEPS,
        "SwitchSteps.put_config",
        "return self._settle(run, action)",
        'return f"generation {action.config.generation}"',
    ),
    _mistake(
        "a command that lost reports that it won",
        STEPS,
        "SwitchSteps._settle",
        "if authoritative.config == mine:",
        "if True:",
    ),
    _mistake(
        "a command that won reports that it lost",
        STEPS,
        "SwitchSteps._settle",
        "if authoritative.config == mine:",
        "if False:",
    ),
    _mistake(
        "a command that lost leaves the copies as they are",
        STEPS,
        "SwitchSteps._make_copies_agree",
        "(unwritten := self._replace(replaced, authoritative))",
        "(unwritten := {})",
    ),
    _mistake(
        "a failed write in the target region is only pending",
        STEPS,
        "SwitchSteps.put_config",
        'raise StepFailedError(f"the bucket {explain(error)}", fatal=True) from error',
        "pass",
    ),
    _mistake(
        "an unknown write in the target region is only pending",
        STEPS,
        "SwitchSteps.put_config",
        "raise UnknownOutcomeError(why) from error",
        "pass",
    ),
    _mistake(
        "a pending write is not told",
        STEPS,
        "SwitchSteps.put_config",
        'run.pending_writes.append(PendingWrite(region=seen.region, what=KEY, why=f"{seen.region} {explain(error)}"))',
        "pass",
    ),
    _mistake(
        "a switch needs no healthy target",
        SWITCH,
        "_refusals",
        "*([Refusal(reason=unhealthy)] if unhealthy else [])",
        "*[]",
    ),
    _mistake(
        "a failback asks one copy whether it moves users",
        CHECK,
        "_may_move_users",
        ' or serving_role(manifest, copies) != "primary"',
        "",
    ),
    _mistake(
        "a failback ignores its preconditions",
        CHECK,
        "recheck_preconditions",
        "return checked or ()",
        "return ()",
    ),
    _mistake(
        "a failback ignores documents that the primary region lacks",
        PRECONDITIONS,
        "_not_in_sync",
        "        yield from _missing_documents(state, region)",
        "        pass",
    ),
    _mistake(
        "a failback ignores the primary region's Knowledge Base",
        PRECONDITIONS,
        "_not_in_sync",
        "elif not primary.knowledge_base.in_sync:",
        "elif False:",
    ),
    _mistake(
        "`reconcile` obeys the primary region's copy",
        RECONCILE,
        "_config_to_write",
        "state, config = facts.state, facts.state.config",
        'state, config = facts.state, getattr(facts.state.copies["primary"], "config", None)',
    ),
    _mistake(
        "`reconcile` does not say that it moves users",
        RECONCILE,
        "_config_notes",
        "if role is not None and moves_users(state.manifest, state.copies, role):",
        "if False:",
    ),
    _mistake(
        "`reconcile` leaves a manual edit as it is",
        RECONCILE,
        "_must_replace",
        "config.manually_edited or ",
        "",
    ),
    _mistake(
        "`reconcile` copies the older content",
        DOCUMENTS,
        "is_missing",
        "document.modified >= beside.modified",
        "document.modified <= beside.modified",
    ),
    _mistake(
        "`status` does not see a manual edit",
        STATE,
        "find_config_problems",
        "and copy.config.manually_edited:",
        "and False:",
    ),
    _mistake(
        "a copy that cannot be read counts as absent",
        FACTS,
        "_copy",
        'return value if isinstance(value, ConfigCopy | Unavailable) else Unavailable("does not answer")',
        "return value if isinstance(value, ConfigCopy) else ConfigCopy(role='primary', region='us-west-2',"
        " bucket='frontend-us-west-2')",
    ),
    _mistake(
        "a run with pending writes is reported as done",
        RUN,
        "PlanRun.result",
        'return "incomplete" if self.pending_writes else "done"',
        'return "done"',
    ),
    _mistake(
        "an unknown write is reported as failed",
        RUN,
        "PlanRun.result",
        'return "unknown"',
        'return "failed"',
    ),
    _mistake(
        "an absent copy is written without a condition",
        WRITE,
        "write_arguments",
        'else {"IfNoneMatch": "*"}',
        "else {}",
    ),
    _mistake(
        "a lost answer is `unknown` although the look shows the text",
        WRITE,
        "judge_write",
        "    if written:\n",
        "    if False:\n",
    ),
    _mistake(
        "a look that shows the text is taken for one that shows the old text",
        ROUTING,
        "_is_written",
        "== text.encode()",
        "== b''",
    ),
    _mistake(
        "with equal generations the primary region's copy holds",
        RULES,
        "authoritative_copy",
        "reversed(READ_ORDER)",
        "READ_ORDER",
    ),
    _mistake(
        "a copied document has no condition",
        COPIES,
        "_try_copy",
        'condition = {"IfMatch": etag} if etag else {"IfNoneMatch": "*"}',
        "condition = {}",
    ),
    _mistake(
        "`reconcile` copies a document that was deleted",
        DOCUMENTS,
        "inspect_differences",
        "        if deleted:\n",
        "        if False:\n",
    ),
    _mistake(
        "`status` takes copies that differ for equal ones",
        STATE,
        "find_config_conflicts",
        "if len(valid) > 1 and not copies_agree(state.copies):",
        "if False:",
    ),
    _mistake(
        "the edge is not asked after the write",
        EXECUTOR,
        "Executor._switch_traffic",
        "return switch.verify_edge(action)",
        'return ""',
    ),
    _mistake(
        "a target that cannot be read after the write has lost",
        STEPS,
        "SwitchSteps._settle",
        "if run.plan.target in unread:",
        "if False:",
    ),
    _mistake(
        "a copy without a generation hides nothing",
        GENERATION,
        "KnownGenerations.may_be_hidden_from",
        "return self.are_in_doubt and",
        "return False and",
    ),
    _mistake(
        "the journals are not listed again after an edit was read",
        FACTS,
        "collect_switch_facts",
        "keys |= _list_again(connection, manifest, keys, target, since=highest)",
        "pass",
    ),
    _mistake(
        "a command that lost replaces an edit by a lower generation",
        STEPS,
        "SwitchSteps._make_copies_agree",
        "[copy for copy in stale if copy not in hiding]",
        "stale",
    ),
    _mistake(
        "a `reconcile` that lost moves users",
        STEPS,
        "SwitchSteps._make_copies_agree",
        'run.plan.command == "reconcile" and',
        "False and",
    ),
    _mistake(
        "of two configs of one generation the failover bucket's always holds",
        RULES,
        "_precedes",
        "copy.role == one.role",
        "False",
    ),
    _mistake(
        "a command that has written a copy and meets an edit has lost",
        STEPS,
        "SwitchSteps._settle",
        "if _is_edited(authoritative) and _has_written(run):",
        "if False:",
    ),
    _mistake(
        "a copy that could not be written after another write is not told",
        STEPS,
        "SwitchSteps._replace",
        "return unwritten",
        "return {}",
    ),
    _mistake(
        "a document that arrived after the listing was never missing",
        DOCUMENTS,
        "inspect_differences",
        'return MissingDocument(document=document, why="pending")',
        "return None",
    ),
    _mistake(
        "each other version of a document counts as the copied one",
        COPIES,
        "_copy_document",
        "now == missing.document.etag",
        "now",
    ),
    _mistake(
        "a failback does not notice that users moved while it compared",
        CHECK,
        "recheck_preconditions",
        "if checked is None and _may_move_users(facts.manifest, facts.copies):",
        "if False:",
    ),
)
