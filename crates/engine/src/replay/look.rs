//! The next piece of a selection, and what of it is sent.

use std::collections::BTreeMap;

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, Trigger, ordering_of},
    id::{ApplicationId, EndpointId, ID_BYTES, MessageId},
    limits::{FILTER_WORK, PAGE_MOST},
    matching::{self, Subject},
    message::Message,
    name::{EventTypeName, OrderingKey},
    ports::store::{DeliveryFilter, Despite, MessageFilter, Page, PageQuery, Resend, Seek, StoreResult},
    replay::{ReplayCursor, Selection},
    time::Timestamp,
};

use crate::{
    configuration::{ApplicationView, EndpointView},
    engine::Parts,
};

/// A piece of a selection.
#[derive(Default)]
pub(super) struct Looked {
    /// What is sent again.
    pub(super) sends: Vec<Send>,
    /// How many are not.
    pub(super) skipped: u64,
    /// The last delivery that was looked at; none where no more follow.
    pub(super) after: Option<ReplayCursor>,
}

impl Looked {
    /// How many deliveries the piece has.
    pub(super) fn counted(&self) -> u64 {
        self.sends.len() as u64 + self.skipped
    }
}

/// A delivery that is sent again.
pub(super) struct Send {
    pub(super) resend: Resend,
    pub(super) event_type: EventTypeName,
}

/// The piece of a selection that follows `after`: at most `limit` deliveries.
pub(super) async fn look(
    parts: &Parts,
    application: ApplicationId,
    selection: &Selection,
    after: Option<ReplayCursor>,
    limit: usize,
) -> StoreResult<Looked> {
    // One that was deleted takes its jobs with it when it is erased.
    let Some(view) = parts.configurations.by_id(application).await? else { return Ok(Looked::default()) };
    if selection.missed {
        return look_for_missed(parts, &view, selection, after).await;
    }
    let now = parts.context.now();
    let piece = parts.context.store().choose(application, selection.clone(), after, limit).await?;
    let mut looked = Looked { after: piece.after, ..Looked::default() };
    for chosen in piece.items {
        match view.endpoint(chosen.endpoint).filter(|_| selection.sends(&chosen, now)) {
            Some(endpoint) => {
                let Selection { superseded, expired, .. } = *selection;
                let despite = Despite { superseded, expired, waiting: true };
                let resend = resend(endpoint, (chosen.message, chosen.ordering_key.as_ref()), despite, now);
                looked.sends.push(Send { resend, event_type: chosen.event_type });
            }
            None => looked.skipped += 1,
        }
    }
    Ok(looked)
}

fn resend(
    view: &EndpointView,
    (message, ordering): (MessageId, Option<&OrderingKey>),
    despite: Despite,
    at: Timestamp,
) -> Resend {
    let endpoint = &view.endpoint;
    Resend {
        key: DeliveryKey { application: endpoint.application, message, endpoint: endpoint.id },
        ordering: endpoint.ordered.then(|| ordering_of(ordering)),
        profile: view.own_profile(),
        trigger: Trigger::Manual,
        despite,
        at,
    }
}

/// A recovery: goes by messages, as what its endpoint missed has no delivery.
async fn look_for_missed(
    parts: &Parts,
    application: &ApplicationView,
    selection: &Selection,
    after: Option<ReplayCursor>,
) -> StoreResult<Looked> {
    let endpoint = selection.endpoints.as_ref().and_then(|endpoints| endpoints.first());
    let Some(view) = endpoint.and_then(|endpoint| application.endpoint(*endpoint)) else {
        return Ok(Looked::default());
    };
    let page = messages(parts, view, selection, after).await?;
    let states = states(parts, view, selection, after).await?;
    let now = parts.context.now();
    let lost = |message: &Message| match states.get(&message.id) {
        Some(state) => selection.states.contains(state),
        None => message.created_at >= view.endpoint.created_at && was_wanted(parts, view, message),
    };
    let Selection { superseded, expired, .. } = *selection;
    // A missed one still waits for the time that its message is for.
    let despite = Despite { superseded, expired, waiting: false };
    let (mut sends, mut work, mut looked_at) = (Vec::new(), 0_usize, 0);
    for message in &page.items {
        work = work.saturating_add(view.candidate().work(message));
        if looked_at > 0 && work > FILTER_WORK {
            break;
        }
        looked_at += 1;
        if lost(message) {
            let resend = resend(view, (message.id, message.ordering_key.as_ref()), despite, now);
            sends.push(Send { resend, event_type: message.event_type.clone() });
        }
    }
    let done = page.done && looked_at == page.items.len();
    let last = looked_at.checked_sub(1).and_then(|last| page.items.get(last));
    Ok(Looked {
        sends,
        skipped: 0,
        after: last.filter(|_| !done).map(|message| (message.id, view.endpoint.id)),
    })
}

async fn messages(
    parts: &Parts,
    view: &EndpointView,
    selection: &Selection,
    after: Option<ReplayCursor>,
) -> StoreResult<Page<Message>> {
    let seek = after.map(|(message, _)| Seek::After(message));
    let page = PageQuery { seek, descending: false, limit: PAGE_MOST };
    let with_payload = matching::reads_payload(&view.endpoint);
    let application = view.endpoint.application;
    parts.context.store().messages(application, window(selection), page, with_payload).await
}

fn window(selection: &Selection) -> MessageFilter {
    MessageFilter {
        after: Some(selection.since),
        before: Some(selection.until),
        event_types: selection.event_types.as_ref().map(|types| types.iter().cloned().collect()),
        ..Default::default()
    }
}

fn was_wanted(parts: &Parts, view: &EndpointView, message: &Message) -> bool {
    let subject = Subject::new(message);
    let wanted = matching::filters_agree(view.candidate(), &subject);
    parts.metrics.filter_failures.inc_by(subject.failures());
    wanted
}

/// How the endpoint's deliveries stand, of the messages that follow the cursor.
async fn states(
    parts: &Parts,
    view: &EndpointView,
    selection: &Selection,
    after: Option<ReplayCursor>,
) -> StoreResult<BTreeMap<MessageId, DeliveryState>> {
    let filter = DeliveryFilter {
        endpoint: Some(view.endpoint.id),
        of_messages: window(selection),
        ..Default::default()
    };
    let greatest = EndpointId([0xff; ID_BYTES]);
    let seek = after.map(|(message, _)| Seek::After((message, greatest)));
    // At most one delivery per message: a page of as many covers all messages of the piece.
    let page = PageQuery { seek, descending: false, limit: PAGE_MOST };
    let deliveries = parts.context.store().deliveries(view.endpoint.application, filter, page).await?;
    Ok(deliveries.items.into_iter().map(|delivery| (delivery.key.message, delivery.state)).collect())
}
