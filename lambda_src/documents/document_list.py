"""One page of the documents in this region, with their states in the Knowledge Base."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from documents.identifiers import encode, public_id
from documents.settings import Settings
from shared.api import iso_time
from shared.documents import DOCUMENTS_PREFIX, METADATA_SUFFIX, TOMBSTONES_PREFIX, deleted_id, document_id
from shared.errors import error_code
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_bedrock_agent import AgentsforBedrockClient
    from mypy_boto3_bedrock_agent.type_defs import KnowledgeBaseDocumentDetailTypeDef
    from mypy_boto3_s3 import S3Client
    from mypy_boto3_s3.type_defs import ObjectTypeDef

PAGE_SIZE = 50
# Source: docs.aws.amazon.com, Amazon Bedrock API Reference, GetKnowledgeBaseDocuments: at most 10 identifiers a call.
_STATES_PER_CALL = 10
# Source of the statuses: docs.aws.amazon.com, Amazon Bedrock API Reference, KnowledgeBaseDocumentDetail.
_READY = frozenset({"INDEXED", "PARTIALLY_INDEXED", "METADATA_PARTIALLY_INDEXED", "METADATA_UPDATE_FAILED"})
_FAILED = frozenset({"FAILED", "IGNORED"})


@dataclass(frozen=True, kw_only=True)
class DocumentList:
    """Lists the documents of one region."""

    s3: "S3Client"
    bedrock_agent: "AgentsforBedrockClient"
    settings: Settings

    def page(self, after: str, log: Log) -> dict[str, object]:
        """Return `{"documents", "next"?}`: at most 50 documents after the key `after`, in the order of their keys.

        A document with a tombstone is not listed. `state`: `processing`, `ready`, `failed` with `reason`, or `unknown`
        if Bedrock did not answer. Raises botocore's errors if the bucket cannot be listed.
        """
        answer = self.s3.list_objects_v2(
            Bucket=self.settings.documents_bucket, Prefix=DOCUMENTS_PREFIX, StartAfter=after, MaxKeys=PAGE_SIZE
        )
        objects = answer.get("Contents", [])
        deleted = self._deleted_ids([document_id(found["Key"]) for found in objects])
        shown = [found for found in objects if _is_shown(found["Key"], deleted)]
        states = self._states([found["Key"] for found in shown], log)
        page: dict[str, object] = {"documents": [_as_json(found, states.get(found["Key"])) for found in shown]}
        return {**page, "next": encode(objects[-1]["Key"])} if answer.get("IsTruncated") and objects else page

    def _deleted_ids(self, ids: Sequence[str]) -> frozenset[str]:
        """Return which of these ids have a tombstone. Both prefixes have the same order, so a page needs few calls."""
        wanted = sorted(found for found in ids if found)
        if not wanted:
            return frozenset()
        first, last = wanted[0], wanted[-1]
        return frozenset(wanted) & frozenset(self._tombstones_between(first, last))

    def _tombstones_between(self, first: str, last: str) -> Iterator[str]:
        pages = self.s3.get_paginator("list_objects_v2").paginate(
            Bucket=self.settings.documents_bucket,
            Prefix=TOMBSTONES_PREFIX,
            StartAfter=f"{TOMBSTONES_PREFIX}{first[:-1]}",
        )
        for page in pages:
            for found in page.get("Contents", []):
                yield deleted_id(found["Key"])
                if found["Key"] >= f"{TOMBSTONES_PREFIX}{last}":
                    return

    def _states(self, keys: Sequence[str], log: Log) -> Mapping[str, tuple[str, str]]:
        """Return each key's state and reason. Without an answer of Bedrock the state is `unknown`."""
        groups = [keys[start : start + _STATES_PER_CALL] for start in range(0, len(keys), _STATES_PER_CALL)]
        with ThreadPoolExecutor(max_workers=5) as pool:
            found = pool.map(lambda group: self._states_of(group, log), groups)
            return {key: state for group in found for key, state in group.items()}

    def _states_of(self, keys: Sequence[str], log: Log) -> Mapping[str, tuple[str, str]]:
        try:
            answer = self.bedrock_agent.get_knowledge_base_documents(
                knowledgeBaseId=self.settings.knowledge_base_id,
                dataSourceId=self.settings.data_source_id,
                documentIdentifiers=[{"dataSourceType": "S3", "s3": {"uri": self._uri(key)}} for key in keys],
            )
        except (ClientError, BotoCoreError) as error:
            log.warning("states_unknown", awsError=error_code(error))
            return dict.fromkeys(keys, ("unknown", ""))
        details = {_uri_of(detail): _state(detail) for detail in answer["documentDetails"]}
        return {key: details[self._uri(key)] for key in keys if self._uri(key) in details}

    def _uri(self, key: str) -> str:
        return f"s3://{self.settings.documents_bucket}/{key}"


def _is_shown(key: str, deleted: frozenset[str]) -> bool:
    return not key.endswith(("/", METADATA_SUFFIX)) and document_id(key) not in deleted


def _uri_of(detail: "KnowledgeBaseDocumentDetailTypeDef") -> str:
    return detail["identifier"].get("s3", {}).get("uri", "")


def _state(detail: "KnowledgeBaseDocumentDetailTypeDef") -> tuple[str, str]:
    if detail["status"] in _READY:
        return "ready", ""
    if detail["status"] in _FAILED:
        return "failed", detail.get("statusReason", "")
    return "processing", ""


def _as_json(found: "ObjectTypeDef", state: tuple[str, str] | None) -> dict[str, object]:
    name, reason = state or ("processing", "")
    return {
        "id": public_id(found["Key"]),
        "name": found["Key"].rpartition("/")[2],
        "size": found["Size"],
        "uploadedAt": iso_time(found["LastModified"]),
        "state": name,
        **({"reason": reason} if reason else {}),
    }
