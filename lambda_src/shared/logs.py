"""Structured logs: one JSON object per line on standard output.

Lambda does not change lines that are JSON already, and filters them by their `level` and `timestamp`.
(Source: docs.aws.amazon.com, Lambda, Log and monitor Python Lambda functions.)

Log only ids, codes, counts, sizes and times. Never log a question, an answer, a document's text or a file's name.
"""

import json
import logging
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

_LOGGER_NAME = "warm_standby.functions"


class _JsonFormatter(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, object] = {
            "timestamp": datetime.fromtimestamp(record.created, tz=UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname,
            "message": record.getMessage(),
        }
        fields = getattr(record, "fields", {})
        entry.update(fields)
        if record.exc_info:
            entry["stackTrace"] = self.formatException(record.exc_info)
        return json.dumps(entry, default=str)


class _StandardOutput(logging.Handler):
    """Looks up standard output at each line, because runtimes and tests replace it."""

    def emit(self, record: logging.LogRecord) -> None:
        sys.stdout.write(self.format(record) + "\n")


def _logger() -> logging.Logger:
    logger = logging.getLogger(_LOGGER_NAME)
    if not logger.handlers:
        handler = _StandardOutput()
        handler.setFormatter(_JsonFormatter())
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        # The runtime has its own handler on the root logger: each line would be written twice.
        logger.propagate = False
    return logger


@dataclass(frozen=True, kw_only=True)
class Log:
    """A logger with fields that every line contains (`function`, `region`, then `requestId`)."""

    fields: Mapping[str, object] = field(default_factory=dict)

    def bind(self, **fields: object) -> "Log":
        """Return a log that also writes these fields."""
        return Log(fields={**self.fields, **fields})

    def info(self, event: str, **fields: object) -> None:
        """Log an event by its fixed name (`answered`), with its fields."""
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: object) -> None:
        """Log an event that the caller corrects or a retry resolves."""
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: object) -> None:
        """Log an event that needs an operator."""
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, **fields: object) -> None:
        """Log the exception that is being handled, with its stack trace."""
        _logger().exception(event, extra={"fields": {**self.fields, **fields}})

    def _write(self, level: int, event: str, fields: Mapping[str, object]) -> None:
        _logger().log(level, event, extra={"fields": {**self.fields, **fields}})
