//! What somebody may have meant by a name that does not exist.

/// How alike two names must be, from 0 to 1, for one to be offered for the other.
const ALIKE: f64 = 0.7;

/// The known name that is most like `name`, if one is like it at all.
pub(crate) fn nearest<'n>(name: &str, known: impl IntoIterator<Item = &'n str>) -> Option<&'n str> {
    let best = known.into_iter().map(|known| (likeness(name, known), known));
    let best = best.max_by(|one, other| one.0.total_cmp(&other.0))?;
    (best.0 >= ALIKE).then_some(best.1)
}

/// One name that begins with the other is more like it than its length tells.
fn likeness(name: &str, known: &str) -> f64 {
    let name = name.to_lowercase();
    let begins = !name.is_empty() && (name.starts_with(known) || known.starts_with(&name));
    let alike = strsim::normalized_damerau_levenshtein(&name, &known.to_lowercase());
    if begins { alike.max(ALIKE) } else { alike }
}
