import pytest

from health.settings import Settings as HealthSettings
from ingest.settings import Settings as IngestSettings
from ingestion_status.settings import Settings as IngestionStatusSettings
from query.settings import Settings as QuerySettings
from shared.environment import ConfigurationError, Environment
from tests.lambdas.helpers import OFFLINE, ColdStart, Variables
from upload.settings import Settings as UploadSettings

API = ("AWS_REGION", "SITE_ORIGIN")
NEEDED = [
    (QuerySettings, (*API, "KNOWLEDGE_BASE_ID", "ANSWER_MODEL_ID", "ALLOWED_MODEL_IDS", "GUARDRAIL_ID")),
    (QuerySettings, ("GUARDRAIL_VERSION", "BLOCKED_MESSAGES")),
    (UploadSettings, (*API, "DOCUMENTS_BUCKET", "MAX_UPLOAD_BYTES", "UPLOAD_TYPES")),
    (IngestSettings, ("AWS_REGION", "KNOWLEDGE_BASE_ID", "DATA_SOURCE_ID", "DOCUMENTS_BUCKET")),
    (IngestionStatusSettings, (*API, "KNOWLEDGE_BASE_ID", "DATA_SOURCE_ID")),
    (HealthSettings, (*API, "KNOWLEDGE_BASE_ID", "DATA_SOURCE_ID", "DOCUMENTS_BUCKET", "INGEST_QUEUE_URL")),
    (HealthSettings, ("ANSWER_MODEL_ID", "GUARDRAIL_ID", "GUARDRAIL_VERSION")),
]
Reads = type[QuerySettings | UploadSettings | IngestSettings | IngestionStatusSettings | HealthSettings]


@pytest.fixture
def complete(variables: Variables) -> dict[str, str]:
    return {**variables(OFFLINE), "AWS_REGION": "us-west-2"}


@pytest.mark.parametrize("settings,name", [(settings, name) for settings, names in NEEDED for name in names])
@pytest.mark.parametrize("value", [None, "", "  "])
def test_a_missing_variable_is_named(settings: Reads, name: str, value: str | None, complete: dict[str, str]) -> None:
    settings.read(Environment(variables=complete))
    without = {key: kept for key, kept in complete.items() if key != name}
    given = without if value is None else {**without, name: value}
    with pytest.raises(ConfigurationError, match=name):
        settings.read(Environment(variables=given))


@pytest.mark.parametrize(
    "settings,name,value",
    [
        (UploadSettings, "MAX_UPLOAD_BYTES", "many"),
        (UploadSettings, "MAX_UPLOAD_BYTES", "0"),
        (UploadSettings, "MAX_UPLOAD_BYTES", "-1"),
        (UploadSettings, "UPLOAD_TYPES", "not json"),
        (UploadSettings, "UPLOAD_TYPES", "{}"),
        (UploadSettings, "UPLOAD_TYPES", '{".pdf": 1}'),
        (UploadSettings, "UPLOAD_TYPES", '{"pdf": "application/pdf"}'),
        (UploadSettings, "UPLOAD_TYPES", '{".PDF": "application/pdf"}'),
        (QuerySettings, "ALLOWED_MODEL_IDS", '"one"'),
        (QuerySettings, "ALLOWED_MODEL_IDS", "[]"),
        (QuerySettings, "ALLOWED_MODEL_IDS", "[1]"),
        (QuerySettings, "ALLOWED_MODEL_IDS", '["another.model"]'),
    ],
)
def test_a_wrong_variable_is_named(settings: Reads, name: str, value: str, complete: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=name):
        settings.read(Environment(variables={**complete, name: value}))


def test_a_function_without_its_environment_fails_at_cold_start(cold_start: ColdStart) -> None:
    with pytest.raises(ConfigurationError, match="SITE_ORIGIN"):
        cold_start("upload", {})
