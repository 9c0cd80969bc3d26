//! Placeholders: their names, where each may stand, and what each is replaced by.

use std::{
    cell::OnceCell,
    fmt::{self, Write as _},
};

use super::{Rendering, body::Source};
use crate::{
    auth::AuthKind,
    endpoint::EndpointMode,
    id::{ID_BYTES, MessageId},
    profile::nearest,
    secret::Secret,
    time::Timestamp,
};

/// What a placeholder stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value {
    MessageId,
    /// A UUID made of the message's id.
    MessageUuid,
    MessageTime(TimeForm),
    AttemptTime(TimeForm),
    EventType,
    /// The event type with `/` for each `.`.
    EventTypeSlashes,
    EventId,
    EndpointId,
    EndpointUrl,
    EndpointScope,
    /// Whether the endpoint's mode is live.
    EndpointLive,
    /// Whether the endpoint is enabled.
    EndpointActive,
    /// The event types that the endpoint wants.
    EndpointEvents,
    ApplicationId,
    /// What happened to the endpoint.
    Action,
    /// The profile's word for how the request authenticates.
    AuthWord,
    /// An id of another kind, made of the message's.
    DerivedId(IdPrefix),
    FanfareVersion,
    /// The newest secret as it stands.
    Secret,
    /// The whole payload.
    Payload,
    /// The rendered body.
    Body,
    /// One signature, encoded.
    Signature,
    /// All signatures of a header, formatted and joined.
    Signatures,
}

/// What a derived id starts with: 1 to 8 lower-case letters, and `_`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct IdPrefix {
    letters: [u8; IdPrefix::MOST],
    length: usize,
}

impl IdPrefix {
    const MOST: usize = 8;

    fn parse(text: &str) -> Option<Self> {
        let sound = (1..=Self::MOST).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_lowercase());
        sound.then(|| {
            let mut letters = [0; Self::MOST];
            letters[..text.len()].copy_from_slice(text.as_bytes());
            Self { letters, length: text.len() }
        })
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.letters[..self.length]).expect("letters are ASCII")
    }
}

/// How a time is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TimeForm {
    /// Seconds since 1970, a number.
    Unix,
    /// Milliseconds since 1970, a number.
    UnixMillis,
    /// RFC 3339 without a fraction.
    Seconds,
    /// RFC 3339 with three fractional digits.
    Millis,
    /// RFC 3339 with six fractional digits.
    Micros,
}

/// Where in a profile a placeholder stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// A header's value.
    Header,
    /// The body's skeleton.
    Body,
    /// What is signed.
    Content,
    /// What is put around a signature.
    Format,
    /// What is put around all signatures of a header.
    Wrap,
    /// What an endpoint is told about itself.
    Lifecycle,
}

const NAMES: [(&str, Value); 29] = [
    ("message.id", Value::MessageId),
    ("message.uuid", Value::MessageUuid),
    ("message.timestamp", Value::MessageTime(TimeForm::Unix)),
    ("message.timestamp.unix_millis", Value::MessageTime(TimeForm::UnixMillis)),
    ("message.timestamp.seconds", Value::MessageTime(TimeForm::Seconds)),
    ("message.timestamp.millis", Value::MessageTime(TimeForm::Millis)),
    ("message.timestamp.micros", Value::MessageTime(TimeForm::Micros)),
    ("attempt.timestamp", Value::AttemptTime(TimeForm::Unix)),
    ("attempt.timestamp.unix_millis", Value::AttemptTime(TimeForm::UnixMillis)),
    ("attempt.timestamp.seconds", Value::AttemptTime(TimeForm::Seconds)),
    ("attempt.timestamp.millis", Value::AttemptTime(TimeForm::Millis)),
    ("attempt.timestamp.micros", Value::AttemptTime(TimeForm::Micros)),
    ("event.type", Value::EventType),
    ("event.type.slashes", Value::EventTypeSlashes),
    ("event.id", Value::EventId),
    ("endpoint.id", Value::EndpointId),
    ("endpoint.url", Value::EndpointUrl),
    ("endpoint.scope", Value::EndpointScope),
    ("endpoint.live", Value::EndpointLive),
    ("endpoint.active", Value::EndpointActive),
    ("endpoint.events", Value::EndpointEvents),
    ("action", Value::Action),
    ("auth.word", Value::AuthWord),
    ("application.id", Value::ApplicationId),
    ("fanfare.version", Value::FanfareVersion),
    ("secret", Value::Secret),
    ("payload", Value::Payload),
    ("body", Value::Body),
    ("signature", Value::Signature),
];

/// The name that is only good in one place, and so not offered in the others.
const SIGNATURES: &str = "signatures";

impl Value {
    /// The value with that name, where it may stand in `place`; otherwise what is wrong.
    pub(crate) fn named(name: &str, place: Place) -> Result<Self, String> {
        match Self::of(name) {
            Some(value) if value.may_stand_in(place) => Ok(value),
            Some(_) => Err(format!("`{name}` cannot stand here; {}", offer(place))),
            None => Err(format!("there is no placeholder `{name}`; {}", hint(name, place))),
        }
    }

    /// The value with that name.
    fn of(name: &str) -> Option<Self> {
        let known = NAMES.iter().find(|(known, _)| *known == name).map(|(_, value)| *value);
        let known = known.or_else(|| name.strip_prefix("id.").and_then(IdPrefix::parse).map(Self::DerivedId));
        known.or((name == SIGNATURES).then_some(Self::Signatures))
    }

    /// What an id starts with that this is.
    pub(crate) fn id_prefix(self) -> Option<String> {
        match self {
            Self::MessageId => Some(MessageId::PREFIX.to_owned()),
            Self::DerivedId(prefix) => Some(format!("{}_", prefix.as_str())),
            _ => None,
        }
    }

    /// Whether a message or endpoint can be without it: then the header or member that shows it is left out.
    pub(crate) fn may_be_absent(self) -> bool {
        matches!(self, Self::EventId | Self::EndpointScope | Self::AuthWord | Self::Secret)
    }

    fn may_stand_in(self, place: Place) -> bool {
        match self {
            Self::Payload => place == Place::Body,
            Self::Body => place == Place::Content,
            Self::Signature => place == Place::Format,
            Self::Signatures => place == Place::Wrap,
            Self::Secret => matches!(place, Place::Header | Place::Body | Place::Content),
            Self::Action | Self::EndpointActive | Self::EndpointEvents => place == Place::Lifecycle,
            Self::EndpointId | Self::EndpointUrl | Self::EndpointLive => true,
            Self::EndpointScope | Self::ApplicationId => true,
            _ => place != Place::Lifecycle,
        }
    }

    /// Whether it stands in JSON without quotes.
    pub(crate) fn is_bare(self) -> bool {
        matches!(
            self,
            Self::EndpointLive
                | Self::MessageTime(TimeForm::Unix | TimeForm::UnixMillis)
                | Self::AttemptTime(TimeForm::Unix | TimeForm::UnixMillis)
        )
    }
}

/// As profiles call it.
impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::DerivedId(prefix) => write!(f, "id.{}", prefix.as_str()),
            known => {
                let name = NAMES.iter().find(|(_, value)| value == known);
                f.write_str(name.map_or(SIGNATURES, |(name, _)| name))
            }
        }
    }
}

/// The name of a value that `text` begins with, wherever that value may stand.
pub(super) fn name_at(text: &str) -> Option<&str> {
    let end = text.find(|c| !may_be_in_name(c)).unwrap_or(text.len());
    let name = text[..end].trim_end_matches('.');
    Value::of(name).map(|_| name)
}

/// Whether the name of a value may have `c`.
pub(super) fn may_be_in_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '.' | '_')
}

/// The names of the values that may stand in `place`, but for ids with a prefix.
pub(crate) fn offered(place: Place) -> impl Iterator<Item = &'static str> {
    let fitting = NAMES.iter().filter(move |(_, value)| value.may_stand_in(place));
    fitting.map(|(name, _)| *name).chain((place == Place::Wrap).then_some(SIGNATURES))
}

/// What may have been meant by a name that there is not.
fn hint(name: &str, place: Place) -> String {
    let (stem, last) = name.rsplit_once('.').unwrap_or((name, ""));
    if offered(place).any(|known| known == stem) {
        let forms = || offered(place).filter_map(|known| known.strip_prefix(stem)?.strip_prefix('.'));
        let all = || forms().map(|form| format!(", {stem}.{form}")).collect::<String>();
        return match nearest(last, forms()) {
            Some(near) => format!("did you mean `{stem}.{near}`?"),
            None if all().is_empty() => format!("`{stem}` stands for the whole"),
            None => format!("there are {stem}{}", all()),
        };
    }
    if let Some(near) = nearest(name, offered(place)) {
        return format!("did you mean `{near}`?");
    }
    let group = group(name);
    let beside: Vec<_> = offered(place).filter(|known| self::group(known) == group).collect();
    if beside.is_empty() { offer(place) } else { format!("there are {}", beside.join(", ")) }
}

/// What may stand in `place`; where many names begin alike, only how they begin.
fn offer(place: Place) -> String {
    let names: Vec<_> = offered(place).collect();
    let mut shown: Vec<String> = Vec::new();
    for name in &names {
        let many = names.iter().filter(|other| group(other) == group(name)).count() > 2;
        let name = if many { format!("{}.*", group(name)) } else { (*name).to_owned() };
        if !shown.contains(&name) {
            shown.push(name);
        }
    }
    let derived = if place == Place::Lifecycle { "" } else { ", id.PREFIX" };
    format!("there are {}{derived}", shown.join(", "))
}

/// How the name of a value begins.
fn group(name: &str) -> &str {
    name.split('.').next().unwrap_or(name)
}

/// What the placeholders of one rendering are replaced by.
pub(crate) struct Values<'a> {
    rendering: &'a Rendering<'a>,
    secret: Option<&'a Secret>,
    /// Most formats show it twice, and base62 is the dearest of all values.
    message_id: OnceCell<String>,
}

impl<'a> Values<'a> {
    pub(crate) fn of(rendering: &'a Rendering<'a>) -> Self {
        let newest = rendering.credentials.signing_keys(rendering.now).next();
        Self { rendering, secret: newest.map(|key| &key.secret), message_id: OnceCell::new() }
    }

    pub(crate) fn rendering(&self) -> &'a Rendering<'a> {
        self.rendering
    }

    /// The same, with the secret replaced by a mark: for logs.
    pub(crate) fn with_secret(self, secret: &'a Secret) -> Self {
        Self { secret: self.secret.map(|_| secret), ..self }
    }

    /// Writes a value as text; false if it is absent (then nothing is written).
    pub(crate) fn write_text(&self, value: Value, out: &mut String) -> bool {
        let Rendering { endpoint, message, now, .. } = self.rendering;
        match value {
            Value::MessageId => out.push_str(self.message_id()),
            Value::MessageTime(form) => form.write(message.created_at, out),
            Value::AttemptTime(form) => form.write(*now, out),
            Value::MessageUuid => out.push_str(&uuid(message.id)),
            Value::EventType => out.push_str(message.event_type.as_str()),
            Value::EventTypeSlashes => out.push_str(&message.event_type.as_str().replace('.', "/")),
            Value::EventId => match &message.event_id {
                Some(id) => out.push_str(id.as_str()),
                None => return false,
            },
            Value::EndpointId => put(out, endpoint.id),
            Value::EndpointUrl => out.push_str(endpoint.url.as_str()),
            Value::EndpointLive => put(out, endpoint.mode == EndpointMode::Live),
            Value::EndpointScope => match &endpoint.scope {
                Some(scope) => out.push_str(scope.as_str()),
                None => return false,
            },
            Value::ApplicationId => put(out, message.application),
            Value::AuthWord => match self.auth_word() {
                Some(word) => out.push_str(word),
                None => return false,
            },
            Value::DerivedId(prefix) => {
                out.push_str(prefix.as_str());
                out.push('_');
                out.push_str(self.message_id().strip_prefix(MessageId::PREFIX).unwrap_or_default());
            }
            Value::FanfareVersion => {
                out.push_str(concat!(env!("CARGO_PKG_VERSION_MAJOR"), ".", env!("CARGO_PKG_VERSION_MINOR")));
            }
            Value::Secret => match self.secret {
                Some(secret) => out.push_str(secret.reveal()),
                None => return false,
            },
            // These are filled in where they may stand; elsewhere a profile with them does not load.
            Value::Payload | Value::Body | Value::Signature | Value::Signatures => return false,
            Value::Action | Value::EndpointActive | Value::EndpointEvents => return false,
        }
        true
    }

    /// The profile's word for the endpoint's kind of authentication. What carries no credentials of its own
    /// has one only if it is signed.
    fn auth_word(&self) -> Option<&str> {
        let Rendering { profile, credentials, .. } = self.rendering;
        let kind = credentials.auth.kind();
        let known = profile.auth.words.get(&kind);
        known.map(String::as_str).filter(|_| kind != AuthKind::None || self.secret.is_some())
    }

    fn message_id(&self) -> &str {
        self.message_id.get_or_init(|| self.rendering.message.id.to_string())
    }
}

impl Source for Values<'_> {
    fn write_json(&self, value: Value, out: &mut Vec<u8>) -> bool {
        let mut text = zeroize::Zeroizing::new(String::new());
        if !self.write_text(value, &mut text) {
            return false;
        }
        if value.is_bare() {
            out.extend_from_slice(text.as_bytes());
        } else {
            serde_json::to_writer(out, text.as_str()).expect("writing a string to memory cannot fail");
        }
        true
    }
}

impl TimeForm {
    /// Writes a time in this form.
    pub(crate) fn write(self, time: Timestamp, out: &mut String) {
        match self {
            Self::Unix => put(out, time.as_seconds()),
            Self::UnixMillis => put(out, time.as_millis()),
            Self::Seconds => out.push_str(&time.format("%Y-%m-%dT%H:%M:%SZ")),
            Self::Millis => out.push_str(&time.to_rfc3339_millis()),
            Self::Micros => out.push_str(&time.format("%Y-%m-%dT%H:%M:%S%.6fZ")),
        }
    }
}

/// The random part of the id in the layout of a random UUID (RFC 9562 §5.4).
fn uuid(id: MessageId) -> String {
    let mut bytes: [u8; 16] = std::array::from_fn(|at| id.0[at + ID_BYTES - 16]);
    bytes[6] = bytes[6] & 0x0f | 0x40;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let digits = hex::encode(bytes);
    [&digits[..8], &digits[8..12], &digits[12..16], &digits[16..20], &digits[20..]].join("-")
}

fn put(out: &mut String, value: impl std::fmt::Display) {
    write!(out, "{value}").expect("writing to a String cannot fail");
}
