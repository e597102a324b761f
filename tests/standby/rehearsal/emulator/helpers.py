"""Sessions of roles in the emulator."""

from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.deploy.applier import role_arn

REGION = "us-west-2"


def assumed_session(endpoint: str, name: str) -> EmulatorSession:
    """Return a session of a role that the account's root user may assume."""
    root = EmulatorSession(region=REGION, endpoint=endpoint)
    keys = root.client("sts").assume_role(RoleArn=role_arn(name), RoleSessionName="session")["Credentials"]
    session = EmulatorSession(region=REGION, endpoint=endpoint)
    found = session.get_credentials()
    assert found is not None
    found.access_key, found.secret_key, found.token = (
        keys["AccessKeyId"],
        keys["SecretAccessKey"],
        keys["SessionToken"],
    )
    return session
