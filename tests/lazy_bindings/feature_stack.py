"""A stack with each cdktf feature that uses bindings: tokens, functions, iterators, overrides, imports, callbacks."""

import jsii
from cdktf import (
    Aspects,
    DataTerraformRemoteStateLocal,
    Fn,
    IAspect,
    IResolvable,
    IStringProducer,
    Lazy,
    S3Backend,
    TerraformCount,
    TerraformIterator,
    TerraformLocal,
    TerraformOutput,
    TerraformResourceLifecycle,
    TerraformStack,
    TerraformVariable,
    Token,
)
from cdktf_cdktf_provider_aws.data_aws_availability_zones import DataAwsAvailabilityZones
from cdktf_cdktf_provider_aws.data_aws_iam_policy_document import (
    DataAwsIamPolicyDocument,
    DataAwsIamPolicyDocumentStatement,
)
from cdktf_cdktf_provider_aws.instance import Instance, InstanceEbsBlockDevice
from cdktf_cdktf_provider_aws.lambda_function import LambdaFunction
from cdktf_cdktf_provider_aws.provider import AwsProvider, AwsProviderDefaultTags
from cdktf_cdktf_provider_aws.s3_bucket import S3Bucket, S3BucketLifecycleRule
from cdktf_cdktf_provider_aws.s3_bucket_replication_configuration import S3BucketReplicationConfigurationA
from cdktf_cdktf_provider_aws.security_group import SecurityGroup, SecurityGroupIngress
from cdktf_cdktf_provider_aws.sns_topic import SnsTopic
from cdktf_cdktf_provider_aws.sqs_queue import SqsQueue
from cdktf_cdktf_provider_aws.subnet import Subnet
from constructs import Construct, IConstruct


@jsii.implements(IAspect)
class Tagger:
    """Visits every construct, which the kernel passes to Python, and tags the queues."""

    def visit(self, node: IConstruct) -> None:
        if isinstance(node, SqsQueue):
            node.tags = {"seen": node.friendly_unique_id}


class Renamed(SnsTopic):
    """A Python subclass of a resource."""

    def __init__(self, scope: Construct, id_: str, *, provider: AwsProvider) -> None:
        super().__init__(scope, id_, provider=provider, name=f"renamed-{id_}")
        self.override_logical_id("renamed_topic")


class FeatureStack(TerraformStack):
    """Two providers, and references between them."""

    def __init__(self, scope: Construct, id_: str) -> None:
        super().__init__(scope, id_)
        tags = [AwsProviderDefaultTags(tags={"team": "platform"})]
        self.west = AwsProvider(self, "west", region="us-west-2", alias="west", default_tags=tags)
        self.east = AwsProvider(self, "east", region="us-east-1", alias="east")
        S3Backend(self, bucket="state", key="features", region="us-west-2")
        self.zones = DataAwsAvailabilityZones(self, "zones", provider=self.west, state="available")
        self.source = S3Bucket(self, "source", provider=self.west, bucket_prefix="source-")
        self._references()
        self._blocks()
        self._iterators()
        self._functions()
        self._escapes()
        self._imports()
        Aspects.of(self).add(Tagger())

    def _references(self) -> None:
        """Cross-provider references, policy documents, subclasses, dependencies and lifecycles."""
        target = S3Bucket(self, "target", provider=self.east, bucket=f"copy-of-{self.source.bucket}")
        S3BucketReplicationConfigurationA(
            self,
            "replication",
            provider=self.west,
            bucket=self.source.id,
            role="arn:aws:iam::123456789012:role/replication",
            rule=[{"status": "Enabled", "destination": {"bucket": target.arn}}],
            depends_on=[self.source, target],
            lifecycle=TerraformResourceLifecycle(prevent_destroy=True, ignore_changes=["rule"]),
        )
        Renamed(self, "topic", provider=self.east)
        SqsQueue(self, "queue", provider=self.east, name="tagged", delay_seconds=Token.as_number("${1 + 2}"))

    def _blocks(self) -> None:
        """Nested blocks as structs and as dictionaries, set later, and read back."""
        rule = S3BucketLifecycleRule(enabled=True, id="expire", expiration={"days": 30})
        self.source.put_lifecycle_rule([rule])
        self.source.put_versioning(enabled=True)
        TerraformOutput(self, "rule", value=self.source.lifecycle_rule.get(0).id)
        TerraformOutput(self, "versioned", value=self.source.versioning.enabled, sensitive=True)
        device = InstanceEbsBlockDevice(device_name="/dev/sdb", volume_size=20, encrypted=True)
        instance = Instance(self, "instance", provider=self.west, ami="ami-1", ebs_block_device=[device])
        instance.put_metadata_options(http_tokens="required")
        document = DataAwsIamPolicyDocument(
            self,
            "document",
            provider=self.west,
            statement=[DataAwsIamPolicyDocumentStatement(actions=["s3:GetObject"], resources=[f"{self.source.arn}/*"])],
        )
        TerraformOutput(self, "policy", value=document.json)

    def _iterators(self) -> None:
        """Iterators over lists, maps and resources, dynamic blocks, counts."""
        zones = TerraformIterator.from_list(Token.as_list(self.zones.names))
        subnet = Subnet(
            self,
            "subnet",
            provider=self.west,
            for_each=zones,
            vpc_id="vpc-1",
            availability_zone=Token.as_string(zones.value),
        )
        ports = TerraformVariable(self, "ports", type="list(number)", default=[80, 443])
        port = TerraformIterator.from_list(ports.list_value)
        SecurityGroup(
            self,
            "group",
            provider=self.west,
            ingress=port.dynamic({"from_port": port.value, "to_port": port.value, "protocol": "tcp"}),
        )
        fixed = SecurityGroupIngress(from_port=22, to_port=22, protocol="tcp", self_attribute=True)
        SecurityGroup(self, "fixed", provider=self.west, ingress=[fixed])
        queues = TerraformIterator.from_map({"a": {"size": 1}, "b": {"size": 2}})
        SqsQueue(self, "mapped", provider=self.west, for_each=queues, name=queues.key)
        SnsTopic(self, "counted", provider=self.west, count=TerraformCount.of(Token.as_number("${var.ports[0]}")))
        each = TerraformIterator.from_resources(subnet)
        TerraformOutput(self, "subnets", value=each.keys())
        TerraformOutput(self, "arns", value=each.pluck_property("arn"))

    def _functions(self) -> None:
        """Terraform's functions and expressions over tokens."""
        names = Fn.join(",", Token.as_list(Fn.concat([self.zones.names, ["z"]])))
        local = TerraformLocal(self, "local", {"names": names, "nested": [{"a": self.source.arn}]})
        TerraformOutput(self, "upper", value=Fn.upper(Fn.lookup(local.fqn, "names", "")))
        TerraformOutput(self, "first", value=Fn.element(self.zones.names, 0), description="of the zones")
        TerraformOutput(self, "lookup", value=Fn.lookup(Fn.merge([{"a": "b"}, {"c": self.source.id}]), "c", "none"))
        TerraformOutput(self, "choice", value=Fn.conditional(self.source.force_destroy, "yes", Fn.raw_string('a"b')))
        TerraformOutput(self, "cidr", value=Fn.cidrsubnet("10.0.0.0/16", 8, 2))
        state = DataTerraformRemoteStateLocal(self, "state", path="other.tfstate")
        TerraformOutput(self, "remote", value=state.get_string("value"))
        TerraformOutput(self, "by_name", value=Token.as_string(f"${{{self.source.fqn}.region}}"))

    def _escapes(self) -> None:
        """Overrides, raw tokens, values that Python produces at synthesis, and provisioners."""
        function = LambdaFunction(
            self,
            "function",
            provider=self.west,
            function_name=Lazy.string_value(_Named()),
            role="arn:aws:iam::123456789012:role/f",
            provisioners=[{"type": "local-exec", "command": "true"}],
            connection={"type": "ssh", "host": "example.org"},
        )
        function.add_override("timeout", 30)
        function.add_override("environment.variables.NAME", self.source.bucket)
        function.add_override("dead_letter_config", [{"target_arn": "${aws_sqs_queue.queue.arn}"}])
        self.add_override("terraform.required_version", ">= 1.10")
        resolvable: IResolvable = Token.as_any({"late": Token.as_string(self.source.region)})
        TerraformOutput(self, "any", value=resolvable)

    def _imports(self) -> None:
        """Imported and moved resources, and configuration generated for an import."""
        SnsTopic(self, "imported", provider=self.west, name="old").import_from("arn:aws:sns:us-west-2:1:old", self.west)
        SnsTopic.generate_config_for_import(self, "generated", "arn:aws:sns:us-east-1:1:other", self.east)
        moved = SqsQueue(self, "moved", provider=self.west, name="moved")
        moved.move_from_id("aws_sqs_queue.before")


@jsii.implements(IStringProducer)
class _Named:
    def produce(self, context: object) -> str:
        return "named-late"
