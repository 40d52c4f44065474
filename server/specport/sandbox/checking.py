"""Is a request what the document asks for? Credentials, parameters and body, each refusal naming what and where."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import unquote, unquote_plus

from specport.operations.model import Location, Operation, Operations, Parameter, SecurityScheme
from specport.sandbox.bodies import BodyReader
from specport.sandbox.checks import Checks
from specport.sandbox.model import ABSENT, Asked, Checked, Match, Place, Refusal
from specport.sandbox.parameters import Pairs, ParameterReader
from specport.sandbox.shapes import Shapes


class RequestCheck:
    """Checks the requests of one document."""

    def __init__(self, operations: Operations, shapes: Shapes, checks: Checks) -> None:
        self._schemes = operations.schemes
        self._checks = checks
        self._parameters = ParameterReader(shapes, checks)
        self._bodies = BodyReader(shapes, checks, self._parameters)
        self._key_names = frozenset(
            scheme.parameter for scheme in operations.schemes.values() if scheme.location == "query"
        )

    def credential(self, operation: Operation, asked: Asked) -> str:
        """The text that tells one caller from another; Refusal 401 when what the operation needs is missing."""
        needed = operation.security
        if needed and not any(all(self._is_sent(name, asked) for name in names) for names in needed):
            ways = " or ".join(" with ".join(names) for names in needed if names)
            raise Refusal(
                401,
                "unauthorized",
                f"this operation needs credentials ({ways})",
                {"WWW-Authenticate": "Bearer"},
            )
        sent = asked.headers.get("authorization", "")
        if sent:
            return sent
        for scheme in self._schemes.values():
            if scheme.kind == "apiKey" and _api_key(scheme, asked):
                return _api_key(scheme, asked)
        return ""

    def check(self, match: Match, asked: Asked) -> Checked:
        """The request's values; Refusal 400, 415 or 422 when they are not what the document asks for."""
        path, query, taken = dict[str, object](), dict[str, object](), set[str]()
        open_names = self._open_names(match, asked)
        for parameter in match.operation.parameters:
            value, names = self._sent(parameter, match, asked, open_names)
            taken |= names
            if value is ABSENT:
                if parameter.required and not self._is_key(parameter):
                    raise Refusal(400, "bad_request", f"{_where(parameter)}: is required and was not sent")
                continue
            if not (parameter.allow_empty and value == ""):
                self._validate(parameter, value)
            if parameter.location is Location.PATH:
                path[parameter.name] = value
            elif parameter.location is Location.QUERY:
                query[parameter.name] = value
        self._refuse_undeclared(open_names - taken, match.operation)
        body = self._bodies.read(match.operation.body, asked.headers.get("content-type", ""), asked.body)
        return Checked(path, query, body)

    def _is_sent(self, name: str, asked: Asked) -> bool:
        scheme = self._schemes.get(name)
        if scheme is not None and scheme.kind == "mutualTLS":
            return True
        if scheme is not None and scheme.kind == "apiKey":
            return bool(_api_key(scheme, asked))
        return bool(asked.headers.get("authorization", "").strip())

    def _is_key(self, parameter: Parameter) -> bool:
        """Whether authentication owns the parameter, so that its absence was judged already."""
        name = parameter.name.lower()
        return any(
            scheme.parameter.lower() == name and scheme.location == parameter.location
            for scheme in self._schemes.values()
        )

    def _open_names(self, match: Match, asked: Asked) -> frozenset[str]:
        """The query names that nothing declares by name; exploded objects may still take them."""
        queried = (p for p in match.operation.parameters if p.location is Location.QUERY)
        declared = {p.name for p in queried if not self._parameters.is_spread_out(p)}
        sent = {unquote_plus(name) for name, _ in asked.query}
        return frozenset(sent - declared - self._key_names - match.fixed_query)

    def _sent(
        self, parameter: Parameter, match: Match, asked: Asked, open_names: frozenset[str]
    ) -> tuple[object, frozenset[str]]:
        if parameter.location is Location.QUERY:
            return self._parameters.named(parameter, asked.query, open_names)
        if parameter.location is Location.COOKIE:
            return self._parameters.named(parameter, cookies(asked.headers), frozenset())
        if parameter.location is Location.PATH:
            text = match.values.get(parameter.name)
        else:
            text = asked.headers.get(parameter.name.lower())
        nothing: frozenset[str] = frozenset()
        return (ABSENT, nothing) if text is None else (self._parameters.single(parameter, text), nothing)

    def _validate(self, parameter: Parameter, value: object) -> None:
        place = Place(parameter.schema, parameter.pointer)
        complaints = self._checks.complaints((place,), value, _where(parameter))
        if complaints:
            message = "; ".join(str(complaint) for complaint in complaints)
            raise Refusal(400, "bad_request", message)

    def _refuse_undeclared(self, names: frozenset[str], operation: Operation) -> None:
        if not names:
            return
        declared = [p.name for p in operation.parameters if p.location is Location.QUERY]
        takes = f"it takes {', '.join(declared)}" if declared else "it takes none"
        listed = ", ".join(sorted(names))
        raise Refusal(400, "bad_request", f"/query: {listed} is not a parameter of this operation ({takes})")


def _where(parameter: Parameter) -> str:
    return f"/{parameter.location}/{parameter.name}"


def _api_key(scheme: SecurityScheme, asked: Asked) -> str:
    if scheme.location == "header":
        return asked.headers.get(scheme.parameter.lower(), "")
    if scheme.location == "cookie":
        return dict(cookies(asked.headers)).get(scheme.parameter, "")
    sent = (value for name, value in asked.query if unquote(name) == scheme.parameter)
    return next(sent, "")


def cookies(headers: Mapping[str, str]) -> Pairs:
    """Names and values of a request's cookies in order, as sent."""
    pairs = (pair.strip().partition("=") for pair in headers.get("cookie", "").split(";"))
    return tuple((name, value) for name, equals, value in pairs if equals)
