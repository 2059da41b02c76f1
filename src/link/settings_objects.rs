//! Objects that stand for the framework's settings: `django.conf.settings`, `flask.current_app.config`.

use crate::base::{FxHashMap, Symbol};
use crate::rule::library::SettingsModel;
use crate::rule::model::Pat;

/// Library objects whose attributes or items are settings, by path.
#[derive(Debug, Default)]
pub struct SettingsObjects {
    attributes: FxHashMap<Vec<Symbol>, String>,
    items: FxHashMap<Vec<Symbol>, String>,
}

impl SettingsObjects {
    /// Reads them off the declared ways to read a setting.
    pub fn new(models: &[SettingsModel]) -> Self {
        let mut objects = Self::default();
        for model in models {
            for (_, read) in &model.reads {
                match read {
                    Pat::AttrVar(object, _) => {
                        if let Pat::Path(path) = &**object {
                            objects.attributes.insert(path.clone(), model.framework.clone());
                        }
                    }
                    Pat::Item(object, _) => {
                        if let Pat::Path(path) = &**object {
                            objects.items.insert(path.clone(), model.framework.clone());
                        }
                    }
                    _ => {}
                }
            }
        }
        objects
    }

    /// The namespace whose keys are attributes of the object at `path`.
    pub fn attribute(&self, path: &[Symbol]) -> Option<&str> {
        self.attributes.get(path).map(String::as_str)
    }

    /// The namespace whose keys are items of the object at `path`.
    pub fn item(&self, path: &[Symbol]) -> Option<&str> {
        self.items.get(path).map(String::as_str)
    }
}
