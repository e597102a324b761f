"""What must be true when a message is printed, as functions of what the command was told."""

from tests.simulation.calls import SITE
from tests.simulation.machine import Answer
from tests.simulation.messages.row import Words
from tests.simulation.messages.told import Told, is_shown, names
from tests.simulation.records import EAST, OTHER, WEST, parse_copy


def serves(told: Told, words: Words) -> bool:
    shown = [one for one in told.configs(SITE) if (names(one), str(one.generation)) == (words["region"], words["n"])]
    asked = [answer for answer in told.answers_of(words["region"], "POST docs") if answer.status == 200]
    return bool(shown and asked)


def already_serves(told: Told, words: Words) -> bool:
    wanted = (words["region"], words.get("n", ""))
    known = told.last_configs(words["region"]) if warns(told) else told.shown_first()
    if not warns(told) and not any(map(is_shown, told.config_reads(EAST))):
        return False
    return wanted in [(names(config), str(config.generation or "")) for config in known if config is not None]


def warns(told: Told) -> bool:
    return "may have a higher generation" in told.report.words


def was_found(told: Told, words: Words) -> bool:
    return told.has_read(words["region"], int(words["n"]))


def is_written(told: Told, words: Words) -> bool:
    return any((region, told.report.config) in told.world.ever for region in [words["region"]])


def shows_old(told: Told, words: Words) -> bool:
    looks = [look for look in _looks(told, words) if is_shown(look)]
    return told.failed(words["region"], words["why"]) and any(look.body not in sent(told, words) for look in looks)


def shows_nothing(told: Told, words: Words) -> bool:
    return told.failed(words["region"], words["why"]) and not all(map(is_shown, _looks(told, words)))


def _looks(told: Told, words: Words) -> list[Answer]:
    """Return the look after the write, which is the last read of a switch; a `reconcile` reads the copies again."""
    reads = told.config_reads(words["region"])
    return reads if told.spec.command == "reconcile" else reads[-1:]


def sent(told: Told, words: Words) -> list[bytes]:
    return told.own_texts(words["region"])


def is_pending(told: Told, words: Words) -> bool:
    region = words["region"]
    writes = [answer for call, answer in told.calls(region, "PutObject") if call.is_config]
    return told.failed(region, words["why"]) and not any(is_shown(answer) for answer in writes)


def is_in_sync(told: Told, _: Words) -> bool:
    wrote = any(told.own_texts(region) for region in OTHER)
    return (wrote or copies_were_equal(told)) and not any(told.lacking())


def copies_were_equal(told: Told) -> bool:
    east, west = told.last_configs(EAST), told.last_configs(WEST)
    return any(config is not None and config in west for config in east)


def copies_were_different(told: Told, _: Words) -> bool:
    return len({*told.last_configs(EAST), *told.last_configs(WEST)}) > 1


def users_moved(told: Told, _: Words) -> bool:
    return len({names(config) for region in OTHER for config in told.configs(region)}) > 1


def copies_disagree(told: Told, words: Words) -> bool:
    return says(told, words["region"], words["said"]) and says(told, words["other"], words["says"])


def says(told: Told, where: str, said: str) -> bool:
    region, _, rest = said.partition(" ")
    read = told.configs(where)
    if rest == "(manually edited)":
        return any(names(one) == region and one.manually_edited for one in read)
    return any((names(one), f"generation {one.generation}") == (region, rest) for one in read)


def documents_lack(told: Told, words: Words) -> bool:
    there = told.listings(words["other"])
    return any(
        int(words["n"]) <= sum(beside.get(key, ("", 0))[0] != etag for key, (etag, _) in here.items())
        for here in told.listings(words["region"])
        for beside in there
    )


def knowledge_base_is_behind(told: Told, words: Words) -> bool:
    return told.is_behind(words["region"])


def edge_shows(told: Told, words: Words) -> bool:
    region = words["region"]
    return any((names(one), str(one.generation)) == (region, words["n"]) for one in told.configs(SITE))


def edge_shows_edit(told: Told, words: Words) -> bool:
    return any(one.api_url == words["url"] and one.manually_edited for one in told.configs(SITE))


def edge_answers(told: Told, words: Words) -> bool:
    return any(str(answer.status) == words["n"] for answer in told.answers_of(SITE, "GET config.json"))


def edge_is_invalid(told: Told, words: Words) -> bool:
    answers = told.answers_of(SITE, "GET config.json")
    return any(str(one.status) == words["n"] and parse_copy(one.body) is None for one in answers)


def question_failed(told: Told, words: Words) -> bool:
    return any(str(answer.status) == words["n"] for answer in told.answers_of(words["region"], "POST docs"))


def edited_during(told: Told, words: Words) -> bool:
    return any(one.api_url == words["url"] and one.manually_edited for region in OTHER for one in told.configs(region))


def has_no_generation(told: Told, words: Words) -> bool:
    read = [parse_copy(one.body) for one in told.config_reads(words["region"]) if is_shown(one)]
    return any(config is None or config.manually_edited for config in read)


def may_hide(told: Told, words: Words) -> bool:
    known = [event.generation for region in OTHER for event in told.world.events(region)]
    other = [one.generation or 0 for one in told.configs(OTHER[words["region"]])]
    later = bool(known and other) and max(known) > min(other)
    return has_no_generation(told, words) and (later or any(map(told.is_faulty, OTHER)))


def lost_to(told: Told, words: Words) -> bool:
    events = [event for region in OTHER for event in told.world.events(region)]
    wrote = [one for one in events if (str(one.generation), one.actor) == (words["n"], words["actor"])]
    return was_found(told, words) and any(one.command == words["command"] for one in wrote)


def nothing_changed(told: Told, _: Words) -> bool:
    return not told.has_changed_something()


def config_unchanged(told: Told, _: Words) -> bool:
    return not told.has_changed_something(journal=False)


def is_silent(told: Told, words: Words) -> bool:
    return told.is_silent(words["region"])


def answers_but_refuses(told: Told, words: Words) -> bool:
    return told.is_faulty(words["region"])


def last_generation_unknown(told: Told, words: Words) -> bool:
    return told.failed(words["region"], words["why"])


def both_journals_unknown(told: Told, words: Words) -> bool:
    return told.failed(words["region"], words["why"]) and told.failed(words["other"], words["also"])


def no_event(told: Told, words: Words) -> bool:
    seen = [config for region in OTHER for config in told.configs(region)]
    return any(str(config.generation) == words["n"] for config in seen)


def is_absent_or_invalid(told: Told, words: Words) -> bool:
    return any(is_shown(one) and parse_copy(one.body) is None for one in told.config_reads(words["region"]))


def both_copies_have_it(told: Told, words: Words) -> bool:
    return all(any(where == region and one[0] >= int(words["n"]) for where, one in told.world.ever) for region in OTHER)
