//! How bytes are written as text: signatures in headers, keys in secrets.

use base64::{
    Engine as _,
    engine::{GeneralPurpose, GeneralPurposeConfig, general_purpose},
};

/// A key whose last character has spare bits set still stands for the same bytes everywhere.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// How bytes are written as text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encoding {
    /// Lower-case hexadecimal.
    #[default]
    Hex,
    /// Base64 with `+`, `/` and padding (RFC 4648 §4).
    Base64,
    /// Base64 with `-`, `_` and no padding (RFC 4648 §5).
    Base64Url,
}

impl Encoding {
    /// Writes bytes.
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => general_purpose::STANDARD.encode(bytes),
            Self::Base64Url => general_purpose::URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    /// Reads bytes, if the text is of this kind.
    pub fn decode(self, text: &str) -> Option<Vec<u8>> {
        match self {
            Self::Hex => hex::decode(text).ok(),
            Self::Base64 => LENIENT.decode(text).ok(),
            Self::Base64Url => general_purpose::URL_SAFE_NO_PAD.decode(text).ok(),
        }
    }

    /// Its name as people know it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Hex => "hexadecimal",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }
}
