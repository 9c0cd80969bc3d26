//! Signing: HMAC and ed25519 over the exact bytes that are sent.
