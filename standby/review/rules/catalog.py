"""All rules, in the order in which a report shows their findings."""

from typing import Final

from standby.review.rules.alarms import ALARM_RULES
from standby.review.rules.automatic import AUTOMATIC_RULES
from standby.review.rules.changed import CHANGED_RULES
from standby.review.rules.deployment import DEPLOYMENT_RULES
from standby.review.rules.dns import DNS_RULES
from standby.review.rules.documents import DOCUMENT_RULES
from standby.review.rules.kept import KEPT_RULES
from standby.review.rules.policies import POLICY_RULES
from standby.review.rules.regions import REGION_RULES
from standby.review.rules.rule import Rule
from standby.review.rules.security import SECURITY_RULES
from standby.review.rules.service import SERVING_RULES
from standby.review.rules.shield import SHIELD_RULES
from standby.review.rules.site import SITE_RULES

RULES: Final[tuple[Rule, ...]] = (
    *KEPT_RULES,
    *DOCUMENT_RULES,
    *SITE_RULES,
    *SERVING_RULES,
    *ALARM_RULES,
    *SECURITY_RULES,
    *SHIELD_RULES,
    *DNS_RULES,
    *AUTOMATIC_RULES,
    *POLICY_RULES,
    *REGION_RULES,
    *DEPLOYMENT_RULES,
    *CHANGED_RULES,
)
