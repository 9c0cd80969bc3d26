//! Signature headers: each signature in them is computed again, with every secret that was given.

use std::borrow::Cow;

use super::{
    Check,
    key::VerificationKey,
    reading::{Line, Reading},
    values,
};
use crate::{
    render::{Piece, Scheme, SignatureHeader, Value},
    sign::{Algorithm, Encoding},
};

/// Why a signature is not known to be right.
enum Doubt {
    /// It is not right.
    Wrong(String),
    /// It covers what no request of the profile shows, and nobody has told it.
    Untold(String),
}

/// A signature that stands in the request, and how it claims to be made.
struct Claim<'a> {
    scheme: &'a Scheme,
    signature: String,
}

impl Reading<'_> {
    pub(super) fn signatures(&mut self) {
        let verifier = self.verifier;
        let signatures = &verifier.profile.wire.signatures;
        if signatures.is_empty() {
            let detail = format!("profile {} signs nothing", verifier.profile.name);
            self.checks.push(Check::right("signature", detail));
        }
        for header in signatures {
            let check = self.signature(header);
            self.checks.push(check);
        }
    }

    fn signature(&mut self, header: &SignatureHeader) -> Check {
        let part = format!("signature {}", header.name);
        let (keys, kind) = (&self.verifier.keys, self.verifier.auth.kind());
        let wanted = header.with_auth.as_ref().is_none_or(|kinds| kinds.contains(&kind));
        let usable = keys.iter().any(|key| header.schemes.iter().any(|scheme| key.fits(scheme.algorithm)));
        let text = match self.header(&header.name) {
            Line::Once(text) => text,
            Line::Several(times) => return Check::wrong(part, format!("the header comes {times} times")),
            Line::Missing if !wanted => {
                return Check::right(part, "not there: the endpoint authenticates in another way");
            }
            Line::Missing if keys.is_empty() => {
                return Check::right(part, "not there: the endpoint has no secret");
            }
            Line::Missing if usable => {
                return Check::wrong(
                    part,
                    "the header is missing: the endpoint has no secret, or it was removed",
                );
            }
            Line::Missing => return Check::unchecked(part, "not there, and no secret for it was given"),
        };
        let claims = match self.claims(header, text) {
            Ok(claims) => claims,
            Err(why) => return Check::wrong(part, why),
        };
        if keys.is_empty() {
            return Check::unchecked(part, "there, but no secret was given to verify it with");
        }
        match self.verified(&claims) {
            Ok(detail) => Check::right(part, detail),
            Err(Doubt::Untold(why)) => Check::unchecked(part, why),
            Err(Doubt::Wrong(why)) => Check::wrong(part, why),
        }
    }

    /// Takes the header apart.
    fn claims<'h>(&mut self, header: &'h SignatureHeader, text: &str) -> Result<Vec<Claim<'h>>, String> {
        let joined = match &header.wrap {
            Some(wrap) => {
                self.read(wrap, Encoding::default(), text)?;
                self.taken(Value::Signatures).ok_or("holds no signatures")?
            }
            None => text.to_owned(),
        };
        if let Some(claim) = self.claim(header, &joined) {
            return Ok(vec![claim]);
        }
        let claims: Vec<_> =
            joined.split(&header.join).filter_map(|signature| self.claim(header, signature)).collect();
        if claims.is_empty() {
            let forms: Vec<_> = header.schemes.iter().map(|scheme| format!("`{}`", scheme.format)).collect();
            return Err(format!("is not of the form {}", forms.join(" or ")));
        }
        Ok(claims)
    }

    fn claim<'h>(&mut self, header: &'h SignatureHeader, text: &str) -> Option<Claim<'h>> {
        header.schemes.iter().find_map(|scheme| {
            let read = self.read(&scheme.format, scheme.encoding, text);
            let signature = self.taken(Value::Signature)?;
            read.is_ok().then_some(Claim { scheme, signature })
        })
    }

    /// Signatures are of one place: what was found for the last one is nothing for the next.
    fn taken(&mut self, wanted: Value) -> Option<String> {
        let at = self.found.iter().position(|(value, _)| *value == wanted)?;
        Some(self.found.remove(at).1)
    }

    /// Which key one of the claims holds for; otherwise why none is known to.
    fn verified(&self, claims: &[Claim<'_>]) -> Result<String, Doubt> {
        let keys = &self.verifier.keys;
        let mut why = "no secret that was given is of the kind that makes this signature".to_owned();
        let mut untold = None;
        for claim in claims {
            let Scheme { algorithm, encoding, .. } = claim.scheme;
            for (at, key) in keys.iter().enumerate().filter(|(_, key)| key.fits(*algorithm)) {
                match self.holds(claim, key) {
                    Ok(()) if keys.len() == 1 => return Ok(format!("{} matches", name(*algorithm))),
                    Ok(()) => return Ok(format!("{} matches secret {}", name(*algorithm), at + 1)),
                    Err(Doubt::Untold(value)) => untold = Some(value),
                    Err(Doubt::Wrong(reason)) => {
                        why = format!("{} in {}: {reason}", name(*algorithm), encoding.as_str());
                    }
                }
            }
        }
        Err(untold.map_or(Doubt::Wrong(why), Doubt::Untold))
    }

    fn holds(&self, claim: &Claim<'_>, key: &VerificationKey) -> Result<(), Doubt> {
        let Scheme { algorithm, encoding, .. } = claim.scheme;
        let length = encoding.encode(&vec![0; digest_bytes(*algorithm)]).len();
        if claim.signature.len() != length {
            let characters = claim.signature.len();
            return Err(Doubt::Wrong(format!(
                "{characters} characters where there must be {length}: it was made another way"
            )));
        }
        // Only the one spelling of it counts.
        let bytes =
            encoding.decode(&claim.signature).filter(|bytes| encoding.encode(bytes) == claim.signature);
        let unread = || Doubt::Wrong("has letters or padding that the sender does not write".into());
        let bytes = bytes.ok_or_else(unread)?;
        let content = self.content(claim.scheme, key)?;
        match key.verifies(*algorithm, &content, &bytes) {
            true => Ok(()),
            false => {
                let covered = signed(claim.scheme);
                Err(Doubt::Wrong(format!("differs: {covered} was changed, or the secret is another one")))
            }
        }
    }

    /// What was signed, by the values that the request shows.
    fn content<'c>(
        &'c self,
        scheme: &'c Scheme,
        key: &'c VerificationKey,
    ) -> Result<Vec<Cow<'c, [u8]>>, Doubt> {
        let piece = |piece: &'c Piece| match piece {
            Piece::Text(literal) => Ok(Cow::Borrowed(literal.as_bytes())),
            Piece::Value(Value::Body) => Ok(Cow::Borrowed(self.captured.body)),
            Piece::Value(Value::Secret) => Ok(Cow::Borrowed(key.text().as_bytes())),
            Piece::Value(value) => match values::text_of(*value, &self.found) {
                Some(text) => Ok(Cow::Owned(text.into_bytes())),
                None => Err(self.doubt_without(*value)),
            },
        };
        scheme.content.pieces().iter().map(piece).collect()
    }

    /// What the profile writes into requests cannot be missing in one that is right.
    fn doubt_without(&self, value: Value) -> Doubt {
        let shows = |shown: Value| values::says(shown, value);
        if self.verifier.profile.wire.shows(&shows) {
            return Doubt::Wrong(format!("covers `{value}`, which the request should show but does not"));
        }
        Doubt::Untold(format!(
            "covers `{value}`, which the request does not show: tell it with `--value {value}=…`"
        ))
    }
}

fn signed(scheme: &Scheme) -> String {
    match scheme.content.pieces() {
        [Piece::Value(Value::Body)] => "the body".to_owned(),
        _ => format!("something in `{}`", scheme.content),
    }
}

fn name(algorithm: Algorithm) -> &'static str {
    match algorithm {
        Algorithm::HmacSha1 => "HMAC-SHA1",
        Algorithm::HmacSha256 => "HMAC-SHA256",
        Algorithm::HmacSha512 => "HMAC-SHA512",
        Algorithm::Ed25519 => "ed25519",
    }
}

fn digest_bytes(algorithm: Algorithm) -> usize {
    match algorithm {
        Algorithm::HmacSha1 => 20,
        Algorithm::HmacSha256 => 32,
        Algorithm::HmacSha512 | Algorithm::Ed25519 => 64,
    }
}
