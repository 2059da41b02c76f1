//! Terms in the manner of Python.

use super::Printer;
use crate::facts::ir::{
    ArgTerm, Const, Entry, FnIr, Guard, ImportedName, Mutation, Op, SecretLit, SecretShape,
    SeqKind, Term, TermId,
};
use crate::syntax::ast::{ArgKind, BinOp, BoolOp, CmpOp, CompKind, UnaryOp};

/// Terms written per line at most: terms share parts, so written out they may be huge.
const FUEL: u32 = 400;
/// Deepest nesting that is written.
const DEPTH: u32 = 60;

/// One term being written.
pub(super) struct Line<'a> {
    printer: &'a Printer<'a>,
    function: &'a FnIr,
    pub text: String,
    fuel: u32,
    depth: u32,
    /// Phis being written: a loop's phi contains itself.
    open: Vec<TermId>,
}

impl<'a> Line<'a> {
    /// An empty line about a function.
    pub fn new(printer: &'a Printer<'a>, function: &'a FnIr) -> Self {
        Self { printer, function, text: String::new(), fuel: FUEL, depth: 0, open: Vec::new() }
    }

    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Writes a term.
    pub fn term(&mut self, id: TermId) {
        if self.fuel == 0 || self.depth > DEPTH {
            return self.push("…");
        }
        self.fuel -= 1;
        self.depth += 1;
        self.inner(id);
        self.depth -= 1;
    }

    fn inner(&mut self, id: TermId) {
        let facts = self.printer.facts;
        match &self.function.terms[id] {
            Term::Const(value) => self.constant(value),
            Term::Secret(secret) => self.secret(secret),
            Term::Attr(object, name) => {
                self.term(*object);
                self.push(".");
                self.push(facts.names.resolve(*name));
            }
            Term::Item(object, key) => {
                self.term(*object);
                self.push("[");
                self.term(*key);
                self.push("]");
            }
            Term::Slice(parts) => {
                for (index, part) in parts.iter().enumerate() {
                    self.push(if index > 0 { ":" } else { "" });
                    part.iter().for_each(|&part| self.term(part));
                }
            }
            Term::Call { func, args } => {
                self.term(*func);
                self.push("(");
                self.args(args);
                self.push(")");
            }
            Term::Seq { kind, items } => {
                let (open, close) = match kind {
                    SeqKind::List => ("[", "]"),
                    SeqKind::Tuple => ("(", ")"),
                    SeqKind::Set => ("{", "}"),
                };
                self.push(open);
                self.list(items.iter(), |line, item| {
                    line.push(if item.star { "*" } else { "" });
                    line.term(item.value);
                });
                self.push(close);
            }
            Term::Dict(entries) => self.dict(entries),
            Term::Concat(parts) => self.function_like("concat", parts.iter().copied()),
            Term::Op(op, operands) => self.op(*op, operands),
            Term::Phi(operands) => self.phi(id, operands),
            Term::Comp { kind, key, elt, iters, tests } => {
                self.comp(*kind, *key, *elt, iters, tests);
            }
            Term::Update { base, path, op } => self.update(*base, path, op),
            Term::Escaped { base, call } => self.escaped(*base, *call),
            other => self.name(other),
        }
    }

    /// Terms that are written as a name.
    fn name(&mut self, term: &Term) {
        let facts = self.printer.facts;
        match term {
            Term::Param(index) => match self.function.params.get(*index as usize) {
                Some(param) => self.push(facts.names.resolve(param.name)),
                None => self.push("<param>"),
            },
            Term::Global(name) => self.push(facts.names.resolve(*name)),
            Term::Free(scope, name) => {
                let text = format!("f{}:{}", scope.0, facts.names.resolve(*name));
                self.push(&text);
            }
            Term::Import(import) => {
                let name = match (facts.imports[*import].name, facts.imports[*import].module.last())
                {
                    (ImportedName::One(name), _) => facts.names.resolve(name),
                    (_, Some(&module)) => facts.names.resolve(module),
                    _ => "",
                };
                self.push(&format!("i{}:{name}", import.0));
            }
            Term::Closure(function) => {
                let name = facts.names.resolve(facts.fns[*function].name);
                self.push(&format!("f{}:{name}", function.0));
            }
            Term::Class(class) => {
                let name = facts.names.resolve(facts.classes[*class].name);
                self.push(&format!("c{}:{name}", class.0));
            }
            other => self.unary(other),
        }
    }

    /// Terms about one value.
    fn unary(&mut self, term: &Term) {
        match term {
            Term::Caught(types) => self.function_like("caught", types.iter().copied()),
            Term::Await(value) => self.function_like("await", [*value]),
            Term::Yield(value) => self.function_like("yield", value.iter().copied()),
            Term::YieldFrom(value) => self.function_like("yield_from", [*value]),
            Term::Iter(value) => self.function_like("iter", [*value]),
            Term::Enter(value) => self.function_like("enter", [*value]),
            Term::UnpackRest(value) => self.function_like("rest", [*value]),
            Term::Unpack(value, index) => {
                self.push("unpack(");
                self.term(*value);
                self.push(&format!(", {index})"));
            }
            Term::Unknown(why) => self.push(&format!("<unknown {why:?}>").to_lowercase()),
            _ => self.push("<term>"),
        }
    }

    fn list<T>(&mut self, items: impl IntoIterator<Item = T>, mut each: impl FnMut(&mut Self, T)) {
        for (index, item) in items.into_iter().enumerate() {
            if self.fuel == 0 {
                self.push(", …");
                return;
            }
            self.push(if index > 0 { ", " } else { "" });
            each(self, item);
        }
    }

    fn function_like(&mut self, name: &str, args: impl IntoIterator<Item = TermId>) {
        self.push(name);
        self.push("(");
        self.list(args, |line, arg| line.term(arg));
        self.push(")");
    }

    /// Writes arguments.
    pub fn args(&mut self, args: &[ArgTerm]) {
        self.list(args, |line, arg| {
            match arg.kind {
                ArgKind::Positional => {}
                ArgKind::Star => line.push("*"),
                ArgKind::DoubleStar => line.push("**"),
                ArgKind::Keyword(name) => {
                    line.push(line.printer.facts.names.resolve(name));
                    line.push("=");
                }
            }
            line.term(arg.value);
        });
    }

    fn constant(&mut self, value: &Const) {
        let text = match value {
            Const::None => "None".to_owned(),
            Const::Bool(true) => "True".to_owned(),
            Const::Bool(false) => "False".to_owned(),
            Const::Ellipsis => "...".to_owned(),
            Const::Int(value) => value.to_string(),
            Const::BigInt(text) => text.to_string(),
            Const::Float(value) => format!("{value:?}"),
            Const::Str(text) if self.is_masked(text.as_bytes()) => format!("<str {}>", text.len()),
            Const::Str(text) => format!("{text:?}"),
            Const::Bytes(bytes) if self.is_masked(bytes) => format!("<bytes {}>", bytes.len()),
            Const::Bytes(bytes) => format!("b\"{}\"", bytes.escape_ascii()),
        };
        self.push(&text);
    }

    fn is_masked(&self, text: &[u8]) -> bool {
        self.printer.masked.contains(text)
    }

    fn secret(&mut self, secret: &SecretLit) {
        let shape = match secret.shape {
            SecretShape::Jwt => "jwt",
            SecretShape::PrivateKey => "key",
            SecretShape::Hex => "hex",
            SecretShape::Random => "random",
        };
        let prefix = match &*secret.prefix {
            "" => String::new(),
            prefix => format!(" {prefix:?}"),
        };
        self.push(&format!("<secret {shape} {}{prefix}>", secret.length));
    }

    fn dict(&mut self, entries: &[Entry]) {
        self.push("{");
        self.list(entries, |line, entry| {
            match entry.key {
                Some(key) => {
                    line.term(key);
                    line.push(": ");
                }
                None => line.push("**"),
            }
            line.term(entry.value);
        });
        self.push("}");
    }

    fn op(&mut self, op: Op, operands: &[TermId]) {
        let sign = match op {
            Op::Binary(op) => binary_sign(op),
            Op::Bool(BoolOp::And) => "and",
            Op::Bool(BoolOp::Or) => "or",
            Op::Compare(op) => compare_sign(op),
            Op::Unary(op) => {
                self.push(match op {
                    UnaryOp::Neg => "-",
                    UnaryOp::Pos => "+",
                    UnaryOp::Invert => "~",
                    UnaryOp::Not => "not ",
                });
                return operands.iter().for_each(|&operand| self.term(operand));
            }
            Op::Format(conversion) => {
                let mark = conversion.map(|letter| format!("!{letter}")).unwrap_or_default();
                return self.function_like(&format!("format{mark}"), operands.iter().copied());
            }
            Op::Case => return self.function_like("case", operands.iter().copied()),
        };
        self.push("(");
        for (index, &operand) in operands.iter().enumerate() {
            if index > 0 {
                self.push(" ");
                self.push(sign);
                self.push(" ");
            }
            self.term(operand);
        }
        self.push(")");
    }

    fn phi(&mut self, id: TermId, operands: &[(Option<Guard>, TermId)]) {
        if self.open.contains(&id) {
            return self.push("<loop>");
        }
        self.open.push(id);
        self.push("phi(");
        self.list(operands, |line, &(guard, value)| {
            line.term(value);
            if let Some(Guard { test, value }) = guard {
                line.push(if value { " if " } else { " unless " });
                line.term(test);
            }
        });
        self.push(")");
        self.open.pop();
    }

    fn comp(
        &mut self,
        kind: CompKind,
        key: Option<TermId>,
        elt: TermId,
        iters: &[TermId],
        tests: &[TermId],
    ) {
        let (open, close) = match kind {
            CompKind::List => ("[", "]"),
            CompKind::Set | CompKind::Dict => ("{", "}"),
            CompKind::Generator => ("(", ")"),
        };
        self.push(open);
        if let Some(key) = key {
            self.term(key);
            self.push(": ");
        }
        self.term(elt);
        for &iter in iters {
            self.push(" for ");
            self.term(iter);
        }
        for &test in tests {
            self.push(" if ");
            self.term(test);
        }
        self.push(close);
    }

    fn update(&mut self, base: TermId, path: &[TermId], op: &Mutation) {
        self.push("update(");
        self.term(base);
        self.push(", ");
        for &key in path {
            self.push("[");
            self.term(key);
            self.push("]");
        }
        match op {
            Mutation::Set { key, value, .. } => {
                self.push("[");
                self.term(*key);
                self.push("] = ");
                self.term(*value);
            }
            Mutation::Delete(key) => {
                self.push("del [");
                self.term(*key);
                self.push("]");
            }
            Mutation::Method { name, args, .. } => {
                self.push(".");
                self.push(self.printer.facts.names.resolve(*name));
                self.push("(");
                self.args(args);
                self.push(")");
            }
        }
        self.push(")");
    }

    fn escaped(&mut self, base: TermId, call: TermId) {
        self.push("escaped(");
        self.term(base);
        self.push(" by ");
        match &self.function.terms[call] {
            Term::Call { func, .. } => self.term(*func),
            _ => self.term(call),
        }
        self.push(")");
    }
}

fn binary_sign(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "+",
        BinOp::Sub => "-",
        BinOp::Mul => "*",
        BinOp::Div => "/",
        BinOp::FloorDiv => "//",
        BinOp::Mod => "%",
        BinOp::Pow => "**",
        BinOp::MatMul => "@",
        BinOp::LShift => "<<",
        BinOp::RShift => ">>",
        BinOp::BitAnd => "&",
        BinOp::BitOr => "|",
        BinOp::BitXor => "^",
    }
}

fn compare_sign(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => "==",
        CmpOp::NotEq => "!=",
        CmpOp::Lt => "<",
        CmpOp::LtE => "<=",
        CmpOp::Gt => ">",
        CmpOp::GtE => ">=",
        CmpOp::Is => "is",
        CmpOp::IsNot => "is not",
        CmpOp::In => "in",
        CmpOp::NotIn => "not in",
    }
}
