"""The same topic in django-spirit: run by the Python of a throw-away environment, beside ours.

    python peer_forum.py FOLDER POSTS BODY_FILE

Prints JSON: milliseconds of server CPU for a page of posts, signed out and in, and posts on it.
Nothing here is part of Tomoni; it is measured as it comes, but with as many posts on a page.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

ROUNDS = 15
PER_PAGE = 50


def main() -> None:
    folder, count, bodies_file = Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3])
    project = folder / "site"
    project.mkdir()
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    subprocess.run(
        ["spirit", "startproject", "proj", "--path", str(project)],
        env={**os.environ, "PATH": path},
        check=True,
        capture_output=True,
    )
    sys.path.insert(0, str(project))
    os.chdir(project)
    _set_up()
    bodies = json.loads(bodies_file.read_text("utf-8"))
    topic, reader = _seed(bodies, count)
    pages = -(-count // PER_PAGE)
    found: dict[str, Any] = {"posts_on_page": PER_PAGE}
    for name, page in (("first", 1), ("middle", pages // 2), ("last", pages)):
        url = f"{topic.get_absolute_url()}?page={page}"
        found[name] = {"out": _cpu(url, None), "in": _cpu(url, reader)}
    sys.stdout.write(json.dumps(found))


def _set_up() -> None:
    import django
    from django.core.management import call_command

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "proj.settings.dev")
    from django.conf import settings

    settings.DEBUG = False
    settings.ALLOWED_HOSTS = ["*"]
    settings.MIDDLEWARE = [m for m in settings.MIDDLEWARE if "debug_toolbar" not in m]
    settings.INSTALLED_APPS = [a for a in settings.INSTALLED_APPS if "debug_toolbar" not in a]
    options = settings.TEMPLATES[0]["OPTIONS"]
    options["debug"] = False
    django.setup()
    call_command("migrate", verbosity=0)
    call_command("createcachetable", verbosity=0)


def _seed(bodies: list[str], count: int) -> tuple[Any, Any]:
    from django.contrib.auth import get_user_model
    from django.utils import timezone
    from djconfig.models import Config
    from spirit.category.models import Category
    from spirit.comment.models import Comment
    from spirit.topic.models import Topic

    users = [
        get_user_model().objects.create_user(f"u{n}", f"u{n}@example.jp", "x") for n in range(40)
    ]
    Config.objects.update_or_create(key="basicform_comments_per_page", defaults={"value": PER_PAGE})
    Config.objects.update_or_create(key="comments_per_page", defaults={"value": PER_PAGE})
    category = Category.objects.create(title="bench")
    topic = Topic.objects.create(category=category, user=users[0], title="bench")
    now = timezone.now()
    Comment.objects.bulk_create(
        Comment(
            user=users[n % len(users)],
            topic=topic,
            comment=bodies[n % len(bodies)],
            comment_html=f"<p>{bodies[n % len(bodies)]}</p>",
            date=now + timedelta(seconds=n),
        )
        for n in range(count)
    )
    Topic.objects.filter(pk=topic.pk).update(comment_count=count)
    return topic, users[1]


def _cpu(url: str, reader: Any) -> dict[str, float]:
    from django.test import Client

    client = Client()
    if reader is not None:
        client.force_login(reader)
    spent = []
    shown = 0
    for _ in range(ROUNDS + 3):
        started = time.process_time()
        answer = client.get(url, follow=True)
        spent.append(1000 * (time.process_time() - started))
        assert answer.status_code == 200, (url, answer.status_code)
        shown = answer.content.count(b'data-pk="')
    return {"ms": sorted(spent[3:])[ROUNDS // 2], "posts": shown}


if __name__ == "__main__":
    main()
