//! JSON, which YAML contains, once its tabs are spaces.

use super::tree::Document;
use super::yaml;

pub(super) fn parse(text: &str) -> Document {
    // A raw tab cannot stand in a JSON string, so all of them are white space.
    if text.contains('\t') {
        yaml::parse_plain(&text.replace('\t', " "), text)
    } else {
        yaml::parse_plain(text, text)
    }
}
