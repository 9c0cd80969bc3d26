//! Checking a profile's file and preparing what rendering needs. The first mistake found is told.

mod header;
mod secret;
mod signature;

use sha2::{Digest as _, Sha256};

use super::{
    AuthRules, Catalogue, EndpointRules, Https, Profile, ProfileError, SecretRules, Wire,
    file::{BodySection, CatalogueWord, File, is_on},
    position::Source,
    rule::rules,
};
use crate::{
    message::ProfileHash,
    render::{Body, Place, Template, parse_skeleton},
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
            retrievable: true,
            overlap: crate::limits::ROTATION_OVERLAP,
        },
        auth: AuthRules::default(),
        endpoints: EndpointRules {
            https: if file.endpoints.https_only { Https::Required } else { Https::Free },
            ..EndpointRules::default()
        },
        lifecycle: None,
        delays: Vec::new(),
        superseding: None,
        events: Catalogue { strict: file.events.catalogue == CatalogueWord::Strict, ..Catalogue::default() },
        secret_formats,
        wire: Wire { headers, signatures, body },
        reserved: header::reserved(&file.reserved_headers, source)?,
    })
}

fn body(section: &BodySection, source: Source<'_>) -> Result<Body, ProfileError> {
    match &section.template {
        None => Ok(Body::Raw),
        Some(template) => match parse_skeleton(template.get_ref()) {
            Ok(node) => Ok(Body::Skeleton(node)),
            Err(error) => Err(source.error_in(template, error.offset, error.message)),
        },
    }
}

fn template(text: &Spanned<String>, place: Place, source: Source<'_>) -> Result<Template, ProfileError> {
    Template::parse(text.get_ref(), place).map_err(|error| source.error_in(text, error.offset, error.message))
}

/// Whether one of the formats makes keys for `algorithm`.
fn has_key_for(algorithm: crate::sign::Algorithm, formats: &[SecretFormat]) -> bool {
    formats.iter().any(|format| algorithm.takes(&format.shape))
}
