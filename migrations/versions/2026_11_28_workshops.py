"""Workshops: their plan, who takes part, the board's log and its projections."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "2026_11_28_workshops"
down_revision = "2026_11_25_search_text"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "workshop_template",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("plan", sa.JSON(), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["department_id"],
            ["department.id"],
            name=op.f("fk_workshop_template_department_id_department"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_template")),
        sa.UniqueConstraint("public_id", name=op.f("uq_workshop_template_public_id")),
    )
    op.create_table(
        "workshop",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("aim", sa.Text(), nullable=False),
        sa.Column("held_at", sa.DateTime(), nullable=False),
        sa.Column("place", sa.String(length=120), nullable=False),
        sa.Column("programme", sa.JSON(), nullable=False),
        sa.Column("questions", sa.JSON(), nullable=False),
        sa.Column("template", sa.String(length=40), nullable=False),
        sa.Column("phases", sa.JSON(), nullable=False),
        sa.Column("tables", sa.Integer(), nullable=False),
        sa.Column("capacity", sa.Integer(), nullable=False),
        sa.Column("joining", sa.String(length=10), nullable=False),
        sa.Column("code", sa.String(length=6), nullable=True),
        sa.Column("rules", sa.JSON(), nullable=False),
        sa.Column("consent", sa.String(length=600), nullable=False),
        sa.Column("budget", sa.Integer(), nullable=False),
        sa.Column("is_rehearsal", sa.Boolean(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("closed_at", sa.DateTime(), nullable=True),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultation.id"],
            name=op.f("fk_workshop_consultation_id_consultation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop")),
        sa.UniqueConstraint("code", name=op.f("uq_workshop_code")),
        sa.UniqueConstraint("consultation_id", "key", name=op.f("uq_workshop_consultation_id_key")),
        sa.UniqueConstraint("public_id", name=op.f("uq_workshop_public_id")),
    )
    with op.batch_alter_table("workshop", schema=None) as batch_op:
        batch_op.create_index("ix_workshop_held", ["held_at"], unique=False)

    op.create_table(
        "board",
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("live", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_board_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", name=op.f("pk_board")),
    )
    op.create_table(
        "workshop_member",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=40), nullable=False),
        sa.Column("role", sa.String(length=10), nullable=False),
        sa.Column("table_key", sa.String(length=40), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=True),
        sa.Column("joined_at", sa.DateTime(), nullable=False),
        sa.Column("gone_at", sa.DateTime(), nullable=True),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_workshop_member_account_id_account")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_workshop_member_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_member")),
        sa.UniqueConstraint("public_id", name=op.f("uq_workshop_member_public_id")),
        sa.UniqueConstraint(
            "workshop_id", "token_hash", name=op.f("uq_workshop_member_workshop_id_token_hash")
        ),
    )
    with op.batch_alter_table("workshop_member", schema=None) as batch_op:
        batch_op.create_index(
            "ix_workshop_member_account", ["workshop_id", "account_id"], unique=False
        )

    op.create_table(
        "workshop_invite",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("masked", sa.String(length=254), nullable=False),
        sa.Column("address_hash", sa.String(length=64), nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("invited_at", sa.DateTime(), nullable=False),
        sa.Column("withdrawn_at", sa.DateTime(), nullable=True),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_workshop_invite_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_invite")),
        sa.UniqueConstraint("public_id", name=op.f("uq_workshop_invite_public_id")),
        sa.UniqueConstraint("token_hash", name=op.f("uq_workshop_invite_token_hash")),
        sa.UniqueConstraint(
            "workshop_id", "address_hash", name=op.f("uq_workshop_invite_workshop_id_address_hash")
        ),
    )
    op.create_table(
        "workshop_photo",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("table_key", sa.String(length=40), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("caption", sa.String(length=120), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_workshop_photo_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_workshop_photo_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_workshop_photo")),
        sa.UniqueConstraint("public_id", name=op.f("uq_workshop_photo_public_id")),
    )
    with op.batch_alter_table("workshop_photo", schema=None) as batch_op:
        batch_op.create_index("ix_workshop_photo_workshop", ["workshop_id", "id"], unique=False)

    op.create_table(
        "board_op",
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("cid", sa.String(length=40), nullable=False),
        sa.Column("n", sa.Integer(), nullable=False),
        sa.Column("member", sa.String(length=26), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.Column("body", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.workshop_id"], name=op.f("fk_board_op_board_id_board")
        ),
        sa.PrimaryKeyConstraint("board_id", "seq", name=op.f("pk_board_op")),
        sa.UniqueConstraint("board_id", "cid", "n", name=op.f("uq_board_op_board_id_cid_n")),
    )
    op.create_table(
        "island",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("title", sa.String(length=60), nullable=False),
        sa.Column("table_key", sa.String(length=40), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("member", sa.String(length=26), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.workshop_id"], name=op.f("fk_island_board_id_board")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_island")),
        sa.UniqueConstraint("board_id", "key", name=op.f("uq_island_board_id_key")),
    )
    op.create_table(
        "island_link",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("from_key", sa.String(length=40), nullable=False),
        sa.Column("to_key", sa.String(length=40), nullable=False),
        sa.Column("word", sa.String(length=60), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.workshop_id"], name=op.f("fk_island_link_board_id_board")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_island_link")),
        sa.UniqueConstraint("board_id", "key", name=op.f("uq_island_link_board_id_key")),
    )
    op.create_table(
        "note",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("member", sa.String(length=26), nullable=False),
        sa.Column("table_key", sa.String(length=40), nullable=False),
        sa.Column("question", sa.Integer(), nullable=False),
        sa.Column("body", sa.String(length=100), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("color", sa.Integer(), nullable=False),
        sa.Column("x", sa.Integer(), nullable=False),
        sa.Column("y", sa.Integer(), nullable=False),
        sa.Column("island_key", sa.String(length=40), nullable=False),
        sa.Column("place", sa.String(length=60), nullable=False),
        sa.Column("is_veiled", sa.Boolean(), nullable=False),
        sa.Column("hidden_reason", sa.String(length=200), nullable=False),
        sa.Column("is_gone", sa.Boolean(), nullable=False),
        sa.Column("of_key", sa.String(length=40), nullable=False),
        sa.Column("lost", sa.String(length=100), nullable=False),
        sa.Column("said_at", sa.DateTime(), nullable=False),
        sa.Column("settled_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.workshop_id"], name=op.f("fk_note_board_id_board")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note")),
        sa.UniqueConstraint("board_id", "key", name=op.f("uq_note_board_id_key")),
    )
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.create_index("ix_note_settled", ["board_id", "settled_at"], unique=False)

    op.create_table(
        "note_talk",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("note_key", sa.String(length=40), nullable=False),
        sa.Column("member", sa.String(length=26), nullable=False),
        sa.Column("body", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.workshop_id"], name=op.f("fk_note_talk_board_id_board")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_talk")),
        sa.UniqueConstraint("board_id", "key", name=op.f("uq_note_talk_board_id_key")),
    )
    op.create_table(
        "note_vote",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("member", sa.String(length=26), nullable=False),
        sa.Column("note_key", sa.String(length=40), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.workshop_id"], name=op.f("fk_note_vote_board_id_board")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_note_vote")),
        sa.UniqueConstraint(
            "board_id", "member", "note_key", name=op.f("uq_note_vote_board_id_member_note_key")
        ),
    )
    op.create_table(
        "table_sum",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("board_id", sa.Integer(), nullable=False),
        sa.Column("key", sa.String(length=40), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["board_id"], ["board.workshop_id"], name=op.f("fk_table_sum_board_id_board")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_table_sum")),
        sa.UniqueConstraint("board_id", "key", name=op.f("uq_table_sum_board_id_key")),
    )

    op.create_table(
        "workshop_record",
        sa.Column("workshop_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("lead", sa.Text(), nullable=False),
        sa.Column("lead_html", sa.Text(), nullable=False),
        sa.Column("closing", sa.Text(), nullable=False),
        sa.Column("closing_html", sa.Text(), nullable=False),
        sa.Column("written_at", sa.DateTime(), nullable=False),
        sa.Column("published_at", sa.DateTime(), nullable=True),
        sa.Column("changed_at", sa.DateTime(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["workshop_id"], ["workshop.id"], name=op.f("fk_workshop_record_workshop_id_workshop")
        ),
        sa.PrimaryKeyConstraint("workshop_id", name=op.f("pk_workshop_record")),
    )


def downgrade() -> None:
    op.drop_table("workshop_record")
    op.drop_table("table_sum")
    op.drop_table("note_vote")
    op.drop_table("note_talk")
    with op.batch_alter_table("note", schema=None) as batch_op:
        batch_op.drop_index("ix_note_settled")

    op.drop_table("note")
    op.drop_table("island_link")
    op.drop_table("island")
    op.drop_table("board_op")
    with op.batch_alter_table("workshop_photo", schema=None) as batch_op:
        batch_op.drop_index("ix_workshop_photo_workshop")

    op.drop_table("workshop_photo")
    op.drop_table("workshop_invite")
    with op.batch_alter_table("workshop_member", schema=None) as batch_op:
        batch_op.drop_index("ix_workshop_member_account")

    op.drop_table("workshop_member")
    op.drop_table("board")
    with op.batch_alter_table("workshop", schema=None) as batch_op:
        batch_op.drop_index("ix_workshop_held")

    op.drop_table("workshop")
    op.drop_table("workshop_template")
