//! Checking a profile's file and preparing what rendering needs. The first mistake found is told.

mod catalogue;
mod endpoints;
mod header;
mod lifecycle;
mod secret;
mod signature;
mod timing;

use sha2::{Digest as _, Sha256};

use super::{
    Profile, ProfileError, SecretRules, Wire,
    file::{BodySection, File, is_on},
    position::Source,
    rule::rules,
};
use crate::{
    limits::ROTATION_OVERLAP,
    message::ProfileHash,
    name::EventTypeName,
    payload::{InvalidPath, PayloadPath},
    render::{Body, Drops, Form, Place, Template, parse_skeleton},
    sign::SecretFormat,
};
use toml::Spanned;

/// Parses and checks a profile's text.
pub(super) fn check(text: &str) -> Result<Profile, ProfileError> {
    let source = Source(text);
    let file: File = toml::from_str(text)
        .map_err(|error| source.error_at(error.span().map_or(0, |span| span.start), error.message()))?;
    let name =
        file.name.get_ref().parse().map_err(|why| source.error(&file.name, format!("a name {why}")))?;
    if file.methods.get_ref().is_empty() {
        return Err(source.error(&file.methods, "at least one method must be allowed"));
    }
    let secret_formats = secret::formats(&file.secrets, source)?;
    let headers = header::headers(file.headers, source)?;
    let signatures = signature::signatures(&file.signatures, &headers, &secret_formats, source)?;
    let body = body(&file.body, source)?;
    let auth = endpoints::auth(file.auth, source)?;
    Ok(Profile {
        name,
        description: file.description,
        hash: ProfileHash(Sha256::digest(text.as_bytes()).into()),
        text: text.to_owned(),
        rules: rules(file.delivery, source)?,
        methods: file.methods.into_inner(),
        secrets: SecretRules {
            on_create: is_on(&file.secrets.on_create),
            chosen: is_on(&file.secrets.chosen),
            retrievable: file.secrets.retrievable.unwrap_or(true),
            overlap: file.secrets.overlap.map_or(ROTATION_OVERLAP, |overlap| overlap.0),
        },
        auth,
        endpoints: endpoints::endpoints(&file.endpoints, source)?,
        lifecycle: file.lifecycle.map(|section| lifecycle::lifecycle(&section, source)).transpose()?,
        delays: file
            .delays
            .iter()
            .map(|section| timing::delay(section.get_ref(), source))
            .collect::<Result<_, _>>()?,
        superseding: file.superseding.map(|section| timing::superseding(&section, source)).transpose()?,
        events: catalogue::catalogue(file.events, source)?,
        secret_formats,
        wire: Wire { headers, signatures, body },
        reserved: header::reserved(&file.reserved_headers, source)?,
    })
}

fn body(section: &BodySection, source: Source<'_>) -> Result<Body, ProfileError> {
    let form = match &section.template {
        None => Form::Raw,
        Some(template) => match parse_skeleton(template.get_ref(), Place::Body) {
            Ok(node) => Form::Skeleton(node),
            Err(error) => return Err(source.error_in(template, error.offset, error.message)),
        },
    };
    let names = section.drop_keys.iter().map(|name| name.get_ref().clone()).collect();
    let items_where = section.drop_items_where.as_ref().map(|name| name.get_ref().clone());
    Ok(Body { form, drops: Drops { names, items_where } })
}

fn path(text: &Spanned<String>, source: Source<'_>) -> Result<PayloadPath, ProfileError> {
    text.get_ref().parse().map_err(|why: InvalidPath| source.error(text, why.to_string()))
}

fn event_type(text: &Spanned<String>, source: Source<'_>) -> Result<EventTypeName, ProfileError> {
    text.get_ref().parse().map_err(|why| source.error(text, format!("the name of an event type {why}")))
}

fn template(text: &Spanned<String>, place: Place, source: Source<'_>) -> Result<Template, ProfileError> {
    Template::parse(text.get_ref(), place).map_err(|error| source.error_in(text, error.offset, error.message))
}

/// Whether one of the formats makes keys for `algorithm`.
fn has_key_for(algorithm: crate::sign::Algorithm, formats: &[SecretFormat]) -> bool {
    formats.iter().any(|format| algorithm.takes(&format.shape))
}
