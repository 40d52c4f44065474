"""Why no connection could be made, for those who are told: errors of the system and of TLS in a sentence each."""

from __future__ import annotations

import re
import ssl

_NUMBER = re.compile(r"\[Errno -?[0-9]+\] ")


def reason(error: BaseException) -> str:
    """What an error says, without the numbers that the system gives it."""
    unvouched = unvouched_by(error)
    if unvouched:
        return f"its certificate is not good: {unvouched.verify_message}"
    return _NUMBER.sub("", str(error)) or type(error).__name__


def what_to_try(error: BaseException) -> str:
    """What may help: the right API, or the authority behind its certificate, where a company has its own."""
    if unvouched_by(error):
        return "Does an authority of your own vouch for it? Name the file with its certificate in SSL_CERT_FILE"
    return "Is the base URL right and the API up?"


def unvouched_by(error: BaseException | None) -> ssl.SSLCertVerificationError | None:
    """What was wrong with a certificate, where that is why there is no connection."""
    while error is not None and not isinstance(error, ssl.SSLCertVerificationError):
        error = error.__cause__
    return error
