//! What library models say of connections to databases.

use super::lazy_regex::LazyRegex;
use super::library::DefaultValue;
use super::model::{Pattern, SettingPath, VarId};
use crate::facts::Const;

/// A way to spell a connection to a database: a setting, a call.
#[derive(Debug, Clone)]
pub struct ConnectionModel {
    /// Its metavariables.
    pub vars: Vec<String>,
    /// Where such a connection is spelled, alternatives.
    pub spellings: Vec<Spelling>,
    /// The engine when nothing in the connection says.
    pub engine: Option<String>,
    /// Attribute → where its value stands, tried in this order. `url` gives several at once.
    pub parts: Vec<(String, Vec<PartExpr>)>,
    /// What the connection is used for.
    pub serves: Vec<ServesModel>,
}

/// Where connections are spelled.
#[derive(Debug, Clone)]
pub enum Spelling {
    /// In a setting.
    Setting(SettingPath),
    /// In code.
    Pattern(Pattern),
}

/// Where a part of a connection stands: `OPTIONS.sslmode`, `$URL`, `setting:KEY.a`.
#[derive(Debug, Clone)]
pub struct PartExpr {
    /// What it starts from.
    pub root: PartRoot,
    /// Keys below it.
    pub keys: Vec<String>,
    /// What is made of the value.
    pub form: PartForm,
}

/// What a [`PartExpr`] starts from.
#[derive(Debug, Clone)]
pub enum PartRoot {
    /// The value of the setting.
    Value,
    /// A metavariable of the pattern.
    Var(VarId),
    /// Another setting.
    Setting(SettingPath),
}

/// What is made of a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PartForm {
    /// The value itself.
    Plain,
    /// `!path`: the opposite of a flag.
    Not,
    /// `?path`: true when there is a value.
    Given,
    /// `~path`: not known when there is a value.
    Unknown,
}

/// What a connection is used for, and when.
#[derive(Debug, Clone)]
pub struct ServesModel {
    /// `models`, `sessions`, `caches`.
    pub what: String,
    /// Only the connection with this key in its setting.
    pub alias: Option<String>,
    /// Only while a setting has one of these values.
    pub setting: Option<(SettingPath, Vec<Const>)>,
}

/// A kind of database, and how connections show that they lead to it.
#[derive(Debug, Clone)]
pub struct EngineModel {
    /// `cockroachdb`, `mongodb`, …
    pub name: String,
    /// The engine whose protocol it speaks: a connection to that one leads here when port or
    /// host say so.
    pub like: Option<String>,
    /// Names of backends and dialects.
    pub backends: Vec<LazyRegex>,
    /// URL schemes, without `+driver`.
    pub schemes: Vec<String>,
    /// URL schemes that encrypt.
    pub secure_schemes: Vec<String>,
    /// Ports of its own.
    pub ports: Vec<i64>,
    /// Host names that show it.
    pub hosts: Vec<LazyRegex>,
    /// Attribute → names of query parameters in its URLs.
    pub query: Vec<(String, Vec<PartExpr>)>,
    /// Attribute → environment variable that its drivers read when nothing else says.
    pub environment: Vec<(String, String)>,
    /// Attribute → value when nothing says.
    pub defaults: Vec<(String, DefaultValue)>,
}
