//! `tokscan explain RULE`

use std::fmt::Write as _;

use anstyle::Style;

use super::args::ExplainArgs;
use super::error::CliError;
use super::exit::Exit;
use super::streams::Streams;
use super::suggest::did_you_mean;
use crate::rule::{Example, RuleMeta, RuleSet};
use crate::source::clean_line;

/// Prints what there is to know about one rule.
pub(super) fn run(args: &ExplainArgs, streams: &Streams) -> Result<Exit, CliError> {
    let rules = RuleSet::load(&args.rules)?;
    let Some(rule) = rules.metas().find(|meta| *meta.id == *args.rule) else {
        let help = did_you_mean(&args.rule, rules.metas().map(|meta| &*meta.id))
            .or_else(|| Some("`tokscan rules` lists all rules".into()));
        return Err(CliError::UnknownRule { id: clean_line(&args.rule), help });
    };
    streams.print(explanation(rule, streams.out.color).as_bytes())?;
    Ok(Exit::Success)
}

fn explanation(rule: &RuleMeta, color: bool) -> String {
    let bold = |text: &str| {
        let style = Style::new().bold();
        if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    };
    let mut out = format!("{}\n{}\n\n", bold(&rule.id), rule.title);
    for (name, value) in facts(rule) {
        if !value.is_empty() {
            push(&mut out, format_args!("{name:<11} {value}\n"));
        }
    }
    for (heading, text) in [("Why it matters", &rule.why), ("How to fix it", &rule.fix)] {
        if !text.trim().is_empty() {
            push(&mut out, format_args!("\n{}\n{}\n", bold(heading), text.trim()));
        }
    }
    for (heading, bad) in [("Reported", true), ("Not reported", false)] {
        if let Some(example) = rule.examples.iter().find(|example| example.bad == bad) {
            push(&mut out, format_args!("\n{}\n{}", bold(heading), code(example)));
        }
    }
    if !rule.references.is_empty() {
        push(&mut out, format_args!("\n{}\n", bold("References")));
        for url in &rule.references {
            push(&mut out, format_args!("{url}\n"));
        }
    }
    out
}

fn facts(rule: &RuleMeta) -> [(&'static str, String); 9] {
    let cwe: Vec<String> = rule.cwe.iter().map(|number| format!("CWE-{number}")).collect();
    [
        ("category", rule.category.clone()),
        ("severity", rule.severity.to_string()),
        ("confidence", rule.confidence.to_string()),
        ("CWE", cwe.join(", ")),
        ("OWASP", rule.owasp.join(", ")),
        ("OWASP API", rule.owasp_api.join(", ")),
        ("ASVS", rule.asvs.join(", ")),
        ("supersedes", rule.supersedes.join(", ")),
        ("Django", rule.django_checks.join(", ")),
    ]
}

/// The files of an example, indented; a single one without its name.
fn code(example: &Example) -> String {
    let mut out = String::new();
    for (path, text) in &example.files {
        if example.files.len() > 1 {
            push(&mut out, format_args!("  # {path}\n"));
        }
        for line in text.trim_end().lines() {
            push(&mut out, format_args!("{}\n", format!("    {line}").trim_end()));
        }
    }
    out
}

fn push(out: &mut String, text: std::fmt::Arguments<'_>) {
    out.write_fmt(text).expect("internal error: writing to a string failed");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::finding::{Confidence, Severity};

    #[test]
    fn everything_known_is_said() {
        let example = |bad, text: &str| Example {
            bad,
            files: vec![("example.py".into(), text.into())],
            also: Vec::new(),
        };
        let rule = RuleMeta {
            id: "jwt-no-expiry".into(),
            title: "Token without expiry".into(),
            category: "jwt".into(),
            severity: Severity::High,
            confidence: Confidence::Medium,
            cwe: vec![613],
            owasp_api: vec!["API2:2023".into()],
            owasp: Vec::new(),
            asvs: Vec::new(),
            why: "A stolen token works forever.".into(),
            fix: "Set `exp`.\n".into(),
            references: vec!["https://www.rfc-editor.org/rfc/rfc7519".into()],
            supersedes: Vec::new(),
            django_checks: vec!["security.W012".into()],
            examples: vec![example(true, "encode({})  # <- here\n"), example(false, "encode(x)\n")],
        };
        insta::assert_snapshot!(explanation(&rule, false));
    }
}
