"""The copy of the issuer's keys in this region's Parameter Store."""

from dataclasses import dataclass
from typing import TYPE_CHECKING

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from authorizer.keys import MAX_COPY_BYTES, KeySet
from shared.aws_calls import client_config
from shared.errors import describe_aws_error
from shared.logs import Log

if TYPE_CHECKING:
    from mypy_boto3_ssm import SSMClient


@dataclass(frozen=True, kw_only=True)
class ParameterCopy:
    """One parameter of the standard tier. A failure is logged: the issuer itself still has the keys."""

    client: "SSMClient"
    name: str
    log: Log

    @classmethod
    def make(cls, *, region: str, name: str, log: Log) -> "ParameterCopy":
        """Make the client: one second to connect and one to read."""
        client = boto3.client("ssm", region_name=region, config=client_config(connect_seconds=1, read_seconds=1))
        return cls(client=client, name=name, log=log)

    def read(self) -> KeySet | None:
        """Return the copy, None if there is none or it could not be read."""
        try:
            value = self.client.get_parameter(Name=self.name)["Parameter"].get("Value", "")
        except (ClientError, BotoCoreError) as error:
            self.log.warning("keys_copy_unread", **describe_aws_error(error))
            return None
        return KeySet.from_text(value)

    def write(self, keys: KeySet) -> None:
        """Replace the copy, unless the keys do not fit."""
        text = keys.as_text()
        if len(text.encode()) > MAX_COPY_BYTES:
            self.log.warning("keys_copy_too_large", bytes=len(text.encode()))
            return
        try:
            self.client.put_parameter(Name=self.name, Value=text, Type="String", Overwrite=True)
        except (ClientError, BotoCoreError) as error:
            self.log.warning("keys_copy_unwritten", **describe_aws_error(error))
