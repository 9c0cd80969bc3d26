//! Profiles: a wire format and its delivery rules, as data.
//!
//! A profile is one TOML text. Parsing it checks everything that can be wrong, says where, and prepares all
//! that rendering needs. A profile puts nothing on the wire that it does not name.

mod catalogue;
mod check;
mod count;
mod endpoints;
mod lifecycle;
mod mistakes;
mod receiving;
mod secret;
mod section;
mod suggest;
mod text;
mod timing;

pub use catalogue::{Catalogue, CatalogueType};
pub use endpoints::{AuthRules, ConfiguredBy, EndpointRules, Https, Subscription};
pub use lifecycle::{Lifecycle, Moment};
pub use receiving::{KeySpelling, Recognition, Signed, SignedHeader};
pub use secret::SecretRules;
pub(crate) use suggest::nearest;
pub use timing::{Delay, Superseding};

use std::fmt;

use crate::{
    delivery::Method,
    message::{Payload, ProfileHash},
    name::ProfileName,
    ports::Entropy,
    render::{Body, Drops, Form, HeaderTemplate, SignatureHeader, Value},
    rules::DeliveryRules,
    secret::Secret,
    sign::SecretFormat,
};

/// A profile, parsed, checked and ready to render with.
#[derive(Debug, Clone, PartialEq)]
pub struct Profile {
    /// Its name.
    pub name: ProfileName,
    /// For people; may be empty.
    pub description: String,
    /// SHA-256 of its text.
    pub hash: ProfileHash,
    /// Its text.
    pub text: String,
    /// Its delivery rules.
    pub rules: DeliveryRules,
    /// The methods that endpoints may choose from, the default first; never empty.
    pub methods: Vec<Method>,
    /// Who makes secrets, who may see them, how one follows another.
    pub secrets: SecretRules,
    /// How requests may authenticate.
    pub auth: AuthRules,
    /// What endpoints there may be, and what each may ask for.
    pub endpoints: EndpointRules,
    /// What an endpoint is told about itself.
    pub lifecycle: Option<Lifecycle>,
    /// Which messages wait; the first rule that names a message's type holds.
    pub delays: Vec<Delay>,
    /// Which messages take the place of others.
    pub superseding: Option<Superseding>,
    /// What a new environment's catalogue holds.
    pub events: Catalogue,
    pub(crate) secret_formats: Vec<SecretFormat>,
    pub(crate) wire: Wire,
    pub(crate) reserved: Vec<ReservedHeader>,
}

/// What a profile puts on the wire.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Wire {
    pub(crate) headers: Vec<HeaderTemplate>,
    pub(crate) signatures: Vec<SignatureHeader>,
    /// How many of these stand before the other headers, as they do in the text.
    pub(crate) signatures_first: usize,
    pub(crate) body: Body,
}

impl Wire {
    /// Whether a request shows a value that is such a one.
    pub(crate) fn shows(&self, is: &dyn Fn(Value) -> bool) -> bool {
        let around = |header: &SignatureHeader| {
            header.wrap.as_ref().is_some_and(|wrap| wrap.any(is))
                || header.schemes.iter().any(|scheme| scheme.format.any(is))
        };
        self.headers.iter().any(|header| header.value.any(is))
            || self.signatures.iter().any(around)
            || matches!(&self.body.form, Form::Skeleton(node) if node.any(is))
    }
}

/// A header name, or the beginning of header names, that customers may not set. Lower case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum ReservedHeader {
    Name(String),
    Prefix(String),
}

/// All that is wrong with a profile's text, in its order; never nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProfileErrors(pub Vec<ProfileError>);

/// One line for each.
impl fmt::Display for ProfileErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let lines: Vec<_> = self.0.iter().map(ToString::to_string).collect();
        f.write_str(&lines.join("\n"))
    }
}

impl std::error::Error for ProfileErrors {}

/// What is wrong with a profile's text, and where.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}, column {column}: {message}")]
pub struct ProfileError {
    /// From 1.
    pub line: usize,
    /// From 1.
    pub column: usize,
    /// What is wrong and what to do.
    pub message: String,
}

/// Why a secret is not one that the profile's signatures can use; says what is expected.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct InvalidSecret(pub String);

/// Headers that belong to HTTP itself, connections and proxies (RFC 9110 §7.6.1, RFC 9112 §6): whoever set
/// them could change where a request ends.
const HTTP_OWN: [&str; 15] = [
    "connection",
    "content-encoding",
    "content-length",
    "content-type",
    "expect",
    "host",
    "keep-alive",
    "proxy-authenticate",
    "proxy-authorization",
    "proxy-connection",
    "te",
    "trailer",
    "trailers",
    "transfer-encoding",
    "upgrade",
];

impl Profile {
    /// Parses and checks a profile's text (TOML).
    pub fn parse(text: &str) -> Result<Self, ProfileErrors> {
        check::check(text)
    }

    /// Whether its receivers are shown whole payloads.
    pub fn shows_everything(&self) -> bool {
        self.wire.body.drops == Drops::default()
    }

    /// A payload as its receivers are shown it, without what surrounds it (TAL). One that cannot be cut is not
    /// shown.
    pub fn shown(&self, payload: &Payload) -> Payload {
        match payload {
            Payload::Json(bytes) => self.wire.body.drops.cut(bytes).map_or(Payload::Expunged, Payload::Json),
            other => other.clone(),
        }
    }

    /// Makes a secret of the kind that the profile's signatures use by default.
    pub fn generate_secret(&self, entropy: &dyn Entropy) -> Secret {
        match self.secret_formats.first() {
            Some(format) => format.generate(entropy),
            None => SecretFormat::plain().generate(entropy),
        }
    }

    /// Whether its requests have any use for a secret.
    pub fn has_secrets(&self) -> bool {
        !self.secret_formats.is_empty()
    }

    /// Checks a secret that somebody chose, and brings it into its canonical text.
    pub fn check_secret(&self, text: &str) -> Result<Secret, InvalidSecret> {
        secret::check_secret(self, text)
    }

    /// Checks that a secret which an endpoint has already can be used by this profile too.
    pub fn check_existing_secret(&self, secret: &Secret) -> Result<(), InvalidSecret> {
        secret::check_existing(self, secret)
    }

    /// What the receiver needs to verify, as the API shows it: the secret itself, or the public key.
    pub fn verification_key(&self, secret: &Secret) -> Secret {
        self.format_of(secret.reveal())
            .and_then(|format| format.verification_key(secret))
            .unwrap_or_else(|| secret.clone())
    }

    /// Whether customers may not set a header of this name, because the profile or HTTP itself does
    /// (compared without case).
    pub fn reserves_header(&self, name: &str) -> bool {
        let same = |own: &str| own.eq_ignore_ascii_case(name);
        HTTP_OWN.iter().any(|own| same(own))
            || self.wire.headers.iter().any(|header| same(&header.name))
            || self.wire.signatures.iter().any(|header| same(&header.name))
            || self.reserved.iter().any(|reserved| reserved.holds(name))
    }

    /// The method of an endpoint's requests: the one it chose, where this profile allows that one, else the
    /// default.
    pub fn method(&self, chosen: Option<Method>) -> Method {
        let allowed = chosen.filter(|method| self.methods.contains(method));
        allowed.or_else(|| self.methods.first().copied()).unwrap_or_default()
    }

    /// The format that a secret's text is of: the one whose prefix it has, else one that needs none.
    pub(crate) fn format_of(&self, text: &str) -> Option<&SecretFormat> {
        let prefixed = |format: &&SecretFormat| !format.prefix.is_empty() && text.starts_with(&format.prefix);
        let bare = |format: &&SecretFormat| format.claims(text);
        self.secret_formats.iter().find(prefixed).or_else(|| self.secret_formats.iter().find(bare))
    }
}

impl ReservedHeader {
    fn holds(&self, name: &str) -> bool {
        match self {
            Self::Name(own) => own.eq_ignore_ascii_case(name),
            Self::Prefix(prefix) => {
                name.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix))
            }
        }
    }
}

/// The profiles compiled into the binary, `standard` first.
pub fn built_in() -> Vec<Profile> {
    [
        include_str!("../profiles/standard.toml"),
        include_str!("../profiles/trimoji.toml"),
        include_str!("../profiles/talview.toml"),
        include_str!("../profiles/qualifio.toml"),
        include_str!("../profiles/jofi.toml"),
        include_str!("../profiles/trutac.toml"),
        include_str!("../profiles/github.toml"),
        include_str!("../profiles/stripe.toml"),
        include_str!("../profiles/shopify.toml"),
        include_str!("../profiles/slack.toml"),
    ]
    .map(|text| Profile::parse(text).expect("the built-in profiles are tested"))
    .into()
}

#[cfg(test)]
mod tests;
