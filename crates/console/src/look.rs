//! How the portal of an environment looks, and who may frame it: found by whose session it is, or, where that has
//! ended, by a cookie that a framed portal leaves.

use std::sync::Arc;

use axum::extract::FromRequestParts as _;
use fanfare_core::{id::EnvironmentId, limits::PORTAL_FRAME, portal::Portal};
use http::{HeaderMap, HeaderValue, request::Parts};

use crate::{
    Console,
    cookie::{self, Reach},
    refusal::Refusal,
    visit::{Face, Visit},
};

/// Names the environment whose portal a browser shows in a frame.
const FRAME: &str = "fanfare_frame";

impl Console {
    /// How the portal of that environment looks.
    pub(crate) async fn look(&self, environment: EnvironmentId) -> Result<Portal, Refusal> {
        let view = self.engine.configurations().environment(environment).await?;
        Ok(view.map(|view| view.environment.portal.clone()).unwrap_or_default())
    }

    /// How far the cookies of a portal reach that looks like this.
    pub(crate) fn reach(&self, look: &Portal) -> Reach {
        match (self.is_secure, look.may_be_framed()) {
            (false, _) => Reach::Plain,
            (true, false) => Reach::OwnSite,
            (true, true) => Reach::Frames,
        }
    }

    /// The cookie that remembers whose portal is framed; none where nobody may frame it.
    pub(crate) fn frame_cookie(&self, environment: EnvironmentId, look: &Portal) -> Option<HeaderValue> {
        let value = environment.to_string();
        look.may_be_framed().then(|| cookie::set(FRAME, &value, PORTAL_FRAME, self.reach(look)))
    }

    /// How the portal looks that this browser was shown last, if it may be framed.
    pub(crate) async fn framed_look(&self, headers: &HeaderMap) -> Portal {
        let named = cookie::get(headers, FRAME, self.is_secure).and_then(|text| text.parse().ok());
        let Some(environment) = named else { return Portal::default() };
        match self.look(environment).await {
            Ok(look) => look,
            Err(why) => {
                tracing::warn!(?why, "how a portal looks is not known now");
                Portal::default()
            }
        }
    }
}

/// How the portal looks that is asked for; the console is as it comes.
pub(crate) async fn of(parts: &mut Parts, console: &Arc<Console>) -> Portal {
    if Face::of(parts.uri.path()) == Face::Console {
        return Portal::default();
    }
    // Once a request: the handler finds the visit that is noted here.
    match Visit::from_request_parts(parts, console).await {
        Ok(visit) => visit.chrome.look,
        Err(_) => console.framed_look(&parts.headers).await,
    }
}

/// The content security policy of a page: nothing from elsewhere but the logo, no script or style but our own files,
/// no frame around us but by the sites that may.
pub(crate) fn policy(look: &Portal) -> HeaderValue {
    let logo = look.logo.as_ref().map(|logo| format!(" {}", logo.source())).unwrap_or_default();
    let text = format!(
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'{logo}; connect-src 'self'; \
         form-action 'self'; base-uri 'none'; frame-ancestors {}",
        look.frame_ancestors()
    );
    HeaderValue::from_str(&text).expect("sources are plain")
}

#[cfg(test)]
mod tests;
