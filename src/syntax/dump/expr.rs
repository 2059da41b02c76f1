//! Expressions as S-expressions.

use super::Writer;
use crate::syntax::ast::{
    Arg, ArgKind, BinOp, BoolOp, CmpOp, CompClause, CompKind, ExprId, ExprKind, FPart, Param,
    ParamKind, Params, UnaryOp,
};

impl Writer<'_> {
    pub(super) fn expr(&mut self, expr: ExprId) {
        let ast = self.ast;
        match &ast.exprs[expr].kind {
            ExprKind::None => self.word("None"),
            ExprKind::Bool(true) => self.word("True"),
            ExprKind::Bool(false) => self.word("False"),
            ExprKind::Ellipsis => self.word("..."),
            ExprKind::Int(value) => self.word(&value.to_string()),
            ExprKind::BigInt(source) => self.word(&format!("(big {source})")),
            ExprKind::Float(value) => self.word(&format!("(float {value})")),
            ExprKind::Imaginary(source) => self.word(&format!("(imaginary {source})")),
            ExprKind::Str(text) => self.quoted(text),
            ExprKind::Bytes(bytes) => self.word(&format!("b\"{}\"", bytes.escape_ascii())),
            ExprKind::FString(parts) => {
                self.word("(f");
                self.format_parts(parts);
                self.word(")");
            }
            ExprKind::Name(name) => self.name(*name),
            ExprKind::Error => self.word("<error>"),
            _ => self.compound_expr(expr),
        }
    }

    fn compound_expr(&mut self, expr: ExprId) {
        let ast = self.ast;
        match &ast.exprs[expr].kind {
            ExprKind::Attr { value, attr } => {
                self.list("(.", &[*value]);
                self.word(" ");
                self.ident(*attr);
                self.word(")");
            }
            ExprKind::Subscript { value, index } => self.form("([]", &[*value, *index]),
            ExprKind::Slice { lower, upper, step } => {
                self.word("(slice");
                for part in [lower, upper, step] {
                    self.word(" ");
                    self.optional(*part);
                }
                self.word(")");
            }
            ExprKind::Call { func, args } => {
                self.list("(call", &[*func]);
                for arg in args {
                    self.word(" ");
                    self.arg(arg);
                }
                self.word(")");
            }
            ExprKind::Chain { op, operands } => self.form(&format!("({}", binary(*op)), operands),
            ExprKind::Unary { op, operand } => self.form(unary(*op), &[*operand]),
            ExprKind::BoolChain { op: BoolOp::And, operands } => self.form("(and", operands),
            ExprKind::BoolChain { op: BoolOp::Or, operands } => self.form("(or", operands),
            ExprKind::Compare { first, rest } => {
                self.list("(compare", &[*first]);
                for (op, operand) in rest {
                    self.list(&format!(" {}", comparison(*op)), &[*operand]);
                }
                self.word(")");
            }
            ExprKind::IfExp { test, then, orelse } => self.form("(if", &[*test, *then, *orelse]),
            ExprKind::Tuple(items) => self.form("(tuple", items),
            ExprKind::List(items) => self.form("(list", items),
            ExprKind::Set(items) => self.form("(set", items),
            ExprKind::Await(value) => self.form("(await", &[*value]),
            ExprKind::Yield(value) => self.form("(yield", value.as_slice()),
            ExprKind::YieldFrom(value) => self.form("(yield-from", &[*value]),
            ExprKind::Starred(value) => self.form("(*", &[*value]),
            _ => self.scoped_expr(expr),
        }
    }

    fn scoped_expr(&mut self, expr: ExprId) {
        let ast = self.ast;
        match &ast.exprs[expr].kind {
            ExprKind::Named { target, value } => {
                self.word("(:= ");
                self.ident(*target);
                self.list("", &[*value]);
                self.word(")");
            }
            ExprKind::Lambda { params, body } => {
                self.word("(lambda ");
                self.params(params);
                self.list("", &[*body]);
                self.word(")");
            }
            ExprKind::Dict(items) => {
                self.word("(dict");
                for (key, value) in items {
                    match key {
                        Some(key) => self.form(" (:", &[*key, *value]),
                        None => self.form(" (**", &[*value]),
                    }
                }
                self.word(")");
            }
            ExprKind::Comp { kind, key, elt, clauses } => {
                self.word(comprehension(*kind));
                self.list("", key.as_slice());
                self.list("", &[*elt]);
                for clause in clauses {
                    self.clause(clause);
                }
                self.word(")");
            }
            _ => {}
        }
    }

    /// `head a b c`
    fn list(&mut self, head: &str, items: &[ExprId]) {
        self.word(head);
        for &item in items {
            self.word(" ");
            self.expr(item);
        }
    }

    /// `head a b c)`
    pub(super) fn form(&mut self, head: &str, items: &[ExprId]) {
        self.list(head, items);
        self.word(")");
    }

    pub(super) fn optional(&mut self, expr: Option<ExprId>) {
        match expr {
            Some(expr) => self.expr(expr),
            None => self.word("_"),
        }
    }

    pub(super) fn arg(&mut self, arg: &Arg) {
        match arg.kind {
            ArgKind::Positional => {}
            ArgKind::Star => self.word("*"),
            ArgKind::DoubleStar => self.word("**"),
            ArgKind::Keyword(name) => {
                self.name(name);
                self.word("=");
            }
        }
        self.expr(arg.value);
    }

    fn clause(&mut self, clause: &CompClause) {
        match clause {
            CompClause::For { target, iter, is_async } => {
                let head = if *is_async { " (async-for" } else { " (for" };
                self.form(head, &[*target, *iter]);
            }
            CompClause::If(test) => self.form(" (if", &[*test]),
        }
    }

    fn format_parts(&mut self, parts: &[FPart]) {
        for part in parts {
            self.word(" ");
            match part {
                FPart::Text(text) => self.quoted(text),
                FPart::Value { value, conversion, spec, debug } => {
                    self.word("{");
                    self.expr(*value);
                    if *debug {
                        self.word(" =");
                    }
                    if let Some(conversion) = conversion {
                        self.word(&format!(" !{conversion}"));
                    }
                    if !spec.is_empty() {
                        self.word(" :");
                        self.format_parts(spec);
                    }
                    self.word("}");
                }
            }
        }
    }

    /// `(a/ b *args c! **kw)`: `/` marks positional-only, `!` keyword-only parameters.
    pub(super) fn params(&mut self, params: &Params) {
        self.word("(");
        for (index, param) in params.items.iter().enumerate() {
            if index > 0 {
                self.word(" ");
            }
            self.param(param);
        }
        self.word(")");
    }

    fn param(&mut self, param: &Param) {
        match param.kind {
            ParamKind::VarArgs => self.word("*"),
            ParamKind::KwArgs => self.word("**"),
            _ => {}
        }
        self.ident(param.name);
        match param.kind {
            ParamKind::PositionalOnly => self.word("/"),
            ParamKind::KeywordOnly => self.word("!"),
            _ => {}
        }
        if let Some(annotation) = param.annotation {
            self.word(":");
            self.expr(annotation);
        }
        if let Some(default) = param.default {
            self.word("=");
            self.expr(default);
        }
    }
}

fn comprehension(kind: CompKind) -> &'static str {
    match kind {
        CompKind::List => "(list-for",
        CompKind::Set => "(set-for",
        CompKind::Dict => "(dict-for",
        CompKind::Generator => "(generator",
    }
}

fn unary(op: UnaryOp) -> &'static str {
    match op {
        UnaryOp::Neg => "(neg",
        UnaryOp::Pos => "(pos",
        UnaryOp::Invert => "(~",
        UnaryOp::Not => "(not",
    }
}

pub(super) fn binary(op: BinOp) -> &'static str {
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

fn comparison(op: CmpOp) -> &'static str {
    match op {
        CmpOp::Eq => "==",
        CmpOp::NotEq => "!=",
        CmpOp::Lt => "<",
        CmpOp::LtE => "<=",
        CmpOp::Gt => ">",
        CmpOp::GtE => ">=",
        CmpOp::Is => "is",
        CmpOp::IsNot => "is-not",
        CmpOp::In => "in",
        CmpOp::NotIn => "not-in",
    }
}
