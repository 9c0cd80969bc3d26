//! Lists in pages: where a page begins, where its neighbours are.

use std::str::FromStr;

use axum::extract::Query;
use fanfare_core::{
    id::{EndpointId, MessageId},
    limits::LIST_LOOK,
    ports::store::{Page, Seek},
};
use maud::{Markup, html};

use crate::{desk::Desk, refusal::Refusal};

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

/// A look back over messages for what no index lists. It ends after [`LIST_LOOK`] of them, so that it is quick
/// whatever is stored, and a link leads on from there.
pub(crate) struct Look {
    pub(crate) seek: Option<Seek<MessageId>>,
    /// The oldest message that it looks at; none where it reaches the end.
    pub(crate) oldest: Option<MessageId>,
}

impl Desk {
    /// A look from where the address says, or from `newest`, or from the newest message of all.
    pub(crate) async fn look(
        &self,
        endpoint: Option<EndpointId>,
        seek: Option<Seek<MessageId>>,
        newest: Option<MessageId>,
    ) -> Result<Look, Refusal> {
        let seek = seek.filter(|seek| matches!(seek, Seek::After(_)));
        let from = match seek {
            Some(Seek::After(id)) => Some(id),
            _ => newest,
        };
        let store = self.console.engine.context().store();
        let oldest = store.horizon(self.application.id, endpoint, from, LIST_LOOK).await?;
        Ok(Look { seek, oldest })
    }
}

impl Look {
    /// Links back to the newest, and on to what is older than the page and its look; `query` narrows the list.
    pub(crate) fn pager<T>(
        &self,
        page: &Page<T>,
        last: Option<MessageId>,
        base: &str,
        query: &str,
    ) -> Markup {
        let older = if page.done { self.oldest } else { last };
        html! {
            @if page.done && self.oldest.is_some() { p.help { (LIST_LOOK) " messages were looked at; there are older ones." } }
            @if self.seek.is_some() || older.is_some() {
                nav.pager aria-label="Pages" {
                    @if self.seek.is_some() { a.button href=(format!("{base}?{}", query.trim_start_matches('&'))) { "← Newest" } } @else { span {} }
                    @if let Some(older) = older { a.button href=(format!("{base}?after={older}{query}")) rel="next" { "Older →" } }
                }
            }
        }
    }
}
