"""A request that arrived against the one that was expected."""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping, Sequence
from urllib.parse import unquote, urlsplit

from fidelity.bodies import body_faults, pair_faults
from fidelity.cases import Expected
from fidelity.operations import Scheme
from fidelity.wire import decoded_segments

Headers = Sequence[tuple[str, str]]


def faults_of(expected: Expected, *, method: str, target: str, headers: Headers, body: bytes) -> list[str]:
    """What is not as expected, credentials apart."""
    parts = urlsplit(target)
    found = dict(headers)
    faults = [] if method == expected.method else [f"method {method}, not {expected.method}"]
    faults += [f"{len(headers) - len(found)} headers stand twice"] if len(found) < len(headers) else []
    if not is_path(expected.path, parts.path, is_exact=expected.has_exact_path):
        faults.append(f"path {parts.path!r}, not {expected.path!r}")
    faults += [f"query {fault}" for fault in _query_faults(expected, parts.query)]
    is_raw = any(name == "cookie" for name, _ in expected.headers)
    cookies = "" if is_raw else _cookies(expected, found)
    faults += [f"cookie {fault}" for fault in pair_faults(list(expected.cookies), cookies, "; ")]
    for name, wanted in expected.headers:
        text = found.get(name)
        if text is None or not _is_header(text, wanted):
            faults.append(f"header {name} is {text!r}, not {','.join(wanted)!r}")
    return faults + body_faults(expected.body, found.get("content-type"), body)


def is_path(wanted: str, path: str, *, is_exact: bool) -> bool:
    """Whether a raw path is the one wanted; where no value has delimiters, its decoded segments decide."""
    if is_exact:
        return _normal(path) == _normal(wanted)
    return decoded_segments(path) == decoded_segments(wanted)


def _normal(path: str) -> str:
    """Percent-encoding in capitals, and of unreserved characters undone (RFC 3986 section 6.2.2)."""

    def triple(match: re.Match[str]) -> str:
        char = chr(int(match[1], 16))
        return char if re.match(r"[A-Za-z0-9._~-]", char) else match[0].upper()

    return re.sub(r"%([0-9A-Fa-f]{2})", triple, path).replace("|", "%7C")


def _query_faults(expected: Expected, query: str) -> list[str]:
    if expected.whole_query is not None:
        return [] if unquote(query) == expected.whole_query else [f"is {query!r}, not {expected.whole_query!r}"]
    return pair_faults(list(expected.query), query, "&")


def _cookies(expected: Expected, headers: Mapping[str, str]) -> str:
    """The cookies; `&` between those of one exploded parameter, as OAS 3.1 prints it, counts as well."""
    text = headers.get("cookie", "")
    return text.replace("&", "; ") if len(expected.cookies) > 1 else text


def _is_header(text: str, wanted: Sequence[str]) -> bool:
    return text.strip() in {",".join(wanted).strip(), ", ".join(wanted).strip()}


def secret_of(scheme: str) -> str:
    """The made-up credential of a security scheme."""
    plain = re.sub(r"[^a-z0-9]", "", scheme.lower())
    return f"{plain}:s3cret-{plain}/+="


def without_credentials(
    schemes: Mapping[str, Scheme], alternatives: Sequence[Sequence[str]], target: str, headers: Headers
) -> tuple[str, list[tuple[str, str]], list[str]]:
    """The request without its credentials, and what is wrong with those.

    The first alternative that credentials satisfy must be there, each where its scheme says; nothing of the others.
    """
    usable = [each for each in alternatives if each and all(name in schemes for name in each)]
    wanted = usable[0] if usable else ()
    wanted = sorted(wanted, key=lambda name: not _is_here(schemes[name], secret_of(name), headers))
    faults: list[str] = []
    left = list(headers)
    is_authorized = False
    for name in wanted:
        target, left, is_there = _without(schemes[name], secret_of(name), target, left)
        is_authorized = is_authorized or (is_there and schemes[name].kind == "http")
        faults += [] if is_there or (is_authorized and schemes[name].kind == "http") else [f"no credential of {name}"]
    shown = unquote(target) + "\n" + "\n".join(f"{key}: {unquote(value)}" for key, value in left)
    for name in schemes:
        secret = secret_of(name)
        if secret in shown or base64.b64encode(secret.encode()).decode() in shown:
            faults.append(f"a credential of {name} where none belongs")
    return target, left, faults


def _is_here(scheme: Scheme, secret: str, headers: Headers) -> bool:
    """Schemes that share the Authorization header have room for one; the one that is there comes first."""
    return scheme.kind != "http" or _without(scheme, secret, "", headers)[2]


def _without(scheme: Scheme, secret: str, target: str, headers: Headers) -> tuple[str, list[tuple[str, str]], bool]:
    if scheme.kind == "apiKey" and scheme.place == "query":
        return _query_without(scheme.name, secret, target, list(headers))
    name = scheme.name.lower() if scheme.kind == "apiKey" else "authorization"
    if scheme.kind == "apiKey" and scheme.place == "cookie":
        return _cookie_without(scheme.name, secret, target, list(headers))
    text = secret
    if scheme.kind == "http":
        held = base64.b64encode(secret.encode()).decode() if scheme.name == "basic" else secret
        text = f"{scheme.name} {held}"
    found = [value for key, value in headers if key == name]
    left = [(key, value) for key, value in headers if key != name]
    if scheme.kind == "http":
        found = [f"{value.partition(' ')[0].lower()} {value.partition(' ')[2]}" for value in found]
    return target, left, found == [text]


def _query_without(
    name: str, secret: str, target: str, headers: list[tuple[str, str]]
) -> tuple[str, list[tuple[str, str]], bool]:
    path, _, query = target.partition("?")
    pairs = query.split("&") if query else []
    own = [pair for pair in pairs if unquote(pair.partition("=")[0]) == name]
    rest = "&".join(pair for pair in pairs if pair not in own)
    is_there = [unquote(pair.partition("=")[2]) for pair in own] == [secret]
    return f"{path}?{rest}" if rest else path, headers, is_there


def _cookie_without(
    name: str, secret: str, target: str, headers: list[tuple[str, str]]
) -> tuple[str, list[tuple[str, str]], bool]:
    cookies = [pair for key, value in headers if key == "cookie" for pair in value.split("; ")]
    own = [pair for pair in cookies if pair.partition("=")[0] == name]
    rest = "; ".join(pair for pair in cookies if pair not in own)
    left = [(key, value) for key, value in headers if key != "cookie"]
    is_there = [unquote(pair.partition("=")[2]) for pair in own] == [secret]
    return target, [*left, *([("cookie", rest)] if rest else [])], is_there
