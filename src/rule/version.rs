//! Versions of Python packages and requirements on them.

use std::cmp::Ordering;
use std::fmt;

/// Stands for the newest release of a series.
const NEWEST: u64 = 999_999;

/// The release part of a version (PEP 440): `2.10.1`. Other parts are not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    release: Vec<u64>,
}

/// `pyjwt>=2,<3`: a package and what its version must be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Requirement {
    /// The package, normalised as PEP 503 says: lower case, `-` between words.
    pub name: String,
    /// Conditions on the version, and-ed; none: any version.
    pub specs: Vec<Spec>,
}

/// One condition on a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    op: SpecOp,
    version: Version,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum SpecOp {
    Equal,
    EqualPrefix,
    NotEqual,
    NotEqualPrefix,
    Less,
    LessEqual,
    Greater,
    GreaterEqual,
    /// `~=`: this or later, within the release series.
    Compatible,
}

/// Why a text is no requirement: what, and where in it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequirementError {
    /// One phrase.
    pub message: String,
    /// The byte range it is about.
    pub range: std::ops::Range<usize>,
}

impl fmt::Display for RequirementError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for RequirementError {}

impl Version {
    /// The release part of `text`; `None` when it does not start with a number.
    /// A leading `v`, an epoch, and what follows the release part are left out.
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim().trim_start_matches(['v', 'V']);
        let text = text.split_once('!').map_or(text, |(_, rest)| rest);
        let mut release = Vec::new();
        for part in text.split('.') {
            let digits = part.len() - part.trim_start_matches(|c: char| c.is_ascii_digit()).len();
            match part[..digits].parse() {
                Ok(number) => release.push(number),
                Err(_) => break,
            }
            if digits < part.len() {
                break;
            }
        }
        (!release.is_empty()).then_some(Self { release })
    }

    /// The newest release below this one.
    fn before(&self) -> Option<Self> {
        let mut release = self.release.clone();
        while release.last() == Some(&0) {
            release.pop();
        }
        *release.last_mut()? -= 1;
        release.push(NEWEST);
        Some(Self { release })
    }

    /// The newest release that starts with the first `length` parts of this one.
    fn newest_of(&self, length: usize) -> Self {
        let mut release = self.release[..length.min(self.release.len())].to_vec();
        release.push(NEWEST);
        Self { release }
    }

    /// The first release after the series that the first `length` parts name.
    #[must_use]
    pub fn next_series(&self, length: usize) -> Self {
        let mut release: Vec<u64> = (0..length.max(1)).map(|index| self.part(index)).collect();
        if let Some(last) = release.last_mut() {
            *last = last.saturating_add(1);
        }
        Self { release }
    }

    /// The numbers of the release.
    pub fn release(&self) -> &[u64] {
        &self.release
    }

    fn part(&self, index: usize) -> u64 {
        self.release.get(index).copied().unwrap_or(0)
    }

    fn starts_with(&self, prefix: &[u64]) -> bool {
        prefix.iter().enumerate().all(|(index, &number)| self.part(index) == number)
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, part) in self.release.iter().enumerate() {
            let dot = if index > 0 { "." } else { "" };
            match *part {
                NEWEST => write!(f, "{dot}*")?,
                part => write!(f, "{dot}{part}")?,
            }
        }
        Ok(())
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        // Missing parts are zeros: 2 and 2.0 are the same release.
        let length = self.release.len().max(other.release.len());
        (0..length)
            .map(|index| self.part(index).cmp(&other.part(index)))
            .find(|order| order.is_ne())
            .or(Some(Ordering::Equal))
    }
}

impl Spec {
    /// Whether `version` satisfies the condition.
    pub fn matches(&self, version: &Version) -> bool {
        let order = version.partial_cmp(&self.version).unwrap_or(Ordering::Equal);
        let release = &self.version.release;
        match self.op {
            SpecOp::Equal => order.is_eq(),
            SpecOp::EqualPrefix => version.starts_with(release),
            SpecOp::NotEqual => order.is_ne(),
            SpecOp::NotEqualPrefix => !version.starts_with(release),
            SpecOp::Less => order.is_lt(),
            SpecOp::LessEqual => order.is_le(),
            SpecOp::Greater => order.is_gt(),
            SpecOp::GreaterEqual => order.is_ge(),
            SpecOp::Compatible => {
                order.is_ge() && version.starts_with(&release[..release.len().saturating_sub(1)])
            }
        }
    }
}

impl Requirement {
    /// Reads `name[extras] spec, spec ; marker`; extras and marker are left out.
    ///
    /// # Errors
    /// When there is no name, or a condition has no known operator or no version.
    pub fn parse(text: &str) -> Result<Self, RequirementError> {
        let body = text.split(';').next().unwrap_or_default();
        let name_end = body
            .find(|c: char| !(c.is_ascii_alphanumeric() || "-_. ".contains(c)))
            .unwrap_or(body.len());
        let name = normalise(body[..name_end].trim());
        if name.is_empty() {
            let message = "a requirement starts with the name of a package".to_owned();
            return Err(RequirementError { message, range: 0..text.len() });
        }
        let mut start = name_end;
        if body[start..].starts_with('[') {
            start += body[start..].find(']').map_or(0, |end| end + 1);
        }
        let mut specs = Vec::new();
        for part in body[start..].split(',') {
            if !part.trim().is_empty() {
                let range = start..start + part.len();
                specs.push(
                    Spec::parse(part.trim())
                        .map_err(|message| RequirementError { message, range })?,
                );
            }
            start += part.len() + 1;
        }
        Ok(Self { name, specs })
    }

    /// Whether `version` satisfies every condition.
    pub fn matches(&self, version: &Version) -> bool {
        self.specs.iter().all(|spec| spec.matches(version))
    }
}

impl Requirement {
    /// The newest release that the conditions allow; none when they set no upper bound.
    pub fn newest(&self) -> Option<Version> {
        let bounds = self.specs.iter().filter_map(|spec| {
            let version = &spec.version;
            match spec.op {
                SpecOp::Equal | SpecOp::LessEqual => Some(version.clone()),
                SpecOp::EqualPrefix => Some(version.newest_of(version.release.len())),
                SpecOp::Compatible => {
                    Some(version.newest_of(version.release.len().saturating_sub(1)))
                }
                SpecOp::Less => version.before(),
                SpecOp::NotEqual
                | SpecOp::NotEqualPrefix
                | SpecOp::Greater
                | SpecOp::GreaterEqual => None,
            }
        });
        bounds.reduce(|a, b| if b < a { b } else { a })
    }

    /// Whether it allows one release only.
    pub fn is_exact(&self) -> bool {
        self.specs.iter().any(|spec| spec.op == SpecOp::Equal)
    }
}

impl Spec {
    fn parse(text: &str) -> Result<Self, String> {
        const OPS: [(&str, SpecOp); 8] = [
            ("===", SpecOp::Equal),
            ("==", SpecOp::Equal),
            ("!=", SpecOp::NotEqual),
            ("~=", SpecOp::Compatible),
            ("<=", SpecOp::LessEqual),
            (">=", SpecOp::GreaterEqual),
            ("<", SpecOp::Less),
            (">", SpecOp::Greater),
        ];
        let Some((op, rest)) =
            OPS.iter().find_map(|&(sign, op)| Some((op, text.strip_prefix(sign)?.trim())))
        else {
            return Err(format!("`{text}` starts with no comparison such as `>=`"));
        };
        let (op, number) = match (op, rest.strip_suffix(".*")) {
            (SpecOp::Equal, Some(prefix)) => (SpecOp::EqualPrefix, prefix),
            (SpecOp::NotEqual, Some(prefix)) => (SpecOp::NotEqualPrefix, prefix),
            _ => (op, rest),
        };
        let version = Version::parse(number).ok_or_else(|| format!("`{rest}` is not a version"))?;
        Ok(Self { op, version })
    }
}

/// The package name as PEP 503 normalises it.
pub fn normalise(name: &str) -> String {
    let mut normal = String::with_capacity(name.len());
    for part in name.split(['-', '_', '.']).filter(|part| !part.is_empty()) {
        if !normal.is_empty() {
            normal.push('-');
        }
        normal.push_str(&part.to_ascii_lowercase());
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_match_releases() {
        let cases: &[(&str, &[&str], &[&str])] = &[
            ("pyjwt>=2,<3", &["2", "2.0.0", "2.15.1", "2.0rc1"], &["1.7.1", "3", "3.0"]),
            ("Flask_JWT.Extended", &["0.1", "4"], &[]),
            ("django==4.2.*", &["4.2", "4.2.11"], &["4.1", "4.20", "5"]),
            ("django!=4.2.*", &["4.1"], &["4.2.1"]),
            ("django~=4.2", &["4.2", "4.9"], &["5.0", "4.1"]),
            ("django~=4.2.1", &["4.2.1", "4.2.9"], &["4.3", "4.2.0"]),
            ("pyjwt[crypto] == 2.0 ; python_version < '3.9'", &["2", "v2.0.0"], &["2.0.1"]),
            ("a > 1, != 1.5", &["1.1", "2"], &["1", "1.5"]),
        ];
        for (text, yes, no) in cases {
            let requirement = Requirement::parse(text).expect(text);
            for version in *yes {
                assert!(requirement.matches(&Version::parse(version).unwrap()), "{text} {version}");
            }
            for version in *no {
                assert!(
                    !requirement.matches(&Version::parse(version).unwrap()),
                    "{text} {version}"
                );
            }
        }
    }

    #[test]
    fn names_are_normalised() {
        assert_eq!(Requirement::parse("Flask_JWT--Extended").unwrap().name, "flask-jwt-extended");
    }

    #[test]
    fn mistakes_say_where() {
        for (text, part) in
            [("pyjwt=2", "=2"), (">=2", ">=2"), ("pyjwt>=2,<x", "<x"), ("a b>>1", ">>1")]
        {
            let error = Requirement::parse(text).unwrap_err();
            assert_eq!(&text[error.range.clone()], part, "{error}");
        }
    }
}
