"""The rules of a pack as a Markdown table, as `docs/channels.md` shows them."""

PROVENANCE = {
    "kind",
    "severity",
    "effective_from",
    "effective_until",
    "source_url",
    "verified_on",
    "confidence",
    "categories",
    "note",
}


def table(pack):
    lines = ["| rule | severity | in force | source, verified on | note |", "|---|---|---|---|---|"]
    for rule in pack.rules:
        fields = rule.model_dump(mode="json")
        demand = ", ".join(
            f"{key} {', '.join(value) if isinstance(value, list) else value}"
            for key, value in fields.items()
            if key not in PROVENANCE
        )
        span = f"from {rule.effective_from}" if rule.effective_from else "always"
        if rule.effective_until:
            span += f", before {rule.effective_until}"
        note = rule.note
        if rule.categories:
            note = f"Only {', '.join(rule.categories)}. {note}".strip()
        address = rule.source_url.removeprefix("docs/")
        source = f"[{rule.confidence}]({address}), {rule.verified_on}"
        what = f"`{rule.kind}` {demand}".strip()
        lines.append(f"| {what} | {rule.severity.value} | {span} | {source} | {note} |")
    return "\n".join(lines)
