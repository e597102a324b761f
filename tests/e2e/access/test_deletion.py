"""Where users sign in, the uploader and the holders of a claim delete a document, in both regions alike."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import pytest

from standby.deployment.manifest import ROLES, Role
from standby.rehearsal.checks.api import Api
from standby.rehearsal.checks.sign_in import SignIn
from standby.rehearsal.network.network import Client
from standby.rehearsal.rehearsal import Rehearsal
from tests.e2e.access.helpers import send
from tests.e2e.helpers import Document, wait_for


@dataclass(frozen=True, kw_only=True)
class Stored:
    """A document that a user uploaded, in both regions."""

    rehearsal: Rehearsal
    key: str
    document: Document = field(default_factory=Document)

    @classmethod
    def uploaded(cls, rehearsal: Rehearsal, user: SignIn) -> "Stored":
        document = Document()
        api = Api(url=rehearsal.deployment.regions["primary"].api_url, client=Client(rehearsal.network), sign_in=user)
        key = api.upload(name=document.name, content_type="text/plain", content=document.content)
        return cls(rehearsal=rehearsal, document=document, key=key)

    @property
    def id(self) -> str:
        return self.key.split("/")[1]

    def delete(self, role: Role, user: SignIn) -> tuple[int, Mapping[str, Any]]:
        """Delete it through the API of one region, as the page does; return the status and the body."""
        authorization = f"Bearer {user.token()}"
        answer = send(self.rehearsal, role, f"documents/{self.id}", method="DELETE", authorization=authorization)
        assert answer.headers["Access-Control-Allow-Origin"] == self.rehearsal.deployment.site.url
        return answer.status, json.loads(answer.data)

    def is_cited(self, role: Role) -> bool:
        answer = self.rehearsal.api(role).post("docs", {"question": self.document.question})
        assert isinstance(answer["citations"], list)
        return any(self.id in part["uri"] for part in answer["citations"])

    def is_deleted(self, role: Role) -> bool:
        """Whether the region has the tombstone instead of the document, and no question cites it."""
        s3 = self.rehearsal.session(role).client("s3")
        bucket = self.rehearsal.deployment.regions[role].documents_bucket
        keys = [
            one["Key"]
            for prefix in (self.key, f"deleted/{self.id}")
            for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())
        ]
        return keys == [f"deleted/{self.id}"] and not self.is_cited(role)


@pytest.mark.parametrize("role", ROLES)
def test_the_uploader_and_a_holder_of_the_claim_delete_in_both_regions_and_another_user_does_not(
    signed_in_rehearsal: Rehearsal, role: Role
) -> None:
    alice, carol = (signed_in_rehearsal.sign_in(user) for user in ("alice", "carol"))
    own, other = (Stored.uploaded(signed_in_rehearsal, alice) for _ in range(2))
    carols = Stored.uploaded(signed_in_rehearsal, carol)
    for each in ROLES:
        for document in (own, other, carols):
            wait_for(partial(document.is_cited, each), what=f"{document.key} is found in {each}")
    status, body = carols.delete(role, alice)
    assert (status, body["error"]["code"]) == (403, "not_allowed")
    assert own.delete(role, alice)[0] == 202
    assert other.delete(role, carol)[0] == 202
    for each in ROLES:
        for document in (own, other):
            wait_for(partial(document.is_deleted, each), what=f"{document.key} is deleted in {each}")
        assert carols.is_cited(each)
