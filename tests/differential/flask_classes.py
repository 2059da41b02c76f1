"""Configuration classes: hierarchies, mixins, instances, and the ways to choose one of them."""

from __future__ import annotations

from dataclasses import dataclass

from flask_code import App, Module, indent
from flask_layers import Settings, stated
from flask_values import Place, spell


@dataclass
class Family:
    """The classes of one file: their names by stage, as far as there are such."""

    owner: Module
    base: str
    development: str = ""
    testing: str = ""
    production: str = ""
    instance: bool = False  # must be instantiated to mean what it says

    @property
    def chosen(self) -> str:
        return self.production or self.base


def flipped(app: App, settings: Settings) -> Settings:
    """Other values for some of `settings`, which another class will override, or not."""
    picked = {key: value for key, value in settings.items() if app.project.chance(0.6)}
    return {key: not value if isinstance(value, bool) else value for key, value in picked.items()}


def write_class(app: App, owner: Module, head: str, settings: Settings, debug: bool | None = None) -> None:
    """`class head:` with `settings` as attributes; the debug flag first, to derive from."""
    place = Place(app, owner)
    lines = []
    if debug is not None:
        lines.append(f"DEBUG = {debug}")
        place.debug = "DEBUG"
    for key in sorted(settings, key=lambda key: key != "DEBUG"):
        if key == "DEBUG" and debug is not None:
            continue
        lines += stated(place, key, settings[key])
        if key == "DEBUG":
            place.debug = "DEBUG"
    owner.add(f"class {head}:", *indent(lines or ["pass"]))


def hierarchy(app: App, settings: Settings, shape: str) -> Family:
    owner = app.module if app.project.chance(0.25) else app.support("config", "settings_classes", "configs")
    rng = app.rng
    if shape == "dataclass":
        return dataclass_family(app, owner, settings)
    if shape == "properties":
        return property_family(app, owner, settings)
    if shape == "object":
        return object_family(app, owner, settings)
    if shape == "pydantic":
        return pydantic_family(app, owner, settings)
    suffix = app.constants
    app.constants += 1
    mark = "" if suffix == 0 else str(suffix)
    base = rng.choice(["Config", "BaseConfig", "DefaultConfig", "Settings"]) + mark
    if shape == "single":
        write_class(app, owner, rng.choice([base, f"{base}(object)"]), settings, rng.choice([None, False]))
        return Family(owner, base)
    family = Family(owner, base, f"DevelopmentConfig{mark}", f"TestingConfig{mark}", f"ProductionConfig{mark}")
    kept = {key: value for key, value in settings.items() if app.project.chance(0.35)}
    own = {key: value for key, value in settings.items() if key not in kept}
    write_class(app, owner, base, flipped(app, own) | kept, rng.choice([None, False, False]))
    flags = {key: False for key in settings if key.endswith(("_SECURE", "_HTTPONLY")) and app.project.chance(0.5)}
    if app.project.chance(0.85):
        write_class(app, owner, f"{family.development}({base})", flags, True)
    else:
        family.development = ""
    write_class(app, owner, f"{family.testing}({base})", {"TESTING": True} | dict.fromkeys(list(flags)[:1], False))
    if shape == "mixin":
        mixin = f"SecureCookies{mark}"
        write_class(app, owner, mixin, own)
        order = rng.choice([f"{mixin}, {base}", f"{base}, {mixin}"])
        write_class(app, owner, f"{family.production}({order})", {}, rng.choice([None, False]))
    elif shape == "deep":
        middle = f"ServerConfig{mark}"
        half = {key: value for key, value in own.items() if app.project.chance(0.5)}
        write_class(app, owner, f"{middle}({base})", half)
        write_class(
            app,
            owner,
            f"{family.production}({middle})",
            {key: value for key, value in own.items() if key not in half},
            False,
        )
    elif owner is not app.module and app.project.chance(0.2):
        app.project.tag("classes:split")
        home = app.support("config_production", "production_settings")
        app.bring(home, owner, base)
        write_class(app, home, f"{family.production}({base})", own, rng.choice([None, False]))
        family.owner = home
        family.development = ""
        family.testing = base
    else:
        write_class(app, owner, f"{family.production}({base})", own, rng.choice([None, False]))
        if app.project.chance(0.2):
            owner.add(
                *[
                    f"{family.production}.{key} = {spell(Place(app, owner), key, value)}"
                    for key, value in list(own.items())[:1]
                ]
                or ["pass"]
            )
    return family


def dataclass_family(app: App, owner: Module, settings: Settings) -> Family:
    owner.use("from dataclasses import dataclass")
    frozen = app.rng.choice(["@dataclass", "@dataclass(frozen=True)"])
    name = f"AppSettings{len(owner.blocks)}"
    place = Place(app, owner)
    kinds = {bool: "bool", str: "str", int: "int"}
    lines = [
        f"{key}: {kinds[type(value)]} = {spell(place, key, value)}" if type(value) in kinds else f"{key} = {value!r}"
        for key, value in settings.items()
    ]
    owner.add(frozen, f"class {name}:", *indent(lines))
    return Family(owner, name, instance=True)


def property_family(app: App, owner: Module, settings: Settings) -> Family:
    """Flags that a property computes: of the class itself they are property objects, which are true."""
    name = f"ComputedConfig{len(owner.blocks)}"
    place = Place(app, owner, debug="self.DEBUG")
    lines = ["DEBUG = False"]
    for key, value in settings.items():
        text = spell(place, key, value) if not key.endswith("SECRET_KEY") else repr(value)
        if isinstance(value, bool) and key != "DEBUG":
            lines += ["", "@property", f"def {key}(self):", f"    return {text}"]
        elif key != "DEBUG":
            lines.insert(1, f"{key} = {text}" if "self." not in text else f"{key} = {value!r}")
    owner.add(f"class {name}:", *indent(lines))
    return Family(owner, name, instance=app.project.chance(0.75))


def object_family(app: App, owner: Module, settings: Settings) -> Family:
    """An object whose attributes come from its constructor, or from a namespace."""
    name = f"SiteSettings{len(owner.blocks)}"
    place = Place(app, owner)
    texts = {key: spell(place, key, value) for key, value in settings.items()}
    if app.project.chance(0.5):
        owner.add(
            f"class {name}:",
            "    def __init__(self):",
            *(f"        self.{key} = {text}" for key, text in texts.items()),
        )
    else:
        owner.use("from types import SimpleNamespace")
        owner.add(
            f"def {name}():",
            "    return SimpleNamespace(",
            *(f"        {key}={text}," for key, text in texts.items()),
            "    )",
        )
    return Family(owner, name, instance=True)


def pydantic_family(app: App, owner: Module, settings: Settings) -> Family:
    """Fields that the environment may set under their own names."""
    app.project.requirements.append("pydantic-settings==2.16.3")
    name = f"Settings{len(owner.blocks)}"
    owner.use("from pydantic_settings import BaseSettings")
    kinds = {bool: "bool", str: "str", int: "int"}
    lines = [
        f"{key}: {kinds.get(type(value), 'str | None')} = {value!r}".replace("'", '"')
        for key, value in settings.items()
    ]
    for key, value in settings.items():
        if isinstance(value, bool):
            app.project.reads.setdefault(key, ("true", "false"))
    owner.add(f"class {name}(BaseSettings):", *indent(lines))
    return Family(owner, name, instance=True)


def stage_name(app: App) -> str:
    """An expression for the name of the stage, which is "production" in production."""
    project, rng = app.project, app.rng
    kinds = ["default", "default", "deployed", "open", "required"]
    if app.factory and not app.params:
        kinds += ["parameter"] * 4
    kind = rng.choice(kinds)
    project.tag(f"stage:{kind}")
    if kind == "parameter":
        return stage_parameter(app)
    name = project.env(
        rng.sample(["FLASK_ENV", "APP_CONFIG", "FLASK_CONFIG", "CONFIG_NAME", "STAGE"], 5), ("production",)
    )
    place = Place(app, app.module)
    if kind == "default":
        return rng.choice([place.getenv(name, '"production"'), f'({place.getenv(name)} or "production")'])
    if kind == "deployed":
        project.deployed[name] = "production"
        return place.getenv(name, '"development"')
    if kind == "open":
        project.external({name: "production"})
        return place.getenv(name, '"development"')
    project.require(name, ("production",))
    project.external({name: "development"})
    app.module.use("import os")
    return f'os.environ["{name}"]'


def stage_parameter(app: App) -> str:
    """The factory is told the stage."""
    name = app.rng.choice(["config_name", "environment", "stage"])
    default = app.rng.choice(["production", "development", None, ""])
    app.test_args = ['"testing"']
    if default is None:
        app.params.append(f"{name}=None")
        read = Place(app, app.module).getenv(app.project.env(["APP_STAGE"], ("production",)), '"production"')
        return f"({name} or {read})"
    if default == "":
        app.params.append(name)
        app.args.append('"production"')
        return name
    typed = f"{name}: str = " if app.project.chance(0.3) else f"{name}="
    app.params.append(f'{typed}"{default}"')
    if default != "production":
        app.args.append(app.rng.choice(['"production"', f'{name}="production"']))
    return name


def choose_by_name(app: App, family: Family) -> list[str]:
    """One of several classes by the stage: a dictionary, an f-string, getattr, branches."""
    owner, rng = family.owner, app.rng
    by_stage = {
        "development": family.development or family.base,
        "testing": family.testing,
        "production": family.production,
    }
    kind = rng.choice(["registry", "registry", "registry", "fstring", "getattr", "branches", "match"])
    app.project.tag(f"choice:{kind}")
    mark = family.production.removeprefix("ProductionConfig")
    if kind == "fstring" and family.development:
        return [fstring(app, owner, mark)]
    if kind == "getattr" and family.development and owner is not app.module:
        module = app.bring_module(app.module, owner)
        return [
            f"stage = {stage_name(app)}",
            f'{app.config}.from_object(getattr({module}, stage.title() + "Config{mark}"))',
        ]
    if kind in ("branches", "match"):
        return branches(app, family, by_stage, kind)
    registry = app.constant(rng.choice(["config", "CONFIGS", "config_by_name"]))
    default = rng.choice([family.production, by_stage["development"]])
    names = dict(by_stage)
    if app.project.chance(0.7):
        names["default"] = default
    text = {key: f'"{owner.name}.{value}"' for key, value in names.items()} if app.project.chance(0.2) else names
    owner.add(f"{registry} = {{", *(f'    "{key}": {value},' for key, value in text.items()), "}")
    app.bring(app.module, owner, registry)
    lookup = rng.choice(
        [f"{registry}[{{}}]", f"{registry}.get({{}})", f"{registry}.get({{}}, {registry}['production'])"]
    )
    if app.project.chance(0.3):
        return [f"selected = {lookup.format(stage_name(app))}", f"{app.config}.from_object(selected)"]
    return [f"{app.config}.from_object({lookup.format(stage_name(app))})"]


def fstring(app: App, owner: Module, mark: str) -> str:
    return f'stage = {stage_name(app)}\n{app.config}.from_object(f"{owner.name}.{{stage.capitalize()}}Config{mark}")'


def branches(app: App, family: Family, by_stage: dict[str, str], kind: str) -> list[str]:
    """A function with one branch per stage."""
    name = f"config_for_{len(family.owner.blocks)}"
    stages = [stage for stage in by_stage if stage != "production" or app.project.chance(0.5)]
    lines = [f"def {name}(stage):"]
    if kind == "match":
        lines += ["    match stage:"]
        for stage in stages:
            lines += [f'        case "{stage}":', f"            return {by_stage[stage]}"]
        lines += ["        case _:", f"            return {family.production}"]
    else:
        for stage in stages:
            lines += [f'    if stage == "{stage}":', f"        return {by_stage[stage]}"]
        lines += [f"    return {family.production}"]
    family.owner.add(*lines)
    app.bring(app.module, family.owner, name)
    return [f"{app.config}.from_object({name}({stage_name(app)}))"]


def choose_directly(app: App, family: Family) -> list[str]:
    owner, chosen = family.owner, family.chosen
    kind = app.rng.choice(["class", "class", "string", "string", "instance", "module-attribute"])
    if family.instance:
        kind = "instance"
    elif chosen.startswith("ComputedConfig"):
        kind = app.rng.choice(["class", "string"])
        app.project.tag("property-of-class")
    if kind == "string":
        return [f'{app.config}.from_object("{owner.name}.{chosen}")']
    if kind == "module-attribute" and owner is not app.module:
        return [f"{app.config}.from_object({app.bring_module(app.module, owner)}.{chosen})"]
    app.bring(app.module, owner, chosen)
    if kind == "instance" and app.project.chance(0.2):
        owner.use("from functools import lru_cache")
        getter = f"get_settings_{len(owner.blocks)}"
        owner.add("@lru_cache", f"def {getter}():", f"    return {chosen}()")
        app.bring(app.module, owner, getter)
        return [f"{app.config}.from_object({getter}())"]
    return [f"{app.config}.from_object({chosen}{'()' if kind == 'instance' else ''})"]


def choose_by_argument(app: App, family: Family) -> list[str]:
    """The factory is handed the class, an instance of it, or its import string."""
    owner, chosen = family.owner, family.chosen
    name = app.rng.choice(["config_object", "config_class", "config_source"])
    if app.project.chance(0.35):
        text = f'"{owner.name}.{chosen}"'
        other = f'"{owner.name}.{family.development or family.base}"'
    else:
        text, other = chosen, family.base
        app.bring(app.module, owner, family.base)
        if app.project.chance(0.2):
            text += "()"
    if app.project.chance(0.4) and "(" not in text:
        if text == chosen:
            app.bring(app.module, owner, chosen)
        app.params.append(f"{name}={text}")
    else:
        app.params.append(f"{name}={other}" if app.project.chance(0.6) else name)
        app.args.append(text if app.project.chance(0.7) else f"{name}={text}")
        if not text.startswith('"'):
            app.arg_imports.append((owner, chosen))
    app.test_args = [f'"{owner.name}.{family.testing or family.base}"']
    return [f"{app.config}.from_object({name})"]


def init_hook(app: App, family: Family, settings: Settings) -> list[str]:
    """The class has a method that is given the application after its attributes are in."""
    flags = {key: value for key, value in settings.items() if isinstance(value, bool) and key != "DEBUG"}
    owner = family.owner
    body = [f'app.config["{key}"] = {spell(Place(app, owner), key, value)}' for key, value in flags.items()] or ["pass"]
    decorator, first = app.rng.choice([("staticmethod", ""), ("classmethod", "cls, ")])
    hook = ["", *indent([f"@{decorator}", f"def init_app({first}app):", *indent(body)])]
    for index, block in enumerate(owner.blocks):
        if block.startswith((f"class {family.chosen}:", f"class {family.chosen}(")):
            owner.blocks[index] = "\n".join([block, *hook])
    app.bring(app.module, owner, family.chosen)
    return [f"{app.config}.from_object({family.chosen})", f"{family.chosen}.init_app({app.var})"]


def classes(app: App, settings: Settings) -> list[str]:
    """A layer: classes, and the choice of one."""
    shape = app.rng.choice(
        [
            "single",
            "family",
            "family",
            "family",
            "mixin",
            "mixin",
            "deep",
            "dataclass",
            "properties",
            "object",
            "pydantic",
        ]
    )
    app.project.tag(f"classes:{shape}")
    family = hierarchy(app, settings, shape)
    if family.production and app.project.chance(0.5):
        return choose_by_name(app, family)
    if shape in ("single", "family", "mixin", "deep"):
        if app.factory and not app.params and app.project.chance(0.4):
            app.project.tag("choice:argument")
            return choose_by_argument(app, family)
        if app.project.chance(0.15):
            app.project.tag("choice:init-hook")
            return init_hook(app, family, settings)
    return choose_directly(app, family)


def arguments(app: App, settings: Settings) -> list[str]:
    """A layer: the factory is handed the settings themselves."""
    if not app.factory or app.params:
        return [f'{app.config}["{key}"] = {value!r}'.replace("'", '"') for key, value in settings.items()]
    kind = app.rng.choice(["dict", "kwargs", "test-config"])
    app.project.tag(f"argument:{kind}")
    display = "{" + ", ".join(f'"{key}": {value!r}' for key, value in settings.items()).replace("'", '"') + "}"
    if kind == "kwargs":
        app.params.append("**overrides")
        app.args += [f"{key}={value!r}".replace("'", '"') for key, value in settings.items()]
        app.test_args = ["TESTING=True", "SESSION_COOKIE_SECURE=False"]
        return [f"{app.config}.update(overrides)"]
    if kind == "dict":
        name = app.rng.choice(["options", "instance_config"])
        app.params.append(f"{name}=None")
        app.args.append(display)
        app.test_args = ['{"TESTING": True, "SESSION_COOKIE_SECURE": False}']
        return [
            f"if {name}:\n    {app.config}.from_mapping({name})"
            if app.project.chance(0.5)
            else f"{app.config}.update({name} or {{}})"
        ]
    # The pattern of Flask's tutorial: production passes nothing.
    app.params.append("test_config=None")
    app.test_args = ['{"TESTING": True, "SESSION_COOKIE_SECURE": False}']
    return [
        "\n".join(
            [
                "if test_config is None:",
                f"    {app.config}.from_mapping({display})",
                "else:",
                f"    {app.config}.from_mapping(test_config)",
            ]
        )
    ]
