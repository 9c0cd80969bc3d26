//! Recovering: an endpoint is sent again what failed in a window of time, and what it missed while disabled.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use fanfare_core::{
    delivery::{DeliveryKey, DeliveryState, Trigger, ordering_of},
    id::{EndpointId, MessageId},
    limits::PAGE_MOST,
    matching::{self, Subject},
    message::Message,
    ports::store::{
        DeliveryFilter, MessageFilter, Page, PageQuery, RecoverJob, Resend, Seek, StoreError, StoreResult,
    },
};

use crate::{configuration::EndpointView, engine::Parts};

/// How often to look without being told: another process may have left a job.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// Works through recovery jobs, for ever.
pub(crate) async fn run(parts: Arc<Parts>) {
    loop {
        match round(&parts).await {
            Ok(true) => continue,
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "could not go on with a recovery"),
        }
        tokio::select! {
            biased;
            () = parts.recoveries.notified() => {}
            () = parts.context.ports.clock.sleep(LOOK_EVERY) => {}
        }
    }
}

/// One slice of the oldest job; answers whether there was one. A job that will never go on is ended, as it
/// would stand in the way of all others.
async fn round(parts: &Arc<Parts>) -> StoreResult<bool> {
    let store = parts.context.store();
    let Some(job) = store.next_recovery().await? else { return Ok(false) };
    let cursor = match slice(parts, &job).await {
        Err(StoreError::Broken(error)) => {
            let (job, endpoint) = (job.id, job.endpoint);
            tracing::error!(%job, %endpoint, error, "a recovery cannot go on and is ended: ask for it again");
            None
        }
        done => done?,
    };
    store.advance_recovery(job.id, cursor).await?;
    parts.claims.look_at(parts.context.now());
    Ok(true)
}

/// Sends again what the next messages ask for; answers the last of them, none where no more follow.
async fn slice(parts: &Parts, job: &RecoverJob) -> StoreResult<Option<MessageId>> {
    let view = parts.configurations.by_id(job.application).await?;
    let Some(endpoint) = view.as_ref().and_then(|view| view.endpoint(job.endpoint)) else {
        return Ok(None);
    };
    let page = messages(parts, job, matching::reads_payload(&endpoint.endpoint)).await?;
    let resends = resends(parts, job, endpoint, &page.items).await?;
    parts.context.store().resend(resends).await?;
    Ok(page.items.last().filter(|_| !page.done).map(|message| message.id))
}

async fn messages(parts: &Parts, job: &RecoverJob, with_payload: bool) -> StoreResult<Page<Message>> {
    let window = MessageFilter { after: Some(job.since), before: Some(job.until), ..Default::default() };
    let page = PageQuery { seek: job.after.map(Seek::After), descending: false, limit: PAGE_MOST };
    parts.context.store().messages(job.application, window, page, with_payload).await
}

async fn resends(
    parts: &Parts,
    job: &RecoverJob,
    view: &EndpointView,
    messages: &[Message],
) -> StoreResult<Vec<Resend>> {
    let states = states(parts, job).await?;
    let (endpoint, at) = (&view.endpoint, parts.context.now());
    let lost = |message: &&Message| match states.get(&message.id) {
        Some(state) => matches!(state, DeliveryState::Failed | DeliveryState::Blocked),
        None => message.created_at >= endpoint.created_at && was_wanted(parts, view, message),
    };
    let resend = |message: &Message| Resend {
        key: DeliveryKey { application: job.application, message: message.id, endpoint: endpoint.id },
        ordering: endpoint.ordered.then(|| ordering_of(message.ordering_key.as_ref())),
        profile: view.own_profile(),
        trigger: Trigger::Manual,
        by_hand: false,
        at,
    };
    Ok(messages.iter().filter(lost).map(resend).collect())
}

fn was_wanted(parts: &Parts, view: &EndpointView, message: &Message) -> bool {
    let subject = Subject::new(message);
    let wanted = matching::filters_agree(view.candidate(), &subject);
    parts.metrics.filter_failures.inc_by(subject.failures());
    wanted
}

/// How the endpoint's deliveries stand, of the messages that follow the job's cursor.
async fn states(parts: &Parts, job: &RecoverJob) -> StoreResult<BTreeMap<MessageId, DeliveryState>> {
    let filter = DeliveryFilter {
        endpoint: Some(job.endpoint),
        of_messages: MessageFilter { after: Some(job.since), before: Some(job.until), ..Default::default() },
        ..Default::default()
    };
    let greatest = EndpointId([0xff; fanfare_core::id::ID_BYTES]);
    let seek = job.after.map(|message| Seek::After((message, greatest)));
    // At most one delivery per message: a page of as many covers all messages of the slice.
    let page = PageQuery { seek, descending: false, limit: PAGE_MOST };
    let deliveries = parts.context.store().deliveries(job.application, filter, page).await?;
    Ok(deliveries.items.into_iter().map(|delivery| (delivery.key.message, delivery.state)).collect())
}
