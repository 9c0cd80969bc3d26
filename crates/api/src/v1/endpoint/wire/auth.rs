//! Authentication on the wire: credentials go in and never come out.

use std::sync::Arc;

use fanfare_core::{
    auth::{Auth, AuthSettings, ClientCredentials, CredentialsIn},
    endpoint::WebhookUrl,
    secret::Secret,
};
use fanfare_engine::configure::endpoint::AuthDraft;
use serde::{Deserialize, Deserializer, Serialize, de::Error};
use utoipa::ToSchema;

use crate::error::ApiError;

/// How requests authenticate. Credentials are kept sealed and never shown. Sent back as it was read, without
/// credentials, it keeps those that the endpoint has.
#[derive(Debug, Clone, PartialEq, Deserialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase", deny_unknown_fields)]
pub(crate) enum AuthIn {
    /// Nothing beside what the profile writes.
    None,
    /// `Authorization: Basic …` (RFC 7617).
    Basic {
        /// Without a colon.
        #[schema(value_type = Option<String>, write_only, max_length = 4096)]
        #[serde(default)]
        username: Option<Hidden>,
        /// May be empty.
        #[schema(value_type = Option<String>, write_only, max_length = 4096)]
        #[serde(default)]
        password: Option<Hidden>,
    },
    /// `Authorization: Bearer …` with a fixed token.
    Bearer {
        /// The token without its scheme.
        #[schema(value_type = Option<String>, write_only, max_length = 4096)]
        #[serde(default)]
        token: Option<Hidden>,
    },
    /// One header with a fixed value.
    Header {
        /// Its name, sent in this letter case; none that the profile or HTTP itself writes.
        #[schema(max_length = 1024)]
        name: String,
        /// Its value.
        #[schema(value_type = Option<String>, write_only, max_length = 4096)]
        #[serde(default)]
        value: Option<Hidden>,
    },
    /// `Authorization: Bearer …` with a token fetched by client credentials (RFC 6749 §4.4).
    OAuth2 {
        /// Where tokens are fetched: under the same rules as the endpoint's URL, without a user name.
        #[schema(format = "uri", max_length = 4096)]
        token_url: String,
        /// The client's id.
        #[schema(value_type = Option<String>, write_only, max_length = 4096)]
        #[serde(default)]
        client_id: Option<Hidden>,
        /// The client's secret.
        #[schema(value_type = Option<String>, write_only, max_length = 4096)]
        #[serde(default)]
        client_secret: Option<Hidden>,
        /// The scope asked for.
        #[schema(max_length = 1024)]
        #[serde(default)]
        scope: Option<String>,
        /// The `audience` parameter that some servers want.
        #[schema(max_length = 1024)]
        #[serde(default)]
        audience: Option<String>,
        /// Where id and secret stand in the token request: a `basic` header, or the `body`.
        #[schema(value_type = Option<String>, pattern = "^(basic|body)$")]
        #[serde(default)]
        credentials_in: Option<CredentialsIn>,
    },
}

/// A credential as it comes in; a mistake about it does not repeat it.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Hidden(Secret);

impl<'de> Deserialize<'de> for Hidden {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match serde_json::Value::deserialize(from)? {
            serde_json::Value::String(text) => Ok(Self(Secret::new(text))),
            _ => Err(D::Error::custom("must be a string")),
        }
    }
}

impl AuthIn {
    /// What is wished.
    pub(crate) fn into_draft(self) -> Result<AuthDraft, ApiError> {
        match self {
            Self::None => Ok(AuthDraft::New(Auth::None)),
            Self::Basic { username, password } => {
                Ok(match pair(("username", username), ("password", password))? {
                    Some((username, password)) => AuthDraft::New(Auth::Basic { username, password }),
                    None => AuthDraft::Shown(AuthSettings::Basic),
                })
            }
            Self::Bearer { token } => Ok(match token {
                Some(Hidden(token)) => AuthDraft::New(Auth::Bearer { token }),
                None => AuthDraft::Shown(AuthSettings::Bearer),
            }),
            Self::Header { name, value } => Ok(match value {
                Some(Hidden(value)) => AuthDraft::New(Auth::Header { name, value }),
                None => AuthDraft::Shown(AuthSettings::Header { name }),
            }),
            Self::OAuth2 { token_url, client_id, client_secret, scope, audience, credentials_in } => {
                let token_url: WebhookUrl =
                    token_url.parse().map_err(|error: fanfare_core::endpoint::InvalidUrl| {
                        ApiError::invalid(&["body", "auth", "tokenUrl"], error.to_string())
                    })?;
                let credentials_in = credentials_in.unwrap_or_default();
                Ok(match pair(("clientId", client_id), ("clientSecret", client_secret))? {
                    Some((client_id, client_secret)) => {
                        let client = ClientCredentials {
                            token_url,
                            client_id,
                            client_secret,
                            scope,
                            audience,
                            credentials_in,
                        };
                        AuthDraft::New(Auth::OAuth2(Arc::new(client)))
                    }
                    None => {
                        AuthDraft::Shown(AuthSettings::OAuth2 { token_url, scope, audience, credentials_in })
                    }
                })
            }
        }
    }
}

/// Two credentials that come together or not at all.
fn pair(
    one: (&str, Option<Hidden>),
    other: (&str, Option<Hidden>),
) -> Result<Option<(Secret, Secret)>, ApiError> {
    let missing = match (one.1, other.1) {
        (Some(Hidden(one)), Some(Hidden(other))) => return Ok(Some((one, other))),
        (None, None) => return Ok(None),
        (None, Some(_)) => one.0,
        (Some(_), None) => other.0,
    };
    Err(ApiError::invalid(&["body", "auth", missing], "is required beside the other one"))
}

/// How requests authenticate, without credentials.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub(crate) enum AuthOut {
    /// Nothing beside what the profile writes.
    None,
    /// `Authorization: Basic …`.
    Basic,
    /// `Authorization: Bearer …` with a fixed token.
    Bearer,
    /// One header with a fixed value.
    Header {
        /// Its name.
        name: String,
    },
    /// `Authorization: Bearer …` with a token fetched by client credentials.
    OAuth2 {
        /// Where tokens are fetched.
        token_url: String,
        /// The scope asked for.
        scope: Option<String>,
        /// The `audience` parameter.
        audience: Option<String>,
        /// Where id and secret stand in the token request.
        #[schema(value_type = String)]
        credentials_in: CredentialsIn,
    },
}

impl From<AuthSettings> for AuthOut {
    fn from(settings: AuthSettings) -> Self {
        match settings {
            AuthSettings::None => Self::None,
            AuthSettings::Basic => Self::Basic,
            AuthSettings::Bearer => Self::Bearer,
            AuthSettings::Header { name } => Self::Header { name },
            AuthSettings::OAuth2 { token_url, scope, audience, credentials_in } => {
                Self::OAuth2 { token_url: token_url.to_string(), scope, audience, credentials_in }
            }
        }
    }
}
