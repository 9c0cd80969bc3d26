//! Who looks at a page: found by the cookie of the face that the page belongs to.

use std::sync::Arc;

use axum::extract::FromRequestParts;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fanfare_core::{
    environment::{KeyMode, Role},
    portal::Portal,
};
use fanfare_engine::{
    configure::{Actor, Configure},
    session::Visitor,
};
use http::{HeaderMap, Uri, request::Parts};
use sha2::{Digest as _, Sha256};

use crate::{Console, cookie, refusal::Refusal, theme::Theme};

/// Whose pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Face {
    /// Those of one customer.
    Portal,
    /// Those of operators.
    Console,
}

impl Face {
    /// Whose page stands at this path.
    pub(crate) fn of(path: &str) -> Self {
        if path == "/portal" || path.starts_with("/portal/") { Self::Portal } else { Self::Console }
    }

    /// The name of the cookie that holds a session's token.
    pub(crate) fn cookie(self) -> &'static str {
        match self {
            Self::Portal => "fanfare_portal",
            Self::Console => "fanfare_console",
        }
    }

    /// Where it begins.
    pub(crate) fn root(self) -> &'static str {
        match self {
            Self::Portal => "/portal",
            Self::Console => "/console",
        }
    }
}

/// What every page's frame depends on.
#[derive(Debug, Clone)]
pub(crate) struct Chrome {
    /// Whose page it is.
    pub(crate) face: Face,
    /// Its path and query.
    pub(crate) here: String,
    /// Light or dark.
    pub(crate) theme: Theme,
    /// What its forms carry.
    pub(crate) csrf: String,
    /// How the portal looks.
    pub(crate) look: Portal,
}

/// Somebody with a session.
#[derive(Debug, Clone)]
pub(crate) struct Visit {
    pub(crate) chrome: Chrome,
    pub(crate) visitor: Visitor,
}

impl Chrome {
    /// The frame of the page that was asked for, whose forms belong to `token`.
    pub(crate) fn new(headers: &HeaderMap, uri: &Uri, token: &str, is_secure: bool) -> Self {
        let here = uri.path_and_query().map_or("/", |path| path.as_str());
        Self {
            face: Face::of(uri.path()),
            here: here.to_owned(),
            theme: Theme::of(headers, is_secure),
            csrf: csrf_of(token),
            look: Portal::default(),
        }
    }
}

/// What the forms of a session carry: known only to who has the session's token, and not telling it.
pub(crate) fn csrf_of(token: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(b"fanfare form\0");
    hash.update(token);
    URL_SAFE_NO_PAD.encode(hash.finalize())
}

impl Visit {
    /// Changes of configuration in the visitor's name.
    pub(crate) fn configure(&self, console: &Console) -> Configure {
        let actor = match &self.visitor {
            Visitor::Operator => Actor::operator(),
            Visitor::Key(key) => Actor::key(key),
        };
        Configure::new(Arc::clone(console.engine.context()), actor)
    }

    /// What the visitor may do; the operator of the server may everything, and a test key only look.
    pub(crate) fn role(&self) -> Role {
        match &self.visitor {
            Visitor::Operator => Role::Admin,
            Visitor::Key(key) if key.mode == KeyMode::Test => Role::Viewer,
            Visitor::Key(key) => key.role,
        }
    }

    /// Whether it is a customer who may only look.
    pub(crate) fn is_read_only(&self) -> bool {
        matches!(&self.visitor, Visitor::Key(key) if key.read_only)
    }

    /// Refuses whoever may only look.
    pub(crate) fn require_admin(&self) -> Result<(), Refusal> {
        match self.role() {
            Role::Admin => Ok(()),
            Role::Publisher | Role::Viewer => Err(Refusal::Forbidden(
                "You logged in with a key that may only look; an admin key may do this.".to_owned(),
            )),
            Role::Portal => Err(Refusal::Forbidden("Only the platform's operators may do this.".to_owned())),
        }
    }
}

impl FromRequestParts<Arc<Console>> for Visit {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, console: &Arc<Console>) -> Result<Self, Refusal> {
        // Once a request: the desk and the form both ask.
        if let Some(known) = parts.extensions.get::<Self>() {
            return Ok(known.clone());
        }
        let uri = original(parts);
        let face = Face::of(uri.path());
        let logged_out = || Refusal::LoggedOut { to: uri.path().to_owned() };
        let token = cookie::get(&parts.headers, face.cookie(), console.is_secure).ok_or_else(logged_out)?;
        let visitor = console.sessions.visitor(token).await?.ok_or_else(logged_out)?;
        let is_customer = matches!(&visitor, Visitor::Key(key) if key.role == Role::Portal);
        if is_customer != (face == Face::Portal) {
            return Err(logged_out());
        }
        let mut chrome = Chrome::new(&parts.headers, &uri, token, console.is_secure);
        if let (Face::Portal, Visitor::Key(key)) = (face, &visitor) {
            chrome.look = console.look(key.environment).await?;
        }
        let visit = Self { chrome, visitor };
        parts.extensions.insert(visit.clone());
        Ok(visit)
    }
}

/// The whole URI, also within nested routes.
pub(crate) fn original(parts: &Parts) -> Uri {
    parts
        .extensions
        .get::<axum::extract::OriginalUri>()
        .map_or_else(|| parts.uri.clone(), |uri| uri.0.clone())
}
