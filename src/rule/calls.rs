//! `[[call]]`: library functions, their signatures and the roles they play.

use super::constant::{default_value, read_python};
use super::context::Cx;
use super::declare::{is_class_path, returned_type};
use super::library::{CallModel, DefaultValue, ParamDecl, RoleCond, RoleExpr, RoleRoot};
use super::tree::{Table, Text};
use super::vars::Vars;
use super::version::Requirement;
use crate::base::{FxHashMap, Symbol};
use crate::facts::Const;
use crate::syntax::ast::{Ast, ParamKind, Params, StmtKind};

/// Compiles every `[[call]]`.
pub(super) fn compile_calls(cx: &mut Cx<'_>) {
    for table in cx.all_tables("call") {
        compile_call(cx, table);
    }
}

fn compile_call(cx: &mut Cx<'_>, table: Table<'_>) {
    let signatures: Vec<_> = table
        .texts("signature")
        .into_iter()
        .filter_map(|text| Some((text, cx.signature(text)?)))
        .collect();
    if signatures.is_empty() {
        return;
    }
    let all: Vec<ParamDecl> =
        signatures.iter().flat_map(|(_, (_, params))| params.clone()).collect();
    let base = describe(cx, table, &all);
    for (text, (path, params)) in signatures {
        let mut model = CallModel { params, ..base.clone() };
        // A role of a parameter that only another signature has is not a role here.
        let own = |root: &RoleRoot| match root {
            RoleRoot::Param(name) => takes(&model.params, *name),
            _ => true,
        };
        model.roles = base
            .roles
            .iter()
            .filter(|(_, role)| own(&role.root))
            .map(|(name, role)| (*name, role.clone()))
            .collect();
        model.unless = base.unless.clone().filter(|cond| own(&cond.left.root));
        if model.returns_type.is_none() && model.returns_param.is_none() && is_constructor(cx, text)
        {
            model.returns_type = Some(path.clone());
        }
        for &concept in &model.is {
            let entry = cx.library.concepts.entry(concept).or_default();
            if !entry.calls.contains(&path) {
                entry.calls.push(path.clone());
            }
        }
        cx.library.calls.entry(path).or_default().push(model);
    }
}

fn is_constructor(cx: &Cx<'_>, signature: Text<'_>) -> bool {
    let path = signature.value.split('(').next().unwrap_or_default().trim();
    is_class_path(path) || cx.known.types.contains(path)
}

/// What a `[[call]]` says of its calls, whichever signature they have.
fn describe(cx: &mut Cx<'_>, table: Table<'_>, params: &[ParamDecl]) -> CallModel {
    let package = table.text("package").map(|text| cx.requirement(text));
    let is = table.texts("is").into_iter().map(|text| cx.names.intern(text.value)).collect();
    let mut roles = FxHashMap::default();
    for (name, node) in table.entries_of("roles") {
        let Some(text) = node.text() else { continue };
        if let Some(role) = cx.role(text, Some(params), &Vars::default()) {
            roles.insert(cx.names.intern(name.value), role);
        }
    }
    let unless = table.text("unless").and_then(|text| cx.role_condition(text, params));
    let returns = table.get("returns").and_then(|node| node.table());
    let returns_param = returns
        .and_then(|returns| returns.text("param"))
        .and_then(|text| cx.declared_param(text, params));
    let mut carried = |key: &str| -> Vec<Symbol> {
        let names = table.texts(key).into_iter();
        names.filter_map(|text| cx.declared_or_receiver(text, params)).collect()
    };
    let (passes, renders, calls) = (carried("passes"), carried("renders"), carried("calls"));
    let (elements, iterates) = (carried("elements"), carried("iterates"));
    let binds = carried("binds").first().copied();
    let subscribes = carried("subscribes").first().copied();
    let fields_of = carried("fields-of").first().copied();
    let handles = carried("handles").first().copied();
    let registers = carried("registers").first().copied();
    let mut seconds = FxHashMap::default();
    for (name, factor) in table.entries_of("seconds") {
        if let (Some(param), Some(factor)) = (cx.declared_param(name, params), factor.number()) {
            seconds.insert(param, factor);
        }
    }
    CallModel {
        package,
        params: Vec::new(),
        is,
        roles,
        unless,
        returns_type: returned_type(table).map(|text| cx.path(text)),
        returns_labels: returns.map_or_else(Vec::new, |returns| cx.labels(returns.texts("label"))),
        raises: table.texts("raises").into_iter().map(|text| cx.path(text)).collect(),
        seconds,
        returns_param,
        parsed: returns
            .and_then(|returns| returns.text("parsed"))
            .map(|text| text.value.to_owned()),
        never_returns: table.flag("never-returns"),
        passes,
        elements,
        iterates,
        binds,
        subscribes,
        renders,
        shows_caught: table.flag("shows-caught"),
        calls,
        fields_of,
        handles,
        registers,
    }
}

/// What stands before the parameters in [`signature_source`].
const SIGNATURE_START: &str = "def f(";

/// The path of `a.b.f(x, y=1)`, and a function with its parameters.
pub(super) fn signature_source(signature: &str) -> Option<(&str, String)> {
    let (path, rest) = signature.trim_end().split_once('(')?;
    let params = rest.strip_suffix(')')?;
    Some((path, format!("{SIGNATURE_START}{params}): pass")))
}

fn takes(params: &[ParamDecl], name: Symbol) -> bool {
    params.iter().any(|param| param.name == name || param.kind == ParamKind::KwArgs)
}

impl Cx<'_> {
    /// A package requirement, checked; what is wrong with it is recorded.
    pub fn requirement(&mut self, text: Text<'_>) -> String {
        if let Err(error) = Requirement::parse(text.value) {
            self.error_in(text, error.range.clone(), error.message);
        }
        text.value.to_owned()
    }

    /// Reads `a.b.f(x, y=1, *, z)`.
    fn signature(&mut self, text: Text<'_>) -> Option<(Vec<Symbol>, Vec<ParamDecl>)> {
        let Some((path, source)) = signature_source(text.value) else {
            self.error(
                text.place,
                "a signature is a dotted path and its parameters, as in `a.f(x, y=1)`",
            );
            return None;
        };
        let ast = self.parsed.signature(text.value, &source);
        if let Some(&(start, end)) = ast.errors.first() {
            // `def f(` takes the place of the path and its bracket.
            let shift = |at: u32| {
                let at = (at as usize + path.len() + 1).saturating_sub(SIGNATURE_START.len());
                at.min(text.value.len())
            };
            self.error_in(text, shift(start)..shift(end), "these are not valid parameters");
            return None;
        }
        let path = self.path(Text { value: path.trim(), place: text.place });
        let params = ast.body.iter().find_map(|&id| match &ast.stmts[id].kind {
            StmtKind::Function(function) => Some(&function.params),
            _ => None,
        })?;
        Some((path, self.params(&ast, params, text)))
    }

    fn params(&mut self, ast: &Ast, params: &Params, text: Text<'_>) -> Vec<ParamDecl> {
        let mut read = Vec::new();
        for param in &params.items {
            let name = ast.names.resolve(param.name.name);
            let default = param.default.and_then(|id| {
                let value = default_value(ast, id);
                if value.is_none() {
                    self.error(text.place, format!("the default of `{name}` is not a constant"));
                }
                value
            });
            read.push(ParamDecl { name: self.names.intern(name), kind: param.kind, default });
        }
        read
    }

    fn declared_param(&mut self, text: Text<'_>, params: &[ParamDecl]) -> Option<Symbol> {
        let name = self.names.intern(text.value);
        if takes(params, name) {
            return Some(name);
        }
        self.unknown_param(text, text.value, params);
        None
    }

    fn declared_or_receiver(&mut self, text: Text<'_>, params: &[ParamDecl]) -> Option<Symbol> {
        match text.value {
            "receiver" => Some(self.names.intern(text.value)),
            _ => self.declared_param(text, params),
        }
    }

    fn unknown_param(&mut self, text: Text<'_>, name: &str, params: &[ParamDecl]) {
        let names: Vec<String> =
            params.iter().map(|param| self.names.resolve(param.name).to_owned()).collect();
        let message = format!("the signature has no parameter `{name}`");
        self.unknown(text.place, message, name, names.iter().map(String::as_str));
    }

    /// Reads `options.require ?? []`. `params` are those of the signature, for calls; `vars`
    /// the metavariables, for concepts.
    pub fn role(
        &mut self,
        text: Text<'_>,
        params: Option<&[ParamDecl]>,
        vars: &Vars,
    ) -> Option<RoleExpr> {
        let (source, default) = match text.value.split_once("??") {
            Some((source, default)) => {
                let part = Text { value: default.trim(), place: text.place };
                (source.trim(), Some(self.python(part)?))
            }
            None => (text.value.trim(), None),
        };
        if let Some(value) = literal(source) {
            return Some(RoleExpr { root: RoleRoot::Const(value), path: Vec::new(), default });
        }
        let mut keys = source.split('.').map(str::trim);
        let root = keys.next().unwrap_or_default();
        let path: Vec<String> = keys.map(str::to_owned).collect();
        if path.iter().any(|key| !is_key(key)) || !is_key(root.trim_start_matches('$')) {
            self.error_help(
                text.place,
                format!("`{}` does not say where a value comes from", text.value),
                "a parameter, `receiver`, `result`, a metavariable or a quoted constant, keys below \
                 it after dots, and `?? default`",
            );
            return None;
        }
        let root = self.role_root(text, root, params, vars)?;
        Some(RoleExpr { root, path, default })
    }

    fn role_root(
        &mut self,
        text: Text<'_>,
        root: &str,
        params: Option<&[ParamDecl]>,
        vars: &Vars,
    ) -> Option<RoleRoot> {
        if let Some(name) = root.strip_prefix('$') {
            let var = vars.get(name);
            if var.is_none() {
                let names: Vec<&str> = vars.names().iter().map(String::as_str).collect();
                self.unknown(text.place, format!("`${name}` is not bound here"), name, names);
            }
            return var.map(RoleRoot::Var);
        }
        match (root, params) {
            ("receiver", _) => Some(RoleRoot::Receiver),
            ("result", _) => Some(RoleRoot::Result),
            (_, Some(params)) => {
                let name = self.names.intern(root);
                if takes(params, name) {
                    return Some(RoleRoot::Param(name));
                }
                self.unknown_param(text, root, params);
                None
            }
            (_, None) => {
                let message = format!("`{root}` is no role of a pattern");
                self.error_help(
                    text.place,
                    message,
                    "a metavariable such as `$X`, `receiver` or `result`",
                );
                None
            }
        }
    }

    /// Reads `options.verify == False`.
    fn role_condition(&mut self, text: Text<'_>, params: &[ParamDecl]) -> Option<RoleCond> {
        let sides = [("==", false), ("!=", true)]
            .into_iter()
            .find_map(|(sign, negated)| Some((text.value.split_once(sign)?, negated)));
        let Some(((left, right), negated)) = sides else {
            self.error(text.place, "expected `a == constant` or `a != constant`");
            return None;
        };
        let left = self.role(
            Text { value: left.trim(), place: text.place },
            Some(params),
            &Vars::default(),
        );
        match self.python(Text { value: right.trim(), place: text.place })? {
            DefaultValue::Const(right) => Some(RoleCond { left: left?, right, negated }),
            _ => {
                self.error(text.place, "the right side must be a single constant");
                None
            }
        }
    }
}

/// The constant a role expression is, when it starts like one.
fn literal(source: &str) -> Option<DefaultValue> {
    let quoted = source.starts_with(['\'', '"', '[', '(', '{', '-'])
        || source.starts_with(|c: char| c.is_ascii_digit());
    match source {
        "True" => Some(DefaultValue::Const(Const::Bool(true))),
        "False" => Some(DefaultValue::Const(Const::Bool(false))),
        "None" => Some(DefaultValue::Const(Const::None)),
        _ if quoted => read_python(source),
        _ => None,
    }
}

fn is_key(key: &str) -> bool {
    !key.is_empty() && key.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-')
}
