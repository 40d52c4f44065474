"""A job -> what is made of its document, as bytes."""

from __future__ import annotations

from specport.catalog.codec import encode_catalog
from specport.sources.making import HERE
from specport.sources.worker.model import Job, Kind
from specport.sources.worker.wire import pack_preview


def made_of(job: Job) -> bytes:
    """A name, a catalog or a preview. Raises DocumentError and SourceError as making it here would."""
    if job.kind is Kind.NAME:
        return HERE.name(job.source).encode()
    if job.kind is Kind.CATALOG:
        return encode_catalog(HERE.catalog(job.source, job.shape))
    return pack_preview(HERE.preview(job.source, job.shape))
