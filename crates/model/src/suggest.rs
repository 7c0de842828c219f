/// The known word that a wrong one was meant to be: the nearest, when it is near.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let word = word.to_lowercase();
    let scored =
        known.into_iter().map(|candidate| (strsim::damerau_levenshtein(&word, candidate), candidate));
    let near = scored.filter(|(distance, candidate)| *distance <= candidate.chars().count().max(3) / 3);
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// ` (did you mean …?)`, or nothing.
pub(crate) fn hint<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    nearest(word, known).map(|near| format!(": did you mean `{near}`?")).unwrap_or_default()
}
