"""Wrong lines in the decision. The simulation must notice each of them."""

from typing import Final

from tests.simulation.seeded.mistakes import Mistake

DECISION: Final = "standby_protocol.automatic"


def _mistake(title: str, where: str, old: str, new: str) -> Mistake:
    return Mistake(title=title, module=DECISION, where=where, old=old, new=new)


MISTAKES: Final = (
    _mistake(
        "one vantage point is enough", "Look.failed", 'self.here == self.there == "failed"', 'self.here == "failed"'
    ),
    _mistake(
        "an unknown edge counts as failed",
        "Look.failed",
        'self.here == self.there == "failed"',
        'self.here == "failed" and self.there != "healthy"',
    ),
    _mistake(
        "one look more than there are is needed", "is_lost", "failed >= rules.failed_looks", "failed > rules.of_looks"
    ),
    _mistake("the oldest look takes the place of the newest", "add_look", "[-rules.of_looks :]", "[: rules.of_looks]"),
    _mistake("a switch that is off is ignored", "_find_stop", "if not on]", "if False]"),
    _mistake(
        "a switch that cannot be read is ignored", "_find_stop", 'if "failover" not in facts.switches:', "if False:"
    ),
    _mistake(
        "it moves although the failover region serves", "_find_stop", 'if facts.serving == "failover":', "if False:"
    ),
    _mistake("it moves although config.json cannot be read", "_find_stop", "if facts.serving is None:", "if False:"),
    _mistake("it moves although a person edited config.json", "_find_stop", "if facts.manually_edited:", "if False:"),
    _mistake("a drill is ignored", "_find_other_act", "facts.now < facts.drill_until", "False"),
    _mistake("a bucket that says nothing of a drill is ignored", "_find_other_act", "not facts.drill_known or ", ""),
    _mistake("a journal that cannot be read is ignored", "_find_other_act", " or not facts.journal_read", ""),
    _mistake("the last command is ignored", "_find_other_act", "facts.now - facts.last_move < rules.dwell", "False"),
    _mistake(
        "a failover region that is not healthy is ignored",
        "_find_weakness",
        "if facts.unhealthy is None or facts.unhealthy:",
        "if False:",
    ),
    _mistake(
        "a failover region that was not asked counts as healthy", "_find_weakness", "facts.unhealthy is None or ", ""
    ),
    _mistake("a Knowledge Base that is behind is ignored", "_find_weakness", 'rules.when_behind == "wait"', "False"),
)
