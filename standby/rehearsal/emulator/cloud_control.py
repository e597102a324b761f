"""What Cloud Control creates is real: MiniStack stores any JSON under a type, and no service knows of it.

Knowledge Bases and data sources are created in the emulator's Bedrock, so that they are ingested and asked. Vector
buckets and indexes are kept by Cloud Control itself, because MiniStack has no S3 Vectors. Identifiers and read-only
properties are those of AWS: docs.aws.amazon.com, CloudFormation template reference, the page of each type.

A handler that fails on AWS ends its request with the status FAILED. Cloud Control itself answers with 200.
Source: docs.aws.amazon.com, Cloud Control API, "ProgressEvent".
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any, Final, Protocol

from standby.rehearsal.emulator.knowledge_base_rules import Response

KNOWLEDGE_BASE: Final = "AWS::Bedrock::KnowledgeBase"
DATA_SOURCE: Final = "AWS::Bedrock::DataSource"
VECTOR_BUCKET: Final = "AWS::S3Vectors::VectorBucket"
VECTOR_INDEX: Final = "AWS::S3Vectors::Index"

ERRORS_FROM: Final = 300
Properties = Mapping[str, Any]
Request = Mapping[str, Any]
Arn = Callable[[str, str], str]
"""Returns the ARN of a service's resource in the account and the region of the request."""


class HandlerError(Exception):
    """The handler of a type failed, with a code of `HandlerErrorCode` and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, kw_only=True)
class Created:
    """A created resource: its identifier, and the properties that AWS adds."""

    identifier: str
    read_only: Properties


class ResourceHandler(Protocol):
    """The handler of one type. Each method raises `HandlerError` when AWS's handler would fail."""

    def create(self, properties: Properties) -> Created:
        """Create the resource."""

    def exists(self, identifier: str) -> bool:
        """Return whether the resource still exists."""

    def update(self, identifier: str, properties: Properties) -> None:
        """Change the resource so that it has these properties."""

    def delete(self, identifier: str) -> None:
        """Delete the resource."""


Validate = Callable[[str, str, Mapping[str, object]], str]
"""Returns why a service refuses the parameters of its operation; "" if it accepts them."""


class StoredResources:
    """The resources that Cloud Control has stored."""

    def __init__(self, control: ModuleType) -> None:
        self._control = control

    def properties(self, type_name: str) -> dict[str, Properties]:
        """Return the properties of each resource of a type, by its identifier."""
        return {
            record["Identifier"]: json.loads(record["Properties"])
            for record in vars(self._control)["_resources"].values()
            if record["TypeName"] == type_name
        }


class _Stored:
    """A type that Cloud Control keeps itself."""

    def __init__(self, type_name: str, *, stored: StoredResources, arn: Arn, validate: Validate) -> None:
        self._type = type_name
        self._stored = stored
        self._arn = arn
        self._validate = validate

    def exists(self, identifier: str) -> bool:
        return identifier in self._stored.properties(self._type)

    def update(self, identifier: str, properties: Properties) -> None:
        """Change nothing: Cloud Control has stored the properties."""

    def delete(self, identifier: str) -> None:
        """Delete nothing: Cloud Control has deleted the record."""


class VectorBuckets(_Stored):
    """AWS::S3Vectors::VectorBucket."""

    def create(self, properties: Properties) -> Created:
        """Create a bucket."""
        _check(self._validate("s3vectors", "CreateVectorBucket", _camel_members(properties)))
        identifier = self._arn("s3vectors", f"bucket/{properties['VectorBucketName']}")
        return Created(identifier=identifier, read_only={"VectorBucketArn": identifier})

    def delete(self, identifier: str) -> None:
        """Refuse to delete a bucket that has an index."""
        if any(index.startswith(f"{identifier}/") for index in self._stored.properties(VECTOR_INDEX)):
            raise HandlerError("ResourceConflict", f"The vector bucket {identifier} is not empty")


class VectorIndexes(_Stored):
    """AWS::S3Vectors::Index."""

    def create(self, properties: Properties) -> Created:
        """Create an index in a bucket that exists."""
        _check(self._validate("s3vectors", "CreateIndex", _camel_members(properties)))
        bucket = self._arn("s3vectors", f"bucket/{properties['VectorBucketName']}")
        if bucket not in self._stored.properties(VECTOR_BUCKET):
            raise HandlerError("NotFound", f"The vector bucket {bucket} does not exist")
        identifier = f"{bucket}/index/{properties['IndexName']}"
        return Created(identifier=identifier, read_only={"IndexArn": identifier})


class SearchIndexes(_Stored):
    """AWS::OpenSearchServerless::Index."""

    def create(self, properties: Properties) -> Created:
        """Create an index in a collection."""
        identifier = f"{properties['IndexName']}|{properties['CollectionEndpoint']}"
        return Created(identifier=identifier, read_only={"Uuid": properties["IndexName"]})


class KnowledgeBases:
    """AWS::Bedrock::KnowledgeBase, in the emulator's Bedrock."""

    def __init__(self, agent: ModuleType, *, validate: Validate) -> None:
        self._agent = agent
        self._validate = validate

    def create(self, properties: Properties) -> Created:
        """Create a Knowledge Base."""
        _check(self._validate("bedrock-agent", "CreateKnowledgeBase", _camel_members(properties)))
        made = _result(vars(self._agent)["_create_kb"](_body(properties)))["knowledgeBase"]
        read_only = {"KnowledgeBaseId": made["knowledgeBaseId"], "KnowledgeBaseArn": made["knowledgeBaseArn"]}
        return Created(identifier=made["knowledgeBaseId"], read_only=read_only)

    def exists(self, identifier: str) -> bool:
        """Return whether Bedrock knows it."""
        return identifier in vars(self._agent)["_knowledge_bases"]

    def update(self, identifier: str, properties: Properties) -> None:
        """Update a Knowledge Base."""
        _result(vars(self._agent)["_update_kb"](identifier, _body(properties)))

    def delete(self, identifier: str) -> None:
        """Delete a Knowledge Base."""
        _result(vars(self._agent)["_delete_kb"](identifier))


class DataSources:
    """AWS::Bedrock::DataSource, in the emulator's Bedrock. An identifier is KNOWLEDGE_BASE_ID|DATA_SOURCE_ID."""

    def __init__(self, agent: ModuleType, *, validate: Validate) -> None:
        self._agent = agent
        self._validate = validate

    def create(self, properties: Properties) -> Created:
        """Create a data source."""
        _check(self._validate("bedrock-agent", "CreateDataSource", _camel_members(properties)))
        knowledge_base = properties["KnowledgeBaseId"]
        answer = vars(self._agent)["_create_ds"](knowledge_base, _body(properties))
        made = _result(answer)["dataSource"]["dataSourceId"]
        return Created(identifier=f"{knowledge_base}|{made}", read_only={"DataSourceId": made})

    def exists(self, identifier: str) -> bool:
        """Return whether Bedrock knows it."""
        return identifier.replace("|", "/") in vars(self._agent)["_data_sources"]

    def update(self, identifier: str, properties: Properties) -> None:
        """Update a data source."""
        _result(vars(self._agent)["_update_ds"](*identifier.split("|"), _body(properties)))

    def delete(self, identifier: str) -> None:
        """Delete a data source."""
        _result(vars(self._agent)["_delete_ds"](*identifier.split("|")))


class CloudControl:
    """MiniStack's handlers of Cloud Control, changed for the types that have a `ResourceHandler`."""

    def __init__(self, control: ModuleType, handlers: Mapping[str, ResourceHandler]) -> None:
        self._control = control
        self._handlers = handlers
        self._original = {name: vars(control)[name] for name in self.operations()}

    def operations(self) -> dict[str, Callable[[Request], Response]]:
        """Return the handlers, by their names in MiniStack."""
        return {
            "_create_resource": self.create,
            "_get_resource": self.get,
            "_update_resource": self.update,
            "_delete_resource": self.delete,
        }

    def create(self, request: Request) -> Response:
        """Create a resource."""
        handler, properties = self._handlers.get(request.get("TypeName", "")), _properties(request)
        if handler is None or properties is None:
            return self._run("_create_resource", request)
        type_name = request["TypeName"]
        try:
            created = handler.create(properties)
        except HandlerError as error:
            return self._failed("CREATE", request, error)
        key = vars(self._control)["_resource_key"](type_name, created.identifier)
        if key in vars(self._control)["_resources"]:
            return self._failed("CREATE", request, HandlerError("AlreadyExists", f"{created.identifier} exists"))
        model = json.dumps({**properties, **created.read_only})
        record = {"TypeName": type_name, "Identifier": created.identifier, "Properties": model}
        vars(self._control)["_resources"][key] = record
        return self._event("CREATE", "SUCCESS", request, identifier=created.identifier, resource_model=model)

    def get(self, request: Request) -> Response:
        """Read a resource."""
        self._forget_missing(request)
        return self._run("_get_resource", request)

    def update(self, request: Request) -> Response:
        """Change a resource."""
        handler = self._forget_missing(request)
        answer = self._run("_update_resource", request)
        event = json.loads(answer[2]).get("ProgressEvent")
        if handler is None or event is None:
            return answer
        try:
            handler.update(request["Identifier"], json.loads(event["ResourceModel"]))
        except HandlerError as error:
            return self._failed("UPDATE", request, error)
        return answer

    def delete(self, request: Request) -> Response:
        """Delete a resource."""
        handler = self._forget_missing(request)
        if handler is not None and handler.exists(request["Identifier"]):
            try:
                handler.delete(request["Identifier"])
            except HandlerError as error:
                return self._failed("DELETE", request, error)
        return self._run("_delete_resource", request)

    def _forget_missing(self, request: Request) -> ResourceHandler | None:
        """Forget a resource that was deleted without Cloud Control, and return the handler of its type."""
        type_name, identifier = request.get("TypeName", ""), request.get("Identifier", "")
        handler = self._handlers.get(type_name)
        if handler is not None and not handler.exists(identifier):
            key = vars(self._control)["_resource_key"](type_name, identifier)
            vars(self._control)["_resources"].pop(key, None)
        return handler

    def _run(self, name: str, request: Request) -> Response:
        response: Response = self._original[name](request)
        return response

    def _failed(self, operation: str, request: Request, error: HandlerError) -> Response:
        identifier = request.get("Identifier")
        failure = {"identifier": identifier, "status_message": str(error), "error_code": error.code}
        return self._event(operation, "FAILED", request, **failure)

    def _event(self, operation: str, status: str, request: Request, **details: object) -> Response:
        make, record, respond = (
            vars(self._control)[name] for name in ("_progress_event", "_record_request", "json_response")
        )
        event = make(operation, status, type_name=request["TypeName"], **details)
        response: Response = respond({"ProgressEvent": record(event)})
        return response


def _properties(request: Request) -> Properties | None:
    """Return the desired state; None if it is not a JSON document, which MiniStack refuses itself."""
    try:
        properties = json.loads(request.get("DesiredState") or "")
    except (TypeError, ValueError):
        return None
    return properties if isinstance(properties, Mapping) else None


def _body(properties: Properties) -> bytes:
    """Return the properties as the body of a request to Bedrock."""
    return json.dumps(_camel_members(properties)).encode()


def _camel_members(properties: Properties) -> dict[str, object]:
    return {name[:1].lower() + name[1:]: _camel(member) for name, member in properties.items()}


def _check(reason: str) -> None:
    """Raise `HandlerError` for a reason of the service, as AWS's handler does."""
    if reason:
        raise HandlerError("InvalidRequest", reason)


def _camel(value: object) -> object:
    """Return a value of CloudFormation with the names of Bedrock's API: their first letter is lower case."""
    if isinstance(value, Mapping):
        return {name[:1].lower() + name[1:]: _camel(member) for name, member in value.items()}
    return [_camel(entry) for entry in value] if isinstance(value, list) else value


def _result(response: Response) -> dict[str, Any]:
    """Return the result of a call of Bedrock. Raises `HandlerError` if it was refused."""
    body: dict[str, Any] = json.loads(response[2])
    if response[0] >= ERRORS_FROM:
        raise HandlerError("InvalidRequest", str(body.get("message")))
    return body
