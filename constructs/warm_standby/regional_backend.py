"""The complete backend of one region. The deployment has two, and neither depends on the serving region."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cdktf_cdktf_provider_aws.provider import AwsProvider
from constructs import Construct

from warm_standby.access.authorizer import Authorizer
from warm_standby.api.rest_api import RestApi
from warm_standby.assets import AssetFile
from warm_standby.documents.bucket import DocumentsBucket
from warm_standby.documents.ingestion_queue import IngestionQueue
from warm_standby.functions.function import Function
from warm_standby.functions.functions import FunctionDependencies, Functions
from warm_standby.functions.schedule import Schedule
from warm_standby.knowledge_base.guardrail import Guardrail
from warm_standby.knowledge_base.inputs import KnowledgeBaseInputs
from warm_standby.knowledge_base.knowledge_base import KnowledgeBase
from warm_standby.monitoring.alarms import Alarms
from warm_standby.monitoring.alert_topic import AlertTopic
from warm_standby.monitoring.dashboard import Dashboard
from warm_standby.monitoring.log_bucket import LogBucket
from warm_standby.names import Names, Role
from warm_standby.settings import Settings
from warm_standby.shield.rules import READINESS_HEADER
from warm_standby.shield.web_acl import ApiShield
from warm_standby.site.frontend_bucket import FrontendBucket

# An API Gateway event with the fields that the function reads, so that the schedule calls it as API Gateway does.
_HEALTH_REQUEST: Final[dict[str, object]] = {"httpMethod": "GET", "path": "/health", "queryStringParameters": None}


@dataclass(frozen=True, kw_only=True)
class BackendInputs:
    """The inputs that both regions share.

    `code` is the path of the functions' archive, and `site` of the site's directory, both beside the Terraform JSON.
    `authorizer_code` is that of the authorizer's archive, None for an open deployment.
    `site_origins` are the addresses of the site, the one that users should use first. `distribution_arn` is its ARN.
    `applier_arns` are the IAM principals that run Terraform.
    """

    code: str
    authorizer_code: str | None
    site: str
    site_files: Sequence[AssetFile]
    site_origins: Sequence[str]
    distribution_arn: str
    applier_arns: Sequence[str]


class RegionalBackend(Construct):
    """Documents, Knowledge Base, functions, API, site and alerts of one region.

    `role` only names outputs: the resources are the same for both roles.
    """

    def __init__(
        self,
        scope: Construct,
        id_: str,
        *,
        provider: AwsProvider,
        names: Names,
        role: Role,
        settings: Settings,
        inputs: BackendInputs,
    ) -> None:
        super().__init__(scope, id_)
        self.provider = provider
        self.names = names
        self.role = role
        self._settings = settings
        self._inputs = inputs
        origins = inputs.site_origins
        self.documents = DocumentsBucket(
            self, "documents", provider=provider, names=names, settings=settings, site_origins=origins
        )
        self.frontend = self._frontend_bucket()
        self.log_bucket = self._log_bucket() if settings.operations.access_logs else None
        indexed = KnowledgeBaseInputs(names=names, settings=settings.knowledge_base, documents=self.documents)
        self.knowledge_base = KnowledgeBase(
            self, "knowledge_base", provider=provider, inputs=indexed, applier_arns=inputs.applier_arns
        )
        self.guardrail = Guardrail(self, "guardrail", provider=provider, names=names)
        self.queue = IngestionQueue(self, "ingestion", provider=provider, names=names, documents=self.documents)
        # The provider waits 25 s for a new queue, which is enough for the Knowledge Base's role to be known everywhere.
        self.knowledge_base.wait_for_role(self.queue.dead_letter_queue)
        self.functions = self._functions()
        self.authorizer = self._authorizer(inputs.authorizer_code) if inputs.authorizer_code else None
        by_package = self.functions.by_package
        self.api = RestApi(
            self,
            "api",
            provider=provider,
            names=names,
            settings=settings.operations,
            functions=by_package,
            site_origins=origins,
            authorizer=self.authorizer.function if self.authorizer else None,
        )
        self.shield = self._shield_api()
        refreshes = (self.authorizer.schedule,) if self.authorizer else ()
        self.schedules: tuple[Schedule, ...] = (self._schedule_ingestion(), *self._schedule_checks(), *refreshes)
        self._controller: tuple[Function, ...] = ()
        self.topic = AlertTopic(self, "alerts", provider=provider, names=names, emails=settings.operations.alert_emails)
        self.alarms = Alarms(self, "alarms", provider=provider, names=names, topic=self.topic)
        self._add_alarms()
        self.dashboard = self._dashboard()

    def _frontend_bucket(self) -> FrontendBucket:
        return FrontendBucket(
            self,
            "frontend",
            provider=self.provider,
            names=self.names,
            site=self._inputs.site,
            site_files=self._inputs.site_files,
            distribution_arn=self._inputs.distribution_arn,
            force_destroy=self._settings.operations.force_destroy,
        )

    def _log_bucket(self) -> LogBucket:
        operations = self._settings.operations
        bucket = LogBucket(
            self,
            "logs",
            provider=self.provider,
            names=self.names,
            days=operations.access_log_days,
            force_destroy=operations.force_destroy,
        )
        bucket.log_requests_to("docs", self.documents.bucket)
        bucket.log_requests_to("frontend", self.frontend.bucket)
        return bucket

    def _functions(self) -> Functions:
        return Functions(
            self,
            "functions",
            provider=self.provider,
            names=self.names,
            settings=self._settings,
            code=self._inputs.code,
            dependencies=FunctionDependencies(
                documents=self.documents,
                knowledge_base=self.knowledge_base,
                guardrail=self.guardrail,
                queue=self.queue,
                site_origins=self._inputs.site_origins,
            ),
        )

    def _shield_api(self) -> ApiShield | None:
        if not self._settings.access.waf:
            return None
        name = self.names.regional("api")
        shield = ApiShield(self, "shield", provider=self.provider, name=name, settings=self._settings.access)
        shield.protect(self.api.stage.stage.arn)
        return shield

    def _authorizer(self, code: str) -> Authorizer:
        return Authorizer(self, "access", provider=self.provider, names=self.names, settings=self._settings, code=code)

    @property
    def all_functions(self) -> tuple[Function, ...]:
        """All functions of the region, with the authorizer if there is one."""
        own = (*self.functions.by_package.values(), *self._controller)
        return (*own, self.authorizer.function) if self.authorizer else own

    def add_controller(self, function: Function, schedule: Schedule) -> None:
        """Count the automatic failover's controller among the region's functions, and watch it."""
        self._controller = (function,)
        self.schedules = (*self.schedules, schedule)
        self.alarms.controller(function)

    def _schedule_ingestion(self) -> Schedule:
        """Run `ingest` on document events, and on a schedule for documents whose event was lost."""
        self.queue.add_consumer(function_arn=self.functions.ingest.function.arn)
        minutes = self._settings.operations.sweep_minutes
        return Schedule(
            self, "sweep", provider=self.provider, names=self.names, function=self.functions.ingest, minutes=minutes
        )

    def _schedule_checks(self) -> tuple[Schedule, Schedule]:
        """Run the health check every minute, and the readiness check, which asks the API a question, less often."""
        file_type, content_type = next(iter(self._settings.documents.content_types.items()))
        file: dict[str, object] = {"fileName": f"readiness-check{file_type}", "fileType": content_type}
        if self._settings.access.sign_in:
            file["functions"] = {"question": self.functions.query.name, "upload": self.functions.upload.name}
        if self.shield and self.shield.readiness_pass:
            file["headers"] = {READINESS_HEADER: self.shield.readiness_pass}
        return (
            self._check("health_check", minutes=1, event=_HEALTH_REQUEST),
            self._check(
                "readiness_check",
                minutes=self._settings.operations.readiness_minutes,
                event={"readinessCheck": {"apiUrl": self.api.url, **file}},
            ),
        )

    def _check(self, id_: str, *, minutes: int, event: dict[str, object]) -> Schedule:
        return Schedule(
            self,
            id_,
            provider=self.provider,
            names=self.names,
            function=self.functions.health,
            minutes=minutes,
            event=event,
        )

    def _add_alarms(self) -> None:
        self.alarms.function_errors(self.functions.query, package="query", above=5)
        self.alarms.function_errors(self.functions.ingest, package="ingest", above=3)
        self.alarms.ingestion_stuck(self.functions.ingest, sweep_minutes=self._settings.operations.sweep_minutes)
        self.alarms.dead_letters(self.queue)
        self.alarms.api_errors(self.api)
        self.alarms.health(self.functions.health)
        self.alarms.readiness(self.functions.health, minutes=self._settings.operations.readiness_minutes)

    def _dashboard(self) -> Dashboard:
        return Dashboard(
            self,
            "dashboard",
            provider=self.provider,
            names=self.names,
            api=self.api,
            functions=self.all_functions,
            queue=self.queue,
            namespace=self.alarms.namespace,
        )
