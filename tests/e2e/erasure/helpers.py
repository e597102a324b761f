"""Deletion in two regions: through the API, and what each region still has."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.helpers import Document, ask, call, cites, upload, wait_for
from tests.e2e.operations.helpers import Operator, without_events


@dataclass(frozen=True, kw_only=True)
class Deleted:
    """A document of one test, and the questions whether it is gone."""

    operator: Operator
    document: Document = field(default_factory=Document)
    key: str = ""

    @classmethod
    def uploaded(cls, operator: Operator, role: Role = "primary", *, found_in: tuple[Role, ...] = ROLES) -> "Deleted":
        """Upload a document, and wait until questions find it."""
        document = Document()
        key = upload(operator.rehearsal, role, document)
        for other in found_in:
            wait_for(partial(cites, operator.rehearsal, other, document, key), what=f"found in {other}")
        return cls(operator=operator, document=document, key=key)

    @property
    def id(self) -> str:
        return self.key.split("/")[1]

    @property
    def rehearsal(self) -> Rehearsal:
        return self.operator.rehearsal

    def delete(self, role: Role) -> int:
        """Delete the document through the API of one region; return the status."""
        return call(self.rehearsal, role, "DELETE", f"documents/{self.id}").status

    def put_again(self, role: Role) -> None:
        """Put the document into a bucket again under its old key, as a late upload or replica does."""
        self._s3(role).put_object(Bucket=self._bucket(role), Key=self.key, Body=self.document.content)

    def is_stored(self, role: Role) -> bool:
        return bool(self._s3(role).list_objects_v2(Bucket=self._bucket(role), Prefix=self.key).get("Contents"))

    def is_listed(self, role: Role) -> bool:
        return self.id in {one["id"] for one in listed(self.rehearsal, role)}

    def is_cited(self, role: Role) -> bool:
        cited = ask(self.rehearsal, role, self.document.question)["citations"]
        return any(self.id in part["uri"] for part in cited)

    def is_gone(self, role: Role) -> bool:
        return not (self.is_stored(role) or self.is_listed(role) or self.is_cited(role))

    def wait_until_gone(self, *roles: Role) -> None:
        for role in roles:
            wait_for(partial(self.is_gone, role), what=f"gone in {role}")

    def _s3(self, role: Role) -> Any:  # noqa: ANN401 - a client's operations are made at run time
        return self.operator.s3(role)

    def _bucket(self, role: Role) -> str:
        return self.rehearsal.deployment.regions[role].documents_bucket


def listed(rehearsal: Rehearsal, role: Role) -> list[dict[str, Any]]:
    """Return all documents that the API of one region lists, from all its pages."""
    found: list[dict[str, Any]] = []
    query = ""
    while True:
        page = json.loads(call(rehearsal, role, "GET", f"documents{query}").data)
        found += page["documents"]
        if "next" not in page:
            return found
        query = f"?next={page['next']}"


@contextmanager
def paused_replication(operator: Operator, *roles: Role) -> Iterator[None]:
    """Let nothing be replicated from these regions in this block. What is written in it is never replicated."""
    for role in roles:
        operator.rehearsal.faults.set("replication-paused", role)
    try:
        yield
    finally:
        for role in roles:
            operator.rehearsal.faults.heal(role)


__all__ = ["Deleted", "listed", "paused_replication", "without_events"]
