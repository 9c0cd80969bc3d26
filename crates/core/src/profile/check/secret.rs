//! The secrets of a profile: their formats, each checked to be able to make and to recognise its own.

use std::ops::RangeInclusive;

use toml::Spanned;

use crate::{
    limits::ROTATION_OVERLAP,
    profile::{
        SecretRules,
        count::{Bounds, Count},
        section::Section,
        text::Overlap,
    },
    sign::{Encoding, KeyText, SecretFormat, SecretShape, Spelling},
};

/// Random bytes in a secret unless the profile says otherwise.
const GENERATE: usize = 32;
/// Bytes that a secret may have unless the profile says otherwise.
const BYTES: [usize; 2] = [1, 256];
/// Bytes that a profile may let a secret have.
const BYTES_MOST: usize = 1024;

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum SortWord {
    Symmetric,
    Ed25519,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum SpellingWord {
    Hex,
    Base64,
    Base64Url,
    Text,
}

/// A table of [[secrets.kinds]].
struct Kind {
    sort: SortWord,
    prefix: String,
    public_prefix: Option<Spanned<String>>,
    prefix_optional: bool,
    encoding: Spanned<SpellingWord>,
    key: Option<Spanned<KeyText>>,
    /// Least and most.
    bytes: Option<Spanned<Bounds>>,
    generate: Option<Spanned<Count>>,
}

/// The rules, and the formats: none where one has a mistake.
pub(super) fn secrets(mut section: Section<'_, '_>) -> (SecretRules, Option<Vec<SecretFormat>>) {
    let on_create = section.spanned::<bool>("on_create");
    let chosen = section.spanned::<bool>("chosen");
    let rules = SecretRules {
        on_create: on_create.as_ref().is_some_and(|on| *on.get_ref()),
        chosen: chosen.as_ref().is_some_and(|on| *on.get_ref()),
        retrievable: section.value("retrievable").unwrap_or(true),
        overlap: section.value("overlap").map_or(ROTATION_OVERLAP, |Overlap(span)| span),
    };
    let kinds = section.sections("kinds");
    for asked in [on_create, chosen].into_iter().flatten().filter(|asked| *asked.get_ref()) {
        if kinds.is_empty() {
            let message = "there is no [[secrets.kinds]] that says what a secret looks like";
            section.mistakes.about(&asked, message);
        }
    }
    let formats = formats(kinds);
    section.end();
    (rules, formats)
}

fn formats(kinds: Vec<Section<'_, '_>>) -> Option<Vec<SecretFormat>> {
    let (count, mut formats) = (kinds.len(), Vec::<SecretFormat>::new());
    for mut section in kinds {
        let kind = kind(&mut section);
        let Some(format) = kind.and_then(|kind| format(&kind, &section)) else { continue };
        if formats.iter().any(|earlier| earlier.prefix == format.prefix) {
            section.mistake("two kinds of secret with the same prefix cannot be told apart");
        }
        formats.push(format);
        section.end();
    }
    (formats.len() == count).then_some(formats)
}

fn kind(section: &mut Section<'_, '_>) -> Option<Kind> {
    let (sort, encoding) = (section.required("type"), section.required("encoding"));
    let prefix = section.spanned::<String>("prefix");
    if let Some(prefix) =
        prefix.as_ref().filter(|prefix| !prefix.get_ref().bytes().all(|byte| byte.is_ascii_graphic()))
    {
        section.mistakes.about(prefix, "a prefix is printable ASCII without spaces");
    }
    let prefix = prefix.map(Spanned::into_inner).unwrap_or_default();
    let public_prefix = section.spanned("public_prefix");
    let prefix_optional = section.value("prefix_optional").unwrap_or_default();
    let (key, bytes, generate) =
        (section.spanned("key"), section.spanned("bytes"), section.spanned("generate"));
    let (sort, encoding) = (sort?.into_inner(), encoding?);
    Some(Kind { sort, prefix, public_prefix, prefix_optional, encoding, key, bytes, generate })
}

fn format(kind: &Kind, section: &Section<'_, '_>) -> Option<SecretFormat> {
    match kind.sort {
        SortWord::Symmetric => symmetric(kind, section),
        SortWord::Ed25519 => ed25519(kind, section),
    }
}

fn symmetric(kind: &Kind, section: &Section<'_, '_>) -> Option<SecretFormat> {
    if let Some(prefix) = &kind.public_prefix {
        section.mistakes.about(prefix, "only ed25519 secrets have a public part");
    }
    let spelling = spelling(*kind.encoding.get_ref());
    let key = match (&kind.key, spelling) {
        (Some(key), _) => *key.get_ref(),
        (None, Spelling::Encoded(_)) => KeyText::Decoded,
        (None, Spelling::Text) => KeyText::Text,
    };
    let bytes = lengths(kind, section)?;
    Some(SecretFormat {
        shape: SecretShape::Symmetric,
        prefix: kind.prefix.clone(),
        prefix_optional: kind.prefix_optional,
        spelling,
        key,
        generate: generate(kind, spelling, &bytes, section)?,
        bytes,
    })
}

fn lengths(kind: &Kind, section: &Section<'_, '_>) -> Option<RangeInclusive<usize>> {
    let Some(bytes) = &kind.bytes else { return Some(BYTES[0]..=BYTES[1]) };
    let Bounds([least, most]) = *bytes.get_ref();
    if least == 0 || most > BYTES_MOST {
        section.mistakes.about(bytes, format!("must be from 1 to {BYTES_MOST}"));
        return None;
    }
    Some(least..=most)
}

/// What Fanfare makes must be a secret that the same profile takes.
fn generate(
    kind: &Kind,
    spelling: Spelling,
    allowed: &RangeInclusive<usize>,
    section: &Section<'_, '_>,
) -> Option<usize> {
    let fits = |bytes: &usize| allowed.contains(&made_bytes(*bytes, spelling));
    match (&kind.generate, &kind.bytes) {
        (Some(bytes), _) if !fits(&bytes.get_ref().0) => {
            section.mistakes.about(bytes, misfit(bytes.get_ref().0, spelling, allowed, kind.bytes.is_none()));
            None
        }
        (Some(bytes), _) => Some(bytes.get_ref().0),
        (None, bytes) => {
            // As many as by default, or fewer, or else more.
            let found = (1..=GENERATE).rev().chain(GENERATE..=BYTES_MOST).find(fits);
            if let Some(bytes) = bytes.as_ref().filter(|_| found.is_none()) {
                section
                    .mistakes
                    .about(bytes, "made text (base64url) never has this length: allow one byte more");
            }
            found
        }
    }
}

/// Bytes that a secret made of so many random ones stands for: text is made in base64url.
fn made_bytes(random: usize, spelling: Spelling) -> usize {
    match spelling {
        Spelling::Encoded(_) => random,
        Spelling::Text => random.saturating_mul(4).div_ceil(3),
    }
}

fn misfit(random: usize, spelling: Spelling, allowed: &RangeInclusive<usize>, by_default: bool) -> String {
    let made = match spelling {
        Spelling::Encoded(_) => format!("{random} random bytes"),
        Spelling::Text => format!("{random} random bytes, {} as text,", made_bytes(random, spelling)),
    };
    let default = if by_default { ", its default" } else { "" };
    let (least, most) = (allowed.start(), allowed.end());
    format!("a secret of {made} would not be within `bytes`, [{least}, {most}]{default}")
}

fn ed25519(kind: &Kind, section: &Section<'_, '_>) -> Option<SecretFormat> {
    let before = section.mistakes.count();
    let places = [
        kind.bytes.as_ref().map(Spanned::span),
        kind.generate.as_ref().map(Spanned::span),
        kind.key.as_ref().map(Spanned::span),
    ];
    for place in places.into_iter().flatten() {
        let fixed = "an ed25519 secret is always a key pair of 64 bytes: leave this out";
        section.mistakes.at(place.start, fixed);
    }
    if *kind.encoding.get_ref() == SpellingWord::Text {
        let message = "an ed25519 secret needs an encoding: hex, base64 or base64url";
        section.mistakes.about(&kind.encoding, message);
    }
    if kind.public_prefix.is_none() {
        section.mistake("an ed25519 secret needs a `public_prefix`, which may be empty");
    }
    if section.mistakes.count() > before {
        return None;
    }
    Some(SecretFormat {
        shape: SecretShape::Ed25519 { public_prefix: kind.public_prefix.clone()?.into_inner() },
        prefix: kind.prefix.clone(),
        prefix_optional: kind.prefix_optional,
        spelling: spelling(*kind.encoding.get_ref()),
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
