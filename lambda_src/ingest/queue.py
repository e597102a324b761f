"""The queue that events come from: when a message that is returned is received again.

SQS shows a returned message again when its visibility timeout ends, which for this queue is six minutes. A document
that is uploaded while a short job runs would wait those six minutes. So the function shortens the time-out of the
messages that it returns: to 5 s at the first receive, twice as long at each further one. A message then waits at most
about as long again as the job has already run, and a job of hours costs few receives.

Lambda leaves the time-out of returned messages as it is. (Source: docs.aws.amazon.com, Lambda, "Handling errors for an
SQS event source in Lambda", and Amazon SQS API Reference, ChangeMessageVisibilityBatch: ten messages in a call.)
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from ingest.events import Message
from shared.aws_calls import Budget
from shared.errors import error_code
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import ChangeMessageVisibilityBatchRequestEntryTypeDef

FIRST_WAIT_SECONDS = 5
# The queue's own visibility timeout is not longer than this, so that no wait is longer than without a change.
LONGEST_WAIT_SECONDS = 320
_MESSAGES_PER_CALL = 10
# A batch has up to 1,000 messages, so up to 100 calls of about 10 ms. The rest keep the queue's own time-out.
_CHANGE_SECONDS = 3.0


def wait_seconds(receives: int) -> int:
    """Return the seconds until a message is received again that was received this many times."""
    doublings = min(max(receives, 1) - 1, 6)  # without the bound, the number would have thousands of digits
    return min(FIRST_WAIT_SECONDS << doublings, LONGEST_WAIT_SECONDS)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """The region's queue of document events."""

    sqs: "SQSClient"
    url: str
    change_seconds: float = _CHANGE_SECONDS

    def shorten_visibility(self, messages: Sequence[Message], log: Log) -> None:
        """Shorten the visibility timeout of messages that the function is about to return.

        A failure is only logged, because the messages then wait for the queue's own time-out.
        """
        budget, unchanged = Budget.of(self.change_seconds), len(messages)
        try:
            for start in range(0, len(messages), _MESSAGES_PER_CALL):
                if budget.remaining() <= 0:
                    break
                unchanged -= self._change(messages[start : start + _MESSAGES_PER_CALL])
        except (ClientError, BotoCoreError) as error:
            log.warning("visibility_unchanged", awsError=error_code(error), messages=unchanged)
        else:
            if unchanged:
                log.warning("visibility_unchanged", messages=unchanged)

    def _change(self, messages: Sequence[Message]) -> int:
        """Change the time-out of up to ten messages; return of how many it was changed."""
        entries: list[ChangeMessageVisibilityBatchRequestEntryTypeDef] = [
            {
                "Id": str(number),
                "ReceiptHandle": message.receipt_handle,
                "VisibilityTimeout": wait_seconds(message.receives),
            }
            for number, message in enumerate(messages)
        ]
        answer = self.sqs.change_message_visibility_batch(QueueUrl=self.url, Entries=entries)
        return len(answer.get("Successful", []))
