//! Why there is no TLS session, in words for the owner of the receiver.

use std::io;

use rustls::{CertificateError, Error};

/// What a receiver did, as in `customer.example …`.
pub(crate) fn in_words(error: &io::Error) -> String {
    let known = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    match known {
        Some(Error::InvalidCertificate(why)) => format!("has a certificate that {}", certificate(why)),
        Some(Error::NoCertificatesPresented) => "has no certificate".to_owned(),
        _ => format!("gave no valid TLS session: {error}"),
    }
}

fn certificate(why: &CertificateError) -> String {
    use CertificateError::*;
    let words = match why {
        Expired | ExpiredContext { .. } => "has expired",
        NotValidYet | NotValidYetContext { .. } => "is not valid yet",
        NotValidForName | NotValidForNameContext { .. } => "is for another name",
        UnknownIssuer => {
            "nobody trusted has issued: it is self-signed, or the receiver does not send the intermediate ones"
        }
        Revoked => "was revoked",
        BadEncoding => "cannot be read",
        BadSignature => "has a wrong signature",
        Other(other) if other.to_string() == CA_AS_SERVER => {
            "is one of a certificate authority, not of a server"
        }
        // Without the names that Rust has for it.
        Other(_) => "breaks the rules of certificates (RFC 5280)",
        other => return format!("is refused: {other}"),
    };
    words.to_owned()
}

/// What webpki calls it.
const CA_AS_SERVER: &str = "CaUsedAsEndEntity";
