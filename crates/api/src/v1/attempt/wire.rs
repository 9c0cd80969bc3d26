//! Attempts on the wire.

use fanfare_core::{
    delivery::Attempt,
    id::EndpointId,
    ports::store::{AttemptFilter, Page},
    time::Timestamp,
};
use serde::Serialize;
use utoipa::ToSchema;

use crate::{
    error::ApiError,
    page::{ListOf, Paging},
    query::{Query, invalid},
    v1::delivery::wire::Status,
};

const EXPUNGED: &str = "EXPUNGED";

/// An attempt.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct MessageAttemptOut {
    /// Its id.
    id: String,
    /// The message.
    msg_id: String,
    /// The endpoint.
    endpoint_id: String,
    /// Where the request went, without a user name and password.
    #[schema(format = "uri")]
    url: String,
    /// The method of the request.
    method: &'static str,
    /// The beginning of the answer's body (at most 16 KiB); without an answer, what went wrong. Empty where
    /// content is not wanted, `EXPUNGED` once erased.
    response: String,
    /// The answer's status code; 0 without an answer.
    response_status_code: u16,
    /// Milliseconds from start to end.
    response_duration_ms: u64,
    /// 0 success, 2 fail.
    #[schema(value_type = u8)]
    status: Status,
    /// The same as a word.
    status_text: &'static str,
    /// 0 the message itself or its retry schedule, 1 a person or a recovery.
    trigger_type: u8,
    /// Why there was no answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<AttemptError>,
    /// When it began.
    #[schema(value_type = String, format = DateTime)]
    timestamp: Timestamp,
}

/// Why there was no answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AttemptError {
    /// One of `dns`, `address_refused`, `connect`, `tls`, `timeout`, `broken`, `protocol`, `request`.
    kind: String,
    /// A sentence for people.
    message: String,
}

impl MessageAttemptOut {
    /// With the response, or without it.
    pub(crate) fn of(attempt: Attempt, with_content: bool) -> Self {
        let status = if attempt.success { Status::Success } else { Status::Fail };
        let duration = attempt.duration.as_millis().try_into().unwrap_or(u64::MAX);
        Self {
            id: attempt.id.to_string(),
            msg_id: attempt.delivery.message.to_string(),
            endpoint_id: attempt.delivery.endpoint.to_string(),
            method: attempt.method.as_str(),
            response: if with_content { response(&attempt) } else { String::new() },
            url: attempt.url,
            response_status_code: attempt.status,
            response_duration_ms: duration,
            status,
            status_text: status.text(),
            trigger_type: attempt.trigger as u8,
            error: attempt.failure.map(|(kind, message)| AttemptError { kind, message }),
            timestamp: attempt.at,
        }
    }
}

fn response(attempt: &Attempt) -> String {
    match (&attempt.response, &attempt.failure) {
        (None, _) => EXPUNGED.to_owned(),
        (Some(body), Some((_, message))) if body.is_empty() => message.clone(),
        (Some(body), _) => String::from_utf8_lossy(body).into_owned(),
    }
}

/// What a query for attempts says.
pub(crate) struct Wanted {
    /// What to ask the store; none where nothing can be wanted (an attempt never is pending or sending).
    pub(crate) filter: Option<AttemptFilter>,
    with_content: bool,
}

impl Wanted {
    /// Reads the query.
    pub(crate) fn read(query: &Query, endpoint: Option<EndpointId>) -> Result<Self, ApiError> {
        let status = Status::read(query)?;
        let filter = AttemptFilter {
            success: status.map(|status| status == Status::Success),
            status_class: status_class(query)?,
            endpoint,
            of_messages: query.message_filter()?,
        };
        let possible = !matches!(status, Some(Status::Pending | Status::Sending));
        let with_content = query.flag("with_content", true)?;
        Ok(Self { filter: possible.then_some(filter), with_content })
    }

    /// The answer to a page of the store.
    pub(crate) fn answer(
        &self,
        paging: &Paging<fanfare_core::id::AttemptId>,
        page: Page<Attempt>,
    ) -> ListOf<MessageAttemptOut> {
        let out = |attempt| MessageAttemptOut::of(attempt, self.with_content);
        paging.answer(page, |attempt: &Attempt| attempt.id, out)
    }
}

fn status_class(query: &Query) -> Result<Option<u16>, ApiError> {
    match query.parsed::<u16>("status_code_class")? {
        None => Ok(None),
        Some(class @ (0 | 100 | 200 | 300 | 400 | 500)) => Ok(Some(class)),
        Some(_) => Err(invalid("status_code_class", "must be 0, 100, 200, 300, 400 or 500")),
    }
}
