//! The signatures of a profile: sections that name the same header share it.

use std::time::Duration;

use toml::Spanned;

use super::{has_key_for, header::check_name, template};
use crate::{
    profile::{
        ProfileError,
        file::{KeysWord, SignatureSection},
        position::Source,
    },
    render::{HeaderTemplate, KeyChoice, Place, Scheme, SignatureHeader, Template, Value},
    sign::SecretFormat,
};

pub(super) fn signatures(
    sections: &[Spanned<SignatureSection>],
    headers: &[HeaderTemplate],
    formats: &[SecretFormat],
    source: Source<'_>,
) -> Result<Vec<SignatureHeader>, ProfileError> {
    let mut signatures: Vec<SignatureHeader> = Vec::new();
    for section in sections {
        let name = &section.get_ref().header;
        let same = |other: &str| other.eq_ignore_ascii_case(name.get_ref());
        if headers.iter().any(|header| same(&header.name)) {
            return Err(source.error(name, "[headers] writes this header already"));
        }
        if !has_key_for(*section.get_ref().algorithm.get_ref(), formats) {
            let message = "no kind in [secrets] makes a key for this algorithm";
            return Err(source.error(&section.get_ref().algorithm, message));
        }
        let signature = signature(section.get_ref(), source)?;
        match signatures.iter_mut().find(|earlier| same(&earlier.name)) {
            Some(earlier) => join(earlier, signature, section, source)?,
            None => signatures.push(signature),
        }
    }
    Ok(signatures)
}

fn join(
    earlier: &mut SignatureHeader,
    later: SignatureHeader,
    section: &Spanned<SignatureSection>,
    source: Source<'_>,
) -> Result<(), ProfileError> {
    let of = |signature: &SignatureHeader| {
        let SignatureHeader { keys, join, wrap, with_auth, .. } = signature;
        (keys.clone(), join.clone(), wrap.clone(), with_auth.clone())
    };
    let agree = of(earlier) == of(&later);
    if !agree {
        let message =
            "signatures of the same header must agree on keys, previous_for, join, wrap and with_auth";
        return Err(source.error(section, message));
    }
    earlier.schemes.extend(later.schemes);
    Ok(())
}

fn signature(section: &SignatureSection, source: Source<'_>) -> Result<SignatureHeader, ProfileError> {
    check_name(&section.header, source)?;
    let parse = |text: &Option<Spanned<String>>, place, otherwise: &str| match text {
        Some(text) => template(text, place, source),
        None => Ok(Template::parse(otherwise, place).expect("the defaults are valid")),
    };
    let scheme = Scheme {
        algorithm: *section.algorithm.get_ref(),
        encoding: section.encoding,
        content: parse(&section.content, Place::Content, "{body}")?,
        format: parse(&section.format, Place::Format, "{signature}")?,
    };
    let wrap = section.wrap.as_ref().map(|text| template(text, Place::Wrap, source)).transpose()?;
    must_name(Value::Signature, Some(&scheme.format), &section.format, source)?;
    must_name(Value::Signatures, wrap.as_ref(), &section.wrap, source)?;
    Ok(SignatureHeader {
        name: section.header.get_ref().clone(),
        keys: keys(section, source)?,
        join: joint(section, source)?,
        wrap,
        with_auth: section.with_auth.as_ref().map(|kinds| kinds.get_ref().clone()),
        schemes: vec![scheme],
    })
}

/// What is put around signatures would otherwise replace them.
fn must_name(
    value: Value,
    template: Option<&Template>,
    text: &Option<Spanned<String>>,
    source: Source<'_>,
) -> Result<(), ProfileError> {
    match (template, text) {
        (Some(template), Some(text)) if !template.names(value) => {
            let name = if value == Value::Signature { "signature" } else { "signatures" };
            Err(source.error(text, format!("without `{{{name}}}` nothing would be signed")))
        }
        _ => Ok(()),
    }
}

fn keys(section: &SignatureSection, source: Source<'_>) -> Result<KeyChoice, ProfileError> {
    match (section.keys, &section.previous_for) {
        (KeysWord::All, Some(span)) => {
            Err(source.error(span, "with keys = \"all\" the previous keys sign anyway: leave this out"))
        }
        (KeysWord::All, None) => Ok(KeyChoice::All),
        (KeysWord::Newest, span) => {
            let previous_for = span.as_ref().map_or(Duration::ZERO, |span| span.get_ref().0);
            Ok(KeyChoice::Newest { previous_for })
        }
    }
}

fn joint(section: &SignatureSection, source: Source<'_>) -> Result<String, ProfileError> {
    match &section.join {
        Some(join) if join.get_ref().is_empty() || join.get_ref().chars().any(char::is_control) => {
            Err(source.error(join, "must be printable text: receivers split the header there"))
        }
        Some(join) => Ok(join.get_ref().clone()),
        None if section.keys == KeysWord::All => Err(source
            .error(&section.header, "with keys = \"all\", `join` must say what stands between signatures")),
        None => Ok(" ".into()),
    }
}
