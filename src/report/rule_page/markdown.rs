//! The page in the repository.

use super::{Block, Entry, MARK, Page, Target, file_name};

pub(super) fn render(page: &Page<'_>) -> String {
    let mut out = format!("{MARK}\n\n# {}\n\n`{}`\n\n", escaped(page.title), page.id);
    out += "| | |\n|---|---|\n";
    for (name, entries) in &page.facts {
        let entries: Vec<String> = entries.iter().map(entry).collect();
        out += &format!("| {name} | {} |\n", cell(&entries.join("<br>")));
    }
    for (heading, blocks) in &page.sections {
        out += &format!("\n## {heading}\n");
        for block in blocks {
            out.push('\n');
            push(&mut out, block);
        }
    }
    out
}

fn push(out: &mut String, block: &Block) {
    match block {
        Block::Prose(text) => *out += &format!("{}\n", escaped(text)),
        Block::List(entries) => {
            for each in entries {
                *out += &format!("- {}\n", entry(each));
            }
        }
        Block::Table(headings, rows) => {
            *out += &format!("| {} |\n|---|---|---|\n", headings.join(" | "));
            for row in rows {
                let cells = row.each_ref().map(|text| cell(&escaped(text)));
                *out += &format!("| {} |\n", cells.join(" | "));
            }
        }
        Block::Code(files) => {
            for (index, (path, text)) in files.iter().enumerate() {
                if index > 0 {
                    out.push('\n');
                }
                if let Some(path) = path {
                    *out += &format!("`{path}`\n\n");
                }
                *out += &fenced(path.as_deref().unwrap_or("example.py"), text);
            }
        }
    }
}

pub(super) fn entry(entry: &Entry) -> String {
    match &entry.to {
        None => escaped(&entry.text),
        Some(Target::Url(url)) if *url == entry.text => format!("<{url}>"),
        Some(Target::Url(url)) => format!("[{}]({url})", escaped(&entry.text)),
        Some(Target::Rule(id)) => format!("[{}]({})", entry.text, file_name(id)),
    }
}

/// Text in one line of a table.
pub(super) fn cell(text: &str) -> String {
    text.replace('|', "\\|").replace('\n', " ")
}

/// Text whose signs outside of code mean nothing to Markdown: `<` and `[` would begin something,
/// and so would `*` and `_` at a word.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for c in text.chars() {
        in_code ^= c == '`';
        if !in_code && matches!(c, '<' | '[' | '*' | '_') {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// A block of code, whatever is in it.
fn fenced(path: &str, text: &str) -> String {
    let mut fence = "```".to_owned();
    while text.contains(&fence) {
        fence.push('`');
    }
    let language = match path.rsplit(['.', '/']).next().unwrap_or_default() {
        "py" => "python",
        "yml" | "yaml" => "yaml",
        "toml" => "toml",
        "json" => "json",
        "sql" => "sql",
        "html" => "html",
        "ini" | "cfg" => "ini",
        "Dockerfile" => "dockerfile",
        _ => "text",
    };
    format!("{fence}{language}\n{}\n{fence}\n", text.trim_matches('\n').trim_end())
}

#[cfg(test)]
mod tests {
    use super::{cell, escaped, fenced};

    #[test]
    fn signs_outside_of_code_are_escaped() {
        assert_eq!(escaped("a <b> `c[0] <d>` e_f"), "a \\<b> `c[0] <d>` e\\_f");
        assert_eq!(cell("a | b\nc"), "a \\| b c");
    }

    #[test]
    fn code_may_hold_fences() {
        assert_eq!(fenced("a.py", "x\n"), "```python\nx\n```\n");
        assert_eq!(fenced("a.txt", "```\n"), "````text\n```\n````\n");
    }
}
