//! Sessions of people who look at the web pages, and the one-time links that open them.
//!
//! A browser holds a random token, the store its SHA-256: whoever reads the store can open nothing.

use crate::time::Timestamp;

/// In whose name a session is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Holder {
    /// The operator of this server: every environment. Opened only by a link that the server itself printed.
    Operator,
    /// The holder of the key or portal token with this hash: the session may what the key may, as long as
    /// the key is valid.
    Key([u8; 32]),
}

/// A session as the store keeps it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// SHA-256 of the token in the cookie.
    pub hash: [u8; 32],
    /// In whose name it is held.
    pub holder: Holder,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it ends.
    pub expires_at: Timestamp,
}

/// A link that opens one session, once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    /// SHA-256 of the token in the link.
    pub hash: [u8; 32],
    /// In whose name the session will be held.
    pub holder: Holder,
    /// When the session will end.
    pub session_expires_at: Timestamp,
    /// When the link can no longer be followed.
    pub expires_at: Timestamp,
}
