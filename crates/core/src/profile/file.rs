//! The shape of a profile's file. A key that is not listed here is an error, so nothing is ignored.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use super::text::{Codes, Schedule, Share, Span, SpanOrNever, Timeout};
use crate::{
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
    pub(super) endpoints: EndpointsSection,
    #[serde(default)]
    pub(super) events: EventsSection,
}

/// Without a template, the payload is the body.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct BodySection {
    pub(super) template: Option<Spanned<String>>,
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
pub(super) struct EndpointsSection {
    #[serde(default)]
    pub(super) https_only: bool,
}

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct EventsSection {
    #[serde(default)]
    pub(super) catalogue: CatalogueWord,
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
