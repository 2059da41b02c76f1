//! Python constants written in packs.

use toml::de::DeValue;

use super::context::Cx;
use super::library::DefaultValue;
use super::tree::{Node, Text};
use crate::facts::Const;
use crate::syntax::ast::{Ast, ExprId, ExprKind, StmtKind, UnaryOp};
use crate::syntax::parse;

/// The value of a constant expression or a display of constants; `None` when it is neither.
pub(super) fn default_value(ast: &Ast, id: ExprId) -> Option<DefaultValue> {
    let sequence = |items: &[ExprId]| {
        items.iter().map(|&item| default_value(ast, item)).collect::<Option<Vec<_>>>()
    };
    match &ast.exprs[id].kind {
        ExprKind::Tuple(items) | ExprKind::List(items) | ExprKind::Set(items) => {
            Some(DefaultValue::Seq(sequence(items)?))
        }
        ExprKind::Dict(entries) => {
            let entries = entries
                .iter()
                .map(|&(key, value)| Some((constant(ast, key?)?, default_value(ast, value)?)));
            Some(DefaultValue::Dict(entries.collect::<Option<_>>()?))
        }
        _ => constant(ast, id).map(DefaultValue::Const),
    }
}

/// The constant an expression is.
pub(super) fn constant(ast: &Ast, id: ExprId) -> Option<Const> {
    Some(match &ast.exprs[id].kind {
        ExprKind::None => Const::None,
        ExprKind::Bool(value) => Const::Bool(*value),
        ExprKind::Ellipsis => Const::Ellipsis,
        ExprKind::Int(value) => Const::Int(*value),
        ExprKind::BigInt(digits) => Const::BigInt(digits.clone()),
        ExprKind::Float(value) => Const::Float(*value),
        ExprKind::Str(text) => Const::Str(text.clone()),
        ExprKind::Bytes(bytes) => Const::Bytes(bytes.clone()),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => negated(constant(ast, *operand)?)?,
        _ => return None,
    })
}

fn negated(value: Const) -> Option<Const> {
    match value {
        Const::Int(value) => value.checked_neg().map(Const::Int),
        Const::Float(value) => Some(Const::Float(-value)),
        _ => None,
    }
}

/// Reads the text of a Python constant; `None` when it is none.
pub(super) fn read_python(text: &str) -> Option<DefaultValue> {
    if let Some(value) = common(text) {
        return Some(value);
    }
    let ast = parse(text.trim());
    let [statement] = ast.body.as_slice() else { return None };
    match &ast.stmts[*statement].kind {
        StmtKind::Expr(id) if ast.errors.is_empty() => default_value(&ast, *id),
        _ => None,
    }
}

/// The constants that most defaults are, without a parser.
fn common(text: &str) -> Option<DefaultValue> {
    let quoted = text.strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
    let constant = match text {
        "None" => Const::None,
        "True" => Const::Bool(true),
        "False" => Const::Bool(false),
        "[]" | "()" => return Some(DefaultValue::Seq(Vec::new())),
        "{}" => return Some(DefaultValue::Dict(Vec::new())),
        _ => Const::Str(quoted.filter(|text| !text.contains(['\'', '\\', '\n']))?.into()),
    };
    Some(DefaultValue::Const(constant))
}

impl Cx<'_> {
    /// The constant in `text`; that it is none is recorded.
    pub fn python(&mut self, text: Text<'_>) -> Option<DefaultValue> {
        let value = read_python(text.value);
        if value.is_none() {
            self.error(text.place, format!("`{}` is not a Python constant", text.value));
        }
        value
    }
}

/// The value of a TOML scalar.
pub(super) fn scalar(node: Node<'_>) -> Option<Const> {
    Some(match node.value {
        DeValue::String(text) => Const::Str(text.as_ref().into()),
        DeValue::Boolean(value) => Const::Bool(*value),
        DeValue::Integer(_) => Const::Int(node.integer()?),
        DeValue::Float(_) => Const::Float(node.number()?),
        DeValue::Datetime(_) | DeValue::Array(_) | DeValue::Table(_) => return None,
    })
}

/// A TOML value as the Python value it stands for.
pub(super) fn toml_value(node: Node<'_>) -> Option<DefaultValue> {
    if let Some(table) = node.table() {
        let entries = table
            .entries()
            .into_iter()
            .map(|(key, value)| Some((Const::Str(key.value.into()), toml_value(value)?)));
        return Some(DefaultValue::Dict(entries.collect::<Option<_>>()?));
    }
    if matches!(node.value, DeValue::Array(_)) {
        let items = node.items().into_iter().map(toml_value);
        return Some(DefaultValue::Seq(items.collect::<Option<_>>()?));
    }
    scalar(node).map(DefaultValue::Const)
}
