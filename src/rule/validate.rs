//! Checks on the library as a whole: circles, and the examples of vocabularies.

use super::context::Cx;
use super::model::{Pat, PatternKind, Pred};
use super::words::split_words;
use crate::base::{FxHashMap, FxHashSet, Symbol};

/// Records concepts that are defined by themselves: whoever evaluates them would not end.
pub(super) fn check_concept_circles(cx: &mut Cx<'_>) {
    let mut uses: FxHashMap<Symbol, Vec<Symbol>> = FxHashMap::default();
    for (&name, concept) in &cx.library.concepts {
        let found = uses.entry(name).or_default();
        for pattern in &concept.patterns {
            concepts_of_kind(&pattern.pattern.kind, found);
            pattern.wheres.iter().for_each(|condition| concepts_of_pred(&condition.pred, found));
        }
    }
    for table in cx.all_tables("concept") {
        let Some(text) = table.text("name") else { continue };
        let name = cx.names.intern(text.value);
        if reaches_itself(name, &uses) {
            cx.error(text.place, format!("the concept `{}` is defined by itself", text.value));
        }
    }
}

fn reaches_itself(start: Symbol, uses: &FxHashMap<Symbol, Vec<Symbol>>) -> bool {
    let mut seen = FxHashSet::default();
    let mut open = vec![start];
    while let Some(name) = open.pop() {
        for &next in uses.get(&name).into_iter().flatten() {
            if next == start {
                return true;
            }
            if seen.insert(next) {
                open.push(next);
            }
        }
    }
    false
}

fn concepts_of_kind(kind: &PatternKind, found: &mut Vec<Symbol>) {
    match kind {
        PatternKind::Expr(pat) | PatternKind::Delete(pat) => concepts_of(pat, found),
        PatternKind::Assign { target, value } => {
            concepts_of(target, found);
            concepts_of(value, found);
        }
        PatternKind::Return(pat) | PatternKind::Raise(pat) => {
            pat.iter().for_each(|pat| concepts_of(pat, found));
        }
        PatternKind::Function { decorators, .. } => {
            decorators.iter().for_each(|pat| concepts_of(pat, found));
        }
    }
}

fn concepts_of(pat: &Pat, found: &mut Vec<Symbol>) {
    match pat {
        Pat::Any | Pat::Var(_) | Pat::Const(_) | Pat::Path(_) => {}
        Pat::Attr(value, _) | Pat::AttrVar(value, _) => concepts_of(value, found),
        Pat::Item(value, key) => {
            concepts_of(value, found);
            concepts_of(key, found);
        }
        Pat::Call { func, args, .. } => {
            concepts_of(func, found);
            args.iter().for_each(|arg| concepts_of(&arg.value, found));
        }
        Pat::Concept { name, roles } => {
            found.push(*name);
            roles.iter().for_each(|(_, pat)| concepts_of(pat, found));
        }
        Pat::Dict { entries, .. } => entries.iter().for_each(|(key, value)| {
            concepts_of(key, found);
            concepts_of(value, found);
        }),
        Pat::Seq { items, .. } => items.iter().flatten().for_each(|pat| concepts_of(pat, found)),
        Pat::Op(_, pats) | Pat::Alt(pats) => pats.iter().for_each(|pat| concepts_of(pat, found)),
    }
}

fn concepts_of_pred(pred: &Pred, found: &mut Vec<Symbol>) {
    match pred {
        Pred::Origin(pattern) | Pred::Executes(pattern) => concepts_of_kind(&pattern.kind, found),
        Pred::Length(inner)
        | Pred::Bytes(inner)
        | Pred::Distinct(inner)
        | Pred::Item(inner)
        | Pred::AllItems(inner)
        | Pred::LacksItem(inner)
        | Pred::Key(inner)
        | Pred::LacksKey(inner)
        | Pred::Value(inner)
        | Pred::LacksValue(inner)
        | Pred::Attr(_, inner)
        | Pred::Url(_, inner)
        | Pred::Returns(inner)
        | Pred::Not(inner) => concepts_of_pred(inner, found),
        Pred::Any(preds) | Pred::All(preds) => {
            preds.iter().for_each(|pred| concepts_of_pred(pred, found));
        }
        _ => {}
    }
}

/// Records vocabularies that include themselves, and examples that the vocabulary they belong
/// to does not bear out.
pub(super) fn check_vocabularies(cx: &mut Cx<'_>) {
    let uses: FxHashMap<Symbol, Vec<Symbol>> =
        cx.library.words.iter().map(|(&name, words)| (name, words.includes.clone())).collect();
    let mut circular = false;
    for table in cx.all_tables("name") {
        let Some(id) = table.text("id") else { continue };
        let name = cx.names.intern(id.value);
        if reaches_itself(name, &uses) {
            circular = true;
            cx.error(id.place, format!("the vocabulary `{}` includes itself", id.value));
        }
    }
    // Matching would not end; and the circle must be mended first anyway.
    if !circular {
        check_vocabulary_examples(cx);
    }
}

fn check_vocabulary_examples(cx: &mut Cx<'_>) {
    for table in cx.all_tables("name") {
        let Some(id) = table.text("id").filter(|id| !cx.trusts(id.place)) else { continue };
        let name = cx.names.intern(id.value);
        for (key, expected, verb) in
            [("examples", true, "does not match"), ("not-examples", false, "matches")]
        {
            for text in table.texts(key) {
                let words = split_words(text.value);
                let found = cx
                    .library
                    .words
                    .get(&name)
                    .is_some_and(|vocabulary| vocabulary.matches_words(&words, &cx.library));
                if found != expected {
                    let message = format!("the vocabulary `{}` {verb} `{}`", id.value, text.value);
                    let help = format!("its words are: {}", words.join(", "));
                    cx.error_help(text.place, message, help);
                }
            }
        }
    }
}
