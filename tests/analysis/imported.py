"""Opinions as an import leaves them: each with the row of the file it was read in from."""

from __future__ import annotations

from collections.abc import Sequence

from core import clock, db
from ledger import opinions
from ledger.models import Channel, Consultation, Import, ImportRow


def read_in(consultation: Consultation, districts: Sequence[str], **more: str) -> list[int]:
    """One opinion for each district; `more` are further columns. Their ids."""
    with db.transaction() as tx:
        done = Import(
            consultation_id=consultation.id,
            file_name="a.csv",
            file_hash="0",
            text_column="意見",
            channel="import",
            row_count=len(districts),
            added_count=len(districts),
            imported_at=clock.now(),
        )
        tx.add(done)
        tx.flush()
        rows = [
            ImportRow(
                import_id=done.id,
                line=n,
                key=f"k{n}",
                columns={"意見": "x", "地区": where, **more},
            )
            for n, where in enumerate(districts, start=2)
        ]
        tx.add_all(rows)
    return opinions.enter_all(
        consultation,
        [
            opinions.Said(
                source="import_row",
                source_id=row.id,
                channel=Channel.IMPORT,
                body="木を残して",
                submission=f"import:{row.id}",
                voice_id=None,
                said_at=clock.now(),
                received_at=clock.now(),
            )
            for row in rows
        ],
        role="officer",
    )
