"""What the operator reads on standard error: one line for each event, errors with a plain trace."""

from __future__ import annotations

import sys

import structlog


def configure() -> None:
    """Say events without the values of variables: those hold what people wrote and who they are."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(
                colors=False, exception_formatter=structlog.dev.plain_traceback
            ),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
