//! Text that is read as a value: JSON, literals of Python.

use super::Cx;
use super::args::Actuals;
use super::environment::cast;
use super::value::{Kind, Val};
use crate::facts::{Const, SeqKind};
use crate::syntax::ast::{ArgKind, Ast, ExprId, ExprKind, StmtKind, UnaryOp};
use crate::syntax::parse;

/// What a text says in a form: `json`, `python`, or a type that readers of the environment know.
pub(super) fn read(form: &str, text: &Val) -> Val {
    let Some(source) = text.as_str() else { return Val::opaque() };
    let value = match form {
        "json" => serde_json::from_str(source).ok().map(|value| of_json(&value)),
        "python" => of_python(source),
        _ => Some(cast(Some(form), text.clone())),
    };
    let mut value = value.unwrap_or_else(Val::opaque);
    value.loc = text.loc;
    value
}

fn of_json(value: &serde_json::Value) -> Val {
    use serde_json::Value;
    match value {
        Value::Null => Val::new(Kind::Const(Const::None)),
        Value::Bool(b) => Val::bool(*b),
        Value::Number(n) => match (n.as_i64(), n.as_f64()) {
            (Some(n), _) => Val::int(n),
            (None, Some(n)) => Val::new(Kind::Const(Const::Float(n))),
            _ => Val::opaque(),
        },
        Value::String(text) => Val::text(text),
        Value::Array(items) => Val::seq(SeqKind::List, items.iter().map(of_json).collect(), false),
        Value::Object(entries) => {
            let entries = entries.iter().map(|(key, value)| (Val::text(key), of_json(value)));
            Val::dict(entries.collect(), false)
        }
    }
}

/// The arguments of a call, as a text outside of the program writes them: `debug=False`.
pub fn call_arguments(cx: &Cx<'_, '_>, text: &str) -> Actuals {
    let ast = parse(&format!("f({})", text.replace("\\\"", "\"")));
    let mut actuals = Actuals::default();
    let call = match (ast.body.as_slice(), ast.errors.is_empty()) {
        ([statement], true) => match &ast.stmts[*statement].kind {
            StmtKind::Expr(id) => Some(&ast.exprs[*id].kind),
            _ => None,
        },
        _ => None,
    };
    let Some(ExprKind::Call { args, .. }) = call else {
        return Actuals { star_open: true, kw_open: true, ..actuals };
    };
    for arg in args {
        let value = of_literal(&ast, arg.value).unwrap_or_else(Val::opaque);
        match arg.kind {
            ArgKind::Positional => actuals.positional.push(value),
            ArgKind::Keyword(name) => match cx.project.names.get(ast.names.resolve(name)) {
                Some(name) => actuals.keywords.push((name, value)),
                None => actuals.kw_open = true,
            },
            ArgKind::Star => actuals.star_open = true,
            ArgKind::DoubleStar => actuals.kw_open = true,
        }
    }
    actuals
}

fn of_python(source: &str) -> Option<Val> {
    let ast = parse(source.trim());
    match (ast.body.as_slice(), ast.errors.is_empty()) {
        ([statement], true) => match &ast.stmts[*statement].kind {
            StmtKind::Expr(id) => of_literal(&ast, *id),
            _ => None,
        },
        _ => None,
    }
}

fn of_literal(ast: &Ast, id: ExprId) -> Option<Val> {
    let items = |items: &[ExprId]| {
        items.iter().map(|item| of_literal(ast, *item)).collect::<Option<Vec<Val>>>()
    };
    let constant = match &ast.exprs[id].kind {
        ExprKind::None => Const::None,
        ExprKind::Bool(value) => Const::Bool(*value),
        ExprKind::Int(value) => Const::Int(*value),
        ExprKind::BigInt(digits) => Const::BigInt(digits.clone()),
        ExprKind::Float(value) => Const::Float(*value),
        ExprKind::Str(text) => Const::Str(text.clone()),
        ExprKind::Bytes(bytes) => Const::Bytes(bytes.clone()),
        ExprKind::Unary { op: UnaryOp::Neg, operand } => match of_literal(ast, *operand)?.kind {
            Kind::Const(Const::Int(value)) => Const::Int(value.checked_neg()?),
            Kind::Const(Const::Float(value)) => Const::Float(-value),
            _ => return None,
        },
        ExprKind::List(all) => return Some(Val::seq(SeqKind::List, items(all)?, false)),
        ExprKind::Tuple(all) => return Some(Val::seq(SeqKind::Tuple, items(all)?, false)),
        ExprKind::Set(all) => return Some(Val::seq(SeqKind::Set, items(all)?, false)),
        ExprKind::Dict(entries) => {
            let mut made = Vec::with_capacity(entries.len());
            for &(key, value) in entries {
                let key = of_literal(ast, key?)?;
                super::mutate::set_entry(&mut made, key, of_literal(ast, value)?);
            }
            return Some(Val::dict(made, false));
        }
        _ => return None,
    };
    Some(Val::new(Kind::Const(constant)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_python_and_json_are_read() {
        let python = |text: &str| read("python", &Val::text(text));
        assert_eq!(python("False").truth(), Some(false));
        assert_eq!(python("['a', ('b',)]").as_seq().map(|seq| seq.items.len()), Some(2));
        assert_eq!(python("-3").as_number(), Some(-3.0));
        for text in ["name", "f()", "1 +", "true", "[*x]", ""] {
            assert!(python(text).is_unknown(), "{text}");
        }
        let json = |text: &str| read("json", &Val::text(text));
        assert_eq!(json("true").truth(), Some(true));
        assert_eq!(json("null").truth(), Some(false));
        assert_eq!(json(r#"{"a": [1]}"#).as_dict().map(|dict| dict.entries.len()), Some(1));
        assert!(json("True").is_unknown());
        assert_eq!(read("bool", &Val::text("on")).truth(), Some(true));
    }
}
