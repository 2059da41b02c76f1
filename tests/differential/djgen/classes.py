"""django-configurations: settings as classes that inherit from each other."""

from . import containers, environment, values
from .build import Module, indent


def attribute(module, setting, safe):
    """The lines of one attribute of a configuration class."""
    project = module.project
    style = project.weighted({"plain": 5, "value": 3, "property": 2, "environment": 2})
    project.feature(f"configurations-{style}")
    if style == "value":
        module.need("from configurations import values")
        if setting in values.BOOLEAN_SETTINGS:
            wanted = values.BOOLEAN_SETTINGS[setting] == safe
            if project.deployment and project.chance(0.4):
                key = project.key(setting, True)
                project.deploy(f"DJANGO_{key}", "yes" if wanted else "no")
                return [
                    f'{setting} = values.BooleanValue({project.chance(0.5)}, environ_name="{key}")'
                ]
            return [
                project.pick(
                    [
                        f"{setting} = values.BooleanValue({wanted})",
                        f'{setting} = values.BooleanValue({wanted}, environ_prefix="WWW")',
                    ]
                )
            ]
        if setting == "SECURE_HSTS_SECONDS":
            return [f"{setting} = values.IntegerValue({31536000 if safe else 0})"]
        if setting == "ALLOWED_HOSTS":
            return [f"{setting} = values.ListValue({['example.org'] if safe else []!r})"]
        if setting == "SECRET_KEY":
            if project.chance(0.5):
                project.given.setdefault(
                    "DJANGO_SECRET_KEY",
                    "neutral-value-that-is-long-and-has-many-characters-0123456789",
                )
                return [f"{setting} = values.SecretValue()"]
            return [f"{setting} = values.Value({values.literal(module, setting, safe)})"]
    value = values.literal(module, setting, safe)
    if style == "property":
        if setting in values.BOOLEAN_SETTINGS and setting != "DEBUG" and project.chance(0.6):
            value = "not self.DEBUG"
        return ["@property", f"def {setting}(self):", f"    return {value}", ""]
    if style == "environment" and setting in values.BOOLEAN_SETTINGS:
        return [
            f"{setting} = {environment.boolean(module, setting, values.BOOLEAN_SETTINGS[setting] == safe)}"
        ]
    return [f"{setting} = {value}"]


def body(module, factor, probability):
    project = module.project
    lines = []
    for setting, weight in values.COMMON.items():
        if project.chance(weight * factor):
            lines += attribute(module, setting, project.chance(probability))
    return lines or ["pass"]


def configurations(project):
    """Base, Development and Production in one module; the environment names the class."""
    dotted = f"{project.package}.settings"
    module = Module(project, dotted)
    module.need("from configurations import Configuration")
    containers.noise(module)
    stack = Module(project, "scratch")
    containers.stack(stack, 0.8)
    module.imports += [line for line in stack.imports if line not in module.imports]
    module.helpers.update(stack.helpers)
    inside = project.chance(0.7)
    if not inside:
        module.emit(*stack.body)
    names = project.pick(
        [
            ("Base", "Dev", "Prod"),
            ("Common", "Development", "Production"),
            ("Settings", "Local", "Live"),
        ]
    )
    base, development, production = names
    lists = ["ROOT_URLCONF", "TEMPLATES", "INSTALLED_APPS"] + ["MIDDLEWARE"] * any(
        "MIDDLEWARE = " in line for line in stack.body
    )
    # Lists are built at module level, where edits are plain statements, or inside the class.
    first = stack.body if inside else [f"{name} = {name}" for name in lists]
    probability = project.pick([0.3, 0.7, 0.9])
    mixin = project.chance(0.4)
    if mixin:
        project.feature("configurations-mixin")
        module.emit("", "class SecureMixin:", *indent(body(module, 0.4, 0.8)), "")
    module.emit(
        "",
        f"class {base}(Configuration):",
        *indent(first),
        *indent(body(module, 0.8, probability)),
        "",
    )
    module.emit(
        "", f"class {development}({base}):", "    DEBUG = True", "    ALLOWED_HOSTS = []", ""
    )
    parents = f"SecureMixin, {base}" if mixin else base
    own = body(module, 0.6, project.pick([0.3, 0.8, 0.95]))
    if "MIDDLEWARE" in lists and project.chance(0.4):
        project.feature("configurations-edit")
        own = [
            *own,
            f'MIDDLEWARE = {base}.MIDDLEWARE + {"()" if "MIDDLEWARE" in project.tuples else "[]"}',
            *(
                []
                if "MIDDLEWARE" in project.tuples
                else [f'MIDDLEWARE = [m for m in {base}.MIDDLEWARE if m != "{containers.FRAMES}"]']
                * project.chance(0.5)
            ),
        ]
    module.emit(
        "",
        f"class {production}({parents}):",
        *indent([line for line in own if line != "pass"] or ["pass"]),
        "",
    )
    module.save()
    return dotted, None, None, production
