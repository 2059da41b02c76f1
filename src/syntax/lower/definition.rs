//! Functions, classes, decorators and parameters.

use super::Lower;
use super::kind::Kind;
use crate::syntax::ast::{ClassDef, ExprId, FunctionDef, Param, ParamKind, Params, StmtKind};

impl Lower<'_> {
    /// `@a @b def …`, `@a class …`
    pub(super) fn decorated_definition(&mut self) -> StmtKind {
        let mut decorators = Vec::new();
        let mut definition = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Decorator => decorators.push(self.first_value()),
                Kind::FunctionDefinition => {
                    definition = Some(self.function_definition(std::mem::take(&mut decorators)));
                }
                Kind::ClassDefinition => {
                    definition = Some(self.class_definition(std::mem::take(&mut decorators)));
                }
                _ => {}
            }
            more = self.advance();
        }
        definition.unwrap_or(StmtKind::Error(Vec::new()))
    }

    /// `async def name[T](params) -> returns: body`
    pub(super) fn function_definition(&mut self, decorators: Vec<ExprId>) -> StmtKind {
        let span = self.span();
        let mut name = None;
        let mut params = Params::default();
        let mut returns = None;
        let mut body = Vec::new();
        let mut is_async = false;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::AsyncToken => is_async = true,
                Kind::Identifier => name = Some(self.ident()),
                Kind::TypeParameter => self.sweep(),
                Kind::Parameters => params = self.parameters(),
                Kind::Type => returns = Some(self.expr()),
                Kind::Block => body = self.block(),
                _ => {}
            }
            more = self.advance();
        }
        let name = name.unwrap_or_else(|| self.no_ident(span));
        StmtKind::Function(FunctionDef { name, decorators, params, returns, body, is_async })
    }

    /// `class Name[T](bases): body`
    pub(super) fn class_definition(&mut self, decorators: Vec<ExprId>) -> StmtKind {
        let span = self.span();
        let mut name = None;
        let mut bases = Vec::new();
        let mut body = Vec::new();
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Identifier => name = Some(self.ident()),
                Kind::TypeParameter => self.sweep(),
                Kind::ArgumentList => bases = self.arguments(),
                Kind::Block => body = self.block(),
                _ => {}
            }
            more = self.advance();
        }
        let name = name.unwrap_or_else(|| self.no_ident(span));
        StmtKind::Class(ClassDef { name, decorators, bases, body })
    }

    // ---- parameters ----

    /// The parameters of a function or lambda.
    pub(super) fn parameters(&mut self) -> Params {
        let mut items: Vec<Param> = Vec::new();
        let mut kind = ParamKind::Normal;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::PositionalSeparator => {
                    for param in &mut items {
                        param.kind = ParamKind::PositionalOnly;
                    }
                }
                Kind::KeywordSeparator => kind = ParamKind::KeywordOnly,
                // Python 2's `def f(a, (b, c))`
                Kind::TuplePattern => {
                    self.note_error(self.node);
                    self.sweep();
                }
                _ => {
                    if let Some(param) = self.parameter(kind) {
                        if param.kind == ParamKind::VarArgs {
                            kind = ParamKind::KeywordOnly;
                        }
                        items.push(param);
                    }
                }
            }
            more = self.advance();
        }
        Params { items }
    }

    /// One parameter; `kind` is that of a plain one at this place.
    fn parameter(&mut self, kind: ParamKind) -> Option<Param> {
        match self.kind {
            Kind::Identifier => {
                Some(Param { name: self.ident(), kind, annotation: None, default: None })
            }
            Kind::ListSplatPattern | Kind::DictionarySplatPattern => self.splat_parameter(),
            Kind::TypedParameter | Kind::DefaultParameter | Kind::TypedDefaultParameter => {
                self.long_parameter(kind)
            }
            _ => {
                self.sweep();
                None
            }
        }
    }

    /// `name: annotation = default`, `*name: annotation`
    fn long_parameter(&mut self, kind: ParamKind) -> Option<Param> {
        let mut param: Option<Param> = None;
        let mut annotation = None;
        let mut default = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Type => annotation = Some(self.expr()),
                kind if kind.is_value() && param.is_some() => default = Some(self.expr()),
                _ if param.is_none() => param = self.parameter(kind),
                _ => {}
            }
            more = self.advance();
        }
        param.map(|param| Param { annotation, default, ..param })
    }

    /// `*name`, `**name`
    fn splat_parameter(&mut self) -> Option<Param> {
        let kind = if self.kind == Kind::ListSplatPattern {
            ParamKind::VarArgs
        } else {
            ParamKind::KwArgs
        };
        let mut name = None;
        let mut more = self.enter();
        while more {
            match self.kind {
                Kind::Identifier => name = Some(self.ident()),
                _ => self.sweep(),
            }
            more = self.advance();
        }
        name.map(|name| Param { name, kind, annotation: None, default: None })
    }
}
