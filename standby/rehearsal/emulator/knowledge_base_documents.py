"""The documents of a Knowledge Base, as Bedrock keeps them. MiniStack keeps deleted ones, and finds none by its URI.

On AWS, a job removes the vectors of documents that are gone from the bucket, or no longer under an inclusion prefix.
Sources: docs.aws.amazon.com, Bedrock, "Sync your data with your Amazon Bedrock knowledge base": each sync processes
"added, modified, or deleted" documents; Bedrock API Reference, "GetKnowledgeBaseDocuments" (identifiers of S3 documents
are URIs) and "KnowledgeBaseDocumentDetail". Written for MiniStack 1.5.33.
"""

import json
from collections.abc import Callable, Collection, MutableMapping
from types import ModuleType
from typing import Any, Final

Record = dict[str, Any]
Ingest = Callable[[str, str, Record], tuple[Record, list[str]]]
Response = tuple[int, dict[str, str], bytes]
Read = Callable[[str, str, object], Response]

DELETED: Final = "NumberOfDocumentsDeleted"


def correct_documents(agent: ModuleType, s3: ModuleType) -> None:
    """Let jobs remove what is gone, and let the documents of an S3 data source be read by their URIs."""
    functions = vars(agent)
    documents, texts = functions["_kb_documents"], functions["_kb_document_texts"]

    def present(data_source: Record) -> Collection[str] | None:
        name, prefixes = _source(data_source)
        bucket = vars(s3)["_buckets"].get(name)
        objects = bucket["objects"] if bucket is not None else None
        return None if objects is None else {key for key in objects if not prefixes or key.startswith(prefixes)}

    functions["_run_s3_ingestion"] = corrected_job(functions["_run_s3_ingestion"], (documents, texts), present)
    functions["_get_kb_documents"] = corrected_read(functions["_get_kb_documents"], documents)


def corrected_job(
    run: Ingest, stores: tuple[MutableMapping[str, Any], ...], present: Callable[[Record], Collection[str] | None]
) -> Ingest:
    """Return MiniStack's function that runs a job, changed so that it removes the documents that are gone.

    `stores` have the documents by KNOWLEDGEBASE/DATASOURCE/KEY. `present` returns the keys that the data source has;
    None if it is none of S3 or its bucket cannot be read, and then nothing is removed.
    """

    def run_and_remove(knowledge_base: str, data_source: str, record: Record) -> tuple[Record, list[str]]:
        statistics, failures = run(knowledge_base, data_source, record)
        prefix, keys = f"{knowledge_base}/{data_source}/", present(record)
        if keys is not None:
            gone = {key for store in stores for key in store if key.startswith(prefix)}
            gone -= {f"{prefix}{key}" for key in keys}
            for key in gone:
                for store in stores:
                    store.pop(key, None)
            statistics[DELETED] += len(gone)
        return statistics, failures

    return run_and_remove


def corrected_read(read: Read, documents: MutableMapping[str, Any]) -> Read:
    """Return MiniStack's function that reads some documents, changed so that it finds those of S3 by their URIs."""

    def read_documents(knowledge_base: str, data_source: str, body: object) -> Response:
        status, headers, answer = read(knowledge_base, data_source, body)
        wanted = json.loads(body)["documentIdentifiers"] if isinstance(body, str | bytes) else []
        if status != 200 or not all(one.get("dataSourceType") == "S3" for one in wanted):  # noqa: PLR2004
            return status, headers, answer
        ids = {"knowledgeBaseId": knowledge_base, "dataSourceId": data_source}
        details = []
        for identifier in wanted:
            key = identifier["s3"]["uri"].removeprefix("s3://").partition("/")[2]
            found = documents.get(f"{knowledge_base}/{data_source}/{key}") or {"Status": "NOT_FOUND"}
            state = {"status": found["Status"], "statusReason": found.get("StatusReason", "")}
            details.append({**ids, "identifier": identifier, **state})
        return status, headers, json.dumps({"documentDetails": details}).encode()

    return read_documents


def _source(data_source: Record) -> tuple[str, tuple[str, ...]]:
    configuration = data_source["DataSourceConfiguration"].get("s3Configuration") or {}
    bucket = str(configuration.get("bucketArn", "")).rpartition(":")[2]
    return bucket, tuple(configuration.get("inclusionPrefixes") or ())
