"""The synthesized stack as records: its deployment, its resources with their names, its models and its state."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, Field, ValidationError

from standby.errors import StandbyError
from standby.json_model import describe_errors

CLOUD_CONTROL: Final = "aws_cloudcontrolapi_resource"
ACCOUNT_REFERENCE: Final = "${local.account}"
"""How the stack's names contain the account, which is known when Terraform runs."""


class _Provider(BaseModel):
    alias: str
    region: str
    allowed_account_ids: list[str] = []


class _Locals(BaseModel):
    permanent_settings: dict[str, str]


class _Terraform(BaseModel):
    backend: dict[str, dict[str, Any]]


class _Document(BaseModel):
    """A `cdk.tf.json`, as far as it is read. Source: developer.hashicorp.com, "JSON Configuration Syntax"."""

    provider: dict[str, list[_Provider]]
    local: _Locals = Field(alias="locals")
    terraform: _Terraform
    resource: dict[str, dict[str, dict[str, Any]]] = {}
    data: dict[str, dict[str, dict[str, Any]]] = {}


@dataclass(frozen=True, kw_only=True)
class Resource:
    """A resource or a data source. `kind` is its type; for a resource of Cloud Control, CloudFormation's type."""

    kind: str
    region: str
    attributes: Mapping[str, Any]

    def text(self, attribute: str) -> str:
        """Return an attribute that is a text, "" if it has none."""
        value = self.attributes.get(attribute)
        return value if isinstance(value, str) else ""


@dataclass(frozen=True, kw_only=True)
class StateBackend:
    """Where Terraform's state is: in `path`, or in a `bucket` of a `region` under `key`."""

    path: str = ""
    bucket: str = ""
    region: str = ""
    key: str = ""

    def __str__(self) -> str:
        return self.path or f"s3://{self.bucket}/{self.key}"


@dataclass(frozen=True, kw_only=True)
class Stack:
    """A synthesized stack. `regions` are the primary and the failover region; `accounts` are the allowed ones."""

    name: str
    regions: tuple[str, ...]
    accounts: tuple[str, ...]
    settings: Mapping[str, str]
    backend: StateBackend
    resources: tuple[Resource, ...]

    @property
    def kinds(self) -> frozenset[str]:
        """The types of all resources and data sources."""
        return frozenset(resource.kind for resource in self.resources)

    def of(self, kind: str, *, region: str | None = None) -> tuple[Resource, ...]:
        """Return the resources of a type, in one region if it is given."""
        return tuple(part for part in self.resources if part.kind == kind and region in (None, part.region))

    @property
    def answer_models(self) -> tuple[str, ...]:
        """The models that answer questions, the default one first."""
        variables = [_variables(function) for function in self.of("aws_lambda_function")]
        default = [found["ANSWER_MODEL_ID"] for found in variables if "ANSWER_MODEL_ID" in found]
        allowed = [found["ALLOWED_MODEL_IDS"] for found in variables if "ALLOWED_MODEL_IDS" in found]
        listed = [str(model) for text in allowed for model in json.loads(text)]
        return tuple(dict.fromkeys((*default, *listed)))

    @property
    def embedding_model(self) -> str:
        """The model that makes vectors of documents and questions."""
        return self.settings.get("knowledge_base.embedding_model", "")

    @property
    def embedding_dimensions(self) -> int:
        """The dimensions of a vector."""
        return int(self.settings.get("knowledge_base.embedding_dimensions", "0"))


def read_stack(document: Mapping[str, object]) -> Stack:
    """Return the stack that a `cdk.tf.json` describes. Raises `StandbyError` if it is not one of this project."""
    try:
        found = _Document.model_validate(document)
        settings = found.local.permanent_settings
        regions = {provider.alias: provider.region for provider in found.provider["aws"]}
        return Stack(
            name=settings["name"],
            regions=tuple(regions[role] for role in ("primary", "failover")),
            accounts=tuple(found.provider["aws"][0].allowed_account_ids),
            settings=settings,
            backend=_backend(found.terraform.backend),
            resources=tuple(_resources(found, regions)),
        )
    except ValidationError as error:
        raise StandbyError(f"The synthesized stack is not as expected: {describe_errors(error)}") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise StandbyError(f"The synthesized stack is not as expected: {error!r}") from error


def _backend(backend: Mapping[str, Mapping[str, Any]]) -> StateBackend:
    if "s3" in backend:
        state = backend["s3"]
        return StateBackend(bucket=str(state["bucket"]), region=str(state["region"]), key=str(state["key"]))
    return StateBackend(path=str(backend["local"]["path"]))


def _resources(document: _Document, regions: Mapping[str, str]) -> Iterator[Resource]:
    for group in (document.resource, document.data):
        for kind, named in group.items():
            for attributes in named.values():
                region = regions[str(attributes.get("provider", "aws.primary")).removeprefix("aws.")]
                yield Resource(kind=kind, region=region, attributes=attributes)
                if kind == CLOUD_CONTROL:
                    desired = json.loads(attributes["desired_state"])
                    yield Resource(kind=attributes["type_name"], region=region, attributes=desired)


def _variables(function: Resource) -> Mapping[str, str]:
    variables: Mapping[str, str] = function.attributes.get("environment", {}).get("variables", {})
    return variables
