//! Messages that are accepted together: in one transaction, in the order in which they are given. What comes
//! from a source is accepted so, and keeps its order whatever the store does.
//!
//! All messages of an application are matched against the same view of it, so that either none or all of them
//! turn out to be stale; and they share their transaction, so that none is stored before an older one that is
//! tried again.

use std::{collections::HashMap, sync::Arc};

use fanfare_core::{
    id::{ApplicationId, EnvironmentId},
    ports::store::{Accepted, Named},
};

use super::{
    Post, PostError, Posted,
    batch::Item,
    service::{MATCHES_MOST, check_type, earlier, new_message, prepare},
};
use crate::{
    configuration::{ApplicationView, EnvironmentView},
    engine::Parts,
};

type Answer = Result<Posted, PostError>;

/// Accepts messages together and answers one by one, in their order. Those that the store could have taken and
/// did not for a reason of its own ([`PostError::Store`], [`PostError::Overloaded`]) are all in one transaction:
/// either none of them is stored or all are.
pub(crate) async fn post_all(parts: &Arc<Parts>, posts: &[Post]) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = posts.iter().map(|_| None).collect();
    for _ in 0..MATCHES_MOST {
        let open = prepared(parts, posts, &mut answers).await;
        if open.is_empty() {
            break;
        }
        submit(parts, posts, open, &mut answers).await;
    }
    answers.into_iter().map(|answer| answer.unwrap_or(Err(PostError::Overloaded))).collect()
}

/// The items of what has no answer yet; what cannot be accepted gets its answer.
async fn prepared(
    parts: &Arc<Parts>,
    posts: &[Post],
    answers: &mut [Option<Answer>],
) -> Vec<(usize, ApplicationId, Item)> {
    let (mut views, mut open) = (Views::default(), Vec::new());
    for at in 0..posts.len() {
        if answers[at].is_some() {
            continue;
        }
        match item(parts, &posts[at], &mut views).await {
            Ok((application, item)) => open.push((at, application, item)),
            // The configuration cannot be read: nothing later overtakes it.
            Err(error @ PostError::Store(_)) => {
                let unanswered = answers.iter_mut().filter(|answer| answer.is_none());
                unanswered.for_each(|answer| *answer = Some(Err(error.clone())));
                return Vec::new();
            }
            Err(error) => answers[at] = Some(Err(error)),
        }
    }
    open
}

async fn item(
    parts: &Arc<Parts>,
    post: &Post,
    views: &mut Views,
) -> Result<(ApplicationId, Item), PostError> {
    let environment = views.environment(parts, post.environment).await?;
    check_type(post, &environment)?;
    let application = views.application(parts, post).await?;
    let message = Arc::new(new_message(parts, post, &application.application, &environment)?);
    let item = prepare(parts, post, &message, &environment, &application).await;
    Ok((application.application.id, item))
}

async fn submit(
    parts: &Arc<Parts>,
    posts: &[Post],
    open: Vec<(usize, ApplicationId, Item)>,
    answers: &mut [Option<Answer>],
) {
    let mut places = Vec::with_capacity(open.len());
    let mut items = Vec::with_capacity(open.len());
    for (at, application, item) in open {
        places.push((at, application, Arc::clone(&item.accept.message)));
        items.push(item);
    }
    let accepted = match parts.accepts.submit_all(items).await {
        Ok(accepted) => accepted,
        Err(refused) => {
            let error = PostError::from(refused);
            places.iter().for_each(|(at, ..)| answers[*at] = Some(Err(error.clone())));
            return;
        }
    };
    for ((at, application, message), accepted) in places.into_iter().zip(accepted) {
        answers[at] = match accepted {
            Accepted::Stored => Some(Ok(Posted::Stored(message))),
            Accepted::Repeated(id) => Some(earlier(parts, application, id).await),
            Accepted::EventIdTaken(_) => Some(Err(PostError::EventIdTaken)),
            Accepted::ApplicationGone | Accepted::Stale => {
                parts.configurations.forget(application);
                parts.configurations.forget_environment(posts[at].environment);
                None
            }
        };
    }
}

/// One view of each environment and application, for all messages of a group.
#[derive(Default)]
struct Views {
    environments: HashMap<EnvironmentId, Arc<EnvironmentView>>,
    names: HashMap<(EnvironmentId, Named<ApplicationId>), ApplicationId>,
    applications: HashMap<ApplicationId, Arc<ApplicationView>>,
}

impl Views {
    async fn environment(
        &mut self,
        parts: &Parts,
        id: EnvironmentId,
    ) -> Result<Arc<EnvironmentView>, PostError> {
        if let Some(known) = self.environments.get(&id) {
            return Ok(Arc::clone(known));
        }
        let view = parts.configurations.environment(id).await?.ok_or(PostError::ApplicationGone)?;
        self.environments.insert(id, Arc::clone(&view));
        Ok(view)
    }

    async fn application(&mut self, parts: &Parts, post: &Post) -> Result<Arc<ApplicationView>, PostError> {
        let name = (post.environment, post.application.clone());
        if let Some(known) = self.names.get(&name).and_then(|id| self.applications.get(id)) {
            return Ok(Arc::clone(known));
        }
        let view = parts.configurations.application(post.environment, &post.application).await?;
        let view = view.ok_or(PostError::ApplicationGone)?;
        let id = view.application.id;
        self.names.insert(name, id);
        Ok(Arc::clone(self.applications.entry(id).or_insert(view)))
    }
}
