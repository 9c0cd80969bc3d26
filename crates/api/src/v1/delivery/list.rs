//! Lists the deliveries of an application.

use std::sync::Arc;

use axum::extract::State;
use fanfare_core::{delivery::Delivery, ports::store::DeliveryFilter, time::Timestamp};
use fanfare_engine::configuration::ApplicationView;
use serde::Serialize;
use utoipa::ToSchema;

use super::wire::{Standing, states};
use crate::{
    Api,
    access::Access,
    auth::Caller,
    error::{ApiError, Problems},
    json::Json,
    page::{ListOf, Order, OrderParams, PageParams, Paging},
    paths,
    query::{MessageFilterParams, Query},
    segments::Segments,
};

/// A delivery.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct DeliveryOut {
    /// The message.
    msg_id: String,
    /// The endpoint.
    endpoint_id: String,
    /// Where it stands.
    #[serde(flatten)]
    standing: Standing,
    /// Attempts made so far.
    attempts: u32,
    /// When it last changed.
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

impl DeliveryOut {
    fn of(delivery: &Delivery, application: Option<&ApplicationView>) -> Self {
        Self {
            msg_id: delivery.key.message.to_string(),
            endpoint_id: delivery.key.endpoint.to_string(),
            standing: Standing::within(delivery, application),
            attempts: delivery.attempts,
            updated_at: delivery.updated_at,
        }
    }
}

/// List an application's deliveries, those of the newest messages first.
#[utoipa::path(
    get, path = paths::DELIVERIES, operation_id = "v1.delivery.list", tag = "Delivery",
    params(
        ("app_id" = String, Path, description = "The application's id or uid"), PageParams, OrderParams, MessageFilterParams,
        ("endpoint_id" = Option<String>, Query, description = "Only to this endpoint (id or uid)"),
        ("msg_id" = Option<String>, Query, description = "Only of this message (id or eventId)"),
        ("state" = Option<Vec<String>>, Query, description = "Only in these states"),
        ("status" = Option<u8>, Query, description = "Only with this status: 0 success, 1 pending, 2 fail, 3 sending"),
    ),
    responses((status = 200, body = ListOf<DeliveryOut>, description = "A page of deliveries"), Problems)
)]
pub(crate) async fn list(
    State(api): State<Arc<Api>>,
    Segments(name): Segments<String>,
    caller: Caller,
    query: Query,
) -> Result<Json<ListOf<DeliveryOut>>, ApiError> {
    let application = api.application(&caller, Access::Read, &name).await?;
    let paging = Paging::read(&query, Order::read(&query, Order::Descending)?)?;
    let mut filter = DeliveryFilter {
        states: states(&query)?,
        of_messages: query.message_filter()?,
        ..DeliveryFilter::default()
    };
    if let Some(name) = query.text("endpoint_id") {
        filter.endpoint = Some(api.endpoint(&application, name).await?.id);
    }
    if let Some(name) = query.text("msg_id") {
        filter.message = Some(api.message_id(&application, name).await?);
    }
    let store = api.engine.context().store();
    let page = store.deliveries(application.id, filter, paging.query.clone()).await?;
    let view = api.engine.configurations().by_id(application.id).await?;
    let key = |delivery: &Delivery| (delivery.key.message, delivery.key.endpoint);
    Ok(Json(paging.answer(page, key, |delivery| DeliveryOut::of(&delivery, view.as_deref()))))
}
