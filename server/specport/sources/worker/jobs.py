"""A job -> what is made of its document, as bytes."""

from __future__ import annotations

from dataclasses import replace

from specport.catalog.codec import encode_catalog
from specport.sources.making import HERE
from specport.sources.worker.model import Job, Kind
from specport.sources.worker.wire import pack_look, pack_preview


def made_of(job: Job) -> bytes:
    """Whatever kind it is. Raises DocumentError and SourceError as making it without a process would."""
    if job.kind is Kind.NAME:
        return HERE.name(job.source).encode()
    if job.kind is Kind.LOOK:
        return pack_look(HERE.referring(replace(job.source, files=())).look(job.source.files))
    if job.kind is Kind.CATALOG:
        return encode_catalog(HERE.catalog(job.source, job.shape))
    return pack_preview(HERE.preview(job.source, job.shape))
