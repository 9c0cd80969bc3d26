//! The secrets of a profile: their formats, each checked to be able to make and to recognise its own.

use toml::Spanned;

use crate::{
    profile::{
        ProfileError,
        file::{SecretSection, SecretsSection, SortWord, SpellingWord, is_on},
        position::Source,
    },
    sign::{Encoding, KeyText, SecretFormat, SecretShape, Spelling},
};

/// Random bytes in a secret unless the profile says otherwise.
const GENERATE: usize = 32;
/// Bytes that a secret may have unless the profile says otherwise.
const BYTES: [usize; 2] = [1, 256];
/// Bytes that a profile may let a secret have.
const BYTES_MOST: usize = 1024;

pub(super) fn formats(
    section: &SecretsSection,
    source: Source<'_>,
) -> Result<Vec<SecretFormat>, ProfileError> {
    for asked in [&section.on_create, &section.chosen].into_iter().flatten() {
        if *asked.get_ref() && section.kinds.is_empty() {
            return Err(
                source.error(asked, "there is no [[secrets.kinds]] that says what a secret looks like")
            );
        }
    }
    let mut formats: Vec<SecretFormat> = Vec::new();
    for kind in &section.kinds {
        let format = format(kind, source)?;
        if formats.iter().any(|earlier| earlier.prefix == format.prefix) {
            return Err(source.error(kind, "two kinds of secret with the same prefix cannot be told apart"));
        }
        formats.push(format);
    }
    Ok(formats)
}

fn format(kind: &Spanned<SecretSection>, source: Source<'_>) -> Result<SecretFormat, ProfileError> {
    let section = kind.get_ref();
    if !section.prefix.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(source.error(kind, "a prefix is printable ASCII without spaces"));
    }
    match section.sort {
        SortWord::Symmetric => symmetric(section, source),
        SortWord::Ed25519 => ed25519(kind, source),
    }
}

fn symmetric(section: &SecretSection, source: Source<'_>) -> Result<SecretFormat, ProfileError> {
    if let Some(prefix) = &section.public_prefix {
        return Err(source.error(prefix, "only ed25519 secrets have a public part"));
    }
    let spelling = spelling(section.encoding);
    let key = match (&section.key, spelling) {
        (Some(key), _) => *key.get_ref(),
        (None, Spelling::Encoded(_)) => KeyText::Decoded,
        (None, Spelling::Text) => KeyText::Text,
    };
    Ok(SecretFormat {
        shape: SecretShape::Symmetric,
        prefix: section.prefix.clone(),
        prefix_optional: is_on(&section.prefix_optional),
        spelling,
        key,
        bytes: lengths(section, source)?,
        generate: generate(section, spelling, source)?,
    })
}

fn lengths(
    section: &SecretSection,
    source: Source<'_>,
) -> Result<std::ops::RangeInclusive<usize>, ProfileError> {
    let Some(bytes) = &section.bytes else { return Ok(BYTES[0]..=BYTES[1]) };
    let [least, most] = *bytes.get_ref();
    if least == 0 || most < least || most > BYTES_MOST {
        let message = format!("must be the least and the most, from 1 to {BYTES_MOST}");
        return Err(source.error(bytes, message));
    }
    Ok(least..=most)
}

/// What Fanfare makes must be a secret that the same profile takes.
fn generate(section: &SecretSection, spelling: Spelling, source: Source<'_>) -> Result<usize, ProfileError> {
    let allowed = lengths(section, source)?;
    let size = |bytes: usize| match spelling {
        Spelling::Encoded(_) => bytes,
        Spelling::Text => (bytes * 4).div_ceil(3),
    };
    match &section.generate {
        Some(bytes) if !allowed.contains(&size(*bytes.get_ref())) => {
            Err(source.error(bytes, "a secret made of so many random bytes would not agree with `bytes`"))
        }
        Some(bytes) => Ok(*bytes.get_ref()),
        None => Ok((1..=GENERATE).rev().find(|bytes| allowed.contains(&size(*bytes))).unwrap_or(GENERATE)),
    }
}

fn ed25519(kind: &Spanned<SecretSection>, source: Source<'_>) -> Result<SecretFormat, ProfileError> {
    let section = kind.get_ref();
    let fixed = "an ed25519 secret is always a key pair of 64 bytes: leave this out";
    if let Some(bytes) = &section.bytes {
        return Err(source.error(bytes, fixed));
    }
    if let Some(bytes) = &section.generate {
        return Err(source.error(bytes, fixed));
    }
    if let Some(key) = &section.key {
        return Err(source.error(key, fixed));
    }
    if section.encoding == SpellingWord::Text {
        return Err(source.error(kind, "an ed25519 secret needs an encoding: hex, base64 or base64url"));
    }
    let Some(public_prefix) = &section.public_prefix else {
        return Err(source.error(kind, "an ed25519 secret needs a `public_prefix`, which may be empty"));
    };
    Ok(SecretFormat {
        shape: SecretShape::Ed25519 { public_prefix: public_prefix.get_ref().clone() },
        prefix: section.prefix.clone(),
        prefix_optional: is_on(&section.prefix_optional),
        spelling: spelling(section.encoding),
        key: KeyText::Decoded,
        bytes: SecretFormat::ED25519_BYTES..=SecretFormat::ED25519_BYTES,
        generate: SecretFormat::ED25519_BYTES,
    })
}

fn spelling(word: SpellingWord) -> Spelling {
    match word {
        SpellingWord::Hex => Spelling::Encoded(Encoding::Hex),
        SpellingWord::Base64 => Spelling::Encoded(Encoding::Base64),
        SpellingWord::Base64Url => Spelling::Encoded(Encoding::Base64Url),
        SpellingWord::Text => Spelling::Text,
    }
}
