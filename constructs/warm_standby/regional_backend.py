"""One region's whole backend. Two of these make the deployment; neither knows which of them serves."""

from collections.abc import Sequence
from dataclasses import dataclass

from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.api.rest_api import RestApi
from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.documents.ingestion_queue import IngestionQueue, Schedule
from warm_standby.functions.function import Code
from warm_standby.functions.functions import Functions, Services
from warm_standby.knowledge_base.guardrail import Guardrail
from warm_standby.knowledge_base.knowledge_base import KnowledgeBase
from warm_standby.monitoring.alarms import Alarms
from warm_standby.monitoring.alert_topic import AlertTopic
from warm_standby.monitoring.dashboard import Dashboard
from warm_standby.names import Names, Role
from warm_standby.settings import Settings
from warm_standby.site.frontend_bucket import FrontendBucket, SiteFile

# An API Gateway event in the shape that the function reads, so that the schedule asks as a caller would.
_HEALTH_REQUEST: dict[str, object] = {"httpMethod": "GET", "path": "/health", "queryStringParameters": None}


@dataclass(frozen=True, kw_only=True)
class Surroundings:
    """What a region is given from outside: code and site as files beside the Terraform JSON, and who reaches it."""

    code: Code
    site: Sequence[SiteFile]
    site_origin: str
    distribution_arn: str
    applier_arn: str


class RegionalBackend(Construct):
    """Documents, Knowledge Base, functions, API, site and alerts of one region.

    `role` is a name in the outputs and nothing else: what is made is the same for both.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        role: Role,
        names: Names,
        settings: Settings,
        surroundings: Surroundings,
    ) -> None:
        super().__init__(scope, id_)
        self.role = role
        self.provider = provider
        self.names = names
        operations = settings.operations
        self.documents = DocumentsBucket(
            self,
            "documents",
            provider=provider,
            names=names,
            settings=settings.documents,
            force_destroy=operations.force_destroy,
            site_origin=surroundings.site_origin,
        )
        self.frontend = FrontendBucket(
            self,
            "frontend",
            provider=provider,
            names=names,
            site=surroundings.site,
            distribution_arn=surroundings.distribution_arn,
            force_destroy=operations.force_destroy,
        )
        self.knowledge_base = KnowledgeBase(
            self,
            "knowledge_base",
            provider=provider,
            names=names,
            settings=settings.knowledge_base,
            documents=self.documents,
            applier_arn=surroundings.applier_arn,
        )
        self.guardrail = Guardrail(self, "guardrail", provider=provider, names=names)
        self.queue = IngestionQueue(self, "ingestion", provider=provider, names=names, documents=self.documents)
        self.functions = Functions(
            self,
            "functions",
            provider=provider,
            names=names,
            settings=settings,
            code=surroundings.code,
            services=Services(
                documents=self.documents,
                knowledge_base=self.knowledge_base,
                guardrail=self.guardrail,
                queue=self.queue,
                site_origin=surroundings.site_origin,
            ),
        )
        self.api = RestApi(
            self,
            "api",
            provider=provider,
            names=names,
            settings=operations,
            functions=self.functions.by_purpose,
            site_origin=surroundings.site_origin,
        )
        self._ingest_documents(operations.sweep_minutes)
        self.topic = AlertTopic(self, "alerts", provider=provider, names=names, emails=operations.alert_emails)
        self.alarms = Alarms(self, "alarms", provider=provider, names=names, topic=self.topic)
        self._watch(operations.sweep_minutes)

    def _ingest_documents(self, sweep_minutes: int) -> None:
        self.queue.feed(self.functions.ingest)
        Schedule(
            self,
            "sweep",
            provider=self.provider,
            names=self.names,
            function=self.functions.ingest,
            purpose="sweep",
            minutes=sweep_minutes,
        )

    def _watch(self, sweep_minutes: int) -> None:
        Schedule(
            self,
            "health_check",
            provider=self.provider,
            names=self.names,
            function=self.functions.health,
            purpose="health-check",
            minutes=1,
            event=_HEALTH_REQUEST,
        )
        self.alarms.function_errors(self.functions.query, purpose="query", above=5)
        self.alarms.function_errors(self.functions.ingest, purpose="ingest", above=3)
        self.alarms.ingestion_stuck(self.functions.ingest, sweep_minutes=sweep_minutes)
        self.alarms.dead_letters(self.queue)
        self.alarms.api_errors(self.api)
        self.alarms.health(self.functions.health)
        self.dashboard = Dashboard(
            self,
            "dashboard",
            provider=self.provider,
            names=self.names,
            api=self.api,
            functions=tuple(self.functions.by_purpose.values()),
            queue=self.queue,
            namespace=self.alarms.namespace,
        )
