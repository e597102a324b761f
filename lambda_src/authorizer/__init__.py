"""The authorizer of the API: verifies access tokens of one OpenID Connect issuer, without any service of its region."""

import platform
import sys
from pathlib import Path

PACKAGES = Path(__file__).parent.parent / "authorizer_packages"
"""PyJWT, cryptography and cffi for Lambda's Python 3.13 on arm64. The archive has them; a checkout does not."""

# A rehearsal runs the same archive on another machine, and its environment of functions has its own three packages.
if (platform.machine(), sys.version_info[:2]) == ("aarch64", (3, 13)):
    sys.path.insert(0, str(PACKAGES))
