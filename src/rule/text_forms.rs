//! Small forms inside strings: settings paths, key paths, message templates, variables.

use std::ops::Range;

use super::context::{Cx, nearest};
use super::error::Place;
use super::holes::is_metavar;
use super::model::{PathKey, SettingPath, Template, TemplatePart, VarId};
use super::tree::Text;
use super::vars::{Mention, Mentions, Vars};

impl Cx<'_> {
    /// Compiles `CACHES[$A].BACKEND`: names, and keys in brackets. The variables in it enter
    /// `mentions` as bound.
    pub fn setting_path(
        &mut self,
        text: Text<'_>,
        vars: &mut Vars,
        mentions: &mut Mentions,
    ) -> Option<SettingPath> {
        let keys = self.key_path(text, 0, vars, &mut mentions.binds)?;
        if matches!(keys.first(), Some(PathKey::Var(_))) {
            self.error(text.place, "a setting starts with its name");
            return None;
        }
        Some(SettingPath(keys))
    }

    /// Compiles a path of keys from byte `start` of `text` on: `a.b`, `a[$K]`, `$K.b`,
    /// `a["b c"]`. Variables enter `found`.
    pub fn key_path(
        &mut self,
        text: Text<'_>,
        start: usize,
        vars: &mut Vars,
        found: &mut Vec<Mention>,
    ) -> Option<Vec<PathKey>> {
        let mut keys = Vec::new();
        let mut at = start;
        while at < text.value.len() || keys.is_empty() {
            let rest = &text.value[at..];
            let (key, next) = match split_key(rest, keys.is_empty()) {
                Ok(found) => found,
                Err(length) => {
                    let range = at..(at + length).min(text.value.len());
                    self.error_in(
                        text,
                        range,
                        "expected a key, as in `A.B`, `A[$K]` or `A[\"b\"]`",
                    );
                    return None;
                }
            };
            let range = at + key.start..at + key.end;
            keys.push(self.key(text, range, vars, found)?);
            at += next;
        }
        Some(keys)
    }

    fn key(
        &mut self,
        text: Text<'_>,
        range: Range<usize>,
        vars: &mut Vars,
        found: &mut Vec<Mention>,
    ) -> Option<PathKey> {
        let key = &text.value[range.clone()];
        let Some(name) = key.strip_prefix('$') else { return Some(PathKey::Name(key.to_owned())) };
        if name == "_" {
            return Some(PathKey::Var(vars.unnamed()));
        }
        let place = self.within(text, range);
        if !is_metavar(name) {
            self.error(place, "a metavariable is `$` and a name in capitals, as in `$A`");
            return None;
        }
        let var = vars.id(name);
        found.push((var, place));
        Some(PathKey::Var(var))
    }

    /// The variable in a text that is nothing else: `"$X"`.
    pub fn variable(&mut self, text: Text<'_>, vars: &mut Vars) -> Option<VarId> {
        match text.value.strip_prefix('$').filter(|name| is_metavar(name)) {
            Some(name) => Some(vars.id(name)),
            None => {
                self.error(
                    text.place,
                    format!("expected a variable such as `$X`, found `{}`", text.value),
                );
                None
            }
        }
    }

    /// Compiles a text with `{$X}` in it; `{{` is a brace. The variables enter `uses`.
    pub fn template(
        &mut self,
        text: Text<'_>,
        vars: &mut Vars,
        uses: &mut Vec<Mention>,
    ) -> Template {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut doubled = 0;
        let mut at = 0;
        while let Some(c) = text.value[at..].chars().next() {
            let rest = &text.value[at..];
            if rest.starts_with("{{") {
                literal.push('{');
                doubled += 1;
                at += 2;
            } else if doubled > 0 && rest.starts_with("}}") {
                literal.push('}');
                doubled -= 1;
                at += 2;
            } else if let Some(length) = self.insertion(text, at) {
                let name = &rest[2..length - 1];
                let var = vars.id(name);
                uses.push((var, self.within(text, at + 1..at + length - 1)));
                if !literal.is_empty() {
                    parts.push(TemplatePart::Text(std::mem::take(&mut literal)));
                }
                parts.push(TemplatePart::Var(var));
                at += length;
            } else {
                // Up to the next brace there is only text.
                let length = rest[c.len_utf8()..]
                    .find(['{', '}'])
                    .map_or(rest.len(), |next| next + c.len_utf8());
                literal.push_str(&rest[..length]);
                at += length;
            }
        }
        if !literal.is_empty() {
            parts.push(TemplatePart::Text(literal));
        }
        Template { parts }
    }

    /// Length of the `{$X}` at byte `at`, if there is one. Reports what looks like a slip of it.
    fn insertion(&mut self, text: Text<'_>, at: usize) -> Option<usize> {
        let inner = text.value[at..].strip_prefix('{')?;
        let inner = &inner[..inner.find('}')?];
        let length = inner.len() + 2;
        if inner.strip_prefix('$').is_some_and(is_metavar) {
            return Some(length);
        }
        if inner.starts_with('$') || (is_metavar(inner) && inner.len() < 30) {
            self.error_in(
                text,
                at..at + length,
                "a captured value is written `{$X}`, a brace `{{`",
            );
        }
        None
    }

    /// Records that a variable has no value where it is used.
    pub fn unbound(
        &mut self,
        vars: &Vars,
        (var, place): Mention,
        bound: &[VarId],
        help: Option<String>,
    ) {
        let name = vars.name(var);
        let message = format!("`${name}` is not bound here");
        let names: Vec<&str> =
            bound.iter().map(|&var| vars.name(var)).filter(|n| *n != "_").collect();
        let help = help.or_else(|| {
            nearest(name, names.iter().copied()).map(|near| format!("did you mean `${near}`?"))
        });
        self.report(place, message, help);
    }

    fn report(&mut self, place: Place, message: String, help: Option<String>) {
        match help {
            Some(help) => self.error_help(place, message, help),
            None => self.error(place, message),
        }
    }
}

/// The range of the first key of `rest` and where the next one starts; the length of what is
/// wrong else.
fn split_key(rest: &str, first: bool) -> Result<(Range<usize>, usize), usize> {
    if rest.starts_with('[') {
        let end = rest.find(']').ok_or(rest.len())?;
        let mut key = 1..end;
        for quote in ['"', '\''] {
            let inner = &rest[key.clone()];
            if inner.len() > 1 && inner.starts_with(quote) && inner.ends_with(quote) {
                key = key.start + 1..key.end - 1;
            }
        }
        return if key.is_empty() { Err(end + 1) } else { Ok((key, end + 1)) };
    }
    let dot = usize::from(!first);
    if !first && !rest.starts_with('.') {
        return Err(rest.len());
    }
    let body = &rest[dot..];
    let dollar = usize::from(body.starts_with('$'));
    let is_key = |c: char| c.is_alphanumeric() || c == '_' || c == '-' || c == '*';
    let length = dollar + body[dollar..].find(|c: char| !is_key(c)).unwrap_or(body.len() - dollar);
    if length == dollar {
        return Err(rest.len().max(1));
    }
    Ok((dot..dot + length, dot + length))
}
