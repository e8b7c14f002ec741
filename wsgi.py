"""What `flask --app wsgi` and gunicorn load."""

from core.factory import create_app

app = create_app()
