//! Custom headers of an endpoint: which names and values may be set, and keeping them sealed.
//!
//! Refused are the names that the profile reserves, and anything that is no token or value of RFC 9110 §5.6.2
//! and §5.5, so that no header can be injected.

use std::collections::BTreeMap;

use fanfare_core::{
    application::Application,
    endpoint::Endpoint,
    id::EndpointId,
    limits::{ENDPOINT_HEADERS, ENDPOINT_HEADERS_BYTES},
    ports::store::Named,
    profile::Profile,
    secret::{Sealed, Secret},
};

use crate::{
    configure::{Configure, ConfigureError},
    context::field,
};

const FIELD: &str = "headers";

const SENSITIVE: [&str; 4] = ["authorization", "www-authenticate", "x-api-key", "x-auth-token"];

/// Whether a header's value is a credential that reads do not show.
pub fn is_sensitive(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    SENSITIVE.contains(&name.as_str()) || name.starts_with("proxy-auth")
}

impl Configure {
    /// The custom headers of an endpoint, opened, by name.
    pub fn endpoint_headers(
        &self,
        application: &Application,
        endpoint: &Endpoint,
    ) -> Result<Vec<(String, Secret)>, ConfigureError> {
        let Some(sealed) = &endpoint.headers else { return Ok(Vec::new()) };
        let opened = self.context.open(sealed, application.environment, endpoint.id.0, field::HEADERS);
        let json = opened.map_err(|error| broken(endpoint.id, &error))?;
        let headers: BTreeMap<String, String> =
            serde_json::from_str(json.reveal()).map_err(|error| broken(endpoint.id, &error))?;
        Ok(headers.into_iter().map(|(name, value)| (name, Secret::new(value))).collect())
    }

    /// Replaces all custom headers.
    pub async fn set_endpoint_headers(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        headers: &[(String, Secret)],
    ) -> Result<Endpoint, ConfigureError> {
        self.rewrite_endpoint(application, name, "endpoint.set_headers", |endpoint, under| {
            endpoint.headers = self.seal_headers(application, endpoint.id, under.profile, headers)?;
            self.check_conflict(application, endpoint, FIELD)
        })
        .await
    }

    /// Sets some custom headers and removes those without a value; the others stay.
    pub async fn patch_endpoint_headers(
        &self,
        application: &Application,
        name: &Named<EndpointId>,
        changes: Vec<(String, Option<Secret>)>,
    ) -> Result<Endpoint, ConfigureError> {
        self.rewrite_endpoint(application, name, "endpoint.patch_headers", |endpoint, under| {
            let mut headers = self.endpoint_headers(application, endpoint)?;
            for (name, value) in &changes {
                headers.retain(|(old, _)| !old.eq_ignore_ascii_case(name));
                headers.extend(value.clone().map(|value| (name.clone(), value)));
            }
            endpoint.headers = self.seal_headers(application, endpoint.id, under.profile, &headers)?;
            self.check_conflict(application, endpoint, FIELD)
        })
        .await
    }

    pub(super) fn seal_headers(
        &self,
        application: &Application,
        id: EndpointId,
        profile: &Profile,
        headers: &[(String, Secret)],
    ) -> Result<Option<Sealed>, ConfigureError> {
        if headers.is_empty() {
            return Ok(None);
        }
        check(headers, profile)?;
        let map: BTreeMap<_, _> = headers.iter().map(|(name, value)| (name, value.reveal())).collect();
        let json = serde_json::to_string(&map).expect("a map of strings is JSON");
        Ok(Some(self.context.seal(&Secret::new(json), application.environment, id.0, field::HEADERS)))
    }
}

fn broken(id: EndpointId, error: &dyn std::fmt::Display) -> ConfigureError {
    let message = format!("the headers of {id} do not open: {error}");
    ConfigureError::Store(fanfare_core::ports::store::StoreError::Broken(message))
}

pub(super) fn check(headers: &[(String, Secret)], profile: &Profile) -> Result<(), ConfigureError> {
    let size: usize = headers.iter().map(|(name, value)| name.len() + value.reveal().len()).sum();
    if headers.len() > ENDPOINT_HEADERS || size > ENDPOINT_HEADERS_BYTES {
        let message =
            format!("must be at most {ENDPOINT_HEADERS} headers of {ENDPOINT_HEADERS_BYTES} bytes together");
        return Err(ConfigureError::invalid(FIELD, message));
    }
    let mut names = std::collections::BTreeSet::new();
    for (name, value) in headers {
        check_name(name, profile)?;
        if !names.insert(name.to_ascii_lowercase()) {
            return Err(ConfigureError::invalid(FIELD, format!("{name} is given twice")));
        }
        if !is_value(value.reveal()) {
            let message =
                format!("the value of {name} may hold only visible ASCII characters, spaces and tabs inside");
            return Err(ConfigureError::invalid(FIELD, message));
        }
    }
    Ok(())
}

fn check_name(name: &str, profile: &Profile) -> Result<(), ConfigureError> {
    if !is_token(name) {
        let message = format!("{name:?} is not a valid header name");
        return Err(ConfigureError::invalid(FIELD, message));
    }
    if profile.reserves_header(name) {
        return Err(ConfigureError::invalid(FIELD, format!("{name} may not be set as a custom header")));
    }
    Ok(())
}

pub(super) fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}

pub(super) fn is_value(value: &str) -> bool {
    let visible = |byte: u8| (b' '..=b'~').contains(&byte) || byte == b'\t';
    value.bytes().all(visible) && value.trim_matches([' ', '\t']) == value
}
