//! `docs/coverage.md`: the claims, the rules that find them, and where they are demonstrated.

use std::fmt::Write;

use crate::claims::{Claims, Evidence, Judged, Part, Theme};

const HEAD: &str = "\
<!-- Generated from fixtures/claims.toml; CONTRIBUTING.md says how. -->

# Coverage

tokscan began with five documents about weaknesses of Django and Flask applications on CockroachDB
and MongoDB. This page goes through everything that they claim: weaknesses named in a heading or in
passing, and what their own mended code still gets wrong. For each claim it says which rules find
it, and where that is demonstrated: in a small weak application in `fixtures/`, at the linked line.
Each of these applications has a hardened twin, in which none of the rules reports anything. A test
checks all of it.

Some claims cannot be decided by looking at code, whatever the tool. They are listed with the
reason, so that nobody takes silence for an answer.

";

/// The whole page.
pub fn page(claims: &Claims, judged: &[Judged]) -> String {
    let mut page = HEAD.to_owned();
    page.push_str("| Document | Claims | Found | Not yet | Not decidable | Rightly silent |\n");
    page.push_str("|---|---:|---:|---:|---:|---:|\n");
    for theme in &claims.theme {
        let of_theme = claims_of(theme, judged);
        let count = |is: &dyn Fn(&Judged) -> bool| of_theme.iter().filter(|j| is(j)).count();
        let _ = writeln!(
            page,
            "| [{}](#{}) | {} | {} | {} | {} | {} |",
            theme.title,
            anchor(&theme.title),
            of_theme.len(),
            count(&|j| !j.evidence.is_empty() && !j.is_open()),
            count(&|j| j.is_open()),
            count(&|j| j.claim.undecidable.is_some()),
            count(&|j| !j.claim.silent.is_empty()),
        );
    }
    for theme in &claims.theme {
        section(&mut page, theme, judged);
    }
    page
}

fn claims_of<'j, 'c>(theme: &Theme, judged: &'j [Judged<'c>]) -> Vec<&'j Judged<'c>> {
    judged.iter().filter(|judged| judged.claim.theme == theme.id).collect()
}

fn section(page: &mut String, theme: &Theme, judged: &[Judged]) {
    let _ = write!(page, "\n## {}\n", theme.title);
    let of_theme = claims_of(theme, judged);
    for (part, heading) in [
        (Part::Weakness, "What is said of the stack"),
        (Part::Remedy, "What its remedies leave open"),
        (Part::Cwe, "Its table of weaknesses"),
    ] {
        let demonstrated: Vec<_> = of_theme
            .iter()
            .filter(|judged| judged.claim.part == part && !judged.evidence.is_empty())
            .collect();
        if demonstrated.is_empty() {
            continue;
        }
        let _ = write!(page, "\n### {heading}\n\n");
        page.push_str("| Claim | Rules | Demonstrated in |\n|---|---|---|\n");
        for judged in demonstrated {
            row(page, judged);
        }
    }
    let undecidable = of_theme.iter().filter_map(|judged| {
        judged.claim.undecidable.as_ref().map(|reason| (&judged.claim.says, reason))
    });
    list(page, "What no static tool can decide", undecidable);
    let sound = of_theme.iter().filter(|judged| judged.claim.part == Part::Sound);
    let code = |code: &str| format!("`{}`", code.trim());
    let sound: Vec<_> = sound
        .map(|judged| {
            let lines = judged.claim.silent.iter().map(|line| code(&line.code));
            (&judged.claim.says, lines.collect::<Vec<_>>().join(", "))
        })
        .collect();
    list(page, "What is rightly not reported", sound.iter().map(|(says, code)| (*says, code)));
}

/// A row of the table of claims that are demonstrated.
fn row(page: &mut String, judged: &Judged) {
    let claim = judged.claim;
    let mut says = claim.says.clone();
    if judged.is_open() {
        says.insert_str(0, "**Not found yet:** ");
    }
    if let Some(beyond) = &claim.beyond {
        let _ = write!(says, "<br>*{beyond}*");
    }
    let rules = claim.rules.iter().map(|rule| match judged.unwritten.contains(&rule) {
        true => format!("`{rule}`"),
        false => format!("[`{rule}`](rules/{rule}.md)"),
    });
    let places = judged.evidence.iter().map(place);
    let [rules, places] =
        [rules.collect::<Vec<_>>().join("<br>"), places.collect::<Vec<_>>().join("<br>")];
    let _ = writeln!(page, "| {} | {rules} | {places} |", says.replace('|', "\\|"));
}

/// A link to the line in the weak project.
fn place(evidence: &Evidence) -> String {
    let Evidence { path, line, is_found } = evidence;
    let file = path.rsplit('/').next().unwrap_or(path);
    let note = if *is_found { "" } else { " (not yet)" };
    format!("[{file}:{line}](../fixtures/{path}#L{line}){note}")
}

/// A list of claims, each with what is said about it.
fn list<'a>(
    page: &mut String,
    heading: &str,
    items: impl Iterator<Item = (&'a String, &'a String)>,
) {
    let mut items = items.peekable();
    if items.peek().is_none() {
        return;
    }
    let _ = write!(page, "\n### {heading}\n\n");
    for (says, about) in items {
        let _ = writeln!(page, "* **{says}** {about}");
    }
}

/// The anchor that code hosts give a heading.
fn anchor(title: &str) -> String {
    title.to_lowercase().replace(' ', "-").replace(',', "")
}
