"""Ways to put a few settings into the configuration of an application.

A layer is a function of the application and the settings it is to make. It returns the statements
that go where the application is configured, and writes the files it needs.
"""

from __future__ import annotations

from collections.abc import Callable

from flask_code import App, Module, indent
from flask_values import Place, spell

Settings = dict[str, object]
Layer = Callable[[App, Settings], list[str]]


# The flags that another environment is tried with.
FLAGS = [
    "SESSION_COOKIE_SECURE",
    "SESSION_COOKIE_HTTPONLY",
    "REMEMBER_COOKIE_SECURE",
    "REMEMBER_COOKIE_HTTPONLY",
    "JWT_COOKIE_SECURE",
    "JWT_COOKIE_CSRF_PROTECT",
]
# Whoever sets those may set these as well.
ALONG = {
    "SESSION_COOKIE_SAMESITE": "Lax",
    "REMEMBER_COOKIE_SAMESITE": "Lax",
    "JWT_COOKIE_SAMESITE": "Lax",
    "SESSION_COOKIE_DOMAIN": "app.example.com",
}


def other_flags(value: object) -> Settings:
    """What another environment sets, each flag to `value`."""
    return dict.fromkeys(FLAGS, value) | ALONG


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


def stated(place: Place, key: str, value: object) -> list[str]:
    """`KEY = value` in the body of a class or module, or one line for each side of a condition."""
    text = spell(place, key, value)
    if not isinstance(value, bool) or key == "DEBUG" or not place.chance(0.12):
        annotation = ": bool" if isinstance(value, bool) and place.chance(0.15) else ""
        return [f"{key}{annotation} = {text}"]
    place.app.project.tag("if-in-body")
    stage = place.app.project.env(["APP_ENV", "DEPLOYMENT"], ("production", "staging"))
    read = place.getenv(stage, '"production"')
    test = place.pick(f"not {place.debug}", f'{read} == "production"') if place.debug else f'{read} != "development"'
    if place.chance(0.5):
        return [f"if {test}:\n    {key} = {text}\nelse:\n    {key} = {not value}"]
    return [f"{key} = {not value}", f"if {test}:\n    {key} = {text}"]


def assignments(module: Module, place: Place, settings: Settings) -> None:
    """`KEY = value` lines at the top level of `module`; a debug flag first, to derive from."""
    for key in sorted(settings, key=lambda key: key != "DEBUG"):
        for line in stated(place, key, settings[key]):
            module.add(line)
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
    texts = spelled(place_of(app), settings)
    form = app.rng.choice(["display", "display", "dict", "pairs", "both"])
    if form == "dict":
        return [f"{app.config}.update(dict({keywords(texts)}))"]
    if form == "pairs":
        return [
            "\n".join([f"{app.config}.update([", *(f'    ("{key}", {text}),' for key, text in texts.items()), "])"])
        ]
    if form == "both":
        (key, text), *rest = texts.items()
        return [
            f"{app.config}.update({{" + ", ".join(f'"{name}": {given}' for name, given in rest) + f"}}, {key}={text})"
        ]
    return ["\n".join([f"{app.config}.update({{", *entries(texts), "})"])]


def chained(app: App, settings: Settings) -> list[str]:
    """Flags of one value in one statement."""
    flags = [key for key, value in settings.items() if value is True and key != "DEBUG"]
    rest = {key: value for key, value in settings.items() if key not in flags}
    lines = items(app, rest) if rest else []
    if flags:
        text = spell(place_of(app), flags[0], True)
        lines.append(" = ".join(f'{app.config}["{key}"]' for key in flags) + f" = {text}")
    return lines


def built_dict(app: App, settings: Settings) -> list[str]:
    """A function that builds the settings and returns them."""
    owner = app.module if app.project.chance(0.4) else app.support("builders")
    name = f"site_settings_{len(owner.blocks)}"
    texts = spelled(Place(app, owner), settings)
    if app.project.chance(0.5):
        body = ["return {", *entries(texts), "}"]
    else:
        empty = app.rng.choice(["{}", "dict()"])
        body = [f"options = {empty}", *(f'options["{key}"] = {text}' for key, text in texts.items()), "return options"]
    owner.add(f"def {name}():", *indent(body))
    app.bring(app.module, owner, name)
    return [f"{app.config}.{app.rng.choice(['update', 'from_mapping'])}({name}())"]


def settings_by_stage(app: App, settings: Settings) -> list[str]:
    """A dictionary of dictionaries, of which the stage chooses one."""
    name = app.constant("BY_STAGE")
    place = Place(app, app.module)
    other = {key: not value for key, value in settings.items() if isinstance(value, bool)}
    app.module.add(
        f"{name} = {{",
        '    "development": {',
        *indent(entries(spelled(place, other))),
        "    },",
        '    "production": {',
        *indent(entries(spelled(place, settings))),
        "    },",
        "}",
    )
    stage = app.project.env(["STAGE_NAME"], ("production",))
    read = place.getenv(stage, '"production"')
    return [
        app.rng.choice([f"{app.config}.update({name}[{read}])", f"{app.config}.from_mapping({name}.get({read}, {{}}))"])
    ]


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
    form = app.rng.choice(["dict", "dict", "pairs", "guarded", "comprehension"])
    texts = spelled(place, settings)
    if form == "pairs":
        app.module.add(f"{name} = [", *(f'    ("{key}", {text}),' for key, text in texts.items()), "]")
        return [f"for key, value in {name}:\n    {app.config}[key] = value"]
    app.module.add(f"{name} = {{", *entries(texts), "}")
    if form == "comprehension":
        return [f"{app.config}.update({{key: value for key, value in {name}.items() if key.isupper()}})"]
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
    return (
        lines
        + {
            "lower-update": [f"{app.config}.update({keywords(lowered)})"],
            "lower-mapping": [f"{app.config}.from_mapping({keywords(lowered)})"],
            "object-of-dict": [f"{app.config}.from_object({display})"],
            "attribute": [f"{app.var}.{key} = {text}" for key, text in lowered.items()],
            "plain-or": [f"effective = {app.config} | {display}"],
        }[form]
    )


# --- Under a condition -------------------------------------------------------------------------


def condition(app: App) -> str:
    """A test that production decides."""
    place = place_of(app)
    project = app.project
    stage = project.env(["APP_ENV", "DEPLOYMENT"], ("production", "staging"))
    kind = app.rng.choice(
        ["debug", "debug", "testing", "stage", "stage", "switch", "host", "scheme", "secure", "known"]
    )
    if kind == "debug":
        return app.rng.choice(
            [
                f"not {place.debug}",
                place.debug,
                f"{place.debug} is False",
                f"not {place.debug} and not {app.testing_flag()}",
            ]
        )
    if kind == "testing":
        return app.rng.choice([f"not {app.testing_flag()}", app.testing_flag()])
    if kind == "stage":
        read = place.getenv(stage, '"production"')
        return app.rng.choice(
            [
                f'{read} == "production"',
                f'{read} != "production"',
                f'{read} in ("production", "staging")',
                f'{read}.startswith("prod")',
            ]
        )
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
    return app.rng.choice([f'"SESSION_COOKIE_SECURE" in {app.config}', f'{app.config}.get("SITE_READY", True)'])


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
    package = app.module.package
    stem = f"local_{app.folder.strip('/') or 'settings'}"
    for value in (True, False):
        lines = "".join(f"    {key!r}: {text!r},\n" for key, text in other_flags(value).items())
        app.project.external(files={f"{app.module.folder}{stem}.py": f"OVERRIDES = {{\n{lines}}}\n"})
    source = f"from .{stem} import OVERRIDES" if package else f"from {stem} import OVERRIDES"
    guard = f"try:\n    {source}\nexcept ImportError:\n    pass\nelse:\n    {app.config}.from_mapping(OVERRIDES)"
    own = items(app, settings)
    return [guard, *own] if app.project.chance(0.5) else [*own, guard]


# --- Through functions and objects -------------------------------------------------------------


def other_function(app: App, settings: Settings) -> list[str]:
    """A function of another file that is given the application, or its configuration."""
    owner = app.support("configuration", "setup", "init_config")
    whole = app.project.chance(0.6)
    parameter = app.rng.choice(["app", "application", "flask_app"]) if whole else app.rng.choice(["config", "cfg"])
    target = f"{parameter}.config" if whole else parameter
    stem = owner.name.rpartition(".")[2]
    name = {"configuration": "configure_app", "setup": "apply_settings"}.get(stem, f"run_{stem}")
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
    name = owner.name.rpartition(".")[2].title().replace("_", "")
    flags = {key: value for key, value in settings.items() if isinstance(value, bool)}
    rest = {key: value for key, value in settings.items() if key not in flags}
    lines = items(app, rest) if rest else []
    if not flags:
        return lines
    parameters = ", ".join(f"{key.lower()}={not value}" for key, value in flags.items())
    owner.add(
        f"class {name}:",
        f"    def __init__(self, app=None, {parameters}):",
        *(f"        self.{key.lower()} = {key.lower()}" for key in flags),
        "        if app is not None:",
        "            self.init_app(app)",
        "",
        "    def init_app(self, app):",
        *(f'        app.config["{key}"] = self.{key.lower()}' for key in flags),
    )
    app.bring(app.module, owner, name)
    given = ", ".join(f"{key.lower()}={value}" for key, value in flags.items())
    if app.project.chance(0.5):
        return [*lines, f"{name}({app.var}, {given})"]
    return [*lines, f"policy = {name}({given})", f"policy.init_app({app.var})"]


def through_current_app(app: App, settings: Settings) -> list[str]:
    app.module.use("from flask import current_app")
    texts = spelled(place_of(app), settings)
    return [f"with {app.var}.app_context():\n    current_app.config.update({keywords(texts)})"]


def whole_module(app: App, settings: Settings) -> list[str]:
    owner = app.support("settings", "site_settings", "config_site")
    place = Place(app, owner)
    if app.project.chance(0.3):
        app.project.tag("star-import")
        base = app.project.free_module(owner.folder, "settings_base", "common")
        assignments(
            base,
            Place(app, base),
            {key: not value if isinstance(value, bool) else value for key, value in settings.items()},
        )
        app.bring(owner, base, "*")
        place.debug = "DEBUG" if "DEBUG" in settings else ""
        settings = {key: value for key, value in settings.items() if app.project.chance(0.6)}
    assignments(owner, place, settings)
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


# Each layer with its weight.
LAYERS: list[tuple[Layer, int]] = [
    (items, 6),
    (update_keywords, 6),
    (update_dict, 3),
    (chained, 2),
    (built_dict, 3),
    (settings_by_stage, 2),
    (mapping_keywords, 4),
    (mapping_constant, 3),
    (merged_constants, 2),
    (in_place_or, 2),
    (setdefaults, 3),
    (loop, 3),
    (namespace, 1),
    (attributes, 2),
    (without_effect, 3),
    (conditional, 8),
    (local_settings, 1),
    (other_function, 5),
    (setter_function, 2),
    (own_extension, 2),
    (through_current_app, 2),
    (whole_module, 5),
    (own_module, 4),
]
