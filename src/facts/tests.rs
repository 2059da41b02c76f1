//! What extraction makes of Python, construct by construct.

mod containers;
mod definitions;
mod flow;
mod invariants;
mod order;
mod random;
mod scopes;
mod secrets;

use super::facts_of;
use super::ir::{FileFacts, FnId, FnIr, Terminator};
use super::print::{print, term};

/// The function of a name.
fn function<'a>(facts: &'a FileFacts, name: &str) -> (FnId, &'a FnIr) {
    facts
        .fns
        .iter_enumerated()
        .find(|(_, function)| facts.names.resolve(function.name) == name)
        .unwrap_or_else(|| panic!("no function {name}"))
}

/// What the module binds a name to in the end.
fn exported(source: &str, name: &str) -> String {
    let facts = facts_of(source);
    let exit = &facts.fns[FnId(0)].exit;
    match exit.iter().find(|&&(bound, _)| facts.names.resolve(bound) == name) {
        Some(&(_, value)) => term(&facts, FnId(0), value),
        None => "nothing".to_owned(),
    }
}

/// What a function returns, place by place, in block order.
fn returned(source: &str, name: &str) -> Vec<String> {
    let facts = facts_of(source);
    let (id, function) = function(&facts, name);
    let mut values = Vec::new();
    for block in &function.blocks {
        if let Terminator::Return { value: Some(value), .. } = block.end {
            values.push(term(&facts, id, value));
        }
    }
    values
}

/// Checks the value of `x` at the end of modules.
fn check_exported(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(exported(source, "x"), *expected, "{source}");
    }
}

/// Checks the only value that `f` returns.
fn check_returned(cases: &[(&str, &str)]) {
    for (source, expected) in cases {
        assert_eq!(returned(source, "f").join(" | "), *expected, "{source}");
    }
}

/// The instructions and ends of a body, without places.
fn code(source: &str, name: &str) -> String {
    let facts = facts_of(source);
    let text = print(&facts, &|_| false);
    let (id, _) = function(&facts, name);
    let header = ["module", "def", "async def", "lambda"].map(|kind| format!("{kind} f{} ", id.0));
    let mut lines = text.lines().skip_while(|line| !header.iter().any(|h| line.starts_with(h)));
    lines.next();
    lines
        .take_while(|line| line.starts_with("  "))
        .filter(|line| !line.starts_with("  at the end"))
        .map(|line| line.split(" @").next().unwrap_or(line).trim_end())
        .collect::<Vec<_>>()
        .join("\n")
}

/// The evaluated terms of a body, in block order.
fn evals(source: &str, name: &str) -> Vec<String> {
    code(source, name)
        .lines()
        .filter_map(|line| line.trim().strip_prefix("eval ").map(str::to_owned))
        .collect()
}
