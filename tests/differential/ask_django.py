#!/usr/bin/env python3
"""Asks the real Django what `check --deploy --tag security` says of each project in production.

    VENV/bin/python ask_django.py --projects DIR [--out FILE] [--verify N]

Reads DIR/truth.json. Each project runs in a forked child that has Django's code loaded already, so
that hundreds take seconds; `--verify N` runs the real `manage.py check` for N projects as well and
fails where the two differ. Writes {"django": version, "checks": [ids], "projects": {name: [ids]}}.
"""

import argparse
import concurrent.futures
import contextlib
import importlib
import io
import json
import multiprocessing
import os
import pathlib
import re
import runpy
import subprocess
import sys
import tempfile
import traceback

import django
from django.core import checks, management

# Loaded before the fork; none of these needs settings.
for _module in (
    "django.apps.registry",
    "django.contrib.admin.apps",
    "django.contrib.auth.apps",
    "django.contrib.contenttypes.apps",
    "django.contrib.messages.apps",
    "django.contrib.sessions.apps",
    "django.contrib.staticfiles.apps",
    "django.core.management.commands.check",
    "django.core.wsgi",
    "django.core.asgi",
    "django.db.models",
    "django.forms",
    "django.middleware.csrf",
    "django.template.backends.django",
    "django.urls",
    "django.utils.csp",
    "django.views.csrf",
    "configurations",
    "decouple",
    "dj_database_url",
    "environ",
    "pydantic_settings",
):
    with contextlib.suppress(ImportError):
        importlib.import_module(_module)

ARGUMENTS = ["check", "--deploy", "--tag", "security"]

# Applications that projects name without shipping them: empty packages do for the checks.
FOREIGN = ["debug_toolbar", "rest_framework", "corsheaders", "django_extensions"]


def known_checks():
    """Every `security.*` id that the installed Django can report."""
    ids = set()
    for name in ("base", "csrf", "sessions"):
        source = pathlib.Path(
            importlib.import_module(f"django.core.checks.security.{name}").__file__
        )
        ids.update(re.findall(r'id="(security\.[A-Z]\d+)"', source.read_text(encoding="utf-8")))
    return sorted(ids)


def production_environment(record, stubs):
    """The variables that production has: those of tracked files, and the required ones."""
    kept = {
        name: os.environ[name] for name in ("PATH", "HOME", "LANG", "LC_ALL") if name in os.environ
    }
    quiet = {"PYTHONDONTWRITEBYTECODE": "1", "PYTHONWARNINGS": "ignore", "PYTHONPATH": str(stubs)}
    return kept | quiet | record["given"] | record["env"]


def security_ids(messages):
    """What `manage.py check` prints: messages that the project does not silence."""
    return sorted(
        {m.id for m in messages if (m.id or "").startswith("security.") and not m.is_silenced()}
    )


def ask(folder, record, stubs):
    """Runs in a child of its own: the entry point as production starts it, then the checks."""
    root = (folder / record["root"]).resolve()
    os.environ.clear()
    os.environ.update(production_environment(record, stubs))
    os.chdir(root)
    sys.path[0:0] = [str(root), str(stubs)]
    sys.argv = ["manage.py", *ARGUMENTS]
    sys.dont_write_bytecode = True
    found = []
    run = checks.run_checks

    def recording(**options):
        messages = run(**options)
        found.append(security_ids(messages))
        return []

    checks.run_checks = recording
    if record["entry"] == "manage":
        with contextlib.suppress(SystemExit):
            runpy.run_path("manage.py", run_name="__main__")
    else:
        # Settings and applications are what counts; middleware need not be installed.
        for kind in ("wsgi", "asgi"):
            setattr(sys.modules[f"django.core.{kind}"], f"get_{kind}_application", django.setup)
        importlib.import_module(record["entry"])
        management.call_command("check", deploy=True, tags=["security"])
    from django.conf import settings

    if settings.SETTINGS_MODULE != record["settings"]:
        raise RuntimeError(
            f"production selected {settings.SETTINGS_MODULE}, not {record['settings']}"
        )
    [ids] = found
    return ids


def child(pipe, folder, record, stubs):
    with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
        try:
            answer = ask(folder, record, stubs)
        except BaseException:
            answer = traceback.format_exc()
    pipe.send(answer)
    pipe.close()


def ask_in_child(folder, record, stubs):
    """The ids, or the text of the error."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=child, args=(sender, folder, record, stubs))
    process.start()
    sender.close()
    try:
        answer = receiver.recv() if receiver.poll(60) else "no answer within a minute"
    except EOFError:
        answer = "the child ended without an answer"
    process.kill()
    process.join()
    return answer


def command_line(folder, record, stubs):
    """The ids that the real `manage.py check` prints."""
    root = folder / record["root"]
    command = [sys.executable, "manage.py", *ARGUMENTS, "--settings", record["settings"]]
    environment = production_environment(record, stubs)
    if record["configuration"]:
        environment.setdefault("DJANGO_CONFIGURATION", record["configuration"])
    done = subprocess.run(
        command, cwd=root, env=environment, capture_output=True, text=True, timeout=120
    )
    return sorted(set(re.findall(r"\((security\.[A-Z]\d+)\)", done.stdout + done.stderr)))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--projects", type=pathlib.Path, required=True)
    parser.add_argument("--out", type=pathlib.Path, help="default: PROJECTS/django.json")
    parser.add_argument(
        "--verify",
        type=int,
        default=0,
        metavar="N",
        help="compare N projects with the real command",
    )
    options = parser.parse_args()
    truth = json.loads((options.projects / "truth.json").read_text(encoding="utf-8"))
    answers, failures = {}, {}
    with tempfile.TemporaryDirectory() as temporary, concurrent.futures.ThreadPoolExecutor(
        os.cpu_count()
    ) as pool:
        stubs = pathlib.Path(temporary)
        for name in FOREIGN:
            (stubs / name).mkdir()
            (stubs / name / "__init__.py").touch()
        asked = {
            name: pool.submit(ask_in_child, options.projects / name, record, stubs)
            for name, record in truth.items()
        }
        for name, future in asked.items():
            answer = future.result()
            (answers if isinstance(answer, list) else failures)[name] = answer
        step = max(1, len(answers) // options.verify) if options.verify else 0
        sample = list(answers)[::step][: options.verify] if step else []
        printed = {
            name: pool.submit(command_line, options.projects / name, truth[name], stubs)
            for name in sample
        }
        for name, future in printed.items():
            if future.result() != answers[name]:
                failures[name] = (
                    f"manage.py check prints {future.result()}, the child found {answers[name]}"
                )
    out = options.out or options.projects / "django.json"
    report = {"django": django.get_version(), "checks": known_checks(), "projects": answers}
    out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    for name, failure in failures.items():
        print(f"{options.projects / name}: {failure.strip()}", file=sys.stderr)
    print(
        f"Django {django.get_version()}: {len(answers)} projects asked, {len(sample)} compared with manage.py, {len(failures)} failed; {out}"
    )
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
