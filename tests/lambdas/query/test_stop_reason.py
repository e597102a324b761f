from typing import TYPE_CHECKING, cast

import boto3

from query.stop_reason import ENDINGS, Ending, read_stop_reason

if TYPE_CHECKING:
    from botocore.model import StringShape


def test_every_stop_reason_that_botocore_knows_has_a_decision() -> None:
    model = boto3.client("bedrock-runtime", region_name="us-west-2").meta.service_model
    assert sorted(ENDINGS) == sorted(cast("StringShape", model.shape_for("StopReason")).enum)


def test_a_stop_reason_that_is_new_gives_no_answer() -> None:
    assert read_stop_reason("new_in_2027") is Ending.UNUSABLE
