//! The configuration of one application at one point of the program.

use std::mem::discriminant;
use std::sync::Arc;

use indexmap::IndexMap;

use crate::base::Loc;
use crate::link::{EnvVal, Kind, SettingsSource, Val, one_of};

/// The state of the program: the configuration, once the application is made.
pub type State = Option<Arc<Config>>;

/// What a configuration object holds.
#[derive(Debug, Clone, Default)]
pub struct Config {
    keys: IndexMap<String, Slot>,
    /// Whether keys may be set that are not in `keys`.
    pub open: bool,
    /// On a way that only a file makes possible which is not there in a plain checkout: whether
    /// that way has changed anything.
    pub without_file: Option<bool>,
}

/// One key.
#[derive(Debug, Clone)]
pub struct Slot {
    /// Its value.
    pub value: Val,
    /// The statements that set it, in the order in which they run. Empty: the framework or an
    /// extension put its default there.
    pub chain: Vec<Loc>,
}

impl Config {
    /// A configuration of which nothing is known.
    pub fn unknown() -> Self {
        Self { open: true, ..Self::default() }
    }

    /// The key's slot.
    pub fn get(&self, key: &str) -> Option<&Slot> {
        self.keys.get(key)
    }

    /// Whether a key is there.
    pub fn has(&self, key: &str) -> Option<bool> {
        match self.keys.get(key).map(|slot| &slot.value) {
            None => (!self.open).then_some(false),
            Some(value) => {
                match value.alternatives().iter().any(|v| matches!(v.kind, Kind::Absent)) {
                    false => Some(true),
                    true if matches!(value.kind, Kind::Absent) => Some(false),
                    true => None,
                }
            }
        }
    }

    /// Keys in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&String, &Slot)> {
        self.keys.iter()
    }

    /// Puts a default there, as a framework or an extension does: only when the key is not set.
    pub fn declare(&mut self, key: &str, default: Val) {
        if !self.keys.contains_key(key) {
            self.keys.insert(key.to_owned(), Slot { value: default, chain: Vec::new() });
        }
    }

    /// `config[key] = value`, by the statements of `chain`.
    pub fn set(&mut self, key: &str, value: Val, chain: &[Loc]) {
        self.touch();
        let mut all = self.keys.shift_remove(key).map_or_else(Vec::new, |slot| slot.chain);
        for loc in chain {
            all.retain(|known| known != loc);
            all.push(*loc);
        }
        self.keys.insert(key.to_owned(), Slot { value, chain: all });
    }

    /// `config.setdefault(key, value)`
    pub fn set_default(&mut self, key: &str, value: Val, chain: &[Loc]) {
        match self.keys.get(key) {
            Some(_) => {}
            None if self.open => self.set(key, one_of(vec![value, Val::opaque()]), chain),
            None => self.set(key, value, chain),
        }
    }

    /// The key may have been set to `value` too. `default`: what it is while it is not set.
    pub fn may_set(&mut self, key: &str, value: Val, default: Val, chain: &[Loc]) {
        let before = match self.keys.get(key) {
            Some(slot) => slot.value.clone(),
            None if self.open => Val::opaque(),
            None => default,
        };
        self.set(key, one_of(vec![before, value]), chain);
    }

    /// `del config[key]`
    pub fn remove(&mut self, key: &str) {
        self.touch();
        self.keys.shift_remove(key);
    }

    /// `config.clear()`
    pub fn clear(&mut self) {
        self.touch();
        self.keys.clear();
        self.open = false;
    }

    /// Something unknown may have set any key.
    pub fn blur(&mut self) {
        self.touch();
        self.open = true;
        for slot in self.keys.values_mut() {
            let loc = slot.value.loc;
            slot.value = one_of(vec![slot.value.clone(), Val::opaque()]);
            slot.value.loc = slot.value.loc.or(loc);
        }
    }

    fn touch(&mut self) {
        self.without_file = self.without_file.map(|_| true);
    }

    /// Something that is not there in a plain checkout may set any key: what is set holds while
    /// it is not there.
    pub fn may_be_overridden(&mut self) {
        self.open = true;
        for slot in self.keys.values_mut().filter(|slot| !slot.chain.is_empty()) {
            if !matches!(slot.value.kind, Kind::Env(_)) && !slot.value.is_unknown() {
                let loc = slot.value.loc;
                let default = Some(slot.value.clone());
                slot.value = Val::new(Kind::Env(Arc::new(EnvVal { key: None, default })));
                slot.value.loc = loc;
            }
        }
    }

    fn but_for_file(mut self, touched: bool) -> Self {
        if touched {
            self.may_be_overridden();
        }
        self
    }

    /// The configuration after one of two ways. `default`: what a key is while it is not set.
    fn joined(&self, other: &Self, default: &dyn Fn(&str) -> Val) -> Self {
        let without_file = match (self.without_file, other.without_file) {
            (Some(a), Some(b)) => Some(a || b),
            // What holds where the file is missing holds, until somebody puts it there.
            (Some(touched), None) => return other.clone().but_for_file(touched),
            (None, Some(touched)) => return self.clone().but_for_file(touched),
            (None, None) => None,
        };
        let open = self.open || other.open;
        let mut joined = Self { keys: IndexMap::new(), open, without_file };
        let absent = |config: &Self, key: &str| Slot {
            value: if config.open { Val::opaque() } else { default(key) },
            chain: Vec::new(),
        };
        let rest = other.keys.keys().filter(|key| !self.keys.contains_key(*key));
        for key in self.keys.keys().chain(rest) {
            let a = self.keys.get(key).cloned().unwrap_or_else(|| absent(self, key));
            let b = other.keys.get(key).cloned().unwrap_or_else(|| absent(other, key));
            let mut chain = a.chain.clone();
            chain.extend(b.chain.iter().filter(|loc| !a.chain.contains(loc)));
            // The same statements made the same value, unless one way made it uncertain.
            let same =
                a.chain == b.chain && discriminant(&a.value.kind) == discriminant(&b.value.kind);
            let value = if same { a.value } else { one_of(vec![a.value, b.value]) };
            joined.keys.insert(key.clone(), Slot { value, chain });
        }
        joined
    }
}

impl SettingsSource for Config {
    fn setting(&self, _framework: &str, path: &[String]) -> Option<Val> {
        let (head, rest) = path.split_first()?;
        match self.keys.get(head) {
            Some(slot) => {
                let start = Some(slot.value.clone());
                rest.iter().fold(start, |value, key| crate::project::settings::below(&value?, key))
            }
            None => (!self.open).then(|| Val::new(Kind::Absent)),
        }
    }

    fn is_complete(&self, _framework: &str) -> bool {
        !self.open
    }
}

/// The state where two ways meet. A way on which the application is not made yet says nothing.
pub fn join(a: Option<State>, b: State, default: &dyn Fn(&str) -> Val) -> State {
    match (a, b) {
        (None | Some(None), b) => b,
        (Some(a), None) => a,
        (Some(Some(a)), Some(b)) if Arc::ptr_eq(&a, &b) => Some(a),
        (Some(Some(a)), Some(b)) => Some(Arc::new(a.joined(&b, default))),
    }
}
