//! The same on the terminal.

use anstyle::Style;

use super::{Block, Entry, Page};

pub(super) fn render(page: &Page<'_>, color: bool) -> String {
    let bold = |text: &str| {
        let style = Style::new().bold();
        if color { format!("{style}{text}{style:#}") } else { text.to_owned() }
    };
    let mut out = format!("{}\n{}\n\n", bold(page.id), page.title);
    let width = page.facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, entries) in &page.facts {
        for (index, Entry { text, .. }) in entries.iter().enumerate() {
            let name = if index == 0 { name } else { "" };
            out += &format!("{name:width$}  {text}\n");
        }
    }
    for (heading, blocks) in &page.sections {
        out += &format!("\n{}\n", bold(heading));
        for (index, block) in blocks.iter().enumerate() {
            if index > 0 && matches!(block, Block::Code(_)) {
                out.push('\n');
            }
            push(&mut out, block);
        }
    }
    out
}

fn push(out: &mut String, block: &Block) {
    match block {
        Block::Prose(text) => *out += &format!("{text}\n"),
        Block::List(entries) => {
            for entry in entries {
                *out += &format!("- {}\n", entry.text);
            }
        }
        Block::Table(_, rows) => {
            for [text, severity, confidence] in rows {
                *out += &format!("- {text} (severity {severity}, confidence {confidence})\n");
            }
        }
        Block::Code(files) => {
            for (index, (path, text)) in files.iter().enumerate() {
                if index > 0 {
                    out.push('\n');
                }
                if let Some(path) = path {
                    *out += &format!("  # {path}\n");
                }
                for line in text.trim_matches('\n').trim_end().lines() {
                    *out += format!("    {line}").trim_end();
                    out.push('\n');
                }
            }
        }
    }
}
