"""The six functions of one region, each with the permissions that it needs and no more."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cdktf import TerraformResourceLifecycle
from cdktf_cdktf_provider_aws.provider import AwsProvider
from cdktf_cdktf_provider_aws.ssm_parameter import SsmParameter
from constructs import Construct

from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.documents.ingestion_queue import FUNCTION_TIMEOUT, IngestionQueue
from warm_standby.documents.prefixes import DOCUMENTS_PREFIX, TOMBSTONES_PREFIX
from warm_standby.functions.function import AUTHORIZER, Function
from warm_standby.iam import Statement
from warm_standby.knowledge_base.guardrail import BLOCKED_ANSWER, BLOCKED_QUESTION, Guardrail
from warm_standby.knowledge_base.knowledge_base import KnowledgeBase
from warm_standby.names import Names
from warm_standby.settings import Settings
from warm_standby.settings.model_access import foundation_model_arns, profile_arn
from warm_standby.settings.validators import geography

# Seconds that API Gateway waits for an integration.
# Source: docs.aws.amazon.com, API Gateway, "Quotas for configuring and running a REST API".
API_TIMEOUT: Final = 29
# Memory in MB. Lambda allocates CPU in proportion to memory: at this size one vCPU.
# Source: docs.aws.amazon.com, Lambda, "Configure Lambda function memory".
ONE_VCPU_MEMORY: Final = 1769


@dataclass(frozen=True, kw_only=True)
class FunctionDependencies:
    """The resources that the functions of one region use, and the origins of the site that calls the API."""

    documents: DocumentsBucket
    knowledge_base: KnowledgeBase
    guardrail: Guardrail
    queue: IngestionQueue
    site_origins: Sequence[str]


class Functions(Construct):
    """The functions of one region, also by the name of their package."""

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        settings: Settings,
        code: str,
        dependencies: FunctionDependencies,
    ) -> None:
        super().__init__(scope, id_)
        self._provider = provider
        self._names = names
        self._settings = settings
        self._code = code
        self._dependencies = dependencies
        self.by_package: dict[str, Function] = {}
        self._authorizer_name = names.regional(AUTHORIZER)
        self.query = self._query()
        self.upload = self._upload()
        self.ingest = self._ingest()
        self.ingestion_status = self._ingestion_status()
        self.documents = self._documents()
        self.health = self._health()

    def _function(
        self, package: str, *, environment: dict[str, str], statements: list[Statement], timeout: int, memory: int = 256
    ) -> Function:
        function = Function(
            self,
            package,
            provider=self._provider,
            names=self._names,
            package=package,
            code=self._code,
            environment=environment,
            statements=statements,
            timeout=timeout,
            memory=memory,
            log_retention_days=self._settings.operations.log_retention_days,
            reserved_concurrency=self._settings.operations.reserved_concurrency.get(package),
        )
        self.by_package[package] = function
        return function

    def _query(self) -> Function:
        return self._function(
            "query",
            environment={
                "SITE_ORIGIN": " ".join(self._dependencies.site_origins),
                "KNOWLEDGE_BASE_ID": self._dependencies.knowledge_base.knowledge_base_id,
                "ANSWER_MODEL_ID": self._settings.answers.model,
                "ALLOWED_MODEL_IDS": json.dumps(self._settings.answers.models),
                "BLOCKED_MESSAGES": json.dumps([BLOCKED_QUESTION, BLOCKED_ANSWER]),
                **self._guardrail_environment(),
            },
            statements=[
                self._retrieve_statement(),
                *self._invoke_model_statements(*self._settings.answers.models),
                self._guardrail_statement(),
            ],
            timeout=API_TIMEOUT,
            memory=512,
        )

    def _upload(self) -> Function:
        documents = self._dependencies.documents
        return self._function(
            "upload",
            environment={
                "SITE_ORIGIN": " ".join(self._dependencies.site_origins),
                "DOCUMENTS_BUCKET": documents.bucket.bucket,
                "MAX_UPLOAD_BYTES": str(self._settings.documents.max_upload_bytes),
                "UPLOAD_TYPES": json.dumps(self._settings.documents.content_types, sort_keys=True),
            },
            statements=[
                # A presigned POST has its signer's permissions: it can put new objects under this prefix.
                Statement(
                    sid="PutDocuments", actions=["s3:PutObject"], resources=[documents.objects(DOCUMENTS_PREFIX)]
                ),
            ],
            timeout=10,
        )

    def _ingest(self) -> Function:
        dependencies, parameter = self._dependencies, f"/warm-standby/{self._names.deployment}/sweep"
        SsmParameter(
            self,
            "sweep_state",
            provider=self._provider,
            name=parameter,
            description="How far the sweep has read a bucket that is too large for one invocation",
            type="String",
            insecure_value="{}",
            lifecycle=TerraformResourceLifecycle(ignore_changes=["insecure_value"]),
        )
        return self._function(
            "ingest",
            environment={
                **self._data_source_environment(),
                "DOCUMENTS_BUCKET": dependencies.documents.bucket.bucket,
                "INGEST_QUEUE_URL": dependencies.queue.queue.url,
                "SWEEP_PARAMETER": parameter,
            },
            statements=[
                Statement(
                    sid="KeepSweepState",
                    actions=["ssm:GetParameter", "ssm:PutParameter"],
                    resources=[self._names.arn("ssm", f"parameter{parameter}")],
                ),
                Statement(
                    sid="Ingest",
                    actions=["bedrock:ListIngestionJobs", "bedrock:StartIngestionJob"],
                    resources=[dependencies.knowledge_base.arn],
                ),
                Statement(sid="ListDocuments", actions=["s3:ListBucket"], resources=[dependencies.documents.arn]),
                # It deletes what was deleted in the other region. In a versioned bucket this adds a delete marker.
                Statement(
                    sid="DeleteDocuments",
                    actions=["s3:DeleteObject"],
                    resources=[dependencies.documents.objects(DOCUMENTS_PREFIX)],
                ),
                *dependencies.queue.consumer_statements(),
            ],
            timeout=FUNCTION_TIMEOUT,
            memory=ONE_VCPU_MEMORY,  # it reads the listing of the whole bucket
        )

    def _ingestion_status(self) -> Function:
        return self._function(
            "ingestion_status",
            environment={"SITE_ORIGIN": " ".join(self._dependencies.site_origins), **self._data_source_environment()},
            statements=[
                Statement(
                    sid="ReadJobs",
                    actions=["bedrock:GetIngestionJob", "bedrock:ListIngestionJobs"],
                    resources=[self._dependencies.knowledge_base.arn],
                ),
            ],
            timeout=API_TIMEOUT,
        )

    def _documents(self) -> Function:
        dependencies = self._dependencies
        documents = dependencies.documents
        return self._function(
            "documents",
            environment={
                "SITE_ORIGIN": " ".join(dependencies.site_origins),
                "DOCUMENTS_BUCKET": documents.bucket.bucket,
                **self._data_source_environment(),
                "ACCESS_MODE": self._settings.access.mode,
                "DELETE_CLAIMS": json.dumps(self._settings.access.delete_claims, sort_keys=True),
            },
            statements=[
                Statement(
                    sid="ListDocuments",
                    actions=["s3:ListBucket"],
                    resources=[documents.arn],
                    conditions={"StringLike": {"s3:prefix": [f"{DOCUMENTS_PREFIX}*", f"{TOMBSTONES_PREFIX}*"]}},
                ),
                # A presigned link has its signer's permission. The uploader is in the object's metadata.
                Statement(
                    sid="ReadDocuments", actions=["s3:GetObject"], resources=[documents.objects(DOCUMENTS_PREFIX)]
                ),
                # In a versioned bucket this adds a delete marker.
                Statement(
                    sid="DeleteDocuments", actions=["s3:DeleteObject"], resources=[documents.objects(DOCUMENTS_PREFIX)]
                ),
                Statement(
                    sid="WriteTombstones", actions=["s3:PutObject"], resources=[documents.objects(TOMBSTONES_PREFIX)]
                ),
                Statement(
                    sid="ReadStates",
                    actions=["bedrock:GetKnowledgeBaseDocuments"],
                    resources=[dependencies.knowledge_base.arn],
                ),
            ],
            timeout=API_TIMEOUT,
        )

    def _health(self) -> Function:
        dependencies = self._dependencies
        return self._function(
            "health",
            environment={
                "SITE_ORIGIN": " ".join(dependencies.site_origins),
                "DOCUMENTS_BUCKET": dependencies.documents.bucket.bucket,
                "INGEST_QUEUE_URL": dependencies.queue.queue.url,
                "ANSWER_MODEL_ID": self._settings.answers.model,
                **self._data_source_environment(),
                **self._guardrail_environment(),
                **({"DEEP_CHECK_AUTHORIZER": self._authorizer_name} if self._settings.access.sign_in else {}),
            },
            statements=[
                *self._readiness_statements(),
                Statement(
                    sid="SeeKnowledgeBase",
                    actions=["bedrock:GetKnowledgeBase"],
                    resources=[dependencies.knowledge_base.arn],
                ),
                # HeadBucket needs the permission ListBucket. Source: docs.aws.amazon.com, S3 API, "HeadBucket".
                Statement(sid="SeeBucket", actions=["s3:ListBucket"], resources=[dependencies.documents.arn]),
                Statement(sid="SeeQueue", actions=["sqs:GetQueueAttributes"], resources=[dependencies.queue.arn]),
                self._retrieve_statement(),
                *self._invoke_model_statements(self._settings.answers.model),
                self._guardrail_statement(),
            ],
            timeout=API_TIMEOUT,
            memory=512,
        )

    def _readiness_statements(self) -> list[Statement]:
        """Let the readiness check ask the functions behind the API, and a deep check ask the authorizer.

        The readiness check has no token for the API, and `GET /health` has no authorizer.
        """
        if not self._settings.access.sign_in:
            return []
        invoke = ["lambda:InvokeFunction"]
        authorizer = self._names.arn("lambda", f"function:{self._authorizer_name}")
        return [
            Statement(sid="AskFunctions", actions=invoke, resources=[self.query.arn, self.upload.arn]),
            Statement(sid="AskAuthorizer", actions=invoke, resources=[authorizer]),
        ]

    def _data_source_environment(self) -> dict[str, str]:
        knowledge_base = self._dependencies.knowledge_base
        return {"KNOWLEDGE_BASE_ID": knowledge_base.knowledge_base_id, "DATA_SOURCE_ID": knowledge_base.data_source_id}

    def _guardrail_environment(self) -> dict[str, str]:
        guardrail = self._dependencies.guardrail
        return {"GUARDRAIL_ID": guardrail.id, "GUARDRAIL_VERSION": guardrail.version}

    def _retrieve_statement(self) -> Statement:
        return Statement(
            sid="Retrieve", actions=["bedrock:Retrieve"], resources=[self._dependencies.knowledge_base.arn]
        )

    def _guardrail_statement(self) -> Statement:
        return Statement(
            sid="ApplyGuardrail", actions=["bedrock:ApplyGuardrail"], resources=[self._dependencies.guardrail.arn]
        )

    def _invoke_model_statements(self, *models: str) -> list[Statement]:
        invoke = ["bedrock:InvokeModel"]
        region, account = self._names.region, self._names.account
        profiles = [profile_arn(model, region=region, account=account) for model in models if geography(model)]
        regions = self._settings.answers.profile_regions
        foundation = [
            arn for model in models for arn in foundation_model_arns(model, region=region, profile_regions=regions)
        ]
        statements = [Statement(sid="Answer", actions=invoke, resources=foundation)]
        if profiles:
            statements.append(Statement(sid="AnswerByProfile", actions=invoke, resources=profiles))
        return statements
