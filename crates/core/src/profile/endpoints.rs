//! What a profile says of endpoints: which there may be, who configures them, what they may subscribe to, how
//! their requests authenticate.

use std::collections::BTreeMap;

use crate::{auth::AuthKind, payload::PayloadPath};

/// What endpoints there may be, and what each may ask for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EndpointRules {
    /// Which schemes their URLs may have.
    pub https: Https,
    /// What they may subscribe to.
    pub subscription: Subscription,
    /// Live endpoints of an application without a scope, at most.
    pub live_most: Option<u16>,
    /// Test endpoints of an application, at most.
    pub test_most: Option<u16>,
    /// Live endpoints with the same scope, at most; none forbids scopes where `scope_from` is none too.
    pub per_scope_most: Option<u16>,
    /// Where a message says which scope it is of. An endpoint with a scope gets only messages of that one.
    pub scope_from: Option<PayloadPath>,
    /// Who may configure them.
    pub configured_by: ConfiguredBy,
    /// Whether an endpoint may accept invalid certificates.
    pub unverified_tls: bool,
}

/// Which schemes URLs may have.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Https {
    /// `https` or `http`.
    #[default]
    Free,
    /// `http` too, but the answer warns of it.
    Advised,
    /// `https` only (JOF-5).
    Required,
}

/// What endpoints may subscribe to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subscription {
    /// Any number of types, none for all, or the wildcard `*`.
    #[default]
    Free,
    /// A list of types, or the wildcard, one of which must be given; never nothing (TRU-4, TRU-5).
    Wildcard,
    /// A list of types, one at least; no wildcard (TRI-10).
    Types,
    /// Exactly one type (TAL).
    OneType,
    /// Always all: a list is refused (JOF).
    All,
}

/// Who may configure endpoints.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConfiguredBy {
    /// Customers themselves, in their portal, and the platform.
    #[default]
    Customer,
    /// Only the platform: portal tokens may read (JOF-5).
    Operator,
}

/// How requests may authenticate.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuthRules {
    /// The kinds that endpoints may choose from, never empty.
    pub kinds: Vec<AuthKind>,
    /// Whether an OAuth2 token is kept until shortly before it expires; otherwise each request fetches its own.
    pub cached_tokens: bool,
    /// What the placeholder `auth.word` stands for with each kind; for [`AuthKind::None`], where the request
    /// is signed.
    pub words: BTreeMap<AuthKind, String>,
}

impl Default for AuthRules {
    fn default() -> Self {
        let kinds =
            vec![AuthKind::None, AuthKind::Basic, AuthKind::Bearer, AuthKind::Header, AuthKind::OAuth2];
        Self { kinds, cached_tokens: true, words: BTreeMap::new() }
    }
}
