"""Step 2 of the desk: every opinion in one table, and reading opinions in from files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import render_template, request, url_for

from core.errors import DomainError, NotFound
from core.web import actor, page_of, permits, refuse, see_other, settings
from ledger import files, imports, lines, queries, readings, uploads
from ledger.forms import ChoiceForm, UploadForm
from ledger.lines import Wanted
from ledger.models import Consultation
from ledger.uploads import Upload
from ledger.views import bp
from ledger.views.desk import case


@bp.get("/desk/c/<slug>/opinions")
@permits("opinions.see_all")
def desk_opinions(slug: str) -> str:
    """Is everything in? One table of all channels."""
    consultation = case(slug)
    wanted = Wanted(
        state=request.args.get("state", ""),
        channel=request.args.get("channel", ""),
        words=request.args.get("q", "")[:100],
    )
    total = lines.count(actor(), consultation, wanted)
    page = page_of(total)
    return render_template(
        "ledger/desk_opinions.html",
        consultation=consultation,
        counts=queries.counts(consultation),
        wanted=wanted,
        total=total,
        page=page,
        lines=lines.of(actor(), consultation, wanted, offset=page.offset, limit=page.size),
        page_url=lambda number: url_for(
            "ledger.desk_opinions",
            slug=slug,
            state=wanted.state or None,
            channel=wanted.channel or None,
            q=wanted.words or None,
            page=number,
        ),
    )


@bp.route("/desk/c/<slug>/import", methods=["GET", "POST"])
@permits("opinions.import")
def desk_import(slug: str) -> Any:
    """Choose a file of opinions; it is put aside until it has been looked at."""
    consultation = case(slug, "opinions.import")
    form = UploadForm()
    if form.validate_on_submit():
        given = form.file.data
        try:
            upload = uploads.keep(
                actor(), consultation, given.filename or "", given.stream, folder=_folder()
            )
            return see_other(
                url_for("ledger.desk_import_preview", slug=slug, public_id=upload.public_id)
            )
        except DomainError as error:
            refuse(form, error)
    page = render_template(
        "ledger/desk_import.html",
        consultation=consultation,
        form=form,
        imports=imports.done_in(consultation),
    )
    return (page, 422) if form.errors else page


@bp.get("/desk/c/<slug>/import/<public_id>")
@permits("opinions.import")
def desk_import_preview(slug: str, public_id: str) -> Any:
    """Which column is what, and what would happen? Nothing is changed by looking."""
    consultation = case(slug, "opinions.import")
    if imports.by_key(consultation, public_id):
        return see_other(url_for("ledger.desk_imported", slug=slug, public_id=public_id))
    upload = uploads.find(actor(), consultation, public_id, folder=_folder())
    form = _form(upload, request.args)
    return _preview(
        consultation, upload, form, "text_column" not in request.args or form.validate()
    )


@bp.post("/desk/c/<slug>/import/<public_id>")
@permits("opinions.import")
def desk_import_run(slug: str, public_id: str) -> Any:
    """Read the file in, once, however often the button is pressed."""
    consultation = case(slug, "opinions.import")
    if not imports.by_key(consultation, public_id):
        upload = uploads.find(actor(), consultation, public_id, folder=_folder())
        form = _form(upload, request.form)
        if not form.validate():
            return _preview(consultation, upload, form, False)
        try:
            imports.run(
                actor(), consultation, upload.path, form.choice(), name=upload.name, key=public_id
            )
        except DomainError as error:
            refuse(form, error)
            return _preview(consultation, upload, form, False)
        uploads.drop(upload)
    return see_other(url_for("ledger.desk_imported", slug=slug, public_id=public_id))


@bp.get("/desk/c/<slug>/imports/<public_id>")
@permits("opinions.import")
def desk_imported(slug: str, public_id: str) -> str:
    """What the import brought."""
    consultation = case(slug, "opinions.import")
    done = imports.by_key(consultation, public_id)
    if done is None:
        raise NotFound
    return render_template(
        "ledger/desk_imported.html",
        consultation=consultation,
        done=done,
        counts=queries.counts(consultation),
    )


def _folder() -> Path:
    return settings().data_dir / "staging"


def _form(upload: Upload, given: Any) -> ChoiceForm:
    """The choice of columns as given, or as the file suggests when nothing was chosen yet."""
    sheets = files.sheets(upload.path)
    columns = list(dict.fromkeys(name for sheet in sheets for name in sheet.columns))
    if "text_column" in given:
        return ChoiceForm(given, meta={"csrf": False}).among(columns)
    likely = {"text_column": readings.likely_text_column(sheets)}
    return ChoiceForm(None, data=likely, meta={"csrf": False}).among(columns)


def _preview(consultation: Consultation, upload: Upload, form: ChoiceForm, is_ready: bool) -> Any:
    looked = None
    if is_ready:
        try:
            looked = imports.preview(actor(), consultation, upload.path, form.choice())
        except DomainError as error:
            refuse(form, error)
    page = render_template(
        "ledger/desk_import_preview.html",
        consultation=consultation,
        upload=upload,
        form=form,
        looked=looked,
    )
    return page if looked else (page, 422)
