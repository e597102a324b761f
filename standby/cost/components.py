"""What each component of a region uses in a month, in the units of the price list.

Every number comes from the arguments in the synthesized JSON and from the usage profile. What neither says is a named
assumption here.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from standby.cost.stack import MEGABYTES_A_GIGABYTE, MINUTES_A_MONTH, Body, Stack
from warm_standby.settings import Usage

SERVING: Final = "primary"
RUN_SECONDS: Final = 0.5
"""The duration of a scheduled run and of a short request."""
QUESTION_SECONDS: Final = 4.0
"""The duration of a question: retrieval, and the model's answer."""
POLLS_A_MINUTE: Final = 15
"""The requests with which Lambda polls a queue: five pollers, each waits for 20 s.
Source: docs.aws.amazon.com, Lambda, "Using Lambda with Amazon SQS"."""
METRICS_OF_A_REPLICATION: Final = 4
"""Source: docs.aws.amazon.com, S3, "Using S3 Replication metrics": they cost as much as custom metrics."""
STATUS_LOOKS: Final = 10
"""The number of times that the page asks for the state of an upload."""
FILES_OF_A_PAGE: Final = 30
PAGE_GB: Final = 0.0002
LOG_GB: Final = 2e-6
"""The log lines of one run: Lambda's own, the function's, and API Gateway's."""
LARGE_BUCKET_PAGES: Final = 100
LARGE_BUCKET_MINUTES: Final = 20
"""The sweep reads a bucket with more pages of documents at most once in this time (lambda_src/ingest/decision.py)."""
ACCESS_LOG_GB: Final = 1e-6
"""The line of one request in an access log."""
DAYS_A_MONTH: Final = 30
READS_OF_A_LOOK: Final = 6
LISTINGS_OF_A_LOOK: Final = 2
"""The controller reads three objects in each frontend bucket, and lists both journals."""
NOTIFICATION_WRITES: Final = 3
"""The state, and the listings of both journals, which cost as much as a write."""
NOTIFICATION_READS: Final = 6
"""Both copies of config.json, both states, and both marks of a drill."""
TEXT_UNITS: Final = 3
"""The text units of a question and its answer: 1,000 characters each. Source: aws.amazon.com/bedrock/pricing."""
TOKENS_A_MB: Final = 250_000
"""The tokens of a megabyte of text."""
CHUNK_BYTES: Final = 4_096
"""The text and the metadata of a chunk, beside its vector."""
FLOAT_BYTES: Final = 4
OCUS_WITH_REPLICAS: Final = 2.0
OCUS_WITHOUT_REPLICAS: Final = 1.0
"""The least that a collection uses, always. Source: docs.aws.amazon.com, OpenSearch Serverless, "Managing capacity"."""
HEALTH_CHECKERS: Final = 16
"""The checkers of Route 53 that ask one endpoint: two in each of its eight regions, an assumption. AWS's figure is of
2013: "a dozen or so locations", 60 to 70 checks a minute at an interval of 10 s. Source: aws.amazon.com/blogs/aws,
"Route 53 Health Check Improvements"."""
CACHED_HEALTH_SECONDS: Final = 0.05
"""The duration of a run of `health`, averaged: most of a second's requests get the report of the second before."""
TRACED_A_SECOND: Final = 1.0
TRACED_SHARE: Final = 0.05
"""X-Ray traces the first request of each second, and this share of the others. Source: docs.aws.amazon.com, X-Ray,
"Configuring sampling rules"."""
BASIC_INTERVAL_SECONDS: Final = 30
GB: Final = 1e9
GEOGRAPHIES: Final = frozenset({"us", "us-gov", "eu", "apac", "jp", "au", "ca", "global"})


@dataclass(frozen=True, kw_only=True)
class Amount:
    """An amount of one unit of the price list, for a component in the region of a role."""

    component: str
    role: str
    unit: str
    units: float


@dataclass(frozen=True, kw_only=True)
class Region:
    """One region of a stack under a usage profile."""

    stack: Stack
    role: str
    usage: Usage

    @property
    def questions(self) -> float:
        """The questions of users, which the primary region answers."""
        return self.usage.questions if self.role == SERVING else 0.0

    @property
    def checks(self) -> float:
        """The questions that the readiness check asks the API."""
        return sum(schedule.runs for schedule in self.stack.schedules(self.role) if schedule.asks)

    @property
    def answered(self) -> float:
        """The questions that reach the model: without documents none does."""
        return self.questions + (self.checks if self.usage.stored_gb else 0.0)

    @property
    def uploads(self) -> float:
        """The uploads of users, to the primary region."""
        return self.usage.uploads if self.role == SERVING else 0.0

    @property
    def requests(self) -> float:
        """The requests to the API."""
        return self.questions + self.uploads * (1 + STATUS_LOOKS) + 2 * self.checks

    @property
    def page_requests(self) -> float:
        """The requests to the site. CloudFront asks the primary region's bucket first."""
        return self.usage.page_views * FILES_OF_A_PAGE if self.role == SERVING else 0.0

    @property
    def runs(self) -> float:
        """The runs of functions."""
        return self.requests + self.usage.uploads + sum(schedule.runs for schedule in self.stack.schedules(self.role))

    @property
    def new_tokens(self) -> float:
        """The tokens of the documents that come in a month. Each region embeds all of them."""
        return self.usage.uploads * self.usage.document_mb * TOKENS_A_MB * self._overlap

    @property
    def _overlap(self) -> float:
        return 1 / (1 - self.chunks.overlap)

    @property
    def chunks(self) -> "Chunks":
        """The chunks and their vectors."""
        return Chunks.of(self.stack, self.role)

    def vectors_gb(self, megabytes: float) -> float:
        """Return the size of the vectors of documents of this size, with their text."""
        number = megabytes * TOKENS_A_MB * self._overlap / self.chunks.tokens
        return number * (self.chunks.dimensions * FLOAT_BYTES + CHUNK_BYTES) / GB


@dataclass(frozen=True, kw_only=True)
class Chunks:
    """How documents become vectors: tokens of a chunk, the part that overlaps, and the dimensions of a vector."""

    tokens: int
    overlap: float
    dimensions: int
    model: str

    @classmethod
    def of(cls, stack: Stack, role: str) -> "Chunks":
        """Read them from the resources of either vector store."""
        for source in stack.created("AWS::Bedrock::DataSource", role):
            size = source["VectorIngestionConfiguration"]["ChunkingConfiguration"]["FixedSizeChunkingConfiguration"]
            (base,) = stack.created("AWS::Bedrock::KnowledgeBase", role)
            vector = base["KnowledgeBaseConfiguration"]["VectorKnowledgeBaseConfiguration"]
            model = vector["EmbeddingModelConfiguration"]["BedrockEmbeddingModelConfiguration"]
            tokens, percent, dimensions = size["MaxTokens"], size["OverlapPercentage"], model["Dimensions"]
            return cls(
                tokens=tokens, overlap=percent / 100, dimensions=dimensions, model=_id(vector["EmbeddingModelArn"])
            )
        (source,) = stack.resources("aws_bedrockagent_data_source", role)
        (base,) = stack.resources("aws_bedrockagent_knowledge_base", role)
        chunking = source["vector_ingestion_configuration"][0]["chunking_configuration"][0]
        size = chunking["fixed_size_chunking_configuration"][0]
        vector = base["knowledge_base_configuration"][0]["vector_knowledge_base_configuration"][0]
        model = vector["embedding_model_configuration"][0]["bedrock_embedding_model_configuration"][0]
        return cls(
            tokens=size["max_tokens"],
            overlap=size["overlap_percentage"] / 100,
            dimensions=model["dimensions"],
            model=_id(vector["embedding_model_arn"]),
        )


Units = Iterator[tuple[str, float]]
Component = Callable[[Region], Units]


def _functions(region: Region) -> Units:
    yield "lambda_requests", region.runs
    yield (
        "lambda_arm_gb_seconds",
        sum(schedule.runs * schedule.memory_gb * RUN_SECONDS for schedule in region.stack.schedules(region.role)),
    )
    questions = region.questions + region.checks
    yield "lambda_arm_gb_seconds", questions * _memory_gb(region, "query") * QUESTION_SECONDS
    yield "lambda_arm_gb_seconds", (region.requests - questions) * _memory_gb(region, "upload") * RUN_SECONDS
    yield "lambda_arm_gb_seconds", region.usage.uploads * _memory_gb(region, "ingest") * RUN_SECONDS
    if region.stack.resources("aws_api_gateway_authorizer", region.role):  # asked for each request, at most
        yield "lambda_requests", region.requests
        yield "lambda_arm_gb_seconds", region.requests * _memory_gb(region, "authorizer") * RUN_SECONDS
    traced = any(body.get("tracing_config") for body in region.stack.resources("aws_lambda_function", region.role))
    yield "xray_traces", region.runs if traced else 0.0


def _api(region: Region) -> Units:
    yield "api_gateway_requests", region.requests


def _documents(region: Region) -> Units:
    held = region.role == SERVING or region.stack.replications(SERVING) > 0
    yield "s3_gb_months", region.usage.stored_gb if held else 0.0
    yield "s3_writes", region.usage.uploads if held else 0.0
    objects = region.usage.stored_gb * 1_000 / region.usage.document_mb
    sweeps = sum(schedule.runs for schedule in region.stack.schedules(region.role) if schedule.sweeps)
    pages = 1 + objects // 1_000
    readings = sweeps if pages <= LARGE_BUCKET_PAGES else min(sweeps, MINUTES_A_MONTH / LARGE_BUCKET_MINUTES)
    yield "s3_writes", readings * pages  # a listing costs as much as a write


def _replication(region: Region) -> Units:
    rules = region.stack.replications(region.role)
    new_gb = region.uploads * region.usage.document_mb / 1_000 if rules else 0.0
    yield "s3_transfer_between_regions_gb", new_gb
    yield "s3_replication_time_control_gb", new_gb
    yield "cloudwatch_metrics", rules * METRICS_OF_A_REPLICATION


def _queue(region: Region) -> Units:
    yield (
        "sqs_requests",
        MINUTES_A_MONTH * POLLS_A_MINUTE * len(region.stack.resources("aws_lambda_event_source_mapping", region.role)),
    )


def _vectors(region: Region) -> Units:
    for collection in region.stack.resources("aws_opensearchserverless_collection", region.role):
        replicas = collection.get("standby_replicas") != "DISABLED"
        ocus = OCUS_WITH_REPLICAS if replicas else OCUS_WITHOUT_REPLICAS
        yield "opensearch_ocu_hours", ocus * MINUTES_A_MONTH / 60
    if region.stack.created("AWS::S3Vectors::Index", region.role):
        yield "s3_vectors_gb_months", region.vectors_gb(region.usage.stored_gb * 1_000)
        yield "s3_vectors_written_gb", region.vectors_gb(region.usage.uploads * region.usage.document_mb)
        yield "s3_vectors_queries", region.questions + region.checks


def _models(region: Region) -> Units:
    model = region.stack.function("query", region.role)["environment"]["variables"]["ANSWER_MODEL_ID"]
    geography, _, rest = model.partition(".")
    name = rest if geography in GEOGRAPHIES else model
    yield f"{region.chunks.model} input_tokens", region.new_tokens
    yield f"{name} input_tokens", region.answered * region.usage.question_tokens
    yield f"{name} output_tokens", region.answered * region.usage.answer_tokens
    yield "guardrail_text_units", region.answered * TEXT_UNITS


def _monitoring(region: Region) -> Units:
    alarms = region.stack.resources("aws_cloudwatch_metric_alarm", region.role)
    yield "cloudwatch_alarm_metrics", sum(_metrics(alarm) for alarm in alarms)
    yield "cloudwatch_metrics", len(region.stack.resources("aws_cloudwatch_log_metric_filter", region.role))
    yield "cloudwatch_dashboards", len(region.stack.resources("aws_cloudwatch_dashboard", region.role))
    yield "logs_gb", (region.runs + region.requests) * LOG_GB


def _site(region: Region) -> Units:
    """Count all requests of the page for the primary region, because CloudFront asks its bucket first."""
    views = region.usage.page_views if region.role == SERVING else 0.0
    yield "cloudfront_requests", region.page_requests
    yield "cloudfront_gb", views * PAGE_GB
    yield "s3_reads", region.page_requests


def _waf(region: Region) -> Units:
    """Count each request to the API, and to the site for the primary region. A rule group costs as much as a rule."""
    for web_acl in region.stack.web_acls(region.role):
        yield "waf_web_acls", 1
        yield "waf_rules", len(web_acl["rule"])
        yield "waf_requests", region.page_requests if web_acl["scope"] == "CLOUDFRONT" else region.requests


def _access_logs(region: Region) -> Units:
    """Count one line of CloudFront and one of the bucket for each file of a page, and one for each upload.

    AWS charges for the storage of these logs, and not for their delivery. Sources: docs.aws.amazon.com, S3, "Logging
    requests with server access logging"; CloudFront, "Access logs (standard logs)".
    """
    for lifecycle in region.stack.resources("aws_s3_bucket_lifecycle_configuration", region.role):
        if "_logs_" in str(lifecycle["bucket"]):
            lines = 2 * region.page_requests + region.usage.uploads
            yield "s3_gb_months", lines * ACCESS_LOG_GB * lifecycle["rule"][0]["expiration"][0]["days"] / DAYS_A_MONTH


def _automatic(region: Region) -> Units:
    """Yield the reads of the controller in both frontend buckets, and of the metric of Route 53's checkers, if it does.

    Its runs are in the component of the functions.
    """
    looks = sum(schedule.runs for schedule in region.stack.schedules(region.role) if schedule.looks)
    yield "s3_reads", looks * READS_OF_A_LOOK
    yield "s3_writes", looks * LISTINGS_OF_A_LOOK  # a listing costs as much as a write
    if region.stack.reads_checkers(region.role):
        yield "cloudwatch_metric_requests", looks


def _notifications(region: Region) -> Units:
    """Count what each run of the notifications function reads and writes. Its duration is that of any schedule's run.

    A few messages and events a month cost nothing that can be seen. Sources: aws.amazon.com/sns/pricing,
    aws.amazon.com/eventbridge/pricing.
    """
    runs = sum(schedule.runs for schedule in region.stack.schedules(region.role) if schedule.notifies)
    yield "s3_writes", runs * NOTIFICATION_WRITES
    yield "s3_reads", runs * NOTIFICATION_READS
    yield "cloudwatch_requests", runs


def _dns(region: Region) -> Units:
    """Count the health checks, what their requests cost, and not the zone, which is the owner's."""
    for check in region.stack.health_checks(region.role):
        yield "route53_health_checks", 1
        yield "route53_health_check_features", _features(check)
        if check["type"] == "CALCULATED":
            continue
        requests = HEALTH_CHECKERS * MINUTES_A_MONTH * 60 / check["request_interval"]
        if "search_string" in check:  # config.json, which the edge does not cache
            yield "cloudfront_requests", requests
            yield "s3_reads", requests
            continue
        traced = min(requests, MINUTES_A_MONTH * 60 * TRACED_A_SECOND)
        yield "api_gateway_requests", requests
        yield "lambda_requests", requests
        yield "lambda_arm_gb_seconds", requests * _memory_gb(region, "health") * CACHED_HEALTH_SECONDS
        yield "xray_traces", traced + (requests - traced) * TRACED_SHARE
        yield "logs_gb", requests * LOG_GB


def _features(check: Body) -> int:
    """Return the features of a check that Route 53 charges for. Source: aws.amazon.com/route53/pricing."""
    kind = str(check["type"])
    fast = check.get("request_interval", BASIC_INTERVAL_SECONDS) < BASIC_INTERVAL_SECONDS
    return sum((kind.startswith("HTTPS"), kind.endswith("_STR_MATCH"), fast, bool(check.get("measure_latency"))))


COMPONENTS: Final[dict[str, Component]] = {
    "models": _models,
    "vectors": _vectors,
    "documents": _documents,
    "replication": _replication,
    "functions": _functions,
    "queue": _queue,
    "API": _api,
    "monitoring": _monitoring,
    "site": _site,
    "AWS WAF": _waf,
    "access logs": _access_logs,
    "automatic failover": _automatic,
    "notifications": _notifications,
    "DNS": _dns,
}


OPTIONAL: Final = frozenset({"AWS WAF", "access logs", "automatic failover", "notifications", "DNS"})
"""The components that a setting adds. A deployment without them shows no line for them."""


def amounts(stack: Stack, usage: Usage, role: str) -> Iterator[Amount]:
    """Yield what each component of a region uses."""
    region = Region(stack=stack, role=role, usage=usage)
    for name, component in COMPONENTS.items():
        for unit, units in component(region):
            yield Amount(component=name, role=role, unit=unit, units=units)


def _memory_gb(region: Region, package: str) -> float:
    return float(region.stack.function(package, region.role)["memory_size"]) / MEGABYTES_A_GIGABYTE


def _metrics(alarm: Body) -> int:
    queries = alarm.get("metric_query")
    return sum("metric" in query for query in queries) if queries else 1


def _id(arn: str) -> str:
    return arn.rpartition("/")[2]
