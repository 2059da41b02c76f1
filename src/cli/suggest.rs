//! "Did you mean …?"

/// The candidate most like `word`, if it is like it at all.
pub(super) fn nearest<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (likeness(word, candidate), candidate))
        .filter(|&(likeness, _)| likeness > 0.8)
        .max_by(|(a, _), (b, _)| a.total_cmp(b))
        .map(|(_, candidate)| candidate)
}

/// In short words one slip is much, and still one slip.
fn likeness(word: &str, candidate: &str) -> f64 {
    let alike = strsim::jaro_winkler(word, candidate);
    let one_slip = candidate.len() > 2 && strsim::damerau_levenshtein(word, candidate) == 1;
    if one_slip { alike.max(0.85) } else { alike }
}

/// The help text that offers the nearest candidate.
pub(super) fn did_you_mean<'a>(
    word: &str,
    candidates: impl IntoIterator<Item = &'a str>,
) -> Option<String> {
    nearest(word, candidates).map(|candidate| format!("did you mean `{candidate}`?"))
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn only_what_is_alike_is_offered() {
        let ids = ["jwt-no-expiry", "session-fixation"];
        assert_eq!(nearest("jwt-no-expirey", ids), Some("jwt-no-expiry"));
        assert_eq!(nearest("zebra", ids), None);
        assert_eq!(nearest("jtw", ["jwt", "auth"]), Some("jwt"));
    }
}
