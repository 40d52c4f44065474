"""What a caller says of a source, looked over for secrets, which are given by reference: the rest is kept and shown."""

from __future__ import annotations

import re

from specport.errors import SourceError
from specport.requests.shown_urls import shows_secret
from specport.sources.specification import Specification

_TOKEN = re.compile(
    r"(?<![A-Za-z0-9])(?:(?:sk|pk|rk)[-_](?:live|test|proj|ant|or)[-_][\w-]{8,}|sk-[A-Za-z0-9]{20,}|gh[pousr]_\w{20,}"
    r"|github_pat_\w{20,}|glpat-[\w-]{16,}|do[opr]_v1_[0-9a-f]{32,}|xox[abeprs]-[\w-]{10,}|AKIA[0-9A-Z]{16}|AIza[\w-]{30,}"
    r"|hf_[A-Za-z0-9]{20,}|npm_[A-Za-z0-9]{30,}|SG\.[\w-]{16,}\.[\w-]{16,}|eyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]*"
    r"|(?:Bearer|Basic)(?: |%20)[\w.~+/=-]{8,})"
)
"""How tokens of GitHub, GitLab, DigitalOcean, Slack, Stripe, OpenAI, AWS, Google and others begin, JSON Web Tokens
(RFC 7519), and the value of an Authorization header."""

_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}\Z")


def check_no_secret(wanted: Specification) -> None:
    """Raises SourceError, which does not repeat it, for what looks like a secret in a URL, a name or a reference."""
    is_text = "\n" in wanted.spec.strip() or wanted.spec.lstrip().startswith(("{", "["))
    urls = (("document's URL", "" if is_text else wanted.spec), ("base URL", wanted.base_url))
    for what, url in (*urls, *(("overlay's URL", overlay) for overlay in wanted.overlays)):
        if _TOKEN.search(url) or shows_secret(url):
            raise SourceError(
                f"the {what} has what looks like a password, key or token in it, which would be kept and shown",
                hint="Add the document as a file or text, and give credentials by reference: env:NAME",
            )
    if _TOKEN.search(wanted.name):
        raise SourceError("the name looks like a secret", hint="Give a short name, such as shop")
    for _, reference in wanted.credentials:
        check_reference_names(reference)


def check_reference_names(reference: str) -> None:
    """Raises SourceError where a reference has the secret itself in place of its name."""
    kind, _, place = reference.partition(":")
    if _TOKEN.search(place) or (kind == "env" and not _VARIABLE.match(place)):
        raise SourceError(
            f"what is behind {kind}: looks like the secret itself, not like the name of one",
            hint="Put it in an environment variable and give the variable's name, such as env:SHOP_KEY",
        )
