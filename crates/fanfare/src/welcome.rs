//! The first start: an environment, an application and an inbox to try, and a key that is shown once.

use std::{net::SocketAddr, sync::Arc};

use anyhow::{Context as _, Result};
use fanfare_core::{
    application::Application,
    endpoint::{EndpointKind, WebhookUrl},
    environment::{Environment, Role},
    id::EndpointId,
    name::{ProfileName, Uid},
    ports::store::Named,
    secret::Secret,
};
use fanfare_engine::{
    Engine,
    configure::{
        Actor, Configure,
        application::ApplicationDraft,
        endpoint::{EndpointDraft, NewEndpoint},
    },
    session::Sessions,
};

use crate::server::local_url;

/// The environment that the first start makes.
pub(crate) const ENVIRONMENT: &str = "default";
/// The uid of its application.
pub(crate) const APPLICATION: &str = "demo";

/// What a user wants to know at the start.
#[derive(Debug, Default)]
pub(crate) struct Welcome {
    /// The built-in inbox of the default environment, if it is still there.
    pub(crate) inbox: Option<EndpointId>,
    /// An admin key of the default environment, at the first start only.
    pub(crate) key: Option<Secret>,
    /// Whether there is nothing to begin with yet, and nothing was made.
    pub(crate) no_environment: bool,
    /// The token of a one-time link to the console.
    pub(crate) link: Option<Secret>,
}

/// Makes what a first start makes; on later starts finds what is left of it. In a store that several nodes share
/// nothing is made: whose first start would it be?
pub(crate) async fn prepare(engine: &Engine, address: SocketAddr) -> Result<Welcome> {
    let configure = Configure::new(engine.context().clone(), Actor::cli());
    let link = Some(Sessions::new(Arc::clone(engine.context())).operator_link().await?);
    let environments = configure.environments().await?;
    let make = environments.is_empty() && !engine.context().store().is_shared();
    let no_environment = environments.is_empty() && !make;
    let Some(environment) = default_environment(&configure, environments, make).await? else {
        return Ok(Welcome { link, no_environment, ..Welcome::default() });
    };
    // The key is made last: a first start that was cut short is taken up by the next one.
    let is_first = configure.keys(environment.id).await?.is_empty();
    let application = application(engine, &configure, &environment, is_first).await?;
    let inbox = match &application {
        Some(application) => inbox(engine, &configure, application, is_first.then_some(address)).await?,
        None => None,
    };
    let key = match is_first {
        true => Some(configure.create_key(environment.id, Role::Admin).await?.token),
        false => None,
    };
    engine.configuration_changed().await?;
    Ok(Welcome { inbox, key, link, no_environment })
}

/// The default environment, made where that is asked for.
async fn default_environment(
    configure: &Configure,
    environments: Vec<Environment>,
    make: bool,
) -> Result<Option<Environment>> {
    if make {
        let standard: ProfileName = "standard".parse().expect("a valid name");
        return Ok(Some(configure.create_environment(ENVIRONMENT, &standard).await?));
    }
    Ok(environments.into_iter().find(|environment| environment.name == ENVIRONMENT))
}

async fn application(
    engine: &Engine,
    configure: &Configure,
    environment: &Environment,
    make: bool,
) -> Result<Option<Application>> {
    let uid: Uid = APPLICATION.parse().expect("a valid uid");
    let found = engine.context().store().application(environment.id, Named::Uid(uid.clone())).await?;
    if found.is_some() || !make {
        return Ok(found);
    }
    let draft = ApplicationDraft { uid: Some(uid), name: "Demo".to_owned(), ..ApplicationDraft::default() };
    Ok(Some(configure.create_application(environment.id, draft).await?))
}

async fn inbox(
    engine: &Engine,
    configure: &Configure,
    application: &Application,
    make_at: Option<SocketAddr>,
) -> Result<Option<EndpointId>> {
    let view = engine.configurations().by_id(application.id).await?;
    let endpoints = view.iter().flat_map(|view| &view.endpoints);
    let inboxes = endpoints.filter(|view| view.endpoint.kind == EndpointKind::Inbox);
    let found = inboxes.map(|view| view.endpoint.id).min();
    let (None, Some(address)) = (found, make_at) else { return Ok(found) };
    // Nothing is ever sent there: an inbox is known by its id. The URL is for people who list endpoints.
    let url: WebhookUrl = format!("{}/inbox", local_url(address)).parse().context("the inbox has no URL")?;
    let draft = EndpointDraft { description: "Built-in inbox".to_owned(), ..EndpointDraft::to(url) };
    Ok(Some(configure.create_endpoint(application, NewEndpoint::inbox(draft)).await?.id))
}
