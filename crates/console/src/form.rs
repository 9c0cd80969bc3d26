//! Forms: read within a limit, accepted only from our own pages, shown again with what was typed.

use std::{collections::BTreeMap, sync::Arc};

use axum::{
    body::Body,
    extract::{FromRequest, Request},
};
use bytes::Bytes;
use fanfare_core::limits::{API_BODY_TIME, FORM_BYTES};
use fanfare_engine::configure::ConfigureError;
use http::{HeaderMap, HeaderValue};
use http_body_util::{BodyExt as _, Collected, LengthLimitError, Limited};
use subtle::ConstantTimeEq as _;

use crate::{
    Console, cookie,
    enter::GUEST,
    refusal::{Refusal, sentence},
    visit::{Face, csrf_of},
};

/// The field that carries the token of a form.
pub(crate) const CSRF: &str = "csrf";

/// What was typed into a form, and what is wrong with it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Form {
    fields: Vec<(String, String)>,
    mistakes: BTreeMap<String, String>,
}

/// A form that came from one of our own pages.
pub(crate) struct Posted {
    pub(crate) form: Form,
}

impl Form {
    /// A form with these values.
    pub(crate) fn of<N: Into<String>>(fields: impl IntoIterator<Item = (N, String)>) -> Self {
        let fields = fields.into_iter().map(|(name, value)| (name.into(), value)).collect();
        Self { fields, mistakes: BTreeMap::new() }
    }

    /// The first value of a field; empty where there is none.
    pub(crate) fn text<'f>(&'f self, name: &str) -> &'f str {
        let found = self.fields.iter().find(|(field, _)| field == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    /// The same without spaces around it; none where nothing is left.
    pub(crate) fn given(&self, name: &str) -> Option<&str> {
        Some(self.text(name).trim()).filter(|text| !text.is_empty())
    }

    /// All values of a field.
    pub(crate) fn all<'f>(&'f self, name: &'f str) -> impl Iterator<Item = &'f str> {
        self.fields.iter().filter(move |(field, _)| field == name).map(|(_, value)| value.as_str())
    }

    /// Whether a field has this value among others.
    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|given| given == value)
    }

    /// Notes what is wrong with a field; the first mistake stays.
    pub(crate) fn mistake(&mut self, field: &str, text: impl Into<String>) {
        self.mistakes.entry(field.to_owned()).or_insert_with(|| sentence(&text.into()));
    }

    /// What is wrong with a field.
    pub(crate) fn mistake_of(&self, field: &str) -> Option<&str> {
        self.mistakes.get(field).map(String::as_str)
    }

    /// Whether anything is wrong.
    pub(crate) fn has_mistakes(&self) -> bool {
        !self.mistakes.is_empty()
    }

    /// Mistakes beside no field of `shown`: they stand above the form.
    pub(crate) fn other_mistakes<'f>(&'f self, shown: &'f [&str]) -> impl Iterator<Item = &'f str> {
        let other = self.mistakes.iter().filter(|(field, _)| !shown.contains(&field.as_str()));
        other.map(|(_, text)| text.as_str())
    }

    /// Notes a change that was refused beside its field; what no change of the form would help is a refusal.
    pub(crate) fn note(&mut self, error: ConfigureError) -> Result<(), Refusal> {
        match error {
            ConfigureError::Invalid { field, message } => self.mistake(field, message),
            ConfigureError::InvalidIn { path, message } => {
                self.mistake(path.first().map_or("", String::as_str), message);
            }
            ConfigureError::Limit(message) => self.mistake("", message),
            ConfigureError::Taken(what) => self.mistake("uid", format!("{what} is taken")),
            other => return Err(other.into()),
        }
        Ok(())
    }
}

impl FromRequest<Arc<Console>> for Posted {
    type Rejection = Refusal;

    async fn from_request(request: Request, console: &Arc<Console>) -> Result<Self, Refusal> {
        let (parts, body) = request.into_parts();
        from_our_pages(&parts.headers)?;
        let body = read(console, body).await?;
        let form = Form::of(form_urlencoded::parse(&body).into_owned());
        // Each token is the browser's own secret, so that which one it is does not matter.
        let tokens = [Face::Portal.cookie(), Face::Console.cookie(), GUEST];
        let tokens = tokens.map(|name| cookie::get(&parts.headers, name, console.is_secure));
        let given = form.text(CSRF).as_bytes();
        let fits = |token: &str| bool::from(csrf_of(token).as_bytes().ct_eq(given));
        if !tokens.into_iter().flatten().any(fits) {
            return Err(Refusal::BadForm("it does not belong to your session".to_owned()));
        }
        Ok(Self { form })
    }
}

/// Browsers say where a form comes from; what comes from elsewhere is refused before anything is read.
fn from_our_pages(headers: &HeaderMap) -> Result<(), Refusal> {
    match headers.get("sec-fetch-site").map(HeaderValue::as_bytes) {
        None | Some(b"same-origin") => Ok(()),
        Some(_) => Err(Refusal::BadForm("it was sent from another site".to_owned())),
    }
}

async fn read(console: &Console, body: Body) -> Result<Bytes, Refusal> {
    let clock = &console.engine.context().ports.clock;
    let read = tokio::select! {
        biased;
        read = Limited::new(body, FORM_BYTES).collect() => read,
        () = clock.sleep(API_BODY_TIME) => return Err(Refusal::BadForm("it took too long to arrive".to_owned())),
    };
    let bad = |error: Box<dyn std::error::Error + Send + Sync>| match error.is::<LengthLimitError>() {
        true => Refusal::BadForm(format!("it is larger than {FORM_BYTES} bytes")),
        false => Refusal::BadForm("it did not arrive completely".to_owned()),
    };
    read.map(Collected::to_bytes).map_err(bad)
}
