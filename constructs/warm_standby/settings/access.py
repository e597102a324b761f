"""The section `[access]`: whether the API asks for a token, and which tokens it accepts (record 98)."""

import json
import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, field_validator, model_validator

from warm_standby.settings.section import UniqueValues, validation_error
from warm_standby.settings.shield import Shield

# A host and not an address in brackets. No character that a content security policy separates sources with.
_ORIGIN: Final = r"https://[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?(:[0-9]{1,5})?"
_ISSUER: Final = re.compile(rf"{_ORIGIN}(/[A-Za-z0-9._~%/-]{{0,200}})?")
_IDENTIFIER: Final = re.compile(r"[!-~]{1,256}")
# Source: RFC 6749, section 3.3, "scope-token".
_SCOPE: Final = re.compile(r"[!#-\[\]-~]{1,256}")
_TERRAFORM_TEMPLATES: Final = ("${", "%{")
# Source: docs.aws.amazon.com, Lambda, "Lambda quotas": all environment variables of a function, 4 KB.
_CLAIMS_BYTES: Final = 2_000
_LONGEST_TEXT: Final = 256
_OIDC_ONLY: Final = ("issuer", "client_id", "audience")


def _require(condition: object, fix: str) -> None:
    if not condition:
        raise ValueError(fix)


def _issuer(value: str) -> str:
    _require(
        _ISSUER.fullmatch(value),
        "use the issuer exactly as its tokens name it: https, a lowercase host, no query and no fragment",
    )
    return value


def _origin(value: str) -> str:
    _require(re.fullmatch(_ORIGIN, value), "use an origin such as https://login.example.com, without a path")
    return value


def _identifier(value: str) -> str:
    _require(
        _IDENTIFIER.fullmatch(value) and not _is_template(value),
        "use 1 to 256 visible ASCII characters, without ${ and %{",
    )
    return value


def _scope(value: str) -> str:
    _require(_SCOPE.fullmatch(value) and not _is_template(value), "use one scope of OAuth 2.0, without spaces")
    return value


def _claim_text(value: str) -> str:
    _require(
        0 < len(value) <= _LONGEST_TEXT and value.isprintable() and not _is_template(value),
        f"use 1 to {_LONGEST_TEXT} printable characters, without ${{ and %{{",
    )
    return value


def _is_template(value: str) -> bool:
    return any(start in value for start in _TERRAFORM_TEMPLATES)


def _small(value: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    size = len(json.dumps(value))
    _require(size <= _CLAIMS_BYTES, f"the claims take {size} bytes as JSON, and {_CLAIMS_BYTES} are free: list fewer")
    return value


ClaimText = Annotated[str, AfterValidator(_claim_text)]
AcceptedValues = Annotated[UniqueValues[ClaimText], Field(min_length=1)]
Claims = Annotated[dict[ClaimText, AcceptedValues], AfterValidator(_small)]
Identifier = Annotated[str, AfterValidator(_identifier)]


class Access(Shield):
    """Who may ask: anyone with the address (`open`), or the holder of a token of an OpenID Connect issuer (`oidc`).

    The settings of the shield in front are its own in both modes.

    `issuer`: as its tokens name it, character by character. Its discovery document is under it.
    `client_id`: the page's registration with the issuer: a public client.
    `audience`: the API's own identifier. It differs from `client_id`, because every ID token is issued for that one.
    `audience_parameter`: how the page asks for this audience: RFC 8707's `resource`, Auth0's `audience`, or by its
    scopes alone.
    `required_claims`: each claim that an access token must have, with its accepted values: one of them is enough.
    `scopes`: what the page asks for at sign-in.
    `endpoint_origins`: the origins of the issuer's token endpoint, where that is not at the issuer's own.
    `delete_claims`: as `required_claims`, for deleting documents that another user uploaded.
    """

    mode: Literal["open", "oidc"] = "open"
    issuer: Annotated[str, AfterValidator(_issuer)] | None = None
    client_id: Identifier | None = None
    audience: Identifier | None = None
    audience_parameter: Literal["resource", "audience", "none"] = "resource"
    required_claims: Claims = Field(default={})
    scopes: Annotated[UniqueValues[Annotated[str, AfterValidator(_scope)]], Field(max_length=20)] = ("openid",)
    endpoint_origins: Annotated[UniqueValues[Annotated[str, AfterValidator(_origin)]], Field(max_length=5)] = ()
    delete_claims: Claims = Field(default={})

    @field_validator("scopes")
    @classmethod
    def _asks_for_openid(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        _require("openid" in value, 'add "openid": without it, the issuer does not use OpenID Connect')
        return value

    @model_validator(mode="after")
    def _is_complete_and_has_an_effect(self) -> Self:
        if self.mode == "open":
            self._refuse_settings_without_effect()
            return self
        for key in _OIDC_ONLY:
            if getattr(self, key) is None:
                raise validation_error((key,), None, 'required for access.mode = "oidc": add it')
        if self.audience == self.client_id:
            fix = "every ID token is issued for access.client_id: give the API an audience of its own"
            raise validation_error(("audience",), self.audience, fix)
        return self

    def _refuse_settings_without_effect(self) -> None:
        for key, field in type(self).model_fields.items():
            value = getattr(self, key)
            if key in OIDC_KEYS and value != field.default:
                raise validation_error((key,), value, 'no effect while access.mode = "open": remove it, or use "oidc"')

    @property
    def sign_in(self) -> bool:
        """Whether a caller needs a token."""
        return self.mode == "oidc"

    @property
    def description(self) -> str:
        """Who may ask, in words."""
        return f"sign-in with {self.issuer}" if self.sign_in else "open: anyone with the address may ask"

    @property
    def connect_origins(self) -> tuple[str, ...]:
        """The origins that the page calls for a token: the issuer's, and those of its other endpoints."""
        if not self.issuer:
            return ()
        parts = urlsplit(self.issuer)
        return tuple(dict.fromkeys((f"{parts.scheme}://{parts.netloc}", *self.endpoint_origins)))


OIDC_KEYS: Final = frozenset(Access.model_fields) - {"mode"} - frozenset(Shield.model_fields)
"""The settings that only `oidc` reads."""
