from query.retrieval import Passage
from query.settings import Settings
from tests.lambdas.helpers import ANSWER_MODEL, SITE_ORIGIN

SETTINGS = Settings(
    region="us-west-2",
    site_origin=SITE_ORIGIN,
    knowledge_base_id="KB00000001",
    answer_model_id=ANSWER_MODEL,
    allowed_model_ids=(ANSWER_MODEL,),
    guardrail_id="guardrail1",
    guardrail_version="1",
    blocked_messages=("blocked question", "blocked answer"),
)
FIRST = Passage(uri="s3://b/one.txt", text="Refunds take ten days.", score=0.9)
SECOND = Passage(uri="s3://b/two.txt", text="Shipping is free.", score=0.5)
