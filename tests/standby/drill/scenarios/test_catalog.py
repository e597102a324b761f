"""The catalog lists every scenario in its order."""

from standby.drill.scenarios.catalog import SCENARIOS, select_scenarios


def test_the_catalog_has_every_scenario_in_its_order() -> None:
    assert tuple(SCENARIOS) == (
        "page-origin-lost",
        "api-lost",
        "region-lost",
        "region-black-hole",
        "region-half-dead",
        "replication-behind",
        "knowledge-base-lost",
        "dns-follows-config",
        "identity-provider-lost",
        "token-expired-during-failover",
        "operator-killed",
        "two-operators",
        "standby-lost",
        "return-and-failback",
        "nobody-awake",
        "partition",
        "flapping",
        "controller-against-operator",
        "browser",
    )
    assert len(SCENARIOS) >= 10
    assert all(scenario.objectives and scenario.summary.endswith(".") for scenario in SCENARIOS.values())


def test_scenarios_are_selected_in_the_order_of_the_catalog() -> None:
    assert [scenario.name for scenario in select_scenarios(["standby-lost", "api-lost"])] == [
        "api-lost",
        "standby-lost",
    ]
