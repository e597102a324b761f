"""The five functions, each with the permissions that its purpose needs and no more."""

import json
from dataclasses import dataclass
from typing import Final

from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.documents.ingestion_queue import FUNCTION_TIMEOUT, IngestionQueue
from warm_standby.functions.function import Code, Function
from warm_standby.iam import Statement
from warm_standby.knowledge_base.guardrail import BLOCKED_ANSWER, BLOCKED_QUESTION, Guardrail
from warm_standby.knowledge_base.knowledge_base import KnowledgeBase
from warm_standby.names import Names
from warm_standby.settings import Settings
from warm_standby.settings import validators as rules

# API Gateway waits 29 s for an integration.
# Source: docs.aws.amazon.com, API Gateway, "Quotas for configuring and running a REST API".
API_TIMEOUT: Final = 29
# MB. Lambda gives CPU by memory, one whole CPU at this size.
# Source: docs.aws.amazon.com, Lambda, "Configure Lambda function memory".
ONE_CPU: Final = 1769


@dataclass(frozen=True, kw_only=True)
class Services:
    """What the functions of one region work with."""

    documents: DocumentsBucket
    knowledge_base: KnowledgeBase
    guardrail: Guardrail
    queue: IngestionQueue
    site_origin: str


class Functions(Construct):
    """`query`, `upload`, `ingest`, `ingestion_status` and `health` of one region."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: Settings,
        code: Code,
        services: Services,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._names = names
        self._settings = settings
        self._code = code
        self._services = services
        self.query = self._query()
        self.upload = self._upload()
        self.ingest = self._ingest()
        self.ingestion_status = self._ingestion_status()
        self.health = self._health()

    @property
    def by_purpose(self) -> dict[str, Function]:
        """Every function of the region, by the name of its package."""
        return {
            "query": self.query,
            "upload": self.upload,
            "ingest": self.ingest,
            "ingestion_status": self.ingestion_status,
            "health": self.health,
        }

    def _function(
        self,
        purpose: str,
        *,
        environment: dict[str, str],
        statements: list[Statement],
        timeout: int,
        memory: int = 256,
    ) -> Function:
        return Function(
            self,
            purpose,
            provider=self._provider,
            names=self._names,
            purpose=purpose,
            code=self._code,
            environment=environment,
            statements=statements,
            timeout=timeout,
            memory=memory,
            log_retention_days=self._settings.operations.log_retention_days,
        )

    def _query(self) -> Function:
        return self._function(
            "query",
            environment={
                "SITE_ORIGIN": self._services.site_origin,
                "KNOWLEDGE_BASE_ID": self._services.knowledge_base.knowledge_base_id,
                "ANSWER_MODEL_ID": self._settings.answers.model,
                "ALLOWED_MODEL_IDS": json.dumps(self._settings.answers.models),
                "BLOCKED_MESSAGES": json.dumps([BLOCKED_QUESTION, BLOCKED_ANSWER]),
                **self._guardrail_environment(),
            },
            statements=[
                self._retrieve(),
                *self._answer_with(*self._settings.answers.models),
                self._apply_guardrail(),
            ],
            timeout=API_TIMEOUT,
            memory=512,
        )

    def _upload(self) -> Function:
        documents = self._services.documents
        return self._function(
            "upload",
            environment={
                "SITE_ORIGIN": self._services.site_origin,
                "DOCUMENTS_BUCKET": documents.bucket.bucket,
                "MAX_UPLOAD_BYTES": str(self._settings.documents.max_upload_bytes),
                "UPLOAD_TYPES": json.dumps(self._settings.documents.content_types, sort_keys=True),
            },
            statements=[
                # A presigned POST can do what its signer may: put new objects under this prefix.
                Statement(sid="PutDocuments", actions=["s3:PutObject"], resources=[f"{documents.arn}/uploads/*"]),
            ],
            timeout=10,
        )

    def _ingest(self) -> Function:
        verbs = ("ListIngestionJobs", "StartIngestionJob")
        return self._function(
            "ingest",
            environment={**self._data_source_environment(), "DOCUMENTS_BUCKET": self._services.documents.bucket.bucket},
            statements=[
                Statement(
                    sid="Ingest",
                    actions=[f"bedrock:{verb}" for verb in verbs],
                    resources=[self._services.knowledge_base.arn],
                ),
                Statement(sid="ListDocuments", actions=["s3:ListBucket"], resources=[self._services.documents.arn]),
                self._services.queue.consume_statement(),
            ],
            timeout=FUNCTION_TIMEOUT,
            memory=ONE_CPU,  # it lists and digests whole buckets
        )

    def _ingestion_status(self) -> Function:
        return self._function(
            "ingestion_status",
            environment={"SITE_ORIGIN": self._services.site_origin, **self._data_source_environment()},
            statements=[
                Statement(
                    sid="ReadJobs",
                    actions=["bedrock:GetIngestionJob", "bedrock:ListIngestionJobs"],
                    resources=[self._services.knowledge_base.arn],
                ),
            ],
            timeout=API_TIMEOUT,
        )

    def _health(self) -> Function:
        services = self._services
        return self._function(
            "health",
            environment={
                "SITE_ORIGIN": services.site_origin,
                "DOCUMENTS_BUCKET": services.documents.bucket.bucket,
                "INGEST_QUEUE_URL": services.queue.queue.url,
                "ANSWER_MODEL_ID": self._settings.answers.model,
                **self._data_source_environment(),
                **self._guardrail_environment(),
            },
            statements=[
                Statement(
                    sid="SeeKnowledgeBase",
                    actions=["bedrock:GetKnowledgeBase"],
                    resources=[services.knowledge_base.arn],
                ),
                # HeadBucket asks for ListBucket: docs.aws.amazon.com, S3 API, "HeadBucket".
                Statement(sid="SeeBucket", actions=["s3:ListBucket"], resources=[services.documents.arn]),
                Statement(sid="SeeQueue", actions=["sqs:GetQueueAttributes"], resources=[services.queue.arn]),
                self._retrieve(),
                *self._answer_with(self._settings.answers.model),
                self._apply_guardrail(),
            ],
            timeout=API_TIMEOUT,
            memory=512,
        )

    def _data_source_environment(self) -> dict[str, str]:
        knowledge_base = self._services.knowledge_base
        return {
            "KNOWLEDGE_BASE_ID": knowledge_base.knowledge_base_id,
            "DATA_SOURCE_ID": knowledge_base.data_source_id,
        }

    def _guardrail_environment(self) -> dict[str, str]:
        guardrail = self._services.guardrail
        return {"GUARDRAIL_ID": guardrail.id, "GUARDRAIL_VERSION": guardrail.version}

    def _retrieve(self) -> Statement:
        return Statement(sid="Retrieve", actions=["bedrock:Retrieve"], resources=[self._services.knowledge_base.arn])

    def _apply_guardrail(self) -> Statement:
        return Statement(
            sid="ApplyGuardrail", actions=["bedrock:ApplyGuardrail"], resources=[self._services.guardrail.arn]
        )

    def _answer_with(self, *models: str) -> list[Statement]:
        invoke = ["bedrock:InvokeModel"]
        profiles = [
            self._names.arn("bedrock", f"inference-profile/{model}") for model in models if rules.geography(model)
        ]
        foundation = [arn for model in models for arn in self._foundation_models(model)]
        statements = [Statement(sid="Answer", actions=invoke, resources=foundation)]
        if profiles:
            statements.append(Statement(sid="AnswerByProfile", actions=invoke, resources=profiles))
        return statements

    def _foundation_models(self, model: str) -> list[str]:
        """Every place where a profile may run the model and the region itself, or that alone for a model without one.

        Source: docs.aws.amazon.com, Bedrock, "Geographic cross-Region inference", "IAM policy requirements".
        """
        geography = rules.geography(model)
        plain = model.removeprefix(f"{geography}.")
        here = f"arn:aws:bedrock:{self._names.region}::foundation-model/{plain}"
        if geography is None:
            return [here]
        if geography == "global":
            return [here, f"arn:aws:bedrock:::foundation-model/{plain}"]
        regions = dict.fromkeys((*self._settings.answers.profile_regions, self._names.region))
        return [f"arn:aws:bedrock:{region}::foundation-model/{plain}" for region in regions]
