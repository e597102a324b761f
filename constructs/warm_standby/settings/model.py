"""The deployment's settings: one frozen, validated record, read once from `standby.toml`."""

import os
import tomllib
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, ValidationInfo, field_validator, model_validator

from warm_standby.settings import automatic, dns, model_access, regions, validators
from warm_standby.settings.access import Access
from warm_standby.settings.automatic import Automatic
from warm_standby.settings.dns import Dns
from warm_standby.settings.section import Section, UniqueValues, validation_error

STACK_NAME: Final = "warm-standby"
DEFAULT_FILE: Final = "standby.toml"
FILE_VARIABLE: Final = "STANDBY_SETTINGS"

AccountId = Annotated[str, AfterValidator(validators.account_id)]
RoleArn = Annotated[str, AfterValidator(validators.role_arn)]
Region = Annotated[str, AfterValidator(regions.bedrock_region)]
ModelId = Annotated[str, AfterValidator(validators.model_id)]
TagValue = Annotated[str, Field(max_length=256), AfterValidator(validators.tag_text)]
TagKey = Annotated[str, Field(min_length=1, max_length=128), AfterValidator(validators.tag_key)]
UploadType = Annotated[str, AfterValidator(validators.upload_type)]
StatusCode = Annotated[int, AfterValidator(validators.failover_status_code)]
Email = Annotated[str, AfterValidator(validators.email)]


class SettingsError(ValueError):
    """A settings file that cannot be used. The text names the file, the key, the value and the fix on one line."""


class Regions(Section):
    """The regions behind the two roles."""

    primary: Region = "us-west-2"
    failover: Region = "us-east-1"

    @field_validator("failover")
    @classmethod
    def _differs(cls, value: str, info: ValidationInfo) -> str:
        if value == info.data.get("primary"):
            raise ValueError("regions.primary is the same region: choose another")
        return value


class KnowledgeBase(Section):
    """How documents become vectors. The chunk size is in tokens, the overlap in percent."""

    vector_store: Literal["s3-vectors", "opensearch-serverless"] = "s3-vectors"
    embedding_model: Annotated[str, AfterValidator(validators.embedding_model)] = "amazon.titan-embed-text-v2:0"
    embedding_dimensions: int = 1024
    chunk_tokens: int = Field(default=500, ge=20, le=8192)
    chunk_overlap_percent: int = Field(default=20, ge=1, le=99)

    @field_validator("embedding_dimensions")
    @classmethod
    def _is_supported_by_the_model(cls, value: int, info: ValidationInfo) -> int:
        model = info.data.get("embedding_model")
        supported = validators.EMBEDDING_DIMENSIONS.get(model or "", (value,))
        if value not in supported:
            raise ValueError(f"{model} supports {' or '.join(map(str, supported))} dimensions")
        return value


class Answers(Section):
    """The models that may answer.

    A geographic inference profile (`us.`) may run the model in any of `profile_regions`. A profile of another geography
    needs that geography's regions there.
    Source: docs.aws.amazon.com, Bedrock, "Supported Regions and models for inference profiles".
    """

    model: ModelId = "us.anthropic.claude-haiku-4-5-20251001-v1:0"
    allowed_models: UniqueValues[ModelId] = ()
    profile_regions: UniqueValues[Region] = Field(default=("us-east-1", "us-east-2", "us-west-2"), min_length=1)

    @field_validator("profile_regions")
    @classmethod
    def _are_in_each_geography(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        for model in (info.data.get("model", ""), *info.data.get("allowed_models", ())):
            if not all(validators.callable_from(model, region) for region in value):
                raise ValueError(f"list the regions that {model} routes to (see its model card)")
        return value

    def models_by_key(self) -> Iterator[tuple[tuple[str | int, ...], str]]:
        """Yield each model with its key in this section."""
        yield ("model",), self.model
        for index, model in enumerate(self.allowed_models):
            yield ("allowed_models", index), model

    @property
    def models(self) -> tuple[str, ...]:
        """The default model and the other models that a caller may request."""
        return tuple(dict.fromkeys((self.model, *self.allowed_models)))


class Documents(Section):
    """The documents buckets: the allowed uploads, the lifecycle, and the direction of replication."""

    replication: Literal["two-way", "one-way"] = "two-way"
    max_upload_mb: int = Field(default=50, ge=1, le=50)
    upload_types: UniqueValues[UploadType] = Field(default=tuple(validators.UPLOAD_CONTENT_TYPES), min_length=1)
    expire_days: int | None = Field(default=None, ge=1, le=36500)
    noncurrent_version_days: int = Field(default=90, ge=1, le=36500)

    @property
    def max_upload_bytes(self) -> int:
        """The largest upload in bytes. A Knowledge Base reads files up to 50 MB."""
        return self.max_upload_mb * 1024 * 1024

    @property
    def content_types(self) -> dict[str, str]:
        """The content type for each file name extension that may be uploaded."""
        return {extension: validators.UPLOAD_CONTENT_TYPES[extension] for extension in self.upload_types}


class Site(Section):
    """The distribution over the two frontend buckets, and whether the page may fail over without an operator."""

    origin_failover_status_codes: Annotated[
        UniqueValues[StatusCode], AfterValidator(validators.failover_status_codes)
    ] = (403, 404, 500, 502, 503, 504)
    domain_names: Annotated[
        tuple[Annotated[str, AfterValidator(validators.domain_name)], ...], AfterValidator(validators.one_name)
    ] = Field(default=(), strict=False)
    certificate_arn: Annotated[str, AfterValidator(validators.certificate_arn)] = ""
    api_fallback: bool = True

    @field_validator("certificate_arn")
    @classmethod
    def _is_set_with_domain_names(cls, value: str, info: ValidationInfo) -> str:
        if bool(value) != bool(info.data.get("domain_names", value)):
            raise ValueError("set site.domain_names and site.certificate_arn together, or set neither")
        return value


class Operations(Section):
    """Logs (days), alerts, throttling (requests/s), schedules (minutes), and whether `destroy` deletes documents.

    `access_logs`: whether the requests to the site, the buckets and the API are logged into a bucket of each region.
    `reserved_concurrency`: the executions of Lambda that only this function may use, and its upper limit.
    `appliers`: the ARNs of the roles that may plan and apply, beside the one that applies now.
    `readiness_minutes`: how often each region's own API is asked a question.
    `api_gateway_account`: whether this stack sets the role that API Gateway logs with, one per account and region.
    """

    alert_emails: UniqueValues[Email] = ()
    appliers: UniqueValues[RoleArn] = ()
    log_retention_days: Annotated[int, AfterValidator(validators.log_retention)] = 30
    access_logs: bool = False
    access_log_days: int = Field(default=90, ge=1, le=3650)
    api_rate_limit: int = Field(default=100, ge=1, le=10_000)
    api_burst_limit: int = Field(default=200, ge=1, le=5_000)
    reserved_concurrency: Annotated[dict[str, int], AfterValidator(validators.reserved_concurrency)] = Field(default={})
    sweep_minutes: int = Field(default=5, ge=1, le=60)
    readiness_minutes: int = Field(default=60, ge=1, le=60)
    force_destroy: bool = False
    api_gateway_account: bool = True


class Notifications(Section):
    """Whether each region reports changes, to a topic and to the event bus; `emails` subscribe to both topics."""

    enabled: bool = False
    emails: UniqueValues[Email] = ()

    @field_validator("emails")
    @classmethod
    def _has_an_effect(cls, value: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        if value and not info.data.get("enabled", True):
            raise ValueError("no effect while notifications.enabled = false: remove it, or use true")
        return value


class Objectives(Section):
    """The limits for the measurements of a drill.

    Defaults: the DR guide's "Recovery Objectives"; the limit for `execution_seconds` is this project's own.

    `page_rto_seconds`: longest wait for a page, for a user who keeps retrying.
    `page_rpo_files`: site files that differ between the frontend buckets.
    `api_rpo_answers`: failed questions that are still unanswered after a retry.
    `documents_rpo_seconds`: age, at the fault, of the oldest accepted document that the surviving region lacks at
    failover.
    `execution_seconds`: from the failover command to the first good answer; also the limit for the command's duration.
    """

    page_rto_seconds: float = Field(default=1.0, gt=0, le=3600, strict=False)
    page_rpo_files: int = Field(default=0, ge=0)
    api_rpo_answers: int = Field(default=0, ge=0)
    documents_rpo_seconds: float = Field(default=900.0, gt=0, le=86_400, strict=False)
    execution_seconds: float = Field(default=5.0, gt=0, le=3600, strict=False)


class Usage(Section):
    """How much the deployment is used in a month, for `standby cost`. Nothing is created from it.

    `document_mb` is the size of the text of one document, `stored_gb` that of all. `question_tokens` are the tokens
    of a question with its passages.
    """

    questions: int = Field(default=1_000, ge=0)
    page_views: int = Field(default=2_000, ge=0)
    uploads: int = Field(default=100, ge=0)
    document_mb: float = Field(default=0.2, gt=0, le=50, strict=False)
    stored_gb: float = Field(default=1.0, ge=0, strict=False)
    question_tokens: int = Field(default=3_000, ge=1)
    answer_tokens: int = Field(default=300, ge=1)


class Waiver(Section):
    """A finding of `standby review` that somebody accepts: its rule, address and argument, why, and until which day."""

    rule: str = Field(min_length=1)
    address: str = Field(min_length=1)
    argument: str = Field(default="*", min_length=1)
    reason: str = Field(min_length=1)
    until: date


class Review(Section):
    """What `standby review` accepts. Nothing is created from it."""

    waivers: tuple[Waiver, ...] = Field(default=(), strict=False)


class State(Section):
    """Where Terraform stores its state: next to `main.py`, or in an S3 bucket with S3 native locking.

    Without `key`, the key in the bucket has the deployment's name: `warm-standby/NAME/terraform.tfstate`.
    """

    backend: Literal["local", "s3"] = "local"
    bucket: Annotated[str, AfterValidator(validators.state_bucket)] | None = None
    region: Region | None = None
    key: Annotated[str, AfterValidator(validators.state_key)] | None = Field(
        default=None, min_length=1, max_length=1024
    )

    @field_validator("bucket", "region")
    @classmethod
    def _is_set_for_s3(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and info.data.get("backend") == "s3":
            raise ValueError('required for state.backend = "s3": name an existing, versioned bucket and its region')
        return value


class Settings(Section):
    """All settings of one deployment. Unknown keys are refused.

    `allowed_account_ids`: the AWS accounts in which this deployment may be; any account if the list is empty.

    >>> Settings(name="chatbot").regions.primary
    'us-west-2'
    """

    name: Annotated[str, AfterValidator(validators.deployment_name)]
    allowed_account_ids: UniqueValues[AccountId] = ()
    regions: Regions = Regions()
    knowledge_base: KnowledgeBase = KnowledgeBase()
    answers: Answers = Answers()
    documents: Documents = Documents()
    site: Site = Site()
    access: Access = Access()
    automatic: Automatic = Automatic()
    dns: Dns = Dns()
    operations: Operations = Operations()
    notifications: Notifications = Notifications()
    objectives: Objectives = Objectives()
    usage: Usage = Usage()
    review: Review = Review()
    state: State = State()
    tags: Annotated[dict[TagKey, TagValue], AfterValidator(validators.distinct_tags)] = Field(
        default={}, max_length=validators.MAX_TAGS
    )

    @field_validator("answers")
    @classmethod
    def _can_be_called_from_both_regions(cls, value: Answers, info: ValidationInfo) -> Answers:
        deployed: Regions | None = info.data.get("regions")
        for key, model in value.models_by_key():
            for region in (deployed.primary, deployed.failover) if deployed else ():
                if not validators.callable_from(model, region):
                    raise validation_error(
                        key,
                        model,
                        f"{validators.geography(model)}. profiles cannot be called from {region}: use a profile that"
                        " both regions can call, or the model's global. profile",
                    )
        return value

    @field_validator("answers")
    @classmethod
    def _fits_the_function(cls, value: Answers, info: ValidationInfo) -> Answers:
        deployed: Regions | None = info.data.get("regions")
        for region in (deployed.primary, deployed.failover) if deployed else ():
            too_long = model_access.exceeded_limit(value.models, region=region, profile_regions=value.profile_regions)
            if too_long:
                raise validation_error(("allowed_models",), list(value.allowed_models), too_long)
        return value

    @field_validator("automatic")
    @classmethod
    def _lets_the_controller_in(cls, value: Automatic, info: ValidationInfo) -> Automatic:
        access: Access | None = info.data.get("access")
        if not value.enabled or access is None:
            return value
        if access.allowed_cidrs:
            fix = "access.allowed_cidrs refuses the controller's requests, so it would move nobody: use one of the two"
            raise validation_error(("enabled",), value.enabled, fix)
        if access.waf and access.rate_limit < automatic.LEAST_RATE:
            fix = f"the controller needs access.rate_limit = {automatic.LEAST_RATE} or more"
            raise validation_error(("enabled",), value.enabled, fix)
        return value

    @field_validator("dns")
    @classmethod
    def _lets_health_checkers_in(cls, value: Dns, info: ValidationInfo) -> Dns:
        access: Access | None = info.data.get("access")
        site: Site | None = info.data.get("site")
        if value.is_set and access and access.waf and access.rate_limit < dns.LEAST_RATE:
            fix = f"Route 53's health checkers need access.rate_limit = {dns.LEAST_RATE} or more"
            raise validation_error(("api_domain_name",), value.api_domain_name, fix)
        if value.is_set and access and access.allowed_cidrs:
            fix = "access.allowed_cidrs refuses Route 53's health checkers, so this name would leave the primary region"
            raise validation_error(("api_domain_name",), value.api_domain_name, f"{fix}: use one of the two")
        if value.is_set and site and value.api_domain_name in site.domain_names:
            raise validation_error(("api_domain_name",), value.api_domain_name, "the site has this name: use another")
        return value

    @field_validator("operations")
    @classmethod
    def _serves_health_checkers(cls, value: Operations, info: ValidationInfo) -> Operations:
        named: Dns | None = info.data.get("dns")
        for key in ("api_rate_limit", "api_burst_limit"):
            limit: int = getattr(value, key)
            if named and named.is_set and limit < dns.LEAST_API_RATE:
                fix = f"with [dns], Route 53's health checkers need {dns.LEAST_API_RATE} or more: they would be refused"
                raise validation_error((key,), limit, fix)
        return value

    @model_validator(mode="after")
    def _has_all_services_in_both_regions(self) -> Self:
        store = self.knowledge_base.vector_store
        for role, region in self.regions:
            if missing := regions.missing_services(region, vector_store=store):
                usable = ", ".join(regions.deployment_regions(vector_store=store))
                fix = f"no {' and no '.join(missing)} there: use one of {usable}"
                raise validation_error(("regions", role), region, fix)
        return self

    @property
    def state_key(self) -> str:
        """The key of Terraform's state in the S3 bucket of `[state]`."""
        return self.state.key or f"{STACK_NAME}/{self.name}/terraform.tfstate"

    @property
    def permanent(self) -> dict[str, str]:
        """The settings that stay as they are for the life of a deployment, by their keys (records 10 and 80)."""
        sections = {"regions": self.regions, "knowledge_base": self.knowledge_base}
        values = {f"{name}.{key}": value for name, section in sections.items() for key, value in section}
        return {"name": self.name, **{key: str(value) for key, value in values.items()}}

    @classmethod
    def load(cls, file: Path | None = None) -> Self:
        """Read the settings from `file`, else from `STANDBY_SETTINGS`, else from `standby.toml` in this directory.

        Raises:
            SettingsError: the file is missing, is not TOML, or has a value that cannot be deployed.

        """
        path = file or Path(os.environ.get(FILE_VARIABLE) or DEFAULT_FILE)
        try:
            return cls.model_validate(tomllib.loads(path.read_text(encoding="utf-8-sig")))
        except OSError as error:
            raise SettingsError(
                f"{path}: {error.strerror}: create it, or set {FILE_VARIABLE} to another file"
            ) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise SettingsError(f"{path}: not valid TOML: {error}") from None
        except ValidationError as error:
            raise SettingsError(_format_error(path, dict(error.errors()[0]))) from None


def _format_error(path: Path, error: dict[str, Any]) -> str:
    """Return one of pydantic's errors as a line about a key of the file."""
    key = ".".join(str(part) for part in error["loc"] if part != "[key]") or "(the whole file)"
    if error["type"] == "missing":
        return f"{path}: {key} is missing: add it"
    if error["type"] == "extra_forbidden":
        return f"{path}: {key} = {error['input']!r}: no such setting: remove it, or correct its name"
    fix = str(error["msg"]).removeprefix("Value error, ")
    return f"{path}: {key} = {error['input']!r}: {fix}"
