//! Authentication of requests: how a customer's server recognises the sender, beside signatures.
//!
//! What is public about it is kept in the clear and shown; credentials are sealed and never shown.

use std::{str::FromStr, sync::Arc};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::{endpoint::WebhookUrl, secret::Secret};

/// Where credentials stand in a request (RFC 9110 §11.6.2).
pub(crate) const AUTHORIZATION: &str = "Authorization";

/// The kinds of authentication, as profiles and the API name them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AuthKind {
    /// Nothing beside what the profile writes.
    #[default]
    None,
    /// `Authorization: Basic …` (RFC 7617).
    Basic,
    /// `Authorization: Bearer …` with a fixed token (RFC 6750 §2.1).
    Bearer,
    /// One header with a fixed value (QUA-7).
    Header,
    /// `Authorization: Bearer …` with a token fetched from the customer's own authorization server
    /// (RFC 6749 §4.4, JOF-9).
    OAuth2,
}

/// A word that is the name of no kind of authentication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a kind of authentication: there are `none`, `basic`, `bearer`, `header` and `oauth2`")]
pub struct UnknownKind;

impl AuthKind {
    /// Whether its credentials stand in `Authorization`, always.
    pub(crate) fn writes_authorization(self) -> bool {
        matches!(self, Self::Basic | Self::Bearer | Self::OAuth2)
    }
}

impl FromStr for AuthKind {
    type Err = UnknownKind;

    fn from_str(word: &str) -> Result<Self, UnknownKind> {
        match word {
            "none" => Ok(Self::None),
            "basic" => Ok(Self::Basic),
            "bearer" => Ok(Self::Bearer),
            "header" => Ok(Self::Header),
            "oauth2" => Ok(Self::OAuth2),
            _ => Err(UnknownKind),
        }
    }
}

/// What is public about an endpoint's authentication.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
pub enum AuthSettings {
    /// See [`AuthKind::None`].
    #[default]
    None,
    /// See [`AuthKind::Basic`].
    Basic,
    /// See [`AuthKind::Bearer`].
    Bearer,
    /// See [`AuthKind::Header`].
    Header {
        /// The header's name, in the letter case it is sent in.
        name: String,
    },
    /// See [`AuthKind::OAuth2`].
    OAuth2 {
        /// Where tokens are fetched.
        token_url: WebhookUrl,
        /// The scope asked for (RFC 6749 §3.3).
        scope: Option<String>,
        /// The `audience` parameter that some servers want.
        audience: Option<String>,
        /// Where the client's id and secret stand in the token request.
        credentials_in: CredentialsIn,
    },
}

/// Where the client's id and secret stand in a token request (RFC 6749 §2.3.1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum CredentialsIn {
    /// In an `Authorization: Basic` header.
    #[default]
    Basic,
    /// In the form.
    Body,
}

/// The credentials of an authentication, as they are sealed: a JSON object.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase", rename_all_fields = "camelCase")]
enum Sealable {
    Basic { username: Zeroizing<String>, password: Zeroizing<String> },
    Bearer { token: Zeroizing<String> },
    Header { value: Zeroizing<String> },
    OAuth2 { client_id: Zeroizing<String>, client_secret: Zeroizing<String> },
}

/// An endpoint's authentication, opened: lives in memory only.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Auth {
    /// See [`AuthKind::None`].
    #[default]
    None,
    /// See [`AuthKind::Basic`].
    Basic {
        /// May not hold a colon (RFC 7617 §2).
        username: Secret,
        /// Anything printable.
        password: Secret,
    },
    /// See [`AuthKind::Bearer`].
    Bearer {
        /// The token without its scheme.
        token: Secret,
    },
    /// See [`AuthKind::Header`].
    Header {
        /// The header's name.
        name: String,
        /// Its value.
        value: Secret,
    },
    /// See [`AuthKind::OAuth2`].
    OAuth2(Arc<ClientCredentials>),
}

/// A client of an authorization server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientCredentials {
    /// Where tokens are fetched.
    pub token_url: WebhookUrl,
    /// The client's id.
    pub client_id: Secret,
    /// The client's secret.
    pub client_secret: Secret,
    /// The scope asked for.
    pub scope: Option<String>,
    /// The `audience` parameter.
    pub audience: Option<String>,
    /// Where id and secret stand.
    pub credentials_in: CredentialsIn,
}

/// A sealed authentication that does not fit its public settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the sealed credentials do not fit the kind of authentication")]
pub struct CredentialsMismatch;

impl AuthSettings {
    /// Its kind.
    pub fn kind(&self) -> AuthKind {
        match self {
            Self::None => AuthKind::None,
            Self::Basic => AuthKind::Basic,
            Self::Bearer => AuthKind::Bearer,
            Self::Header { .. } => AuthKind::Header,
            Self::OAuth2 { .. } => AuthKind::OAuth2,
        }
    }

    /// The header that it writes.
    pub fn header_name(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Basic | Self::Bearer | Self::OAuth2 { .. } => Some(AUTHORIZATION),
            Self::Header { name } => Some(name),
        }
    }

    /// Puts opened credentials back beside the settings; none were sealed for [`AuthKind::None`].
    pub fn with_credentials(&self, credentials: Option<&Secret>) -> Result<Auth, CredentialsMismatch> {
        let sealed = credentials.map(|json| serde_json::from_str::<Sealable>(json.reveal()));
        let secret = |text: Zeroizing<String>| Secret::new(text.as_str());
        match (self, sealed.transpose().map_err(|_| CredentialsMismatch)?) {
            (Self::None, None) => Ok(Auth::None),
            (Self::Basic, Some(Sealable::Basic { username, password })) => {
                Ok(Auth::Basic { username: secret(username), password: secret(password) })
            }
            (Self::Bearer, Some(Sealable::Bearer { token })) => Ok(Auth::Bearer { token: secret(token) }),
            (Self::Header { name }, Some(Sealable::Header { value })) => {
                Ok(Auth::Header { name: name.clone(), value: secret(value) })
            }
            (
                Self::OAuth2 { token_url, scope, audience, credentials_in },
                Some(Sealable::OAuth2 { client_id, client_secret }),
            ) => Ok(Auth::OAuth2(Arc::new(ClientCredentials {
                token_url: token_url.clone(),
                client_id: secret(client_id),
                client_secret: secret(client_secret),
                scope: scope.clone(),
                audience: audience.clone(),
                credentials_in: *credentials_in,
            }))),
            _ => Err(CredentialsMismatch),
        }
    }
}

impl Auth {
    /// Its kind.
    pub fn kind(&self) -> AuthKind {
        match self {
            Self::None => AuthKind::None,
            Self::Basic { .. } => AuthKind::Basic,
            Self::Bearer { .. } => AuthKind::Bearer,
            Self::Header { .. } => AuthKind::Header,
            Self::OAuth2(_) => AuthKind::OAuth2,
        }
    }

    /// The header that it writes; the transport writes that of [`Auth::OAuth2`].
    pub fn header_name(&self) -> Option<&str> {
        match self {
            Self::None => None,
            Self::Basic { .. } | Self::Bearer { .. } | Self::OAuth2(_) => Some(AUTHORIZATION),
            Self::Header { name, .. } => Some(name),
        }
    }

    /// The value of that header; none where the transport writes it.
    pub(crate) fn header_value(&self) -> Option<Secret> {
        match self {
            Self::None | Self::OAuth2(_) => None,
            Self::Basic { username, password } => {
                let pair = Zeroizing::new(format!("{}:{}", username.reveal(), password.reveal()));
                Some(basic(&pair))
            }
            Self::Bearer { token } => Some(Secret::new(format!("Bearer {}", token.reveal()))),
            Self::Header { value, .. } => Some(value.clone()),
        }
    }

    /// What is public about it.
    pub fn settings(&self) -> AuthSettings {
        match self {
            Self::None => AuthSettings::None,
            Self::Basic { .. } => AuthSettings::Basic,
            Self::Bearer { .. } => AuthSettings::Bearer,
            Self::Header { name, .. } => AuthSettings::Header { name: name.clone() },
            Self::OAuth2(client) => AuthSettings::OAuth2 {
                token_url: client.token_url.clone(),
                scope: client.scope.clone(),
                audience: client.audience.clone(),
                credentials_in: client.credentials_in,
            },
        }
    }

    /// Its credentials as one text to be sealed; none for [`Auth::None`].
    pub fn credentials(&self) -> Option<Secret> {
        let text = |secret: &Secret| Zeroizing::new(secret.reveal().to_owned());
        let sealable = match self {
            Self::None => return None,
            Self::Basic { username, password } => {
                Sealable::Basic { username: text(username), password: text(password) }
            }
            Self::Bearer { token } => Sealable::Bearer { token: text(token) },
            Self::Header { value, .. } => Sealable::Header { value: text(value) },
            Self::OAuth2(client) => Sealable::OAuth2 {
                client_id: text(&client.client_id),
                client_secret: text(&client.client_secret),
            },
        };
        Some(Secret::new(serde_json::to_string(&sealable).expect("an object of strings is JSON")))
    }
}

/// The value of `Authorization` for `user:password` (RFC 7617).
pub(crate) fn basic(userinfo: &str) -> Secret {
    Secret::new(format!("Basic {}", STANDARD.encode(userinfo)))
}

#[cfg(test)]
mod tests;
