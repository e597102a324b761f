"""Times as they appear in answers and logs."""

from datetime import UTC, datetime


def iso_time(moment: datetime) -> str:
    """Return an aware datetime as ISO 8601 in UTC with milliseconds: `2026-11-24T03:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
