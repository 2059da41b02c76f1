"""Settings that come from files, from the environment, or from where no tracked file tells."""

from __future__ import annotations

import json

from flask_code import App, Module
from flask_layers import FLAGS, Layer, Settings, items, other_flags
from flask_values import Place


def data_folder(app: App) -> str:
    """The folder that file names are relative to."""
    if not app.instance:
        return app.folder
    parent = app.folder.rstrip("/").rpartition("/")[0]
    return f"{parent}/instance/" if parent else "instance/"


def pyfile(app: App, settings: Settings) -> list[str]:
    stem = app.rng.choice(["config", "production", "application"])
    suffix = app.rng.choice([".py", ".py", ".cfg"])
    path = f"{data_folder(app)}{stem}{suffix}"
    if path in app.project.modules or path in app.project.data:
        return items(app, settings)
    module = Module(path)
    place = Place(app, module)
    for key in sorted(settings, key=lambda key: key != "DEBUG"):
        # No helpers here: the file is read without its package.
        text = (
            repr(settings[key])
            if place.chance(0.6) or not isinstance(settings[key], bool)
            else env_text(place, key, bool(settings[key]))
        )
        module.add(f"{key} = {text}".replace("'", '"'))
    app.project.data[path] = module.text()
    silent = ", silent=True" if app.project.chance(0.4) else ""
    return [f'{app.config}.from_pyfile("{stem}{suffix}"{silent})']


def env_text(place: Place, key: str, value: bool) -> str:
    place.module.use("import os")
    name = place.variable(key, ("true", "false"))
    return f'os.environ.get("{name}", "{str(value).lower()}") == "true"'


def absent_pyfile(app: App, settings: Settings) -> list[str]:
    """A file that only the machine has: what is set after it is certain, what is set before is not."""
    path = f"{data_folder(app)}override.cfg"
    for value in (True, False):
        app.project.external(files={path: "".join(f"{key} = {text!r}\n" for key, text in other_flags(value).items())})
    guard = f'{app.config}.from_pyfile("override.cfg", silent=True)'
    own = items(app, settings)
    return [guard, *own] if app.project.chance(0.5) else [*own, guard]


def data_file(app: App, settings: Settings) -> list[str]:
    kind = app.rng.choice(["toml", "json", "json-open", "yaml"])
    data = {key: value for key, value in settings.items() if value is not None}
    path = f"{data_folder(app)}settings.{kind[:4]}"
    if path in app.project.data or not data:
        return items(app, settings)
    if kind == "toml":
        app.project.data[path] = "".join(f"{key} = {json.dumps(value)}\n" for key, value in data.items())
        app.module.use("import tomllib")
        return [f'{app.config}.from_file("settings.toml", load=tomllib.load, text=False)']
    if kind == "yaml":
        app.project.data[path] = "".join(f"{key}: {json.dumps(value)}\n" for key, value in data.items())
        app.project.requirements.append("PyYAML==6.0.4")
        app.module.use("import yaml")
        return [f'{app.config}.from_file("settings.yaml", load=yaml.safe_load)']
    app.project.data[path] = json.dumps(data, indent=2) + "\n"
    app.module.use("import json")
    if kind == "json" or app.instance:
        return [f'{app.config}.from_file("settings.json", load=json.load)']
    app.module.use("from pathlib import Path")
    return [
        f'with open(Path(__file__).parent / "settings.json") as handle:\n    {app.config}.update(json.load(handle))'
    ]


def prefixed_env(app: App, settings: Settings) -> list[str]:
    prefix = app.rng.choice(["FLASK", "FLASK", app.project.name.upper()])
    texts = {f"{prefix}_{key}": value for key, value in settings.items() if isinstance(value, (bool, str))}
    argument = "" if prefix == "FLASK" else f'"{prefix}"' if app.project.chance(0.5) else f'prefix="{prefix}"'
    lines = [f"{app.config}.from_prefixed_env({argument})"]
    if app.project.chance(0.6):
        app.project.tag("prefixed-env:tracked")
        for name, value in texts.items():
            spelling = (
                value
                if isinstance(value, str)
                else app.rng.choice([str(value).lower(), str(value).lower(), str(value)])
            )
            app.project.deployed[name] = spelling
    else:
        for value in ("true", "false"):
            app.project.external({f"{prefix}_{key}": text for key, text in other_flags(value).items()})
    return lines


def envvar(app: App, settings: Settings) -> list[str]:
    """The path of a settings file in a variable: deployed with a tracked file, absent, or required."""
    name = f"{app.folder.strip('/').upper() or app.project.name.upper()}_SETTINGS"
    kind = app.rng.choice(["tracked", "tracked", "silent", "required"])
    app.project.tag(f"envvar:{kind}")
    own = items(app, settings)
    if kind == "tracked":
        path = f"{data_folder(app)}deployed.cfg"
        app.project.data[path] = "".join(f"{key} = {value!r}\n".replace("'", '"') for key, value in settings.items())
        app.project.deployed[name] = "deployed.cfg"
        return [f'{app.config}.from_envvar("{name}"' + (", silent=True)" if app.project.chance(0.3) else ")")]
    for value in (True, False):
        text = "".join(f"{key} = {text!r}\n" for key, text in other_flags(value).items())
        why = "external" if kind == "silent" else "unknown"
        app.project.external({name: "given.cfg"}, {f"{data_folder(app)}given.cfg": text}, why)
    if kind == "silent":
        line = f'{app.config}.from_envvar("{name}", silent=True)'
    else:
        # Production cannot start without it, so there is no world in which it is missing.
        app.project.require(name, ("/dev/null",))
        line = f'{app.config}.from_envvar("{name}")'
    return [line, *own] if app.project.chance(0.4) else [*own, line]


# --- What no file tells ------------------------------------------------------------------------


def required_flag(app: App, settings: Settings) -> list[str]:
    """A flag that production must give; nothing says which."""
    lines = []
    for key, value in settings.items():
        if isinstance(value, bool) and key != "DEBUG":
            name = app.project.require(f"REQUIRED_{key}", ("true", "false"))
            app.module.use("import os")
            test = app.rng.choice(['== "true"', 'in ("1", "true")', '!= "false"'])
            lines.append(f'{app.config}["{key}"] = os.environ["{name}"].lower() {test}')
        else:
            lines += items(app, {key: value})
    return lines


def remote(app: App, settings: Settings) -> list[str]:
    """Configuration that is fetched or handed over whole."""
    own = items(app, settings)
    app.module.use("import json")
    if app.project.chance(0.5):
        texts = tuple(json.dumps(other_flags(value)) for value in (True, False))
        name = app.project.require("APP_CONFIG_JSON", texts)
        app.module.use("import os")
        return [*own, f'{app.config}.update(json.loads(os.environ["{name}"]))']
    pages = tuple(
        "data:application/json," + json.dumps(other_flags(value)).replace(" ", "") for value in (True, False)
    )
    name = app.project.require("CONFIG_URL", pages)
    app.module.use("import os")
    app.module.use("from urllib.request import urlopen")
    return [
        *own,
        f'with urlopen(os.environ["{name}"]) as response:\n    {app.config}.from_mapping(json.load(response))',
    ]


def whole_environment(app: App, settings: Settings) -> list[str]:
    """Every variable becomes a setting."""
    app.module.use("import os")
    app.project.external(other_flags("1"), why="unknown")
    own = items(app, {key: value for key, value in settings.items() if key not in FLAGS})
    return [*own, f"{app.config}.from_mapping(os.environ)"]


# Each layer with its weight.
LAYERS: list[tuple[Layer, int]] = [
    (pyfile, 4),
    (absent_pyfile, 1),
    (data_file, 4),
    (prefixed_env, 3),
    (envvar, 3),
    (required_flag, 2),
    (remote, 1),
    (whole_environment, 1),
]
