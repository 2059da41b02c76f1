"""Entry points, deployment files, and files that must not be mistaken for them."""

KINDS = {
    None: 9,
    "dockerfile": 4,
    "compose-list": 2,
    "compose-map": 2,
    "env-file": 2,
    "kubernetes": 1,
    "two-files": 1,
}

VIEWS = '''"""Views of the accounts application."""

from django.http import HttpResponse


def index(request):
    return HttpResponse("ok")


def csrf_failure(request, reason=""):
    return HttpResponse(reason, status=403)


def takes_nothing():
    return HttpResponse("", status=403)
'''

MODELS = """from django.db import models


class Note(models.Model):
    text = models.TextField()
"""

URLS = """from django.urls import path

from accounts import views

urlpatterns = [path("", views.index)]
"""

MANAGE = '''#!/usr/bin/env python
"""Administrative tasks."""
import os
import sys


def main():
    {select}
    from {management} import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
'''

GATEWAY = '''"""The {kind} application."""

import os

from {wsgi} import get_{kind}_application

{select}

application = get_{kind}_application()
'''


DOTENV = "from dotenv import load_dotenv\n\nload_dotenv()"


def plan(project):
    """Decides, before any settings are written, which files set variables."""
    project.deployment = project.weighted(KINDS)
    project.root = project.pick(["", "", "", "src/", "backend/"])
    project.package = project.pick(["config", "mysite", "core", "shop", "portal"])
    project.feature(f"deployment-{project.deployment or 'none'}")
    if project.root:
        project.feature("source-in-subfolder")


def select(project, module, strict=False):
    """A statement that names the settings module; `strict` forbids to overrule a given one."""
    forms = {
        "setdefault": (f'os.environ.setdefault("DJANGO_SETTINGS_MODULE", "{module}")', 6),
        "guarded": (
            f'if not os.environ.get("DJANGO_SETTINGS_MODULE"):\n    os.environ["DJANGO_SETTINGS_MODULE"] = "{module}"',
            0.7,
        ),
        "from-variable": (
            f'os.environ.setdefault("DJANGO_SETTINGS_MODULE", os.environ.get("SETTINGS", "{module}"))',
            0.6,
        ),
        "constant": (
            f'SETTINGS = "{module}"\nos.environ.setdefault("DJANGO_SETTINGS_MODULE", SETTINGS)',
            0.6,
        ),
    }
    if not strict:
        forms["assigned"] = (f'os.environ["DJANGO_SETTINGS_MODULE"] = "{module}"', 1)
    if "." in module:
        head, _, tail = module.rpartition(".")
        forms["f-string"] = (
            f"os.environ.setdefault(\"DJANGO_SETTINGS_MODULE\", f\"{head}.{{os.environ.get('DJANGO_STAGE_MODULE', '{tail}')}}\")",
            0.6,
        )
    name = project.weighted({key: weight for key, (_, weight) in forms.items()})
    project.feature(f"select-{name}")
    return forms[name][0]


def write(project, layout):
    """All files around the settings; returns what the harness must know."""
    production = layout.production
    other = layout.development or production
    by_file = bool(project.deployment) and project.chance(0.5)
    entries = project.pick(
        [["wsgi"], ["wsgi"], ["wsgi", "asgi"], ["wsgi", "asgi", "celery"], ["asgi"]]
    )
    if layout.configuration is None and not by_file and project.chance(0.1):
        entries = []
    # Where a deployment file names the module, the code's own default may be another one.
    gateway_module = project.pick([production, other]) if by_file else production
    manage_module = project.pick([production, other]) if entries else gateway_module
    if gateway_module != manage_module:
        project.feature("manage-and-wsgi-differ")
    if by_file:
        project.env["DJANGO_SETTINGS_MODULE"] = production
        project.feature("module-named-by-deployment-file")
        if gateway_module != production:
            project.feature("deployment-file-overrules-code")
    extra = ""
    if layout.configuration:
        if by_file:
            project.env["DJANGO_CONFIGURATION"] = layout.configuration
        extra = f'os.environ.setdefault("DJANGO_CONFIGURATION", "{layout.configuration}")'
    write_entries(project, entries, gateway_module, manage_module, extra, strict=by_file)
    write_application(project)
    if project.deployment:
        DEPLOYMENTS[project.deployment](project, project.env)
    if project.reads_dotenv:
        lines = ["# read by the settings", 'SITE_NAME="Example"', *dotenv(project.dotenv)]
        project.source(".env", "\n".join(lines))
    decoys(project, layout)
    entry = (
        "manage" if not entries else f"{project.package}.{'wsgi' if 'wsgi' in entries else 'asgi'}"
    )
    return {
        "root": project.root.rstrip("/") or ".",
        "entry": entry,
        "settings": production,
        "configuration": layout.configuration,
        "env": dict(sorted(project.env.items())),
        "given": dict(sorted(project.given.items())),
        "features": sorted(project.features),
    }


def write_entries(project, entries, gateway_module, manage_module, extra, strict):
    package = project.package
    project.require_package(package)
    load = DOTENV if project.loads_dotenv == "entry" else ""
    statement = "\n".join(filter(None, [load, select(project, manage_module, strict), extra]))
    management = "configurations.management" if extra else "django.core.management"
    project.source(
        "manage.py", MANAGE.format(select=statement.replace("\n", "\n    "), management=management)
    )
    for kind in entries:
        if kind == "celery":
            project.feature("celery")
            project.source(
                f"{package}/celery.py",
                f'import os\n\nfrom celery import Celery\n\n{select(project, gateway_module, True)}\n\napp = Celery("{package}")\napp.config_from_object("django.conf:settings", namespace="CELERY")\n',
            )
            continue
        text = GATEWAY.format(
            kind=kind,
            wsgi=f"configurations.{kind}" if extra else f"django.core.{kind}",
            select="\n".join(filter(None, [load, select(project, gateway_module, strict), extra])),
        )
        if extra:
            # django-configurations needs its variables before its gateway is imported.
            head, _, tail = text.partition(f"from configurations.{kind}")
            line, _, rest = tail.partition("\n")
            text = (
                head
                + rest.strip().replace(
                    "\n\napplication", f"\n\nfrom configurations.{kind}{line}\n\napplication"
                )
                + "\n"
            )
        project.source(f"{package}/{kind}.py", text)


def write_application(project):
    project.source(f"{project.package}/urls.py", URLS)
    project.source("accounts/__init__.py", "")
    project.source("accounts/views.py", VIEWS)
    for name in ("reports", "invoices", "search_index", "profiles"):
        if name in project.applications:
            project.source(f"{name}/__init__.py", "")
    project.source("accounts/models.py", MODELS)
    packages = {
        "django-environ": "django-environ",
        "python-decouple": "python-decouple",
        "pydantic-settings": "pydantic-settings",
    }
    lines = [project.pick(["Django", "Django>=6.0", "Django==6.1.3", "django~=6.1"]), "gunicorn"]
    if project.dialect.name in packages:
        lines.append(packages[project.dialect.name])
    if project.loads_dotenv:
        lines.append("python-dotenv")
    if project.chance(0.7):
        project.write("requirements.txt", "\n".join(lines))
    elif project.chance(0.6):
        listed = ", ".join(f'"{line}"' for line in lines)
        project.write(
            "pyproject.toml",
            f'[project]\nname = "{project.package}"\nversion = "1.0"\ndependencies = [{listed}]\n',
        )


def dotenv(variables):
    return [
        f'{key}="{value}"' if not value or " " in value or "#" in value else f"{key}={value}"
        for key, value in sorted(variables.items())
    ]


def dockerfile(project, env):
    lines = ["FROM python:3.12-slim", "WORKDIR /app", "ENV PYTHONUNBUFFERED=1"]
    pairs = [f'{key}="{value}"' for key, value in sorted(env.items())]
    style = project.pick(["one-each", "joined", "spaces"])
    project.feature(f"dockerfile-{style}")
    if style == "one-each":
        lines += [f"ENV {pair}" for pair in pairs]
    elif style == "joined" and pairs:
        lines.append("ENV " + " \\\n    ".join(pairs))
    else:
        lines += [
            f"ENV {key} {value}" if value else f'ENV {key}=""' for key, value in sorted(env.items())
        ]
    lines += [
        "COPY . /app",
        "RUN pip install -r requirements.txt",
        f'CMD ["gunicorn", "{project.package}.wsgi:application"]',
    ]
    project.write("Dockerfile", "\n".join(lines))


def compose(project, environment):
    name = project.pick(["docker-compose.yml", "compose.yaml", "docker-compose.prod.yml"])
    project.write(
        name,
        f"services:\n  web:\n    build: .\n    command: gunicorn {project.package}.wsgi:application\n{environment}  db:\n    image: postgres:16\n",
    )


def compose_list(project, env):
    lines = "".join(
        (
            f"      - {key}={value}\n"
            if value.strip() == value and '"' not in value and "#" not in value
            else f"      - '{key}={value}'\n"
        )
        for key, value in sorted(env.items())
    )
    compose(project, f"    environment:\n{lines}" if lines else "")


def compose_map(project, env):
    lines = "".join(f'      {key}: "{value}"\n' for key, value in sorted(env.items()))
    compose(project, f"    environment:\n{lines}" if lines else "")


def env_file(project, env):
    name = project.pick([".env.production", "deploy/production.env", ".env.prod"])
    project.write(name, "\n".join(["# variables of the web container", *dotenv(env)]))
    compose(
        project, project.pick([f"    env_file: {name}\n", f"    env_file:\n      - ./{name}\n"])
    )


def kubernetes(project, env):
    lines = "".join(
        f'            - name: {key}\n              value: "{value}"\n'
        for key, value in sorted(env.items())
    )
    variables = f"          env:\n{lines}" if lines else ""
    project.write(
        project.pick(["deploy/k8s/deployment.yaml", "k8s/web.yaml"]),
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: web\nspec:\n  replicas: 2\n  selector:\n    matchLabels: {app: web}\n"
        "  template:\n    metadata:\n      labels: {app: web}\n    spec:\n      containers:\n        - name: web\n          image: example/web:1.0\n"
        + variables,
    )


def two_files(project, env):
    """The image sets some variables, the compose file the others."""
    image = {key: value for key, value in sorted(env.items()) if project.chance(0.5)}
    dockerfile(project, image)
    compose_map(project, {key: value for key, value in env.items() if key not in image})


DEPLOYMENTS = {
    "dockerfile": dockerfile,
    "compose-list": compose_list,
    "compose-map": compose_map,
    "env-file": env_file,
    "kubernetes": kubernetes,
    "two-files": two_files,
}


def decoys(project, layout):
    """Files for tests, for developers' machines, and examples: production reads none of them."""
    if project.chance(0.25):
        project.feature("decoy-env-example")
        project.write(
            project.pick([".env.example", ".env.sample", "env.template"]),
            "DEBUG=1\nDJANGO_DEBUG=True\nSECRET_KEY=changeme\nDJANGO_SETTINGS_MODULE=nowhere.settings\n",
        )
    if project.chance(0.15):
        project.feature("decoy-compose-dev")
        project.write(
            "docker-compose.dev.yml",
            'services:\n  web:\n    build: .\n    command: python manage.py runserver 0.0.0.0:8000\n    environment:\n      DEBUG: "1"\n      DJANGO_DEBUG: "True"\n',
        )
    test = layout.test or layout.development
    if test and project.chance(0.5):
        project.feature("decoy-test-configuration")
        if project.chance(0.5):
            project.write("pytest.ini", f"[pytest]\nDJANGO_SETTINGS_MODULE = {test}\n")
        else:
            project.write(
                "tox.ini",
                f"[tox]\nenvlist = py312\n\n[testenv]\nsetenv =\n    DJANGO_SETTINGS_MODULE = {test}\ncommands = python manage.py test\n",
            )
    if project.chance(0.2):
        project.write(".gitignore", "*.pyc\n__pycache__/\ndb.sqlite3\n")
    if project.chance(0.1):
        project.feature("decoy-unused-settings")
        project.source(
            "accounts/defaults.py",
            'DEBUG = True\nSECRET_KEY = "demo"\nSECURE_SSL_REDIRECT = False\n',
        )
