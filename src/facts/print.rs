//! Facts as text for people: `tokscan facts FILE`.
//!
//! Terms are written like the Python they came from. Text that is the value of a secret-looking
//! name is masked wherever it appears, as a local name's value appears in place of the name.

use std::fmt::{self, Write};

mod line;
mod mask;

use line::Line;
use mask::Masked;

use super::ir::{
    Block, ClassFact, FileFacts, FnId, FnIr, FnKind, Import, ImportedName, Instr, InstrKind,
    NodeId, Place, TermId, Terminator,
};
use crate::base::{Span, Symbol};
use crate::syntax::ast::ParamKind;

/// Writes facts down. String values of names, keys and keywords for which `is_secret_name`
/// holds are masked.
pub fn print(facts: &FileFacts, is_secret_name: &dyn Fn(&str) -> bool) -> String {
    let masked = Masked::of(facts, is_secret_name);
    let printer = Printer { facts, masked: &masked };
    let mut out = String::new();
    printer.file(&mut out).expect("internal error: writing to a string does not fail");
    out
}

/// One term as text, nothing masked.
#[cfg(test)]
pub(super) fn term(facts: &FileFacts, function: FnId, id: TermId) -> String {
    let masked = Masked::default();
    let printer = Printer { facts, masked: &masked };
    printer.show(&facts.fns[function], id)
}

struct Printer<'a> {
    facts: &'a FileFacts,
    masked: &'a Masked<'a>,
}

impl Printer<'_> {
    fn file(&self, out: &mut String) -> fmt::Result {
        if !self.facts.imports.is_empty() {
            writeln!(out, "imports")?;
        }
        for (id, import) in self.facts.imports.iter_enumerated() {
            let guarded = if import.guarded { " guarded" } else { "" };
            let text = self.import(import);
            writeln!(
                out,
                "  i{} {text} in f{}{guarded}{}",
                id.0,
                import.scope.0,
                self.at(import.span)
            )?;
        }
        if let Some(names) = &self.facts.dunder_all {
            let names: Vec<&str> = names.iter().map(|&name| self.name(name)).collect();
            writeln!(out, "exports {}", names.join(", "))?;
        }
        for (index, class) in self.facts.classes.iter().enumerate() {
            self.class(out, index, class)?;
        }
        for (id, function) in self.facts.fns.iter_enumerated() {
            self.function(out, id, function)?;
        }
        for comment in &self.facts.suppressions {
            writeln!(out, "suppression {comment:?}")?;
        }
        for (start, end) in &self.facts.errors {
            writeln!(out, "error @{start}..{end}")?;
        }
        for cut in &self.facts.cuts {
            writeln!(out, "cut {:?} @{}", cut.why, cut.at)?;
        }
        Ok(())
    }

    fn name(&self, symbol: Symbol) -> &str {
        self.facts.names.resolve(symbol)
    }

    /// A place as ` @start..end` in the file.
    fn at(&self, span: Span) -> String {
        let start = self.facts.block_starts.get(usize::from(span.block)).copied().unwrap_or(0);
        format!(" @{}..{}", start + span.start, start + span.end)
    }

    fn import(&self, import: &Import) -> String {
        let path: Vec<&str> = import.module.iter().map(|&name| self.name(name)).collect();
        let module = format!("{}{}", ".".repeat(import.level as usize), path.join("."));
        match import.name {
            ImportedName::Module => format!("import {module}"),
            ImportedName::One(name) => format!("from {module} import {}", self.name(name)),
            ImportedName::Star => format!("from {module} import *"),
        }
    }

    fn class(&self, out: &mut String, index: usize, class: &ClassFact) -> fmt::Result {
        let scope = &self.facts.fns[class.scope];
        for &decorator in &class.decorators {
            writeln!(out, "@{}", self.show(scope, decorator))?;
        }
        let mut bases = Line::new(self, scope);
        bases.args(&class.bases);
        let outer = class.outer.map(|outer| format!(" of c{}", outer.0)).unwrap_or_default();
        let (name, at) = (self.name(class.name), self.at(class.span));
        writeln!(out, "class c{index} {name}({}) in f{}{outer}{at}", bases.text, class.scope.0)?;
        for &(name, value, span) in &class.attrs {
            let value = self.show(scope, value);
            writeln!(out, "  {} = {value}{}", self.name(name), self.at(span))?;
        }
        for &(name, value, span) in &class.annotated {
            let value = self.show(scope, value);
            writeln!(out, "  {}: {value}{}", self.name(name), self.at(span))?;
        }
        for &(name, function) in &class.methods {
            writeln!(out, "  def {} f{}", self.name(name), function.0)?;
        }
        Ok(())
    }

    fn function(&self, out: &mut String, id: FnId, function: &FnIr) -> fmt::Result {
        let parent = &self.facts.fns[function.parent.unwrap_or(FnId(0))];
        for &decorator in &function.decorators {
            writeln!(out, "@{}", self.show(parent, decorator))?;
        }
        let kind = match (function.kind, function.is_async) {
            (FnKind::Module, _) => "module",
            (FnKind::Lambda, _) => "lambda",
            (FnKind::Function, true) => "async def",
            (FnKind::Function, false) => "def",
        };
        write!(
            out,
            "{kind} f{} {}({})",
            id.0,
            self.name(function.name),
            self.params(function, parent)
        )?;
        if let Some(returns) = function.returns {
            write!(out, " -> {}", self.show(parent, returns))?;
        }
        if let Some(parent) = function.parent {
            write!(out, " in f{}", parent.0)?;
        }
        if let Some(class) = function.class {
            write!(out, " of c{}", class.0)?;
        }
        if function.is_generator {
            write!(out, " generator")?;
        }
        writeln!(out, "{}", self.at(function.span))?;
        if !function.globals.is_empty() {
            let names: Vec<&str> = function.globals.iter().map(|&name| self.name(name)).collect();
            writeln!(out, "  global {}", names.join(", "))?;
        }
        for (node, block) in function.blocks.iter_enumerated() {
            self.block(out, function, node, block)?;
        }
        if !function.exit.is_empty() {
            writeln!(out, "  at the end")?;
        }
        for &(name, value) in &function.exit {
            writeln!(out, "    {} = {}", self.name(name), self.show(function, value))?;
        }
        Ok(())
    }

    fn params(&self, function: &FnIr, parent: &FnIr) -> String {
        let param = |param: &super::ir::Param| {
            let stars = match param.kind {
                ParamKind::VarArgs => "*",
                ParamKind::KwArgs => "**",
                _ => "",
            };
            let mut text = format!("{stars}{}", self.name(param.name));
            if let Some(annotation) = param.annotation {
                text += &format!(": {}", self.show(parent, annotation));
            }
            if let Some(default) = param.default {
                text += &format!(" = {}", self.show(parent, default));
            }
            match param.kind {
                ParamKind::PositionalOnly => text += " (positional)",
                ParamKind::KeywordOnly => text += " (keyword)",
                _ => {}
            }
            text
        };
        function.params.iter().map(param).collect::<Vec<_>>().join(", ")
    }

    fn block(&self, out: &mut String, function: &FnIr, node: NodeId, block: &Block) -> fmt::Result {
        write!(out, "  b{}", node.0)?;
        if !block.handlers.is_empty() {
            let handlers: Vec<String> =
                block.handlers.iter().map(|handler| format!("b{}", handler.0)).collect();
            write!(out, " (raises to {})", handlers.join(", "))?;
        }
        writeln!(out)?;
        for instr in &block.instrs {
            writeln!(out, "    {}{}", self.instr(function, instr), self.at(instr.span))?;
        }
        writeln!(out, "    {}", self.terminator(function, &block.end))
    }

    fn instr(&self, function: &FnIr, instr: &Instr) -> String {
        match &instr.kind {
            InstrKind::Eval(term) => format!("eval {}", self.show(function, *term)),
            InstrKind::Bind { name, value, class } => {
                let class = class.map(|class| format!("c{}.", class.0)).unwrap_or_default();
                format!("{class}{} = {}", self.name(*name), self.show(function, *value))
            }
            InstrKind::Store { place, value } => {
                format!("store {} = {}", self.place(function, place), self.show(function, *value))
            }
            InstrKind::Delete(place) => format!("del {}", self.place(function, place)),
            InstrKind::Import(import) => format!("import i{}", import.0),
        }
    }

    fn place(&self, function: &FnIr, place: &Place) -> String {
        match place {
            Place::Outer(name) => format!("outer {}", self.name(*name)),
            Place::Attr(object, name) => {
                format!("{}.{}", self.show(function, *object), self.name(*name))
            }
            Place::Item(object, key) => {
                format!("{}[{}]", self.show(function, *object), self.show(function, *key))
            }
        }
    }

    fn terminator(&self, function: &FnIr, end: &Terminator) -> String {
        let maybe = |value: &Option<TermId>| match value {
            Some(value) => format!(" {}", self.show(function, *value)),
            None => String::new(),
        };
        match end {
            Terminator::Goto(to) => format!("goto b{}", to.0),
            Terminator::Branch { test, then, orelse, span } => {
                let test = self.show(function, *test);
                format!("if {test} goto b{} else b{}{}", then.0, orelse.0, self.at(*span))
            }
            Terminator::Loop { iter, body, exit } => {
                format!("for {} goto b{} else b{}", self.show(function, *iter), body.0, exit.0)
            }
            Terminator::Return { value, span } => {
                format!("return{}{}", maybe(value), self.at(*span))
            }
            Terminator::Raise { exc, cause, span } => {
                let from = if cause.is_some() { " from" } else { "" };
                format!("raise{}{from}{}{}", maybe(exc), maybe(cause), self.at(*span))
            }
        }
    }

    fn show(&self, function: &FnIr, id: TermId) -> String {
        let mut line = Line::new(self, function);
        line.term(id);
        line.text
    }
}
