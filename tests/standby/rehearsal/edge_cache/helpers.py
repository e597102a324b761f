"""Cache settings and a `Cache-Control` header that the tests of the edge cache share."""

from datetime import UTC, datetime

from standby.rehearsal.edge_cache.rules import CacheSettings

TODAY = datetime(2026, 11, 24, tzinfo=UTC)
OPTIMIZED = CacheSettings(
    target_origin="pages", minimum_ttl=1, default_ttl=86_400, maximum_ttl=31_536_000, error_ttls={}
)
NO_MINIMUM = CacheSettings(
    target_origin="pages", minimum_ttl=0, default_ttl=3_600, maximum_ttl=7_200, error_ttls={404: 0, 503: 60}
)
DISABLED = CacheSettings(target_origin="pages", minimum_ttl=0, default_ttl=0, maximum_ttl=0, error_ttls={})
SITE = "public, max-age=60, stale-while-revalidate=300, stale-if-error=600"
