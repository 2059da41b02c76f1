"""Values of security settings and the expressions that yield them."""

import string

from . import environment

# What `check --deploy` wants of each boolean setting.
BOOLEAN_SETTINGS = {
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
    "SECURE_CONTENT_TYPE_NOSNIFF": True,
    "SESSION_COOKIE_SECURE": True,
    "SESSION_COOKIE_HTTPONLY": True,
    "CSRF_COOKIE_SECURE": True,
    "CSRF_USE_SESSIONS": True,
    "DEBUG": False,
}

TEXT_SETTINGS = {
    "X_FRAME_OPTIONS": (["DENY"], ["SAMEORIGIN", "deny", "ALLOW-FROM https://example.org/"]),
    "SECURE_REFERRER_POLICY": (
        [
            "same-origin",
            "no-referrer",
            "strict-origin",
            "strict-origin-when-cross-origin",
            "no-referrer, same-origin",
        ],
        ["sameorigin", "none", "same-origin, never", ""],
    ),
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": (
        ["same-origin", "same-origin-allow-popups", "unsafe-none"],
        ["same_origin", "", "strict"],
    ),
}

SETTINGS = [
    *BOOLEAN_SETTINGS,
    *TEXT_SETTINGS,
    "SECURE_HSTS_SECONDS",
    "ALLOWED_HOSTS",
    "SECRET_KEY",
    "SECRET_KEY_FALLBACKS",
]

# Settings that a typical project touches more often than others.
COMMON = {
    "DEBUG": 0.85,
    "ALLOWED_HOSTS": 0.8,
    "SECRET_KEY": 0.85,
    "SESSION_COOKIE_SECURE": 0.6,
    "CSRF_COOKIE_SECURE": 0.6,
    "SECURE_SSL_REDIRECT": 0.6,
    "SECURE_HSTS_SECONDS": 0.6,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": 0.5,
    "SECURE_HSTS_PRELOAD": 0.5,
    "X_FRAME_OPTIONS": 0.3,
    "SECURE_CONTENT_TYPE_NOSNIFF": 0.3,
    "SESSION_COOKIE_HTTPONLY": 0.3,
    "SECURE_REFERRER_POLICY": 0.25,
    "SECURE_CROSS_ORIGIN_OPENER_POLICY": 0.2,
    "SECRET_KEY_FALLBACKS": 0.2,
    "CSRF_USE_SESSIONS": 0.12,
}


def annotation(setting):
    if setting in BOOLEAN_SETTINGS:
        return "bool"
    if setting in TEXT_SETTINGS or setting == "SECRET_KEY":
        return "str"
    return {"SECURE_HSTS_SECONDS": "int"}.get(setting, "list[str]")


def expression(module, setting, safe):
    """An expression for a value that the checks accept, or not."""
    if setting in BOOLEAN_SETTINGS:
        return boolean(module, setting, safe)
    if setting in TEXT_SETTINGS:
        return text(module, setting, safe)
    return {
        "SECURE_HSTS_SECONDS": seconds,
        "ALLOWED_HOSTS": hosts,
        "SECRET_KEY": secret_key,
        "SECRET_KEY_FALLBACKS": fallbacks,
    }[setting](module, safe)


def literal(module, setting, safe):
    """The plain spelling, for places where the value is not the point."""
    project = module.project
    if setting in BOOLEAN_SETTINGS:
        return str(BOOLEAN_SETTINGS[setting] == safe)
    if setting in TEXT_SETTINGS:
        return repr(project.pick(TEXT_SETTINGS[setting][0 if safe else 1]))
    return {
        "SECURE_HSTS_SECONDS": "31536000" if safe else "0",
        "ALLOWED_HOSTS": '["example.org"]' if safe else "[]",
        "SECRET_KEY": repr(strong_key(project) if safe else weak_key(project)),
        "SECRET_KEY_FALLBACKS": "[]" if safe else repr([weak_key(project)]),
    }[setting]


def boolean(module, setting, safe):
    project = module.project
    value = BOOLEAN_SETTINGS[setting] == safe
    if not safe and project.chance(0.06):
        project.feature("value-of-another-type")
        if setting == "DEBUG":
            key = project.key(setting, False)
            return f'{environment.getter(module)}("{key}", "False")'
        return project.pick(["None", "0", '"True"', "1", '"on"', "[]"])
    style = project.weighted(
        {
            "literal": 6,
            "environment": 5,
            "not-debug": 3,
            "of-known": 1.5,
            "operators": 1.2,
            "folded": 0.8,
            "of-stage": 1.5,
        }
    )
    if style == "environment":
        return environment.boolean(module, setting, value)
    if style == "not-debug" and "DEBUG" in module.known and setting != "DEBUG":
        project.feature("derived-not-debug")
        return project.pick(
            ["not DEBUG"] * 4
            + ["DEBUG is False", "DEBUG == False", "False if DEBUG else True", "bool(not DEBUG)"]
        )
    if style == "of-known" and setting != "DEBUG":
        others = sorted(
            name
            for name in module.known
            if name in BOOLEAN_SETTINGS and name not in ("DEBUG", setting)
        )
        if others:
            project.feature("derived-from-setting")
            return project.pick(others)
    if style == "of-stage" and module.stage:
        project.feature("derived-from-stage")
        name, word = module.stage
        return f'{name} == "{word}"' if value else f'{name} != "{word}"'
    if style == "operators":
        return operators(module, setting, value)
    if style == "folded":
        project.feature("folded-boolean")
        return project.pick(
            [
                "not False",
                "bool(1)",
                "1 == 1",
                '"yes" == "yes"',
                'len("abc") > 2',
                "True and not False",
            ]
            if value
            else ["not True", "bool(0)", "1 == 2", 'bool("")', "bool([])", "False or not True"]
        )
    return str(value)


def operators(module, setting, value):
    """`and`, `or`, `not` over readings of the environment."""
    project = module.project
    project.feature("boolean-operators")
    one = environment.boolean(module, setting, value)
    other = environment.boolean(module, f"{setting}_2", project.chance(0.5))
    choices = [f"({one}) and True", f"({one}) or False", f"not (not ({one}))"]
    choices.append(f"bool(({one}) or ({other}))" if value else f"bool(({one}) and ({other}))")
    if "DEBUG" in module.known and setting != "DEBUG":
        choices += [f"({one}) and not DEBUG", f"not DEBUG or bool({one})"]
    return project.pick(choices)


def seconds(module, safe):
    project = module.project
    style = project.weighted(
        {"literal": 4, "product": 3, "environment": 4, "timedelta": 1, "debug": 2, "none": 0.4}
    )
    if style == "environment":
        return environment.number(
            module, "SECURE_HSTS_SECONDS", project.pick([3600, 31536000]) if safe else 0
        )
    if style == "timedelta":
        module.need("from datetime import timedelta")
        project.feature("timedelta")
        if safe:
            return project.pick(
                [
                    "int(timedelta(days=365).total_seconds())",
                    "timedelta(days=30, hours=1).seconds",
                    "timedelta(hours=6) // timedelta(seconds=1)",
                ]
            )
        return "timedelta(days=30).seconds"
    if style == "debug" and "DEBUG" in module.known:
        project.feature("conditional-expression")
        return project.pick(
            [
                "31536000 if not DEBUG else 0",
                "0 if DEBUG else 60 * 60",
                "3600 * (not DEBUG)",
                "not DEBUG and 31536000",
            ]
        )
    if not safe:
        return "None" if style == "none" else "0"
    if style == "product":
        project.feature("arithmetic")
        return project.pick(
            [
                "60 * 60 * 24 * 365",
                "31_536_000",
                "365 * 24 * 3600",
                "2**25",
                "int(3.1536e7)",
                "7 * 86400 // 2",
                "sum([3600] * 24)",
                'int("31536000")',
                "0x1E13380",
                "1 << 20",
                "-(-3600)",
            ]
        )
    return project.pick(["3600", "31536000", "63072000"])


def text(module, setting, safe):
    project = module.project
    if setting == "SECURE_REFERRER_POLICY" and project.chance(0.2):
        project.feature("sequence-of-policies")
        if safe:
            return project.pick(
                [
                    '["no-referrer", "same-origin"]',
                    '("strict-origin",)',
                    '{"origin", "same-origin"}',
                    "[]",
                ]
            )
        return project.pick(['["no-referrer", "nothing"]', '("",)'])
    if setting != "X_FRAME_OPTIONS" and project.chance(0.15):
        return "None"
    value = project.pick(TEXT_SETTINGS[setting][0 if safe else 1])
    style = project.weighted({"literal": 5, "environment": 2, "joined": 2, "debug": 1})
    if style == "environment":
        return environment.text(module, setting, value)
    if style == "joined":
        return spelled(project, value)
    if style == "debug" and "DEBUG" in module.known:
        project.feature("conditional-expression")
        other = project.pick([*TEXT_SETTINGS[setting][0], *TEXT_SETTINGS[setting][1]])
        return f"{other!r} if DEBUG else {value!r}"
    return project.pick(["{!r}", "({!r})"]).format(value)


def spelled(project, value):
    """A string put together from parts."""
    project.feature("string-operations")
    half = len(value) // 2
    a, b = value[:half], value[half:]
    forms = [
        f"{a!r} + {b!r}",
        f"{a!r} {b!r}",
        f'"%s%s" % ({a!r}, {b!r})',
        f'"{{}}{{}}".format({a!r}, {b!r})',
        f'"".join([{a!r}, {b!r}])',
        f'f"{a}{{{b!r}}}"',
        f'{value + "  "!r}.strip()',
        f"{value[::-1]!r}[::-1]",
        f'{"x-" + value!r}.removeprefix("x-")',
        f'{value + "|"!r}.split("|")[0]',
    ]
    if value == value.upper():
        forms.append(f"{value.lower()!r}.upper()")
    if value == value.lower():
        forms.append(f"{value.upper()!r}.lower()")
    return project.pick(forms)


def hosts(module, safe):
    project = module.project
    style = project.weighted({"literal": 5, "environment": 4, "debug": 1.5, "built": 2})
    names = ["example.org", "www.example.org", ".example.com", "api.example.net", "*"]
    chosen = project.rng.sample(names, project.pick([1, 1, 2, 3]))
    if style == "environment":
        return environment.items(module, "ALLOWED_HOSTS", ",".join(chosen) if safe else "")
    if style == "debug" and "DEBUG" in module.known:
        project.feature("conditional-expression")
        return f"[] if DEBUG else {chosen!r}" if safe else f"{chosen!r} if DEBUG else []"
    if style == "built":
        project.feature("built-list")
        if safe:
            return project.pick(
                [
                    f"[] + {chosen!r}",
                    f"list({tuple(chosen)!r})",
                    f"sorted({chosen!r})",
                    '[f"{sub}.example.org" for sub in ("www", "api")]',
                    f"[*{chosen!r}]",
                    f'"{" ".join(chosen)}".split()',
                    f"{chosen!r} * 1",
                    f"list(dict.fromkeys({chosen!r}))",
                ]
            )
        return project.pick(
            [
                "list()",
                "[] + []",
                "[host for host in [] if host]",
                '"".split()',
                '["example.org"][1:]',
                "()",
                '["example.org"] * 0',
            ]
        )
    return (
        repr(chosen if project.chance(0.85) else tuple(chosen))
        if safe
        else project.pick(["[]", "[]", "()"])
    )


def strong_key(project):
    alphabet = string.ascii_letters + string.digits + "!@#%^&*(-_=+)"
    return "".join(project.rng.choices(alphabet, k=project.rng.randint(50, 70)))


def weak_key(project):
    return project.pick(
        [
            "secret",
            "changeme",
            "django-insecure-" + strong_key(project),
            "a" * 64,
            "abcd" * 20,
            strong_key(project)[:49],
            strong_key(project)[:20],
            "x",
        ]
    )


def secret_key(module, safe):
    project = module.project
    style = project.weighted(
        {
            "literal": 5,
            "environment": 4,
            "repeated": 1.2,
            "joined": 1,
            "generated": 1,
            "required": 3,
        }
    )
    if style == "required":
        return required(module, "SECRET_KEY")
    if style == "environment":
        return environment.text(
            module, "SECRET_KEY", strong_key(project) if safe else weak_key(project)
        )
    if style == "repeated":
        project.feature("repeated-string")
        if safe:
            return project.pick(
                ['"0f3Kx" * 12', '"s3cr3t-value" * 6', '10 * "abcdef"', '"a" * 30 + "bcdefgh" * 4']
            )
        return project.pick(
            [
                '"a" * 60',
                '"ab" * 40',
                '"django-insecure-" + "k3yP4rts" * 8',
                '"x" * 60 + "y"',
                '"abcdef" * 8',
            ]
        )
    if style == "joined":
        return spelled(
            project, (strong_key(project) if safe else weak_key(project)).replace("%", "5")
        )
    if style == "generated" and safe:
        project.feature("generated-key")
        form = project.pick(
            [
                (
                    "from django.core.management.utils import get_random_secret_key",
                    "get_random_secret_key()",
                ),
                ("import secrets", "secrets.token_urlsafe(64)"),
                ("import hashlib", 'hashlib.sha256(b"config-host").hexdigest()'),
            ]
        )
        module.need(form[0])
        return form[1]
    return repr(strong_key(project) if safe else weak_key(project))


def required(module, setting):
    """A read without default: production must have the variable, and gets a strong value."""
    project = module.project
    project.feature("required-variable")
    key = project.key(setting, True)
    dialect = project.dialect.name
    forms = ['os.environ["{k}"]', "os.environ['{k}'].strip()", 'str(os.environ["{k}"])']
    if dialect == "django-environ" and project.chance(0.7):
        forms = [
            f'{project.dialect.instance(module)}("{{k}}")',
            f'{project.dialect.instance(module)}.str("{{k}}")',
        ]
    elif dialect == "python-decouple" and project.chance(0.7):
        module.need("from decouple import config")
        forms = ['config("{k}")', 'config("{k}", cast=str)']
    else:
        module.need("import os")
    project.given[key] = "neutral-value-that-is-long-and-has-many-characters-0123456789"
    return project.pick(forms).format(k=key)


def fallbacks(module, safe):
    project = module.project
    strong = [strong_key(project) for _ in range(project.pick([1, 1, 2]))]
    if not safe:
        weak = project.pick([weak_key(project), ""])
        return repr(project.pick([[weak], [*strong, weak], [weak, *strong]]))
    style = project.weighted({"literal": 3, "required": 1, "empty": 2, "filtered": 1})
    if style == "required":
        return f"[{required(module, 'SECRET_KEY_OLD')}]"
    if style == "empty":
        return project.pick(["[]", "()"])
    if style == "filtered":
        key = project.key("SECRET_KEY_OLD", False)
        get = environment.getter(module)
        return f'[key for key in [{get}("{key}")] if key]'
    return repr(strong if project.chance(0.8) else tuple(strong))
