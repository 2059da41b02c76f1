#!/usr/bin/env python3
"""Compares tokscan's findings with Django's own answers, per project and check.

    compare.py --tokscan BIN --projects DIR [--truth FILE] [--show N] [--at-least PERCENT]

A finding answers the checks of its `djangoCheck` list, and those that it took over from findings
it supersedes; one that is marked as of development or tests answers nothing. Prints the agreement
over all (project, check) pairs and every disagreement by check. Exit code 1 below the limit.
"""

import argparse
import collections
import concurrent.futures
import json
import os
import pathlib
import subprocess
import sys

OPTIONS = [
    "--format",
    "json",
    "--min-severity",
    "info",
    "--min-confidence",
    "low",
    "--fail-on",
    "never",
]


def checks_of(node):
    """Every id below any `djangoCheck` key."""
    if isinstance(node, dict):
        for key, value in node.items():
            if key == "djangoCheck":
                yield from [value] if isinstance(value, str) else value
            else:
                yield from checks_of(value)
    elif isinstance(node, list):
        for item in node:
            yield from checks_of(item)


def places(findings, check):
    """Where the findings of a check lie, to look them up."""
    return ", ".join(
        f"{f['path']}:{f.get('start', {}).get('line', '?')} {f['rule']}"
        for f in findings
        if check in set(checks_of(f))
    )


def analyse(tokscan, folder):
    """The findings of production."""
    done = subprocess.run(
        [tokscan, str(folder), *OPTIONS], capture_output=True, text=True, timeout=300
    )
    if done.returncode:
        raise RuntimeError(f"{folder}: exit code {done.returncode}: {done.stderr.strip()}")
    return [
        f
        for f in json.loads(done.stdout)["findings"]
        if f.get("profile", "production") == "production"
    ]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tokscan", required=True, help="the program to test")
    parser.add_argument("--projects", type=pathlib.Path, required=True)
    parser.add_argument(
        "--truth", type=pathlib.Path, help="what ask_django.py wrote; default: PROJECTS/django.json"
    )
    parser.add_argument(
        "--show",
        type=int,
        default=20,
        metavar="N",
        help="disagreements to list per check and direction",
    )
    parser.add_argument("--at-least", type=float, default=99.0, metavar="PERCENT")
    options = parser.parse_args()
    answers = json.loads(
        (options.truth or options.projects / "django.json").read_text(encoding="utf-8")
    )
    records = json.loads((options.projects / "truth.json").read_text(encoding="utf-8"))
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        names = list(answers["projects"])
        reports = dict(
            zip(
                names,
                pool.map(lambda name: analyse(options.tokscan, options.projects / name), names),
            )
        )
    pairs = agreed = 0
    wrong = collections.defaultdict(list)
    styles = collections.Counter()
    for name, findings in reports.items():
        said, true = set(checks_of(findings)), set(answers["projects"][name])
        for check in answers["checks"]:
            pairs += 1
            if (check in said) == (check in true):
                agreed += 1
                continue
            direction = "false alarm" if check in said else "missed"
            wrong[check, direction].append((name, places(findings, check)))
            styles.update(records[name]["features"])
    for (check, direction), cases in sorted(wrong.items()):
        print(f"\n{check} {direction}: {len(cases)}")
        for name, where in cases[: options.show]:
            print(
                f"  {options.projects / name} {records[name]['settings']}{'  ' + where if where else ''}"
            )
        if len(cases) > options.show:
            print(f"  and {len(cases) - options.show} more")
    used = collections.Counter(style for record in records.values() for style in record["features"])
    suspects = sorted(styles, key=lambda style: (-styles[style] / used[style], style))[:15]
    if suspects:
        print("\nstyles with most disagreements per project:")
        for style in suspects:
            print(f"  {styles[style] / used[style]:5.2f}  {style} ({used[style]} projects)")
    missed = sum(len(cases) for (_, direction), cases in wrong.items() if direction == "missed")
    reported = sum(len(ids) for ids in answers["projects"].values())
    print(
        f"\nDjango reports {reported} times: {missed} missed, {pairs - agreed - missed} false alarms"
    )
    share = 100 * agreed / pairs if pairs else 0.0
    print(
        f"{agreed} of {pairs} (project, check) pairs agree: {share:.2f}% (Django {answers['django']}, {len(reports)} projects)"
    )
    return 0 if pairs and share >= options.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
