"""The edge caches the same responses as CloudFront, for the same time."""

from datetime import timedelta
from email.utils import format_datetime

import pytest

from standby.rehearsal.edge_cache.rules import CacheSettings, Lifetime, lifetime
from tests.standby.rehearsal.edge_cache.helpers import DISABLED, NO_MINIMUM, OPTIMIZED, SITE, TODAY


def cached(settings: CacheSettings, status: int = 200, **headers: str) -> Lifetime | None:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lifetime(status, named, settings, now=TODAY)


@pytest.mark.parametrize(
    "settings,cache_control,fresh",
    [
        (OPTIMIZED, "max-age=60", 60),
        (OPTIMIZED, "max-age=0", 1),
        (OPTIMIZED, "max-age=60, s-maxage=600", 600),
        (OPTIMIZED, "", 86_400),
        (OPTIMIZED, "no-store", 1),
        (OPTIMIZED, "private, max-age=60", 1),
        (NO_MINIMUM, "max-age=60", 60),
        (NO_MINIMUM, "max-age=100000", 7_200),
        (NO_MINIMUM, "public", 3_600),
        (NO_MINIMUM, 'MAX-AGE="60"', 60),
    ],
)
def test_an_object_is_fresh_for_its_max_age_within_the_ttls_of_the_cache_policy(
    settings: CacheSettings, cache_control: str, fresh: float
) -> None:
    found = cached(settings, cache_control=cache_control)
    assert found is not None
    assert found.fresh == fresh


@pytest.mark.parametrize("cache_control", ["no-store", "no-cache", "private", "no-store, max-age=60"])
def test_responses_that_must_not_be_stored_are_not_cached_if_the_minimum_ttl_is_zero(cache_control: str) -> None:
    assert cached(NO_MINIMUM, cache_control=cache_control) is None


@pytest.mark.parametrize("status", [200, 404, 503])
def test_no_response_is_cached_if_caching_is_disabled(status: int) -> None:
    assert cached(DISABLED, status, cache_control="max-age=60") is None


def test_expires_applies_if_there_is_no_max_age() -> None:
    in_five_minutes = format_datetime(TODAY + timedelta(minutes=5), usegmt=True)
    found = cached(OPTIMIZED, expires=in_five_minutes)
    assert found is not None
    assert found.fresh == 300
    assert cached(OPTIMIZED, expires="never") == Lifetime(fresh=1, stale_if_error=31_535_999)


def test_stale_content_is_served_for_the_time_of_its_directive_or_the_maximum_ttl_whichever_is_less() -> None:
    assert cached(OPTIMIZED, cache_control=SITE) == Lifetime(fresh=60, stale_while_revalidate=300, stale_if_error=600)
    longer = SITE.replace("300", "999999").replace("600", "999999")
    assert cached(NO_MINIMUM, cache_control=longer) == Lifetime(
        fresh=60, stale_while_revalidate=7_140, stale_if_error=7_140
    )


def test_an_object_that_must_be_revalidated_is_never_served_stale() -> None:
    assert cached(OPTIMIZED, cache_control=f"{SITE}, must-revalidate") == Lifetime(fresh=60)


@pytest.mark.parametrize(
    "settings,status,cache_control,fresh",
    [
        (OPTIMIZED, 404, "", 10),
        (OPTIMIZED, 503, "", 10),
        (OPTIMIZED, 404, "max-age=30", 30),
        (OPTIMIZED, 403, "", None),
        (OPTIMIZED, 403, "max-age=30", 30),
        (NO_MINIMUM, 404, "", 1),
        (NO_MINIMUM, 503, "", 60),
        (NO_MINIMUM, 418, "max-age=30", None),
    ],
)
def test_an_error_is_cached_for_its_minimum_ttl_and_at_least_a_second(
    settings: CacheSettings, status: int, cache_control: str, fresh: float | None
) -> None:
    found = cached(settings, status, cache_control=cache_control)
    assert (found.fresh if found else None) == fresh


@pytest.mark.parametrize("settings", [OPTIMIZED, NO_MINIMUM, DISABLED])
def test_cache_settings_survive_the_way_through_a_header(settings: CacheSettings) -> None:
    assert CacheSettings.from_header(settings.header_value()) == settings
