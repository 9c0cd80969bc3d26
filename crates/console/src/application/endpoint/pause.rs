//! Pausing, resuming, and switching a disabled endpoint on again.

use axum::response::{IntoResponse as _, Redirect, Response};
use fanfare_core::ports::store::Named;

use crate::{desk::Desk, form::Posted, refusal::Refusal};

/// `POST …/endpoints/{endpoint}/pause`.
pub(crate) async fn pause(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    set(&desk, true).await
}

/// `POST …/endpoints/{endpoint}/resume`.
pub(crate) async fn resume(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    set(&desk, false).await
}

async fn set(desk: &Desk, paused: bool) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    desk.configure().set_endpoint_paused(&desk.application, &Named::Id(endpoint.id), paused).await?;
    desk.console.changed().await;
    let done = if paused { "?done=paused" } else { "?done=resumed" };
    Ok(Redirect::to(&desk.endpoint_href(&endpoint, done)).into_response())
}

/// `POST …/endpoints/{endpoint}/enable`.
pub(crate) async fn enable(desk: Desk, _: Posted) -> Result<Response, Refusal> {
    desk.require_change()?;
    let endpoint = desk.endpoint().await?;
    let name = Named::Id(endpoint.id);
    desk.configure().change_endpoint(&desk.application, &name, |draft| draft.disabled = false).await?;
    desk.console.changed().await;
    Ok(Redirect::to(&desk.endpoint_href(&endpoint, "?done=enabled")).into_response())
}
