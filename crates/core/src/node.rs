//! Nodes: what one of several does.

use std::{fmt, str::FromStr};

/// What a node does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Roles {
    /// It serves the API, the console and the inboxes.
    pub api: bool,
    /// It owns deliveries and sends them, and does upkeep.
    pub deliver: bool,
}

impl Roles {
    /// Everything.
    pub const ALL: Self = Self { api: true, deliver: true };
}

impl Default for Roles {
    fn default() -> Self {
        Self::ALL
    }
}

impl fmt::Display for Roles {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match (self.api, self.deliver) {
            (true, true) => "api,deliver",
            (true, false) => "api",
            (false, true) => "deliver",
            (false, false) => "",
        })
    }
}

/// Why a text does not name roles.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RolesError {
    /// A word that is no role.
    #[error("no role is called {0:?}: a node has the roles api, deliver, or both, as api,deliver")]
    Unknown(String),
    /// None at all.
    #[error("a node needs a role: api, deliver, or both, as api,deliver")]
    None,
}

impl FromStr for Roles {
    type Err = RolesError;

    fn from_str(text: &str) -> Result<Self, RolesError> {
        let mut roles = Self { api: false, deliver: false };
        for word in text.split(',').map(str::trim).filter(|word| !word.is_empty()) {
            match word {
                "api" => roles.api = true,
                "deliver" => roles.deliver = true,
                other => return Err(RolesError::Unknown(other.to_owned())),
            }
        }
        if roles.api || roles.deliver { Ok(roles) } else { Err(RolesError::None) }
    }
}

#[cfg(test)]
mod tests;
