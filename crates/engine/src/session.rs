//! Sessions of the web pages: who opened one, until when, and in whose name.
//!
//! A session is held in the name of a key or portal token, and ends with it; only the link that a server prints
//! at its start opens one in the operator's own name. Tokens are random; the store knows their SHA-256.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fanfare_core::{
    environment::{ApiKey, Role},
    limits::{OPERATOR_LINK, OPERATOR_SESSION, PORTAL_LINK, PORTAL_TOKEN},
    ports::store::StoreResult,
    secret::Secret,
    session::{Holder, Link, Session},
    time::Timestamp,
};

use crate::{configure::key::token_hash, context::Context};

/// Random bytes in the token of a session or link.
const TOKEN_BYTES: usize = 32;

/// Who looks at the pages.
#[derive(Debug, Clone)]
pub enum Visitor {
    /// The operator of the server.
    Operator,
    /// The holder of a key or portal token.
    Key(Arc<ApiKey>),
}

/// A session just opened: the only time that its token can be seen.
#[derive(Debug, Clone)]
pub struct Opened {
    /// What the browser keeps.
    pub token: Secret,
    /// When the session ends.
    pub expires_at: Timestamp,
}

/// Opens and ends sessions, and says who holds them.
#[derive(Clone)]
pub struct Sessions {
    context: Arc<Context>,
}

impl Sessions {
    /// Sessions in the context's store.
    pub fn new(context: Arc<Context>) -> Self {
        Self { context }
    }

    /// A one-time link for the operator of the server.
    pub async fn operator_link(&self) -> StoreResult<Secret> {
        let now = self.context.now();
        self.link(Holder::Operator, now + OPERATOR_SESSION, now + OPERATOR_LINK).await
    }

    /// A one-time link for a customer: its session ends when the portal token does.
    pub async fn portal_link(&self, key: &ApiKey) -> StoreResult<Secret> {
        let now = self.context.now();
        let end = key.expires_at.unwrap_or(now + PORTAL_TOKEN);
        self.link(Holder::Key(key.hash), end, end.min(now + PORTAL_LINK)).await
    }

    async fn link(
        &self,
        holder: Holder,
        session_expires_at: Timestamp,
        expires_at: Timestamp,
    ) -> StoreResult<Secret> {
        let token = self.token();
        let hash = token_hash(token.reveal());
        self.context.store().create_link(Link { hash, holder, session_expires_at, expires_at }).await?;
        Ok(token)
    }

    /// Opens the session that a link stands for; none where the link was used, has expired, or never was.
    pub async fn follow(&self, link: &str) -> StoreResult<Option<Opened>> {
        let token = self.token();
        let (link, session) = (token_hash(link), token_hash(token.reveal()));
        let opened = self.context.store().follow_link(link, session, self.context.now()).await?;
        Ok(opened.map(|session| Opened { token, expires_at: session.expires_at }))
    }

    /// Opens a session in the name of an API key; none where there is no such valid key, or it is a portal
    /// token, which opens no console.
    pub async fn log_in(&self, key: &str) -> StoreResult<Option<Opened>> {
        let (hash, now) = (token_hash(key), self.context.now());
        let key = self.context.store().key(hash).await?;
        let Some(key) = key.filter(|key| key.is_valid(now) && key.role != Role::Portal) else {
            return Ok(None);
        };
        let end = now + OPERATOR_SESSION;
        let expires_at = key.expires_at.map_or(end, |key_ends| key_ends.min(end));
        let token = self.token();
        let session = Session {
            hash: token_hash(token.reveal()),
            holder: Holder::Key(hash),
            created_at: now,
            expires_at,
        };
        self.context.store().create_session(session).await?;
        Ok(Some(Opened { token, expires_at }))
    }

    /// Who holds the session of this token; none where it has ended, or its key has.
    pub async fn visitor(&self, token: &str) -> StoreResult<Option<Visitor>> {
        let now = self.context.now();
        let Some(session) = self.context.store().session(token_hash(token), now).await? else {
            return Ok(None);
        };
        match session.holder {
            Holder::Operator => Ok(Some(Visitor::Operator)),
            Holder::Key(hash) => {
                let key = self.context.store().key(hash).await?.filter(|key| key.is_valid(now));
                Ok(key.map(|key| Visitor::Key(Arc::new(key))))
            }
        }
    }

    /// Ends a session.
    pub async fn end(&self, token: &str) -> StoreResult<()> {
        self.context.store().end_session(token_hash(token)).await
    }

    fn token(&self) -> Secret {
        let mut bytes = [0; TOKEN_BYTES];
        self.context.ports.entropy.fill(&mut bytes);
        Secret::new(URL_SAFE_NO_PAD.encode(bytes))
    }
}
