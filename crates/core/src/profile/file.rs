//! The shape of a profile's file. A key that is not listed here is an error, so nothing is ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::{
    endpoints::{ConfiguredBy, Https, Subscription},
    text::{Codes, Overlap, Schedule, Share, Span, SpanOrNever, Timeout},
};
use crate::{
    auth::AuthKind,
    delivery::Method,
    rules::Exhausted,
    sign::{Algorithm, Encoding, KeyText},
};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    /// The default first.
    pub(super) methods: Spanned<Vec<Method>>,
    /// Names that customers may not set; `x-*` is all that begin so.
    #[serde(default)]
    pub(super) reserved_headers: Vec<Spanned<String>>,
    #[serde(default)]
    pub(super) headers: BTreeMap<Spanned<String>, Spanned<String>>,
    #[serde(default)]
    pub(super) body: BodySection,
    #[serde(default)]
    pub(super) signatures: Vec<Spanned<SignatureSection>>,
    #[serde(default)]
    pub(super) secrets: SecretsSection,
    #[serde(default)]
    pub(super) delivery: DeliverySection,
    #[serde(default)]
    pub(super) auth: AuthSection,
    #[serde(default)]
    pub(super) endpoints: EndpointsSection,
    pub(super) lifecycle: Option<LifecycleSection>,
    #[serde(default)]
    pub(super) delays: Vec<Spanned<DelaySection>>,
    pub(super) superseding: Option<Spanned<SupersedingSection>>,
    #[serde(default)]
    pub(super) events: EventsSection,
}

/// Without a template, the payload is the body.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodySection {
    pub(super) template: Option<Spanned<String>>,
    /// Names of members that no payload shows, at any depth.
    #[serde(default)]
    pub(super) drop_keys: Vec<Spanned<String>>,
    /// Objects in arrays are dropped where this member is true.
    pub(super) drop_items_where: Option<Spanned<String>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SignatureSection {
    pub(super) header: Spanned<String>,
    pub(super) algorithm: Spanned<Algorithm>,
    #[serde(default)]
    pub(super) encoding: Encoding,
    /// What is signed; the body unless said otherwise.
    pub(super) content: Option<Spanned<String>>,
    /// What is put around a signature.
    pub(super) format: Option<Spanned<String>>,
    /// What is put around all signatures of the header.
    pub(super) wrap: Option<Spanned<String>>,
    /// The kinds of authentication beside which it is written; all of them unless said otherwise.
    pub(super) with_auth: Option<Spanned<Vec<AuthKind>>>,
    #[serde(default)]
    pub(super) keys: KeysWord,
    pub(super) previous_for: Option<Spanned<Span>>,
    pub(super) join: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum KeysWord {
    All,
    #[default]
    Newest,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretsSection {
    /// Whether an endpoint that names no secret gets one.
    pub(super) on_create: Option<Spanned<bool>>,
    /// Whether customers may choose their secrets.
    pub(super) chosen: Option<Spanned<bool>>,
    /// Whether a secret can be read again.
    pub(super) retrievable: Option<bool>,
    /// How long the previous secret stays valid after a rotation.
    pub(super) overlap: Option<Overlap>,
    /// The kind that Fanfare makes first.
    #[serde(default)]
    pub(super) kinds: Vec<Spanned<SecretSection>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SecretSection {
    #[serde(rename = "type")]
    pub(super) sort: SortWord,
    #[serde(default)]
    pub(super) prefix: String,
    pub(super) public_prefix: Option<Spanned<String>>,
    pub(super) prefix_optional: Option<Spanned<bool>>,
    pub(super) encoding: SpellingWord,
    pub(super) key: Option<Spanned<KeyText>>,
    /// Least and most.
    pub(super) bytes: Option<Spanned<[usize; 2]>>,
    pub(super) generate: Option<Spanned<usize>>,
}

/// Whether a switch is there and on.
pub(super) fn is_on(switch: &Option<Spanned<bool>>) -> bool {
    switch.as_ref().is_some_and(|on| *on.get_ref())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SortWord {
    Symmetric,
    Ed25519,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum SpellingWord {
    Hex,
    Base64,
    Base64Url,
    Text,
}

/// What is left out has the default of [`crate::rules::DeliveryRules`].
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DeliverySection {
    pub(super) success: Option<Spanned<Vec<Codes>>>,
    pub(super) gone_disables: Option<bool>,
    pub(super) disable_after: Option<SpanOrNever>,
    pub(super) slow_down: Option<Vec<Codes>>,
    pub(super) retry_after: Option<bool>,
    pub(super) breaker: Option<bool>,
    pub(super) timeout: Option<Timeout>,
    pub(super) timeout_is_final: Option<bool>,
    pub(super) retry_schedule: Option<Schedule>,
    pub(super) jitter: Option<Share>,
    pub(super) exhausted: Option<Exhausted>,
    pub(super) max_body_bytes: Option<usize>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AuthSection {
    pub(super) kinds: Option<Spanned<Vec<AuthKind>>>,
    pub(super) cached_tokens: Option<bool>,
    /// What `auth.word` stands for with each kind; `none` only where a signature is written.
    #[serde(default)]
    pub(super) words: BTreeMap<AuthKind, String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EndpointsSection {
    #[serde(default)]
    pub(super) https: Https,
    #[serde(default)]
    pub(super) subscription: Subscription,
    pub(super) live_most: Option<u16>,
    pub(super) test_most: Option<u16>,
    pub(super) per_scope_most: Option<u16>,
    pub(super) scope_from: Option<Spanned<String>>,
    #[serde(default)]
    pub(super) configured_by: ConfiguredBy,
    #[serde(default)]
    pub(super) unverified_tls: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LifecycleSection {
    pub(super) event_type: Spanned<String>,
    pub(super) on: Spanned<Vec<MomentWord>>,
    pub(super) template: Spanned<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum MomentWord {
    Create,
    Update,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DelaySection {
    pub(super) types: Spanned<Vec<Spanned<String>>>,
    pub(super) from: Option<Spanned<String>>,
    pub(super) wait: Spanned<Span>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SupersedingSection {
    pub(super) key: Option<Spanned<String>>,
    pub(super) types: Option<Spanned<Vec<Spanned<String>>>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsSection {
    #[serde(default)]
    pub(super) catalogue: CatalogueWord,
    #[serde(default)]
    pub(super) dots_are_underscores: bool,
    #[serde(default)]
    pub(super) types: Vec<Spanned<TypeSection>>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TypeSection {
    pub(super) name: Spanned<String>,
    #[serde(default)]
    pub(super) description: String,
    pub(super) group: Option<String>,
    pub(super) use_case: Option<String>,
    #[serde(default)]
    pub(super) aliases: Vec<Spanned<String>>,
    /// JSON text.
    pub(super) schema: Option<Spanned<String>>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum CatalogueWord {
    /// Messages of any type are accepted.
    #[default]
    Open,
    /// Only messages of types in the catalogue.
    Strict,
}
