//! `--why FILE:LINE RULE`: which condition of a rule failed at a place.

use std::fmt::Write as _;

use super::{Found, Target, clause, condition, setting};
use crate::base::Loc;
use crate::link::{Bindings, Cx, Query, Tri, Within};
use crate::rule::model::{Rule, RuleMatch, Subject, WhereSubject};

/// Explains, branch by branch, what a rule makes of the code at `line` (given as the absolute
/// byte range of that line).
pub fn why(target: Target<'_, '_>, rule: &Rule, line: Loc) -> String {
    let cx = Cx::new(target.project);
    let mut text = String::new();
    for (number, branch) in rule.matches.iter().enumerate() {
        let _ = writeln!(text, "match {}:", number + 1);
        let none = Bindings::new(branch.vars.len());
        for (word, conditions, wanted) in
            [("when", &branch.when, true), ("unless", &branch.unless, false)]
        {
            for (index, c) in conditions.iter().enumerate() {
                if condition::holds(target, &cx, c, &none, None) != wanted {
                    let _ = writeln!(text, "  {word} {} does not hold", index + 1);
                }
            }
        }
        match &branch.subject {
            Subject::Pattern(subject) => {
                let mut start = Bindings::new(branch.vars.len());
                setting::bind_lets(target, branch, None, &mut start);
                let query = Query {
                    patterns: &subject.patterns,
                    wheres: &[],
                    start: &start,
                    within: Within::Project,
                    concrete: false,
                };
                let mut seen = false;
                cx.search(&query, &mut |hit| {
                    let touches = |loc: &Loc| overlaps(loc, &line);
                    if touches(&hit.loc) || hit.inside.iter().any(touches) {
                        seen = true;
                        let _ = writeln!(text, "  the pattern: {}", word(hit.tri));
                        explain_wheres(&cx, branch, hit.bindings.clone(), &mut text);
                        let (spot, found) = (hit.spot, Found::of_hit(&cx, hit));
                        if !subject.on_exception {
                            explain_clauses(target, &cx, branch, &mut found.clone(), &mut text);
                            return true;
                        }
                        for start in cx.leaving(spot) {
                            let symbol = target.project.symbol_of(start.func);
                            let _ = writeln!(text, "  the exception is caught in {symbol}");
                            let mut found = found.clone().leaving(&cx, start);
                            explain_clauses(target, &cx, branch, &mut found, &mut text);
                        }
                    }
                    true
                });
                if !seen {
                    let _ = writeln!(text, "  the pattern does not match anything there");
                }
            }
            Subject::Setting(_) | Subject::Entity(_) | Subject::Taint(_) => {
                let found = super::subject(target, &cx, branch);
                match found.into_iter().find(|f| overlaps(&f.loc, &line)) {
                    Some(mut found) => {
                        let _ = writeln!(text, "  the subject and its conditions hold");
                        explain_clauses(target, &cx, branch, &mut found, &mut text);
                    }
                    None => {
                        let _ = writeln!(
                            text,
                            "  the subject, or a condition on it, does not hold there"
                        );
                    }
                }
            }
        }
    }
    text
}

fn explain_wheres(cx: &Cx<'_, '_>, branch: &RuleMatch, mut bindings: Bindings, text: &mut String) {
    for condition in &branch.wheres {
        let WhereSubject::Var(var) = condition.subject else { continue };
        let name = &branch.vars[usize::from(var)];
        match bindings.get(var).cloned() {
            Some(value) => {
                cx.refuel();
                let tri = cx.holds(&condition.pred, &value, &mut bindings);
                let shown = cx.show(&value, true);
                let _ = writeln!(text, "  where.{name}: {} (it is {shown})", word(tri));
            }
            None => {
                let _ = writeln!(text, "  where.{name}: no (nothing is captured)");
            }
        }
    }
}

fn explain_clauses(
    target: Target<'_, '_>,
    cx: &Cx<'_, '_>,
    branch: &RuleMatch,
    found: &mut Found<'_>,
    text: &mut String,
) {
    for (index, clause) in branch.present.iter().enumerate() {
        match clause::find(target, cx, clause, &found.bindings, Some(found)) {
            Some((bindings, _)) => {
                found.bindings = bindings;
                let _ = writeln!(text, "  present {}: yes", index + 1);
            }
            None => {
                let _ = writeln!(text, "  present {}: no", index + 1);
            }
        }
    }
    for (index, clause) in branch.missing.iter().enumerate() {
        let there = clause::may_exist(target, cx, clause, &found.bindings, Some(found));
        let answer = if there { "it is there, or may be" } else { "yes, it is missing" };
        let _ = writeln!(text, "  missing {}: {answer}", index + 1);
    }
}

fn word(tri: Tri) -> &'static str {
    match tri {
        Tri::Yes => "yes",
        Tri::No => "no",
        Tri::Unknown => "not known",
    }
}

fn overlaps(a: &Loc, b: &Loc) -> bool {
    a.file == b.file && a.start < b.end && b.start < a.end.max(a.start + 1)
}
