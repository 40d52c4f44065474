"""`docs/presets.md` lists the presets, made from their manifests."""

from __future__ import annotations

from generated_tables import check_table
from specport.sources.manifest import Manifest
from specport.sources.presets import find_preset, presets


def table() -> str:
    """A row for each preset."""
    rows = ["| preset | for | variables | limits | document |", "|---|---|---|---|---|"]
    for preset in presets():
        manifest = find_preset(preset.name)
        assert manifest is not None
        variables = ", ".join(f"`{name}`" for name in preset.variables) or "none"
        about = f"{preset.title}: {preset.about}"
        host = preset.document.split("/")[2]
        rows.append(f"| `{preset.name}` | {about} | {variables} | {limits(manifest)} | [{host}]({preset.document}) |")
    return "\n".join(rows) + "\n"


def limits(manifest: Manifest) -> str:
    return ", ".join(f"{limit.requests:,} {limit.name}" for limit in manifest.limits) or "told by the API"


def test_the_page_lists_every_preset() -> None:
    """`UPDATE_SNAPSHOTS=1` writes the table anew; a change of it is reviewed."""
    check_table("presets.md", "presets", table())
