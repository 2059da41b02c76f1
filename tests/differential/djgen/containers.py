"""MIDDLEWARE, INSTALLED_APPS, TEMPLATES and policies: built in one layer, edited in others."""

from . import statements

SECURITY = "django.middleware.security.SecurityMiddleware"
SESSION = "django.contrib.sessions.middleware.SessionMiddleware"
CSRF = "django.middleware.csrf.CsrfViewMiddleware"
FRAMES = "django.middleware.clickjacking.XFrameOptionsMiddleware"
CSP = "django.middleware.csp.ContentSecurityPolicyMiddleware"
AUTH = "django.contrib.auth.middleware.AuthenticationMiddleware"
COMMON = "django.middleware.common.CommonMiddleware"
MESSAGES = "django.contrib.messages.middleware.MessageMiddleware"
WHITENOISE = "whitenoise.middleware.WhiteNoiseMiddleware"
TOOLBAR = "debug_toolbar.middleware.DebugToolbarMiddleware"
LOCALE = "django.middleware.locale.LocaleMiddleware"

DECIDING = [SECURITY, SESSION, CSRF, FRAMES]
USUAL = [SECURITY, WHITENOISE, SESSION, COMMON, CSRF, AUTH, MESSAGES, FRAMES]

# Applications that are not Django's or the project's; the harness puts empty packages there.
FOREIGN = ["debug_toolbar", "rest_framework", "corsheaders", "django_extensions"]
NEEDED = ["django.contrib.auth", "django.contrib.contenttypes"]
OPTIONAL = ["django.contrib.admin", "django.contrib.messages", "django.contrib.staticfiles"]
SESSIONS_APP = "django.contrib.sessions"


def display(items, brackets="[]", quote='"'):
    inner = "".join(f"    {quote}{item}{quote},\n" for item in items)
    return f"{brackets[0]}\n{inner}{brackets[1]}"


def constants(module, name, items):
    """Puts a list into another module of the package and imports it from there."""
    project = module.project
    package = module.package
    home = f"{package}.components" if package else "components"
    path = f"{project.root}{home.replace('.', '/')}.py"
    text = project.files.get(path, '"""Lists shared by the settings modules."""\n')
    constant = f"{name}_{text.count(' = ')}"
    project.files[path] = f"{text}\n{constant} = {display(items)}\n"
    module.need(
        f"from .components import {constant}"
        if package and project.chance(0.5)
        else f"from {home} import {constant}"
    )
    project.feature("list-from-another-module")
    return constant


def construct(module, setting, items):
    """Lines that bind a list setting for the first time."""
    project = module.project
    project.lengths[setting] = len(items) - 1
    style = project.weighted(
        {
            "list": 6,
            "tuple": 1,
            "sum": 1.5,
            "unpacked": 1.5,
            "imported": 1.2,
            "filtered": 1,
            "conditional": 1,
            "appended": 1,
            "single-quotes": 1,
            "text": 0.7,
        }
    )
    project.feature(f"list-{style}")
    cut = project.rng.randint(1, max(1, len(items) - 1))
    head, tail = items[:cut], items[cut:]
    name = setting.lower()
    match style:
        case "tuple" if setting != "INSTALLED_APPS" or project.chance(0.5):
            project.tuples.add(setting)
            return f"{setting} = {display(items, '()')}".split("\n")
        case "sum":
            return f"_{name} = {display(head)}\n{setting} = _{name} + {display(tail)}".split("\n")
        case "unpacked":
            return f"BASE_{setting} = {display(head)}\n{setting} = [*BASE_{setting}, {', '.join(repr(i) for i in tail)}]".split(
                "\n"
            )
        case "imported":
            return [
                f"{setting} = {project.pick(['list({})', '[*{}]', '{}[:]', '{}', '{} + []']).format(constants(module, setting, items))}"
            ]
        case "filtered":
            decoy = project.pick(DECIDING if setting == "MIDDLEWARE" else [SESSIONS_APP])
            if decoy in items:
                return f"{setting} = [item for item in {display(items)} if item]".split("\n")
            return f"{setting} = [item for item in {display([*items, decoy])} if item != {decoy!r}]".split(
                "\n"
            )
        case "conditional":
            extra = project.pick(DECIDING if setting == "MIDDLEWARE" else [SESSIONS_APP])
            rest = [item for item in items if item != extra]
            keep = statements.condition(module, holds=extra in items)
            form = project.pick(
                [
                    "{r} + ([{e!r}] if {c} else [])",
                    "list(filter(None, {r} + [{e!r} if {c} else None]))",
                    "[*{r}, *([{e!r}] if {c} else [])]",
                ]
            )
            return f"{setting} = {form.format(r=display(rest), e=extra, c=keep)}".split("\n")
        case "appended":
            lines = f"{setting} = {display(head)}".split("\n")
            return lines + [
                project.pick(
                    [
                        "{s}.append({i!r})",
                        "{s} += [{i!r}]",
                        "{s}.extend([{i!r}])",
                        "{s} = {s} + [{i!r}]",
                        "{s}.insert(len({s}), {i!r})",
                    ]
                ).format(s=setting, i=item)
                for item in tail
            ]
        case "single-quotes":
            return f"{setting} = {display(items, quote=chr(39))}".split("\n")
        case "text":
            return [f'{setting} = """', *indent_items(items), '""".split()']
    return f"{setting} = {display(items)}".split("\n")


def indent_items(items):
    return [f"    {item}" for item in items]


def add(module, setting, item):
    """One line that puts an item in."""
    project = module.project
    if setting in project.tuples:
        project.feature("tuple-edit")
        return [
            project.pick(
                [
                    "{s} += ({i!r},)",
                    "{s} = ({i!r},) + {s}",
                    "{s} = (*{s}, {i!r})",
                    "{s} = tuple(list({s}) + [{i!r}])",
                ]
            ).format(s=setting, i=item)
        ]
    form = project.pick(
        [
            "{s} += [{i!r}]",
            "{s}.append({i!r})",
            "{s}.insert(0, {i!r})",
            "{s} = [{i!r}] + {s}",
            "{s} = [*{s}, {i!r}]",
            "{s}.extend([{i!r}])",
            "{s}[0:0] = [{i!r}]",
            "{s} += ({i!r},)",
            "{s} = [{i!r}, *{s}]",
            "{s}.insert(len({s}) // 2, {i!r})",
            "if {i!r} not in {s}:\n    {s}.append({i!r})",
        ]
    )
    project.feature("edit-add")
    return form.format(s=setting, i=item).split("\n")


def remove(module, setting, item):
    """Lines that take an item out, be it there or not."""
    project = module.project
    project.lengths[setting] = project.lengths.get(setting, 0) - 1
    project.feature("edit-remove")
    forms = [
        "{s} = [item for item in {s} if item != {i!r}]",
        "{s} = list(filter(lambda item: item != {i!r}, {s}))",
        "{s} = [m for m in {s} if not m.endswith({tail!r})]",
        "{s} = [m for m in {s} if m not in ({i!r}, 'nothing')]",
    ]
    if setting in project.tuples:
        forms = ["{s} = tuple(item for item in {s} if item != {i!r})"] + forms[:1]
        project.tuples.discard(setting)
        chosen = project.pick(forms)
        if chosen.startswith("{s} = tuple"):
            project.tuples.add(setting)
    else:
        forms += [
            "if {i!r} in {s}:\n    {s}.remove({i!r})",
            "try:\n    {s}.remove({i!r})\nexcept ValueError:\n    pass",
            "while {i!r} in {s}:\n    {s}.remove({i!r})",
            "for _item in list({s}):\n    if _item == {i!r}:\n        {s}.remove(_item)",
            "if {i!r} in {s}:\n    del {s}[{s}.index({i!r})]",
            "if {i!r} in {s}:\n    {s}.pop({s}.index({i!r}))",
            "{s}[:] = [m for m in {s} if m != {i!r}]",
        ]
        chosen = project.pick(forms)
    return chosen.format(s=setting, i=item, tail="." + item.rpartition(".")[2]).split("\n")


def cut(module, setting):
    """Slices and the like, by position."""
    project = module.project
    if project.lengths.get(setting, 0) < 3:
        return [f"{setting} = {setting}[:]"]
    project.feature("edit-slice")
    project.lengths[setting] -= 1
    if setting in project.tuples:
        return [f"{setting} = {setting}[:-1]"]
    return [
        project.pick(
            [
                "{s} = {s}[1:]",
                "{s} = {s}[:-1]",
                "{s}.pop()",
                "{s}.pop(0)",
                "del {s}[0]",
                "{s} = {s}[::-1]",
                "{s}.reverse()",
                "{s} = sorted({s})",
                "{s}[0] = {i!r}",
                "{s} = list({s})",
            ]
        ).format(s=setting, i=COMMON)
    ]


def edit_middleware(module, probability):
    """Edits of a later layer; now and then inside a block."""
    project = module.project
    for _ in range(project.pick([1, 1, 2])):
        kind = project.weighted(
            {"add": 4, "remove": 2.5, "cut": 0.8, "toolbar": 1.5, "replace": 0.5}
        )
        # Inside a block a tuple's kind would depend on the condition.
        before = set(project.tuples)
        if kind == "add":
            lines = add(module, "MIDDLEWARE", project.pick([*DECIDING, WHITENOISE, LOCALE]))
        elif kind == "remove":
            lines = remove(module, "MIDDLEWARE", project.pick([*DECIDING, WHITENOISE, LOCALE]))
        elif kind == "cut":
            lines = cut(module, "MIDDLEWARE")
        elif kind == "replace":
            lines = construct(module, "MIDDLEWARE", middleware(project, probability))
            project.tuples.discard("MIDDLEWARE")
            if any(line == "MIDDLEWARE = (" for line in lines):
                project.tuples.add("MIDDLEWARE")
        else:
            lines = [
                "if DEBUG:" if "DEBUG" in module.known else f"if {statements.condition(module)}:"
            ]
            lines += ["    " + line for line in add(module, "MIDDLEWARE", TOOLBAR)]
        if kind in ("add", "remove", "cut") and project.tuples == before and project.chance(0.35):
            project.feature("edit-in-block")
            lines = [f"if {statements.condition(module)}:", *["    " + line for line in lines]]
        module.emit(*lines, "")


def middleware(project, probability):
    """The items of a project's list; each that a check wants is there with a probability."""
    keep = 0.75 + probability / 5
    return [
        item
        for item in USUAL
        if (item in DECIDING and project.chance(keep))
        or (item not in DECIDING and project.chance(0.8))
    ] or [COMMON, AUTH]


def edit_applications(module):
    project = module.project
    lines = project.pick(
        [
            lambda: add(module, "INSTALLED_APPS", unused_application(project)),
            lambda: remove(module, "INSTALLED_APPS", SESSIONS_APP),
            lambda: remove(module, "INSTALLED_APPS", "django.contrib.messages"),
        ]
    )()
    module.emit(*lines, "")


def unused_application(project):
    """An application that no layer has yet; Django refuses duplicates."""
    free = [
        app
        for app in [*FOREIGN, "reports", "invoices", "search_index", "profiles"]
        if app not in project.applications
    ]
    app = project.pick(free)
    project.applications.add(app)
    return app


def applications(project):
    apps = project.some(OPTIONAL, 0.8) + NEEDED
    if project.chance(0.85):
        apps.append(SESSIONS_APP)
    apps += project.some(FOREIGN, 0.15)
    apps.append("accounts")
    project.applications.update(apps)
    return project.shuffled(apps)


def templates(module):
    """TEMPLATES with or without the processor that puts the nonce into pages."""
    project = module.project
    processors = [
        "django.template.context_processors.request",
        "django.contrib.auth.context_processors.auth",
        "django.contrib.messages.context_processors.messages",
    ]
    csp = "django.template.context_processors.csp"
    how = (
        project.pick(["none", "none", "listed", "appended", "insert", "augmented"])
        if project.policy
        else "none"
    )
    if how == "listed":
        processors.append(csp)
    inner = "".join(f'                "{item}",\n' for item in processors)
    module.emit(
        *(
            "TEMPLATES = [\n    {\n"
            '        "BACKEND": "django.template.backends.django.DjangoTemplates",\n'
            '        "DIRS": [],\n        "APP_DIRS": True,\n        "OPTIONS": {\n'
            f'            "context_processors": [\n{inner}            ],\n        }},\n    }},\n]'
        ).split("\n")
    )
    target = 'TEMPLATES[0]["OPTIONS"]["context_processors"]'
    late = {
        "appended": f'{target}.append("{csp}")',
        "insert": f'{target}.insert(0, "{csp}")',
        "augmented": f'{target} += ["{csp}"]',
    }
    if how in late:
        project.feature("nested-container-edit")
        module.emit(late[how])
    module.emit("")


def policy(module, well_formed=0.8):
    """A content security policy, its middleware, and its mistakes."""
    project = module.project
    project.feature("content-security-policy")
    setting = project.pick(["SECURE_CSP", "SECURE_CSP_REPORT_ONLY"])
    if not project.chance(well_formed):
        module.emit(
            f"{setting} = "
            + project.pick(
                ["\"default-src 'self'\"", "[\"default-src 'self'\"]", "('default-src',)", "True"]
            ),
            "",
        )
        return
    named = project.chance(0.7)
    if named:
        module.need("from django.utils.csp import CSP")
    own = "CSP.SELF" if named else "\"'self'\""
    nonce = project.pick(
        ["CSP.NONCE"] if named else ['"<CSP_NONCE_SENTINEL>"', '"https://cdn.example.org"']
    )
    form = project.weighted(
        {
            "literal": 4,
            "item": 2,
            "update": 1,
            "append": 1,
            "merged": 1,
            "without": 2,
            "dict-call": 0.7,
            "none": 0.4,
        }
    )
    lines = {
        "literal": [
            f"{setting} = {{",
            f'    "default-src": [{own}],',
            f'    "script-src": [{own}, {nonce}],',
            "}",
        ],
        "item": [
            f'{setting} = {{"default-src": [{own}]}}',
            f'{setting}["script-src"] = ({own}, {nonce})',
        ],
        "update": [
            f'{setting} = {{"default-src": [{own}]}}',
            f'{setting}.update({{"style-src": [{nonce}]}})',
        ],
        "append": [
            f'{setting} = {{"script-src": [{own}]}}',
            f'{setting}["script-src"].append({nonce})',
        ],
        "merged": [
            f'_policy = {{"default-src": [{own}]}}',
            f'{setting} = {project.pick(["{**_policy, %s}", "_policy | {%s}"]) % f"{chr(34)}script-src{chr(34)}: {nonce}"}',
        ],
        "without": [f'{setting} = {{"default-src": [{own}], "img-src": ["data:", {own}]}}'],
        "dict-call": [f"{setting} = dict(sandbox=[], media=[{nonce}])"],
        "none": [f"{setting} = None"],
    }[form]
    module.emit(*lines, "")


def noise(module):
    """Settings that no check looks at, as every project has them."""
    project = module.project
    module.need("from pathlib import Path")
    pool = [
        ['LANGUAGE_CODE = "en-us"', 'TIME_ZONE = "UTC"', "USE_I18N = True", "USE_TZ = True"],
        ['STATIC_URL = "/static/"', 'STATIC_ROOT = BASE_DIR / "static"'],
        [
            "DATABASES = {",
            '    "default": {',
            '        "ENGINE": "django.db.backends.sqlite3",',
            '        "NAME": BASE_DIR / "db.sqlite3",',
            "    }",
            "}",
            'DATABASES["default"].update(CONN_MAX_AGE=60)',
            'DATABASES["default"]["TEST"] = {"NAME": ":memory:"}',
        ],
        ['CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}'],
        [
            "LOGGING = {",
            '    "version": 1,',
            '    "disable_existing_loggers": False,',
            '    "handlers": {"console": {"class": "logging.StreamHandler"}},',
            '    "root": {"handlers": ["console"], "level": "INFO"},',
            "}",
            'LOGGING["root"]["level"] = "WARNING"',
        ],
        ["def show_toolbar(request):", '    """Decides per request."""', "    return False", ""],
        [
            'CSRF_TRUSTED_ORIGINS = [f"https://{host}" for host in ("example.org", "www.example.org")]'
        ],
        [
            "SESSION_COOKIE_AGE = 60 * 60 * 24",
            'SESSION_COOKIE_NAME = "sid"',
            "CSRF_COOKIE_HTTPONLY = True",
        ],
        ['SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")'],
        [
            "secure_ssl_redirect = False",
            "debug = True",
            'secret_key = "lower-case names are no settings"',
        ],
        ['EXTRA_SETTINGS = {"DEBUG": True, "SECURE_SSL_REDIRECT": False}'],
        [
            "class DisableMigrations(dict):",
            "    def __contains__(self, item):",
            "        return True",
            "",
        ],
        ["# DEBUG = True", "# SECURE_SSL_REDIRECT = False"],
        [
            "DATA_UPLOAD_MAX_MEMORY_SIZE = int(2.5 * 1024**2)",
            'DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"',
        ],
    ]
    module.emit(f"BASE_DIR = Path(__file__).resolve(){'.parent' * (module.depth + 1)}", "")
    for lines in project.some(pool, 0.4):
        module.emit(*lines, "")
    if project.chance(0.15):
        project.feature("dj-database-url")
        module.need("import dj_database_url")
        module.emit(
            'DATABASES = {"default": dj_database_url.config(default="sqlite:///site.sqlite3", conn_max_age=600)}',
            "",
        )


def stack(module, probability):
    """The lists and tables of a base module."""
    project = module.project
    module.emit(*construct(module, "INSTALLED_APPS", applications(project)), "")
    if project.chance(0.95):
        items = middleware(project, probability)
        if project.policy and project.chance(0.8):
            items.insert(1, CSP)
        module.emit(*construct(module, "MIDDLEWARE", items), "")
    else:
        project.feature("middleware-absent")
        # Later layers edit the list, so it must be bound unless there are none.
        if project.layered or project.chance(0.5):
            module.emit(project.pick(["MIDDLEWARE = []", "MIDDLEWARE = list()"]), "")
    module.emit(f'ROOT_URLCONF = "{project.package}.urls"', "")
    templates(module)
