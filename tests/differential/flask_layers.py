"""Ways to put a few settings into the configuration of an application.

A layer is a function of the application and the settings it is to make. It returns the statements
that go where the application is configured, and writes the files it needs.
"""

from __future__ import annotations

import json
from collections.abc import Callable

from flask_code import App, Module, indent
from flask_values import Place, spell

Settings = dict[str, object]
Layer = Callable[[App, Settings], list[str]]


def place_of(app: App, module: Module | None = None) -> Place:
    """The place where the application is configured, or the top level of another file."""
    if module is not None:
        return Place(app, module)
    debug = app.rng.choice([f"{app.var}.debug", f'{app.config}["DEBUG"]', f'{app.config}.get("DEBUG")'])
    return Place(app, app.module, debug)


def spelled(place: Place, settings: Settings) -> dict[str, str]:
    return {key: spell(place, key, value) for key, value in settings.items()}


def entries(texts: dict[str, str]) -> list[str]:
    """The lines of a dictionary display."""
    return [f'    "{key}": {text},' for key, text in texts.items()]


def keywords(texts: dict[str, str]) -> str:
    return ", ".join(f"{key}={text}" for key, text in texts.items())


def call(app: App, method: str, texts: dict[str, str]) -> str:
    """`app.config.method(KEY=…)` on one line or several."""
    if app.project.chance(0.5):
        return f"{app.config}.{method}({keywords(texts)})"
    return "\n".join([f"{app.config}.{method}(", *(f"    {key}={text}," for key, text in texts.items()), ")"])


def assignments(module: Module, place: Place, settings: Settings) -> None:
    """`KEY = value` lines at the top level of `module`; a debug flag first, to derive from."""
    for key in sorted(settings, key=lambda key: key != "DEBUG"):
        text = spell(place, key, settings[key])
        annotation = ": bool" if isinstance(settings[key], bool) and place.chance(0.15) else ""
        module.add(f"{key}{annotation} = {text}")
        if key == "DEBUG":
            place.debug = "DEBUG"


# --- In place ----------------------------------------------------------------------------------


def items(app: App, settings: Settings) -> list[str]:
    texts = spelled(place_of(app), settings)
    if app.project.chance(0.25):
        return [f"cfg = {app.config}", *(f'cfg["{key}"] = {text}' for key, text in texts.items())]
    return [f'{app.config}["{key}"] = {text}' for key, text in texts.items()]


def update_keywords(app: App, settings: Settings) -> list[str]:
    return [call(app, "update", spelled(place_of(app), settings))]


def update_dict(app: App, settings: Settings) -> list[str]:
    return ["\n".join([f"{app.config}.update({{", *entries(spelled(place_of(app), settings)), "})"])]


def mapping_keywords(app: App, settings: Settings) -> list[str]:
    return [call(app, "from_mapping", spelled(place_of(app), settings))]


def mapping_constant(app: App, settings: Settings) -> list[str]:
    owner = app.module if app.project.chance(0.5) else app.support("defaults", "settings_map")
    name = app.constant("DEFAULTS")
    texts = spelled(Place(app, owner), settings)
    if app.project.chance(0.5):
        owner.add(f"{name} = {{", *entries(texts), "}")
    else:
        owner.add(f"{name} = dict({keywords(texts)})")
    app.bring(app.module, owner, name)
    form = app.rng.choice(["from_mapping({})", "update({})", "update(**{})", "from_mapping(**{})"])
    return [f"{app.config}.{form.format(name)}"]


def merged_constants(app: App, settings: Settings) -> list[str]:
    """Two dictionaries of which the later wins."""
    first, second = app.constant("BASE_SETTINGS"), app.constant("SITE_SETTINGS")
    flipped = {key: not value if isinstance(value, bool) else value for key, value in settings.items()}
    place = Place(app, app.module)
    app.module.add(f"{first} = {{", *entries(spelled(place, flipped)), "}")
    app.module.add(f"{second} = {{", *entries(spelled(place, settings)), "}")
    if app.project.chance(0.5):
        return [f"{app.config}.update({{**{first}, **{second}}})"]
    return [f"{app.config}.from_mapping({first} | {second})"]


def in_place_or(app: App, settings: Settings) -> list[str]:
    texts = spelled(place_of(app), settings)
    if app.base != "Flask" or app.project.chance(0.5):
        return ["\n".join([f"cfg = {app.config}", "cfg |= {", *entries(texts), "}"])]
    return [f"{app.config} |= {{" + ", ".join(f'"{key}": {text}' for key, text in texts.items()) + "}"]


def setdefaults(app: App, settings: Settings) -> list[str]:
    """Without effect for what Flask has set already."""
    return [f'{app.config}.setdefault("{key}", {text})' for key, text in spelled(place_of(app), settings).items()]


def loop(app: App, settings: Settings) -> list[str]:
    name = app.constant("SITE_DEFAULTS")
    place = Place(app, app.module)
    form = app.rng.choice(["dict", "pairs", "guarded"])
    texts = spelled(place, settings)
    if form == "pairs":
        app.module.add(f"{name} = [", *(f'    ("{key}", {text}),' for key, text in texts.items()), "]")
        return [f"for key, value in {name}:\n    {app.config}[key] = value"]
    app.module.add(f"{name} = {{", *entries(texts), "}")
    guard = f"    if key in {app.config}:\n        continue\n" if form == "guarded" else ""
    return [f"for key, value in {name}.items():\n{guard}    {app.config}[key] = value"]


def namespace(app: App, settings: Settings) -> list[str]:
    flags = {key: value for key, value in settings.items() if key.startswith("SESSION_COOKIE_")}
    if not flags:
        return items(app, settings)
    short = {key.replace("SESSION_COOKIE_", "SITE_COOKIE_"): value for key, value in flags.items()}
    rest = {key: value for key, value in settings.items() if key not in flags}
    lines = [call(app, "update", spelled(place_of(app), short))]
    lines.append(
        f'for name, value in {app.config}.get_namespace("SITE_COOKIE_").items():\n'
        f'    {app.config}["SESSION_COOKIE_" + name.upper()] = value'
    )
    return lines + (items(app, rest) if rest else [])


def attributes(app: App, settings: Settings) -> list[str]:
    """Through the attributes of the application, where it has them."""
    lines = []
    for key, value in settings.items():
        text = spell(place_of(app), key, value)
        attribute = {"DEBUG": "debug", "SECRET_KEY": "secret_key", "TESTING": "testing"}.get(key)
        lines.append(f"{app.var}.{attribute} = {text}" if attribute else f'{app.config}["{key}"] = {text}')
    return lines


def without_effect(app: App, settings: Settings) -> list[str]:
    """Looks like configuration and is none."""
    flags = {key: value for key, value in settings.items() if isinstance(value, bool) and key != "DEBUG"}
    rest = {key: value for key, value in settings.items() if key not in flags}
    lines = items(app, rest) if rest else []
    if not flags:
        return lines
    texts = {key: str(value) for key, value in flags.items()}
    lowered = {key.lower(): text for key, text in texts.items()}
    form = app.rng.choice(["lower-update", "lower-mapping", "object-of-dict", "attribute", "plain-or"])
    app.project.tag(f"no-effect:{form}")
    display = "{" + ", ".join(f'"{key}": {text}' for key, text in texts.items()) + "}"
    return lines + {
        "lower-update": [f"{app.config}.update({keywords(lowered)})"],
        "lower-mapping": [f"{app.config}.from_mapping({keywords(lowered)})"],
        "object-of-dict": [f"{app.config}.from_object({display})"],
        "attribute": [f"{app.var}.{key} = {text}" for key, text in lowered.items()],
        "plain-or": [f"effective = {app.config} | {display}"],
    }[form]


# --- Under a condition -------------------------------------------------------------------------


def condition(app: App) -> str:
    """A test that production decides."""
    place = place_of(app)
    project = app.project
    stage = project.env(["APP_ENV", "DEPLOYMENT"], ("production", "staging"))
    kind = app.rng.choice(["debug", "debug", "testing", "stage", "stage", "switch", "host", "scheme", "secure", "known"])
    if kind == "debug":
        return app.rng.choice([f"not {place.debug}", place.debug, f"{place.debug} is False", f"not {place.debug} and not {app.testing_flag()}"])
    if kind == "testing":
        return app.rng.choice([f"not {app.testing_flag()}", app.testing_flag()])
    if kind == "stage":
        read = place.getenv(stage, '"production"')
        return app.rng.choice([f'{read} == "production"', f'{read} != "production"', f'{read} in ("production", "staging")', f'{read}.startswith("prod")'])
    if kind == "switch":
        return app.rng.choice(["not ", ""]) + place.getenv(f"{project.name.upper()}_DEV")
    if kind == "host":
        project.external({"DYNO": "web.1"})
        app.module.use("import os")
        return '"DYNO" in os.environ'
    if kind == "scheme":
        return f'{app.config}["PREFERRED_URL_SCHEME"] == "https"'
    if kind == "secure":
        return app.rng.choice(["not ", ""]) + f'{app.config}["SESSION_COOKIE_SECURE"]'
    app.module.use("import sys")
    return app.rng.choice(['sys.platform != "win32"', "sys.version_info >= (3, 9)", "__debug__ or True"])


def conditional(app: App, settings: Settings) -> list[str]:
    test = condition(app)
    inner = app.rng.choice([items, update_keywords])(app, settings)
    lines = [f"if {test}:", *indent(inner)]
    if app.project.chance(0.35):
        other = {key: not value for key, value in settings.items() if isinstance(value, bool)}
        if other:
            lines += ["else:", *indent(items(app, other))]
    return ["\n".join(lines)]


def local_settings(app: App, settings: Settings) -> list[str]:
    """Optional settings of one machine, which no checkout has."""
    name = app.module.package
    source = f"from .local_{app.folder.strip('/')}" if name else "import local_settings"
    head = "try:\n    " + (f"{source} import OVERRIDES" if name else source)
    effect = f"{app.config}.from_mapping(OVERRIDES)" if name else f"{app.config}.from_object(local_settings)"
    guard = f"{head}\nexcept ImportError:\n    pass\nelse:\n    {effect}"
    before = app.project.chance(0.5)
    own = items(app, settings)
    return [guard, *own] if before else [*own, guard]


# --- Through functions and objects -------------------------------------------------------------


def other_function(app: App, settings: Settings) -> list[str]:
    """A function of another file that is given the application, or its configuration."""
    owner = app.support("configuration", "setup", "init_config")
    whole = app.project.chance(0.6)
    parameter = app.rng.choice(["app", "application", "flask_app"]) if whole else app.rng.choice(["config", "cfg"])
    target = f"{parameter}.config" if whole else parameter
    name = app.rng.choice(["init_config", "configure", "apply_settings", "configure_app"])
    texts = spelled(Place(app, owner), settings)
    body = [f'{target}["{key}"] = {text}' for key, text in texts.items()]
    if app.project.chance(0.4):
        body = [f"{target}.update({keywords(texts)})"]
    typed = ": Flask" if whole and app.project.chance(0.4) else ""
    if typed:
        owner.use("from flask import Flask")
    owner.add(f"def {name}({parameter}{typed}):", *indent(body))
    app.bring(app.module, owner, name)
    return [f"{name}({app.var if whole else app.config})"]


def setter_function(app: App, settings: Settings) -> list[str]:
    """A helper that is told every key and value."""
    owner = app.module if app.project.chance(0.5) else app.support("setters")
    name = f"set_option_{len(owner.blocks)}"
    owner.add(f"def {name}(app, key, value):", "    app.config[key] = value")
    app.bring(app.module, owner, name)
    return [f'{name}({app.var}, "{key}", {text})' for key, text in spelled(place_of(app), settings).items()]


def own_extension(app: App, settings: Settings) -> list[str]:
    """An extension of the project's own, with the settings as defaults of its constructor."""
    owner = app.support("policy", "cookie_policy")
    flags = {key: value for key, value in settings.items() if isinstance(value, bool)}
    rest = {key: value for key, value in settings.items() if key not in flags}
    lines = items(app, rest) if rest else []
    if not flags:
        return lines
    parameters = ", ".join(f"{key.lower()}={not value}" for key, value in flags.items())
    owner.add(
        "class CookiePolicy:",
        f"    def __init__(self, app=None, {parameters}):",
        *(f"        self.{key.lower()} = {key.lower()}" for key in flags),
        "        if app is not None:",
        "            self.init_app(app)",
        "",
        "    def init_app(self, app):",
        *(f'        app.config["{key}"] = self.{key.lower()}' for key in flags),
    )
    app.bring(app.module, owner, "CookiePolicy")
    given = ", ".join(f"{key.lower()}={value}" for key, value in flags.items())
    if app.project.chance(0.5):
        return lines + [f"CookiePolicy({app.var}, {given})"]
    return lines + [f"policy = CookiePolicy({given})", f"policy.init_app({app.var})"]


def through_current_app(app: App, settings: Settings) -> list[str]:
    app.module.use("from flask import current_app")
    texts = spelled(place_of(app), settings)
    return [f"with {app.var}.app_context():\n    current_app.config.update({keywords(texts)})"]


def whole_module(app: App, settings: Settings) -> list[str]:
    owner = app.support("settings", "site_settings", "config_site")
    assignments(owner, Place(app, owner), settings)
    kind = app.rng.choice(["string", "module", "importlib"])
    if kind == "string":
        return [f'{app.config}.from_object("{owner.name}")']
    if kind == "importlib":
        app.module.use("import importlib")
        return [f'{app.config}.from_object(importlib.import_module("{owner.name}"))']
    return [f"{app.config}.from_object({app.bring_module(app.module, owner)})"]


def own_module(app: App, settings: Settings) -> list[str]:
    assignments(app.module, Place(app, app.module), settings)
    return [f"{app.config}.from_object(__name__)"]


# --- From files and the environment ------------------------------------------------------------


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
    if path in app.project.modules or path in app.project.files:
        return items(app, settings)
    module = Module(path)
    place = Place(app, module)
    for key in sorted(settings, key=lambda key: key != "DEBUG"):
        # No helpers here: the file is read without its package.
        text = repr(settings[key]) if place.chance(0.6) or not isinstance(settings[key], bool) else env_text(place, key, bool(settings[key]))
        module.add(f"{key} = {text}".replace("'", '"'))
    app.project.files[path] = module.text()
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
        app.project.external(files={path: "".join(f"{key} = {value}\n" for key in FLAGS)})
    guard = f'{app.config}.from_pyfile("override.cfg", silent=True)'
    own = items(app, settings)
    return [guard, *own] if app.project.chance(0.5) else [*own, guard]


def data_file(app: App, settings: Settings) -> list[str]:
    kind = app.rng.choice(["toml", "json", "json-open"])
    data = {key: value for key, value in settings.items() if value is not None}
    path = f"{data_folder(app)}settings.{kind[:4]}"
    if path in app.project.files or not data:
        return items(app, settings)
    if kind == "toml":
        app.project.files[path] = "".join(f"{key} = {json.dumps(value)}\n" for key, value in data.items())
        app.module.use("import tomllib")
        return [f'{app.config}.from_file("settings.toml", load=tomllib.load, text=False)']
    app.project.files[path] = json.dumps(data, indent=2) + "\n"
    app.module.use("import json")
    if kind == "json" or app.instance:
        return [f'{app.config}.from_file("settings.json", load=json.load)']
    app.module.use("from pathlib import Path")
    return [
        'with open(Path(__file__).parent / "settings.json") as handle:\n'
        f"    {app.config}.update(json.load(handle))"
    ]


# The flags that another environment is tried with.
FLAGS = [
    "SESSION_COOKIE_SECURE", "SESSION_COOKIE_HTTPONLY", "REMEMBER_COOKIE_SECURE", "REMEMBER_COOKIE_HTTPONLY",
    "JWT_COOKIE_SECURE", "JWT_COOKIE_CSRF_PROTECT",
]


def prefixed_env(app: App, settings: Settings) -> list[str]:
    prefix = app.rng.choice(["FLASK", "FLASK", app.project.name.upper()])
    texts = {f"{prefix}_{key}": value for key, value in settings.items() if isinstance(value, (bool, str))}
    argument = "" if prefix == "FLASK" else f'"{prefix}"' if app.project.chance(0.5) else f'prefix="{prefix}"'
    lines = [f"{app.config}.from_prefixed_env({argument})"]
    if app.project.chance(0.6):
        app.project.tag("prefixed-env:tracked")
        for name, value in texts.items():
            spelling = value if isinstance(value, str) else app.rng.choice([str(value).lower(), str(value).lower(), str(value)])
            app.project.deployed[name] = spelling
    else:
        for value in ("true", "false"):
            app.project.external({f"{prefix}_{key}": value for key in FLAGS})
    return lines


def envvar(app: App, settings: Settings) -> list[str]:
    """The path of a settings file in a variable: deployed with a tracked file, absent, or required."""
    name = f"{app.folder.strip('/').upper() or app.project.name.upper()}_SETTINGS"
    kind = app.rng.choice(["tracked", "tracked", "silent", "required"])
    app.project.tag(f"envvar:{kind}")
    own = items(app, settings)
    if kind == "tracked":
        path = f"{data_folder(app)}deployed.cfg"
        app.project.files[path] = "".join(f"{key} = {value!r}\n".replace("'", '"') for key, value in settings.items())
        app.project.deployed[name] = "deployed.cfg"
        return [f'{app.config}.from_envvar("{name}"' + (", silent=True)" if app.project.chance(0.3) else ")")]
    for value in (True, False):
        text = "".join(f"{key} = {value}\n" for key in FLAGS)
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
        texts = tuple(json.dumps({key: value for key in FLAGS}) for value in (True, False))
        name = app.project.require("APP_CONFIG_JSON", texts)
        app.module.use("import os")
        return own + [f'{app.config}.update(json.loads(os.environ["{name}"]))']
    pages = tuple("data:application/json," + json.dumps({key: value for key in FLAGS}).replace(" ", "") for value in (True, False))
    name = app.project.require("CONFIG_URL", pages)
    app.module.use("import os")
    app.module.use("from urllib.request import urlopen")
    return own + [f'with urlopen(os.environ["{name}"]) as response:\n    {app.config}.from_mapping(json.load(response))']


def whole_environment(app: App, settings: Settings) -> list[str]:
    """Every variable becomes a setting."""
    app.module.use("import os")
    app.project.external({key: "1" for key in FLAGS}, why="unknown")
    own = items(app, {key: value for key, value in settings.items() if key not in FLAGS})
    return own + [f"{app.config}.from_mapping(os.environ)"]


LAYERS: list[tuple[Layer, int]] = [
    (items, 6), (update_keywords, 6), (update_dict, 3), (mapping_keywords, 4), (mapping_constant, 3), (merged_constants, 2),
    (in_place_or, 2), (setdefaults, 3), (loop, 3), (namespace, 1), (attributes, 2), (without_effect, 3), (conditional, 8),
    (local_settings, 1), (other_function, 5), (setter_function, 2), (own_extension, 2), (through_current_app, 2),
    (whole_module, 5), (own_module, 4), (pyfile, 4), (absent_pyfile, 1), (data_file, 4), (prefixed_env, 3), (envvar, 3),
    (required_flag, 2), (remote, 1), (whole_environment, 1),
]
