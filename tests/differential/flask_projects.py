"""Writes small Flask projects in many styles: `flask_projects.py --seed N --count M --out DIR`.

The same seed gives the same projects. DIR/manifest.json, outside of every project, says how
production starts each of them and which environments it may have. ask_flask.py asks Flask for the
cookies then, and compare_flask.py compares them with what tokscan says.
"""

from __future__ import annotations

import argparse
import json
import random
from pathlib import Path

import flask_classes
import flask_layers
import flask_sources
import flask_views
from flask_code import App, Project, indent
from flask_deploy import deploy
from flask_layers import (
    Layer,
    Settings,
    attributes,
    items,
    mapping_constant,
    mapping_keywords,
    update_keywords,
    whole_module,
)

# Layers that always have an effect, for what a project cannot run without.
FIRM: list[Layer] = [items, items, update_keywords, mapping_keywords, mapping_constant, whole_module, attributes]
ALL_LAYERS = [*flask_layers.LAYERS, *flask_sources.LAYERS, (flask_classes.classes, 22), (flask_classes.arguments, 5)]
NAMES = ["shop", "ledger", "portal", "notes", "clinic", "tickets"]


def flag_settings(app: App) -> Settings:
    """Some of the settings that matter, with values as projects have them."""
    rng = app.rng
    universe: list[tuple[str, float, list]] = [
        ("SESSION_COOKIE_SECURE", 0.7, [True, True, False]),
        ("SESSION_COOKIE_HTTPONLY", 0.35, [True, False]),
        ("SESSION_COOKIE_SAMESITE", 0.4, ["Lax", "Lax", "Strict", "None", None]),
        ("SESSION_COOKIE_DOMAIN", 0.06, [".example.com", "app.example.com", None]),
        ("SESSION_COOKIE_NAME", 0.08, [f"{app.project.name}_session"]),
        ("PERMANENT_SESSION_LIFETIME", 0.1, [3600]),
        ("PREFERRED_URL_SCHEME", 0.08, ["https", "http"]),
        ("DEBUG", 0.12, [False, False, False, True]),
        ("MAX_CONTENT_LENGTH", 0.1, [1048576]),
    ]
    if "login" in app.extensions:
        universe += [
            ("REMEMBER_COOKIE_SECURE", 0.6, [True, True, False]),
            ("REMEMBER_COOKIE_HTTPONLY", 0.4, [True, False]),
            ("REMEMBER_COOKIE_SAMESITE", 0.3, ["Lax", "Strict", "None"]),
        ]
    if "jwt" in app.extensions:
        universe += [
            ("JWT_COOKIE_SECURE", 0.6, [True, True, False]),
            ("JWT_COOKIE_CSRF_PROTECT", 0.35, [True, False]),
            ("JWT_COOKIE_SAMESITE", 0.35, ["Lax", "Strict", "None"]),
        ]
    settings = {key: rng.choice(values) for key, share, values in universe if rng.random() < share}
    if not settings:
        settings["SESSION_COOKIE_SECURE"] = rng.random() < 0.5
    keys = list(settings)
    rng.shuffle(keys)
    return {key: settings[key] for key in keys}


def needed_settings(app: App) -> Settings:
    settings: Settings = {"SECRET_KEY": "".join(app.rng.choices("0123456789abcdef", k=48))}
    if "jwt" in app.extensions:
        places = [["cookies"], ["cookies"], ["headers", "cookies"], "cookies"]
        settings["JWT_TOKEN_LOCATION"] = ["headers"] if app.headers_only else app.rng.choice(places)
    if "session" in app.extensions:
        settings["SESSION_TYPE"] = "filesystem"
    return settings


def configuration(app: App) -> list[str]:
    """The statements that configure the application, extensions among them."""
    project, rng = app.project, app.rng
    needed = rng.choice(FIRM)(app, needed_settings(app))
    layers, weights = zip(*ALL_LAYERS)
    count = rng.choices([0, 1, 2, 3, 4], [1, 8, 8, 4, 2])[0]
    steps = []
    for layer in rng.choices(layers, weights, k=count):
        project.tag(layer.__name__)
        steps.append(layer(app, flag_settings(app)))
    later = flask_views.extension_steps(app)
    for step in later:
        steps.insert(rng.randint(0, len(steps)), step)
    if project.chance(0.1):
        app.module.use("from werkzeug.middleware.proxy_fix import ProxyFix")
        steps.append([f"{app.var}.wsgi_app = ProxyFix({app.var}.wsgi_app, x_proto=1, x_host=1)"])
    # Flask-Session reads its settings when it is initialised, so what is needed comes first.
    return [line for step in [needed, *steps] for line in step]


def subclass(app: App) -> None:
    """The application is of a class of its own, which brings settings along."""
    settings = {"SESSION_COOKIE_SECURE": True} | flag_settings(app)
    settings.pop("DEBUG", None)  # Flask writes it itself, after the defaults
    owner = app.module if app.project.chance(0.5) else app.support("application", "base")
    app.base = f"{app.project.name.capitalize()}Flask"
    display = ", ".join(f'"{key}": {value!r}' for key, value in settings.items()).replace("'", '"')
    owner.use("from flask import Flask")
    kind = app.rng.choice(["default_config", "init", "method"])
    app.project.tag(f"subclass:{kind}")
    if kind == "default_config":
        owner.add(f"class {app.base}(Flask):", f"    default_config = {{**Flask.default_config, {display}}}")
    else:
        call = f"self.config.update({{{display}}})" if kind == "init" else "self.harden()"
        lines = [
            f"class {app.base}(Flask):",
            "    def __init__(self, *args, **kwargs):",
            "        super().__init__(*args, **kwargs)",
            f"        {call}",
        ]
        if kind == "method":
            lines += [
                "",
                "    def harden(self):",
                *(f'        self.config["{key}"] = {value!r}'.replace("'", '"') for key, value in settings.items()),
            ]
        owner.add(*lines)
    app.bring(app.module, owner, app.base)


def creation(app: App) -> str:
    if app.instance:
        app.flask_args.append("instance_relative_config=True")
    if app.project.chance(0.15):
        app.flask_args.append("static_folder=None")
    arguments = ", ".join(app.flask_args)
    if app.base != "Flask":
        return f"{app.var} = {app.base}({arguments})"
    if app.project.chance(0.12):
        app.module.use("import flask")
        return f"{app.var} = flask.Flask({arguments})"
    app.module.use("from flask import Flask")
    return f"{app.var} = Flask({arguments})"


def write_app(app: App) -> None:
    """The file of the application: created, configured, given its views."""
    if app.project.chance(0.08):
        subclass(app)
    created = creation(app)
    steps = configuration(app)
    views = flask_views.views(app)
    if not app.factory:
        app.module.add(created)
        for line in [*steps, *views]:
            app.module.add(line)
        return
    parameters = ", ".join(app.params)
    app.module.add(f"def {app.factory}({parameters}):", *indent([created, *steps, *views, f"return {app.var}"]))


def start(app: App) -> str:
    """The file, or the command alone, that starts production; the command."""
    project, rng = app.project, app.rng
    # Findings on one of several applications are told apart by its folder.
    scope = "" if project.alone else app.folder
    if not app.factory:
        target = f"{app.module.name}:{app.var}"
        project.entries.append({"import": app.module.name, "expression": app.var, "scope": scope})
        if app.project.chance(0.5):
            app.module.add(
                'if __name__ == "__main__":', f"    {app.var}.run({rng.choice(['', 'debug=True', 'port=5000'])})"
            )
        return f"gunicorn -b 0.0.0.0:8000 {target}"
    call = f"{app.factory}({', '.join(app.args)})"
    if not app.arg_imports and project.chance(0.3):
        project.tag("entry:command")
        project.entries.append({"import": app.module.name, "expression": call, "scope": scope})
        quoted = call.replace('"', "'")
        if not app.args and project.chance(0.4):
            return f"flask --app {app.module.name}:{app.factory} run --host 0.0.0.0"
        return f'gunicorn -b 0.0.0.0:8000 "{app.module.name}:{quoted}"'
    folder = app.folder if project.chance(0.2) or not project.alone else ""
    entry = project.module(f"{folder}{rng.choice(['wsgi', 'run', 'serve', 'main'])}.py")
    app.bring(entry, app.module, app.factory)
    for owner, name in app.arg_imports:
        app.bring(entry, owner, name)
    var = rng.choice(["app", "application"])
    entry.add(f"{var} = {call}")
    if project.chance(0.4):
        entry.add('if __name__ == "__main__":', f"    {var}.run({rng.choice(['', 'debug=True'])})")
    project.entries.append({"import": entry.name, "expression": var, "scope": scope})
    return f"gunicorn --workers 2 {entry.name}:{var}"


def write_tests(app: App) -> None:
    """A test set-up with its own, harmless, settings."""
    if app.factory and app.test_args and app.project.chance(0.6):
        tests = app.project.module("tests/conftest.py")
        tests.use("import pytest")
        app.bring(tests, app.module, app.factory)
        tests.add(
            "@pytest.fixture",
            "def client():",
            f"    app = {app.factory}({', '.join(app.test_args)})",
            '    app.config["SESSION_COOKIE_SECURE"] = False',
            "    return app.test_client()",
        )
    if any(
        parameter.endswith('="development"') or parameter.endswith('"production"') for parameter in app.params
    ) and app.project.chance(0.3):
        local = app.project.module(f"{app.folder}dev.py" if app.folder else "dev.py")
        app.bring(local, app.module, app.factory)
        local.add(f'app = {app.factory}("development")')
        local.add('if __name__ == "__main__":', "    app.run(debug=True)")


def layout(project: Project, folder: str, factory: bool, alone: bool) -> App:
    """An application without content, in a place that suits it."""
    rng = project.rng
    if alone and rng.random() < (0.2 if factory else 0.55):
        folder, path = (
            "",
            rng.choice(
                ["app.py", "main.py", "server.py", "application.py"] if not factory else ["app.py", "factory.py"]
            ),
        )
    else:
        path = folder + rng.choice(["__init__.py", "__init__.py", "app.py", "factory.py" if factory else "core.py"])
    app = App(project, folder, project.module(path), rng.choice(["app", "app", "app", "application", "flask_app"]))
    app.factory = rng.choice(["create_app", "create_app", "make_app", "build_app"]) if factory else ""
    app.instance = rng.random() < 0.12
    app.headers_only = rng.random() < 0.2
    app.extensions = {
        name
        for name, share in [("login", 0.25), ("jwt", 0.22), ("session", 0.12), ("talisman", 0.1)]
        if rng.random() < share
    }
    return app


def generate(seed: int, number: int) -> Project:
    rng = random.Random(f"{seed}/{number}")
    project = Project(rng, rng.choice(NAMES))
    several = rng.random()
    project.alone = several >= 0.11
    if rng.random() < 0.1:
        project.tag("src-layout")
        project.source = "src/"
    if several < 0.08:
        project.tag("several-apps")
        apps = [layout(project, folder, rng.random() < 0.5, False) for folder in ("storefront/", "backoffice/")]
    elif several < 0.11:
        project.tag("several-apps-one-file")
        apps = [layout(project, "", False, True)]
        apps.append(App(project, apps[0].folder, apps[0].module, "internal"))
        apps[1].constants = 10
    else:
        factory = rng.random() < 0.6
        project.tag("factory" if factory else "module-level")
        apps = [layout(project, f"{project.name}/", factory, True)]
    commands = []
    for app in apps:
        write_app(app)
        commands.append(start(app))
        write_tests(app)
    deploy(project, commands[0])
    project.files["requirements.txt"] = "\n".join(dict.fromkeys(project.requirements)) + "\n"
    return project


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=200)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    manifest = {}
    for number in range(options.count):
        project = generate(options.seed, number)
        name = f"p{number:04}-{project.name}"
        for path, text in sorted(project.contents().items()):
            target = options.out / name / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text)
        manifest[name] = project.manifest()
    (options.out / "manifest.json").write_text(json.dumps(manifest, indent=1) + "\n")
    print(f"{len(manifest)} projects in {options.out}")


if __name__ == "__main__":
    main()
