"""Settings read once from the environment; production refuses to start with unsafe values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = ("development", "production", "test")
DEVELOPMENT_KEY = "only-for-development"


class Unsafe(RuntimeError):
    """A production start was refused; the text lists every reason."""


@dataclass(frozen=True)
class Settings:
    """What one installation of Tomoni needs to know.

    `base_url` is where residents reach the site: links in mails are built from it, never from the
    request's Host header. `data_dir` holds the SQLite files and the search index.
    """

    environment: str = "development"
    secret_key: str = field(default=DEVELOPMENT_KEY, repr=False)
    database_url: str = ""
    data_dir: Path = ROOT / "var"
    base_url: str = "http://127.0.0.1:8000"
    socket_origins: tuple[str, ...] = ()
    frame_ancestors: str = "*"
    mail_url: str = ""
    mail_from: str = "tomoni@localhost"
    demo: bool = False
    ward: str = "みどり野区"
    site_name: str = "みんなの会議室"
    contact_department: str = "企画部 区民参加課"
    contact_phone: str = "03-0000-1234"
    secure_cookies: bool = False
    testing: bool = False

    @property
    def is_production(self) -> bool:
        return self.environment == "production"

    @property
    def database(self) -> str:
        return self.database_url or f"sqlite:///{self.data_dir / 'tomoni.db'}"

    @property
    def queue_file(self) -> Path:
        return self.data_dir / "queue.db"

    @property
    def index_dir(self) -> Path:
        return self.data_dir / "index"

    def problems(self) -> list[str]:
        """Why this must not serve the public; empty when it may."""
        found = []
        if self.secret_key == DEVELOPMENT_KEY or len(self.secret_key) < 32:
            found.append("TOMONI_SECRET_KEY must be a random value of 32 characters or more")
        if urlsplit(self.base_url).scheme != "https":
            found.append("TOMONI_BASE_URL must start with https://")
        if "*" in self.socket_origins:
            found.append("TOMONI_SOCKET_ORIGINS must list origins, not *")
        if self.demo:
            found.append("TOMONI_DEMO must be off: demo accounts have known passwords")
        if not self.secure_cookies:
            found.append("TOMONI_SECURE_COOKIES must be on")
        if not self.mail_url:
            found.append("TOMONI_MAIL_URL must name an SMTP server")
        return found


def from_environment(env: Mapping[str, str]) -> Settings:
    """Read settings from `TOMONI_*` variables; raises `Unsafe` for a production start in danger."""

    def flag(name: str, default: bool) -> bool:
        return env.get(name, str(int(default))).lower() in {"1", "true", "yes", "on"}

    environment = env.get("TOMONI_ENV", "development")
    if environment not in ENVIRONMENTS:
        raise Unsafe(f"TOMONI_ENV must be one of {', '.join(ENVIRONMENTS)}, not {environment!r}")
    defaults = Settings()
    settings = Settings(
        environment=environment,
        secret_key=env.get("TOMONI_SECRET_KEY", DEVELOPMENT_KEY),
        database_url=env.get("TOMONI_DATABASE_URL", ""),
        data_dir=Path(env.get("TOMONI_DATA_DIR", str(defaults.data_dir))).resolve(),
        base_url=env.get("TOMONI_BASE_URL", defaults.base_url).rstrip("/"),
        socket_origins=tuple(o for o in env.get("TOMONI_SOCKET_ORIGINS", "").split(",") if o),
        frame_ancestors=env.get("TOMONI_FRAME_ANCESTORS", "*"),
        mail_url=env.get("TOMONI_MAIL_URL", ""),
        mail_from=env.get("TOMONI_MAIL_FROM", defaults.mail_from),
        demo=flag("TOMONI_DEMO", False),
        ward=env.get("TOMONI_WARD", defaults.ward),
        site_name=env.get("TOMONI_SITE_NAME", defaults.site_name),
        contact_department=env.get("TOMONI_CONTACT_DEPARTMENT", defaults.contact_department),
        contact_phone=env.get("TOMONI_CONTACT_PHONE", defaults.contact_phone),
        secure_cookies=flag("TOMONI_SECURE_COOKIES", environment == "production"),
    )
    if settings.is_production and settings.problems():
        raise Unsafe("; ".join(settings.problems()))
    return settings
