//! What a receiver has to do to check a request, told from the profile's own declarations.

use super::Profile;
use crate::{
    render::{Piece, SignatureHeader, Value},
    sign::{Algorithm, Encoding, KeyText, Spelling},
};

/// How a receiver recognises a request of this profile.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recognition {
    /// By a signature.
    Signature(SignedHeader),
    /// By the secret itself, which stands in this header.
    Token {
        /// The header.
        header: String,
        /// What stands before the secret.
        prefix: String,
        /// What stands after it.
        suffix: String,
    },
    /// By nothing that the profile writes.
    Nothing,
}

/// A header with signatures, as its receiver takes it apart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedHeader {
    /// Its name.
    pub name: String,
    /// How signatures are computed.
    pub algorithm: Algorithm,
    /// How they are written.
    pub encoding: Encoding,
    /// What stands between two parts of the header's value; empty where it has only one.
    pub join: String,
    /// What stands before a signature.
    pub prefix: String,
    /// What stands after it.
    pub suffix: String,
    /// What is signed.
    pub content: Vec<Signed>,
    /// What the HMAC key is.
    pub key: KeySpelling,
    /// The other headers that what is signed is taken from.
    pub from: Vec<String>,
}

/// A part of what is signed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    /// This text.
    Text(String),
    /// The body.
    Body,
    /// The value of another header.
    Header(String),
    /// The rest of the part of the signature's own header that begins so (`t=`).
    Part(String),
}

/// What the key of an HMAC is, seen from the secret's text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeySpelling {
    /// What the secret's text starts with, before the encoded key.
    pub prefix: String,
    /// How the rest is written; none where the whole text is the key.
    pub encoding: Option<Encoding>,
}

impl Profile {
    /// How a receiver recognises its requests. None where what is signed cannot be told from the request.
    pub fn recognition(&self) -> Option<Recognition> {
        let is_hmac = |header: &&SignatureHeader| {
            header.schemes.iter().any(|scheme| scheme.algorithm != Algorithm::Ed25519)
        };
        if let Some(header) = self.wire.signatures.iter().find(is_hmac) {
            return self.signed(header).map(Recognition::Signature);
        }
        if !self.wire.signatures.is_empty() {
            return None;
        }
        let token = self.wire.headers.iter().find_map(|header| {
            let (prefix, suffix) = around(header.value.pieces(), Value::Secret)?;
            Some(Recognition::Token { header: header.name.clone(), prefix, suffix })
        });
        Some(token.unwrap_or(Recognition::Nothing))
    }

    fn signed(&self, header: &SignatureHeader) -> Option<SignedHeader> {
        let scheme = header.schemes.iter().find(|scheme| scheme.algorithm != Algorithm::Ed25519)?;
        let (prefix, suffix) = around(scheme.format.pieces(), Value::Signature)?;
        let own = header.wrap.as_ref().map(|wrap| wrap.pieces()).unwrap_or_default();
        let content: Vec<_> =
            scheme.content.pieces().iter().map(|piece| self.found(piece, own)).collect::<Option<_>>()?;
        let from = content.iter().filter_map(|part| match part {
            Signed::Header(name) => Some(name.clone()),
            _ => None,
        });
        Some(SignedHeader {
            name: header.name.clone(),
            algorithm: scheme.algorithm,
            encoding: scheme.encoding,
            join: header.join.clone(),
            prefix,
            suffix,
            from: from.collect(),
            content,
            key: self.key_spelling(),
        })
    }

    /// Where a receiver finds a piece of what is signed.
    fn found(&self, piece: &Piece, own: &[Piece]) -> Option<Signed> {
        let value = match piece {
            Piece::Text(text) => return Some(Signed::Text(text.clone())),
            Piece::Value(Value::Body) => return Some(Signed::Body),
            Piece::Value(value) => *value,
        };
        let is_it = |pieces: &[Piece]| pieces == [Piece::Value(value)];
        if let Some(header) = self.wire.headers.iter().find(|header| is_it(header.value.pieces())) {
            return Some(Signed::Header(header.name.clone()));
        }
        let at = own.iter().position(|piece| *piece == Piece::Value(value))?;
        match own.get(at.checked_sub(1)?)? {
            // What stands before it in the header's own value, after the last separator.
            Piece::Text(before) => Some(Signed::Part(before.rsplit([',', ' ', ';']).next()?.to_owned())),
            Piece::Value(_) => None,
        }
    }

    fn key_spelling(&self) -> KeySpelling {
        let symmetric = self.secret_formats.iter().find(|format| Algorithm::HmacSha256.takes(&format.shape));
        match symmetric.map(|format| (format.key, format.spelling, &format.prefix)) {
            Some((KeyText::Decoded, Spelling::Encoded(encoding), prefix)) => {
                KeySpelling { prefix: prefix.clone(), encoding: Some(encoding) }
            }
            Some((KeyText::Decoded, Spelling::Text, prefix)) => {
                KeySpelling { prefix: prefix.clone(), encoding: None }
            }
            _ => KeySpelling { prefix: String::new(), encoding: None },
        }
    }
}

/// What stands before and after one value; none where there is more than text.
fn around(pieces: &[Piece], value: Value) -> Option<(String, String)> {
    let at = pieces.iter().position(|piece| *piece == Piece::Value(value))?;
    let text = |pieces: &[Piece]| {
        pieces.iter().try_fold(String::new(), |all, piece| match piece {
            Piece::Text(text) => Some(all + text),
            Piece::Value(_) => None,
        })
    };
    Some((text(&pieces[..at])?, text(&pieces[at + 1..])?))
}

#[cfg(test)]
mod tests;
