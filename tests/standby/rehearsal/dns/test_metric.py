"""The rehearsal publishes the metric of each health check, and the controller's own function reads it."""

import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

from controller.checkers import see_from_the_checkers
from standby.deadline import poll
from standby.deployment.manifest import parse_manifest
from standby.deployment.sessions import EmulatorSession
from standby.rehearsal.dns.metric import MetricPublisher
from standby.rehearsal.dns.process import MODULE, DnsProcess
from standby.rehearsal.dns.server import CONTROL_REGION
from standby.rehearsal.dns.zones import HealthView
from standby.rehearsal.emulator.emulator import Emulator
from standby.rehearsal.files.paths import RehearsalPaths
from standby.rehearsal.processes.ports import free_ports
from tests.standby.manifests import manifest_text

VIEW = HealthView(
    configs={
        "asked": {"Type": "HTTPS"},
        "serving": {"Type": "HTTPS_STR_MATCH"},
        "both": {"Type": "CALCULATED", "ChildHealthChecks": ["asked", "serving"], "HealthThreshold": 2},
    },
    endpoints={"asked": True, "serving": False},
)
MINUTE = timedelta(seconds=3)
ALARM = "serving-is-unhealthy"


def test_the_controller_reads_each_check_as_it_is_and_no_alarm_follows_another_check(emulator: Emulator) -> None:
    session = EmulatorSession(region=CONTROL_REGION, endpoint=emulator.endpoint)
    cloudwatch = session.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=ALARM,
        Namespace="AWS/Route53",
        MetricName="HealthCheckStatus",
        Dimensions=[{"Name": "HealthCheckId", "Value": "asked"}],
        Statistic="Minimum",
        Period=60,
        EvaluationPeriods=1,
        ComparisonOperator="LessThanThreshold",
        Threshold=1,
    )
    MetricPublisher(client=cloudwatch, view=lambda: VIEW, minute_seconds=3).publish()
    now = datetime.now(UTC) + timedelta(seconds=1)
    seen = {check: see_from_the_checkers(cloudwatch, check, now=now, minute=MINUTE) for check in VIEW.configs}
    assert seen == {"asked": "healthy", "serving": "failed", "both": "failed"}
    assert see_from_the_checkers(cloudwatch, "other", now=now, minute=MINUTE) == "unknown"
    (alarm,) = cloudwatch.describe_alarms(AlarmNames=[ALARM])["MetricAlarms"]
    assert alarm["StateValue"] != "ALARM"


def test_the_process_publishes_it_in_each_minute_of_the_emulator(emulator: Emulator, tmp_path: Path) -> None:
    session = EmulatorSession(region=CONTROL_REGION, endpoint=emulator.endpoint)
    check = session.client("route53").create_health_check(
        CallerReference="metric", HealthCheckConfig={"Type": "HTTPS", "FullyQualifiedDomainName": "nowhere.example.com"}
    )["HealthCheck"]["Id"]
    fast = emulator.model_copy(update={"minute_seconds": 0.2})
    paths = RehearsalPaths(project=tmp_path, directory=tmp_path)
    port = free_ports(["dns"], preferred={})["dns"]
    deployment = parse_manifest(manifest_text())
    process = DnsProcess(paths=paths, emulator=fast, deployment=deployment, port=port, hosts={})
    file = tmp_path / "dns.json"
    file.write_text(json.dumps(process.settings.as_json()))
    cloudwatch = session.client("cloudwatch")
    served = subprocess.Popen([sys.executable, "-m", MODULE, str(file)])
    try:
        assert poll(
            lambda: see_from_the_checkers(cloudwatch, check, now=datetime.now(UTC), minute=MINUTE) != "unknown",
            seconds=30,
            pause=0.1,
        )
    finally:
        served.kill()
        served.wait()


def test_it_is_published_each_minute(emulator: Emulator) -> None:
    session = EmulatorSession(region=CONTROL_REGION, endpoint=emulator.endpoint)
    published: list[float] = []

    def view() -> HealthView:
        published.append(time.monotonic())
        if len(published) > 2:
            raise SystemExit
        return HealthView(configs={}, endpoints={})

    publisher = MetricPublisher(client=session.client("cloudwatch"), view=view, minute_seconds=0.01)
    try:
        publisher.run()
    except SystemExit:
        assert len(published) == 3
