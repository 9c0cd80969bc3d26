//! Ed25519 (RFC 8032): key pairs of 64 bytes, seed and public key, as Standard Webhooks 1.0 has them.

use ed25519_dalek::{KEYPAIR_LENGTH, SECRET_KEY_LENGTH, Signer as _, SigningKey};
use zeroize::Zeroizing;

/// Length of a key pair in bytes.
pub(super) const PAIR_BYTES: usize = KEYPAIR_LENGTH;

/// Ed25519 reads its text twice, so the pieces are put together first.
pub(super) fn sign<C: AsRef<[u8]>>(key: &SigningKey, chunks: &[C]) -> Vec<u8> {
    let mut text = Vec::with_capacity(chunks.iter().map(|chunk| chunk.as_ref().len()).sum());
    for chunk in chunks {
        text.extend_from_slice(chunk.as_ref());
    }
    key.sign(&text).to_vec()
}

/// The private key of a pair; none unless its two halves belong together.
pub(super) fn from_pair(pair: &[u8]) -> Option<SigningKey> {
    SigningKey::from_keypair_bytes(pair.try_into().ok()?).ok()
}

/// Makes a pair of a seed.
pub(super) fn pair_of(seed: &[u8; SECRET_KEY_LENGTH]) -> Zeroizing<Vec<u8>> {
    Zeroizing::new(SigningKey::from_bytes(seed).to_keypair_bytes().to_vec())
}
