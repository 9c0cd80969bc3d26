//! The signatures of a profile: sections that name the same header share it.

use std::time::Duration;

use toml::Spanned;

use super::{header::check_name, template::Templates};
use crate::{
    auth::AuthKind,
    profile::{AuthRules, section::Section, text::Span},
    render::{HeaderTemplate, KeyChoice, Place, Scheme, SignatureHeader, Template, Value},
    sign::{Algorithm, Encoding, SecretFormat},
};

/// What signatures stand beside.
pub(super) struct Signing<'a, 't, 'm> {
    pub(super) headers: &'a [HeaderTemplate],
    /// Where these stand in the text.
    pub(super) headers_at: usize,
    /// None where they have mistakes of their own.
    pub(super) formats: Option<&'a [SecretFormat]>,
    pub(super) overlap: Duration,
    pub(super) auth: &'a AuthRules,
    pub(super) templates: &'a Templates<'t, 'm>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeysWord {
    All,
    #[default]
    Newest,
}

/// The headers of signatures, and how many of them stand before [headers].
pub(super) fn signatures(
    sections: Vec<Section<'_, '_>>,
    signing: &Signing<'_, '_, '_>,
) -> (Vec<SignatureHeader>, usize) {
    let (mut signatures, mut joins) = (Vec::<SignatureHeader>::new(), Vec::new());
    let mut first = 0;
    for mut section in sections {
        let Some((signature, join_at)) = signature(&mut section, signing) else { continue };
        let same = |earlier: &&mut SignatureHeader| earlier.name.eq_ignore_ascii_case(&signature.name);
        match signatures.iter_mut().find(same) {
            Some(earlier) => join(earlier, signature, &section),
            None => {
                first += usize::from(section.start < signing.headers_at);
                signatures.push(signature);
                joins.push(join_at);
            }
        }
        section.end();
    }
    for (signature, join_at) in signatures.iter().zip(joins) {
        joins_something(signature, join_at, signing);
    }
    (signatures, first)
}

/// What is to stand between signatures is in vain where there is never more than one.
fn joins_something(
    signature: &SignatureHeader,
    join_at: Option<Spanned<String>>,
    signing: &Signing<'_, '_, '_>,
) {
    let only_one = signature.keys != KeyChoice::All && signature.schemes.len() == 1;
    if let Some(join) = join_at.filter(|_| only_one) {
        let message = "there is only one signature to join, that of the newest secret: write keys = \"all\" if \
                       all that are valid sign, or leave this out";
        signing.templates.mistakes.about(&join, message);
    }
}

fn join(earlier: &mut SignatureHeader, later: SignatureHeader, section: &Section<'_, '_>) {
    let alike = SignatureHeader { name: earlier.name.clone(), schemes: earlier.schemes.clone(), ..later };
    if alike != *earlier {
        let message =
            "signatures of the same header must agree on keys, previous_for, join, wrap and with_auth";
        section.mistake(message);
    }
    earlier.schemes.extend(later.schemes);
}

/// A header with one signature, and where its `join` stands.
fn signature(
    section: &mut Section<'_, '_>,
    signing: &Signing<'_, '_, '_>,
) -> Option<(SignatureHeader, Option<Spanned<String>>)> {
    let name = header(section, signing);
    let algorithm = algorithm(section, signing);
    let encoding: Encoding = section.value("encoding").unwrap_or_default();
    let content = template(section, "content", Place::Content, signing.templates);
    let format = template(section, "format", Place::Format, signing.templates);
    let wrap = template(section, "wrap", Place::Wrap, signing.templates);
    let choice: KeysWord = section.value("keys").unwrap_or_default();
    let (keys, join) = (keys(section, choice, signing), joint(section, choice));
    let with_auth = with_auth(section, signing);
    let default = |text, place| Template::parse(text, place).expect("the defaults are valid");
    let scheme = Scheme {
        algorithm: algorithm?,
        encoding,
        content: content.unwrap_or_else(|| default("{body}", Place::Content)),
        format: format.unwrap_or_else(|| default("{signature}", Place::Format)),
    };
    let joined = join.as_ref().map_or_else(|| " ".to_owned(), |join| join.get_ref().clone());
    Some((SignatureHeader { name: name?, keys, join: joined, wrap, with_auth, schemes: vec![scheme] }, join))
}

fn header(section: &mut Section<'_, '_>, signing: &Signing<'_, '_, '_>) -> Option<String> {
    let name = section.required::<String>("header")?;
    check_name(&name, section.mistakes);
    if signing.headers.iter().any(|header| header.name.eq_ignore_ascii_case(name.get_ref())) {
        section.mistakes.about(&name, "[headers] writes this header already");
    }
    Some(name.into_inner())
}

fn algorithm(section: &mut Section<'_, '_>, signing: &Signing<'_, '_, '_>) -> Option<Algorithm> {
    let algorithm = section.required::<Algorithm>("algorithm")?;
    let has_key =
        |formats: &[SecretFormat]| formats.iter().any(|format| algorithm.get_ref().takes(&format.shape));
    if !signing.formats.is_none_or(has_key) {
        let message = "no kind in [secrets] makes a key for this algorithm";
        section.mistakes.about(&algorithm, message);
    }
    Some(algorithm.into_inner())
}

/// What is put around signatures would otherwise replace them.
fn template(
    section: &mut Section<'_, '_>,
    key: &'static str,
    place: Place,
    templates: &Templates<'_, '_>,
) -> Option<Template> {
    let text = section.spanned::<String>(key)?;
    if text.get_ref().chars().any(char::is_control) && place != Place::Content {
        section.mistakes.about(&text, "the value of a header cannot have control characters");
    }
    let template = templates.string(&text, place)?;
    let wanted = match place {
        Place::Format => (Value::Signature, "signature"),
        Place::Wrap => (Value::Signatures, "signatures"),
        _ => {
            if !template.any(&|_| true) {
                let message = "every request would have the same signature: sign `{body}` at least";
                section.mistakes.about(&text, message);
            }
            return Some(template);
        }
    };
    if !template.names(wanted.0) {
        section.mistakes.about(&text, format!("without `{{{}}}` nothing would be signed", wanted.1));
    }
    Some(template)
}

fn keys(section: &mut Section<'_, '_>, choice: KeysWord, signing: &Signing<'_, '_, '_>) -> KeyChoice {
    let previous_for = section.spanned::<Span>("previous_for");
    if choice == KeysWord::All {
        if let Some(span) = previous_for {
            let message = "with keys = \"all\" the previous keys sign anyway: leave this out";
            section.mistakes.about(&span, message);
        }
        return KeyChoice::All;
    }
    if let Some(span) = previous_for.as_ref().filter(|span| span.get_ref().0 > signing.overlap) {
        let message = "longer than the `overlap` of [secrets]: the previous secret would have ended before";
        section.mistakes.about(span, message);
    }
    KeyChoice::Newest { previous_for: previous_for.map_or(Duration::ZERO, |span| span.into_inner().0) }
}

fn joint(section: &mut Section<'_, '_>, choice: KeysWord) -> Option<Spanned<String>> {
    let join = section.spanned::<String>("join");
    match &join {
        Some(join) if join.get_ref().is_empty() || join.get_ref().chars().any(char::is_control) => {
            section.mistakes.about(join, "must be printable text: receivers split the header there");
        }
        None if choice == KeysWord::All => {
            section.mistake("with keys = \"all\", `join` must say what stands between signatures");
        }
        _ => {}
    }
    join
}

fn with_auth(section: &mut Section<'_, '_>, signing: &Signing<'_, '_, '_>) -> Option<Vec<AuthKind>> {
    let if_empty = "beside no kind of authentication it would never be written";
    let kinds = section.some::<AuthKind>("with_auth", if_empty)?;
    for kind in kinds.get_ref().iter().filter(|kind| !signing.auth.kinds.contains(kind.get_ref())) {
        section
            .mistakes
            .about(kind, "no endpoint can authenticate so: it is not among the `kinds` of [auth]");
    }
    Some(kinds.into_inner().into_iter().map(Spanned::into_inner).collect())
}
