"""Add the bytes of message types that are not kept yet."""

from __future__ import annotations

import json

from tests.sync.golden.samples import FILE, fresh, kept


def main() -> None:
    content = kept()
    for name, line in fresh().items():
        content.setdefault(name, line)
    FILE.write_text(
        json.dumps(content, ensure_ascii=False, indent=1, sort_keys=True) + "\n", encoding="utf-8"
    )


main()
