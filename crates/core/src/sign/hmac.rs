//! HMAC (RFC 2104) over a text given in pieces, so that a large body is never copied to be signed.

use hmac::{Hmac, Mac};

macro_rules! hmacs {
    ($($name:ident = $hash:ty;)*) => {$(
        pub(super) fn $name<C: AsRef<[u8]>>(key: &[u8], chunks: &[C]) -> Vec<u8> {
            let mut mac = <Hmac<$hash> as Mac>::new_from_slice(key).expect("HMAC takes keys of any length");
            for chunk in chunks {
                mac.update(chunk.as_ref());
            }
            mac.finalize().into_bytes().to_vec()
        }
    )*};
}

hmacs! {
    sha1 = sha1::Sha1;
    sha256 = sha2::Sha256;
    sha512 = sha2::Sha512;
}
