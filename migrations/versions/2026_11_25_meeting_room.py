"""Rooms in full: settings, papers, topics that move, posts that wait, guests and questions."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op


revision = "2026_11_25_meeting_room"
down_revision = "2026_11_24_first_layout"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "stored_file",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("media_type", sa.String(length=60), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("created_at", sa.DateTime(), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_stored_file")),
        sa.UniqueConstraint("public_id", name=op.f("uq_stored_file_public_id")),
    )
    op.create_table(
        "stored_content",
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_stored_content_file_id_stored_file")
        ),
        sa.PrimaryKeyConstraint("file_id", name=op.f("pk_stored_content")),
    )
    op.create_table(
        "tag",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("consultation_id", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=30), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("retired_at", sa.DateTime(), nullable=True),
        sa.ForeignKeyConstraint(
            ["consultation_id"],
            ["consultation.id"],
            name=op.f("fk_tag_consultation_id_consultation"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tag")),
        sa.UniqueConstraint("consultation_id", "name", name=op.f("uq_tag_consultation_id_name")),
    )
    op.create_table(
        "paper",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("title", sa.String(length=120), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("added_at", sa.DateTime(), nullable=False),
        sa.Column("removed_at", sa.DateTime(), nullable=True),
        sa.Column("removed_reason", sa.String(length=400), nullable=False),
        sa.Column("public_id", sa.String(length=26), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_paper_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_paper_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_paper")),
        sa.UniqueConstraint("public_id", name=op.f("uq_paper_public_id")),
    )
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.create_index("ix_paper_room", ["room_id", "position"], unique=False)
    op.create_table(
        "room_change",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("room_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["room_id"], ["room.id"], name=op.f("fk_room_change_room_id_room")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_room_change")),
    )
    with op.batch_alter_table("room_change", schema=None) as batch_op:
        batch_op.create_index("ix_room_change_room", ["room_id"], unique=False)
    op.create_table(
        "topic_tag",
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("tag_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["tag_id"], ["tag.id"], name=op.f("fk_topic_tag_tag_id_tag")),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_topic_tag_topic_id_topic")
        ),
        sa.PrimaryKeyConstraint("topic_id", "tag_id", name=op.f("pk_topic_tag")),
    )
    op.create_table(
        "topic_trace",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=20), nullable=False),
        sa.Column("reason", sa.String(length=400), nullable=False),
        sa.Column("other_id", sa.Integer(), nullable=True),
        sa.Column("detail", sa.JSON(), nullable=False),
        sa.Column("at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["other_id"], ["topic.id"], name=op.f("fk_topic_trace_other_id_topic")
        ),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_topic_trace_topic_id_topic")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_topic_trace")),
    )
    with op.batch_alter_table("topic_trace", schema=None) as batch_op:
        batch_op.create_index("ix_topic_trace_topic", ["topic_id"], unique=False)
    op.create_table(
        "mention",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("account_id", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["account_id"], ["account.id"], name=op.f("fk_mention_account_id_account")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_mention_post_id_post")),
        sa.PrimaryKeyConstraint("post_id", "account_id", name=op.f("pk_mention")),
    )
    op.create_table(
        "post_image",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("file_id", sa.Integer(), nullable=False),
        sa.Column("alt", sa.String(length=200), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["file_id"], ["stored_file.id"], name=op.f("fk_post_image_file_id_stored_file")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_image_post_id_post")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_image")),
        sa.UniqueConstraint("file_id", name=op.f("uq_post_image_file_id")),
        sa.UniqueConstraint("post_id", "position", name=op.f("uq_post_image_post_id_position")),
    )
    op.create_table(
        "post_place",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("topic_id", sa.Integer(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("path", sa.String(length=48), nullable=False),
        sa.Column("depth", sa.Integer(), nullable=False),
        sa.Column("is_root", sa.Boolean(), nullable=False),
        sa.Column("moved_at", sa.DateTime(), nullable=False),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_post_place_post_id_post")),
        sa.ForeignKeyConstraint(
            ["topic_id"], ["topic.id"], name=op.f("fk_post_place_topic_id_topic")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_post_place")),
        sa.UniqueConstraint("topic_id", "number", name=op.f("uq_post_place_topic_id_number")),
    )
    with op.batch_alter_table("post_place", schema=None) as batch_op:
        batch_op.create_index("ix_post_place_path", ["topic_id", "path"], unique=False)
        batch_op.create_index("ix_post_place_post", ["post_id"], unique=False)
    op.create_table(
        "question",
        sa.Column("post_id", sa.Integer(), nullable=False),
        sa.Column("department_id", sa.Integer(), nullable=False),
        sa.Column("asked_at", sa.DateTime(), nullable=False),
        sa.Column("due_at", sa.DateTime(), nullable=False),
        sa.Column("interim_id", sa.Integer(), nullable=True),
        sa.Column("interim_at", sa.DateTime(), nullable=True),
        sa.Column("promised_at", sa.DateTime(), nullable=True),
        sa.Column("answer_id", sa.Integer(), nullable=True),
        sa.Column("answered_at", sa.DateTime(), nullable=True),
        sa.Column("unmarked_at", sa.DateTime(), nullable=True),
        sa.Column("unmarked_role", sa.String(length=20), nullable=False),
        sa.Column("unmarked_reason", sa.String(length=400), nullable=False),
        sa.ForeignKeyConstraint(
            ["answer_id"], ["post.id"], name=op.f("fk_question_answer_id_post")
        ),
        sa.ForeignKeyConstraint(
            ["department_id"], ["department.id"], name=op.f("fk_question_department_id_department")
        ),
        sa.ForeignKeyConstraint(
            ["interim_id"], ["post.id"], name=op.f("fk_question_interim_id_post")
        ),
        sa.ForeignKeyConstraint(["post_id"], ["post.id"], name=op.f("fk_question_post_id_post")),
        sa.PrimaryKeyConstraint("post_id", name=op.f("pk_question")),
    )
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.create_index(
            "ix_question_open", ["department_id", "answered_at", "due_at"], unique=False
        )
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("guest_name", sa.String(length=40), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("guest_hash", sa.String(length=64), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("changed_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("held_at", sa.DateTime(), nullable=True))
        batch_op.alter_column("author_id", existing_type=sa.INTEGER(), nullable=True)
        batch_op.drop_index(batch_op.f("ix_post_path"))
        batch_op.create_index("ix_post_path", ["topic_id", "path", "number"], unique=False)
        batch_op.create_index("ix_post_changed", ["topic_id", "changed_at"], unique=False)
        batch_op.create_index("ix_post_role", ["topic_id", "role", "number"], unique=False)
        batch_op.create_index("ix_post_held", ["held_at"], unique=False)
        batch_op.create_index("ix_post_parent", ["parent_id"], unique=False)
    with op.batch_alter_table("room", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("writers", sa.String(length=12), nullable=False, server_default="account")
        )
        batch_op.add_column(
            sa.Column("checked", sa.String(length=12), nullable=False, server_default="after")
        )
        batch_op.add_column(
            sa.Column("topics_by", sa.String(length=12), nullable=False, server_default="ward")
        )
        batch_op.add_column(
            sa.Column("has_stances", sa.Boolean(), nullable=False, server_default=sa.true())
        )
        batch_op.add_column(sa.Column("summary", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("summary_html", sa.Text(), nullable=False, server_default=""))
        batch_op.add_column(sa.Column("summary_at", sa.DateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("summary_version", sa.Integer(), nullable=False, server_default="0")
        )
    with op.batch_alter_table("topic", schema=None) as batch_op:
        batch_op.add_column(
            sa.Column("held_count", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(sa.Column("gone", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(sa.Column("silent", sa.JSON(), nullable=False, server_default="[]"))
        batch_op.add_column(
            sa.Column("people_count", sa.Integer(), nullable=False, server_default="0")
        )
        batch_op.add_column(
            sa.Column("context_role", sa.String(length=20), nullable=False, server_default="")
        )
        batch_op.add_column(
            sa.Column("role", sa.String(length=20), nullable=False, server_default="officer")
        )
        batch_op.add_column(sa.Column("opened_by_id", sa.Integer(), nullable=True))
        batch_op.add_column(sa.Column("pinned_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("locked_at", sa.DateTime(), nullable=True))
        batch_op.add_column(
            sa.Column("locked_reason", sa.String(length=400), nullable=False, server_default="")
        )
        batch_op.add_column(sa.Column("held_at", sa.DateTime(), nullable=True))
        batch_op.add_column(sa.Column("merged_into_id", sa.Integer(), nullable=True))
        batch_op.create_foreign_key(
            batch_op.f("fk_topic_opened_by_id_account"), "account", ["opened_by_id"], ["id"]
        )
        batch_op.create_foreign_key(
            batch_op.f("fk_topic_merged_into_id_topic"), "topic", ["merged_into_id"], ["id"]
        )
    _count_what_is_shown()


def _count_what_is_shown() -> None:
    """Fill `silent` and `people_count` for the topics there are, as forum.tallies keeps them."""
    topic = sa.table(
        "topic", sa.column("id"), sa.column("silent", sa.JSON), sa.column("people_count")
    )
    columns = ("topic_id", "number", "author_id", "hidden_at", "withdrawn_at")
    post = sa.table("post", *(sa.column(name) for name in columns))
    is_shown = sa.and_(post.c.hidden_at.is_(None), post.c.withdrawn_at.is_(None))
    speakers = sa.select(sa.func.count(sa.distinct(post.c.author_id)))
    speakers = speakers.where(post.c.topic_id == topic.c.id, is_shown)
    op.execute(sa.update(topic).values(people_count=speakers.scalar_subquery()))
    away = sa.select(post.c.topic_id, post.c.number).where(sa.not_(is_shown))
    silent: dict[int, list[list[int]]] = {}
    for topic_id, number in op.get_bind().execute(away.order_by(post.c.topic_id, post.c.number)):
        spans = silent.setdefault(topic_id, [])
        if spans and spans[-1][1] == number - 1:
            spans[-1][1] = number
        else:
            spans.append([number, number])
    for topic_id, spans in silent.items():
        op.execute(sa.update(topic).where(topic.c.id == topic_id).values(silent=spans))


def downgrade() -> None:
    with op.batch_alter_table("topic", schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f("fk_topic_merged_into_id_topic"), type_="foreignkey")
        batch_op.drop_constraint(batch_op.f("fk_topic_opened_by_id_account"), type_="foreignkey")
        batch_op.drop_column("merged_into_id")
        batch_op.drop_column("held_at")
        batch_op.drop_column("locked_reason")
        batch_op.drop_column("locked_at")
        batch_op.drop_column("pinned_at")
        batch_op.drop_column("opened_by_id")
        batch_op.drop_column("role")
        batch_op.drop_column("context_role")
        batch_op.drop_column("people_count")
        batch_op.drop_column("silent")
        batch_op.drop_column("gone")
        batch_op.drop_column("held_count")
    with op.batch_alter_table("room", schema=None) as batch_op:
        batch_op.drop_column("summary_version")
        batch_op.drop_column("summary_at")
        batch_op.drop_column("summary_html")
        batch_op.drop_column("summary")
        batch_op.drop_column("has_stances")
        batch_op.drop_column("topics_by")
        batch_op.drop_column("checked")
        batch_op.drop_column("writers")
    with op.batch_alter_table("post", schema=None) as batch_op:
        batch_op.drop_index("ix_post_parent")
        batch_op.drop_index("ix_post_held")
        batch_op.drop_index("ix_post_role")
        batch_op.drop_index("ix_post_changed")
        batch_op.drop_index("ix_post_path")
        batch_op.create_index(batch_op.f("ix_post_path"), ["topic_id", "path"], unique=False)
        batch_op.alter_column("author_id", existing_type=sa.INTEGER(), nullable=False)
        batch_op.drop_column("held_at")
        batch_op.drop_column("changed_at")
        batch_op.drop_column("guest_hash")
        batch_op.drop_column("guest_name")
    with op.batch_alter_table("question", schema=None) as batch_op:
        batch_op.drop_index("ix_question_open")
    op.drop_table("question")
    with op.batch_alter_table("post_place", schema=None) as batch_op:
        batch_op.drop_index("ix_post_place_post")
        batch_op.drop_index("ix_post_place_path")
    op.drop_table("post_place")
    op.drop_table("post_image")
    op.drop_table("mention")
    with op.batch_alter_table("topic_trace", schema=None) as batch_op:
        batch_op.drop_index("ix_topic_trace_topic")
    op.drop_table("topic_trace")
    op.drop_table("topic_tag")
    with op.batch_alter_table("room_change", schema=None) as batch_op:
        batch_op.drop_index("ix_room_change_room")
    op.drop_table("room_change")
    with op.batch_alter_table("paper", schema=None) as batch_op:
        batch_op.drop_index("ix_paper_room")
    op.drop_table("paper")
    op.drop_table("tag")
    op.drop_table("stored_content")
    op.drop_table("stored_file")
