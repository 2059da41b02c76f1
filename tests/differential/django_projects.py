#!/usr/bin/env python3
"""Writes small Django projects whose settings are spelled in many ways.

    django_projects.py --seed N --count M --out DIR

The same seed gives the same projects. DIR holds one folder per project, and `truth.json`: how
production runs each one (see README.md), outside the folders so that no analyser reads it.
"""

import argparse
import collections
import json
import pathlib
import shutil
import subprocess

from djgen import deployment, dialects, layouts
from djgen.build import Project


def generate(seed, index):
    """One project: its files and the harness's record of it."""
    project = Project(seed, index)
    deployment.plan(project)
    dialects.choose(project)
    project.policy = project.chance(0.2)
    layout = layouts.choose(project)
    record = deployment.write(project, layout)
    return project, record


def track(folder):
    """Puts the projects under git: files with secrets are only read where git tracks them."""
    for arguments in (["init", "--quiet"], ["add", "--all"]):
        subprocess.run(["git", "-C", folder, "-c", "core.autocrlf=false", *arguments], check=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument(
        "--seed", default="0", help="any text; the same text gives the same projects"
    )
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--out", type=pathlib.Path, required=True)
    parser.add_argument("--features", action="store_true", help="print how often each style occurs")
    options = parser.parse_args()
    truth, counts = {}, collections.Counter()
    for index in range(1, options.count + 1):
        project, record = generate(options.seed, index)
        folder = options.out / project.name
        shutil.rmtree(folder, ignore_errors=True)
        for name, text in project.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        truth[project.name] = record
        counts.update(record["features"])
    track(options.out)
    (options.out / "truth.json").write_text(json.dumps(truth, indent=1) + "\n", encoding="utf-8")
    if options.features:
        for name, count in sorted(counts.items()):
            print(f"{count:5} {name}")
    print(f"{options.count} projects with {len(counts)} styles in {options.out}")


if __name__ == "__main__":
    main()
