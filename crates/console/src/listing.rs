//! Lists in pages: where a page begins, where its neighbours are.

use std::str::FromStr;

use axum::extract::Query;
use fanfare_core::ports::store::Seek;

use crate::refusal::Refusal;

/// The parameters of an address.
pub(crate) type Parameters = Query<Vec<(String, String)>>;

/// The first parameter of that name, if it says anything.
pub(crate) fn given<'p>(parameters: &'p [(String, String)], wanted: &str) -> Option<&'p str> {
    let found = parameters.iter().find(|(name, _)| name == wanted);
    found.map(|(_, text)| text.trim()).filter(|text| !text.is_empty())
}

/// Where the wanted page begins: `after` or `before` an item.
pub(crate) fn seek<K: FromStr>(parameters: &[(String, String)]) -> Result<Option<Seek<K>>, Refusal> {
    let read = |text: &str| text.parse().map_err(|_| Refusal::NotFound("this page of the list"));
    match (given(parameters, "after"), given(parameters, "before")) {
        (Some(after), _) => Ok(Some(Seek::After(read(after)?))),
        (None, Some(before)) => Ok(Some(Seek::Before(read(before)?))),
        (None, None) => Ok(None),
    }
}

/// Whether a list that runs from new to old goes on, towards newer and towards older items.
pub(crate) fn neighbours<K: Copy>(done: bool, seek: Option<Seek<K>>) -> (bool, bool) {
    match seek {
        None => (false, !done),
        Some(Seek::After(_)) => (true, !done),
        Some(Seek::Before(_)) => (!done, true),
    }
}
