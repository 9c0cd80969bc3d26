//! Light or dark: as the system says, until somebody chooses. The choice is a cookie, so that the server renders
//! it and nothing flickers.

use std::{sync::Arc, time::Duration};

use axum::{
    extract::State,
    response::{IntoResponse as _, Redirect, Response},
};
use http::{HeaderMap, header};

use crate::{
    Console,
    cookie::{self, Reach},
    form::Posted,
    refusal::Refusal,
    visit::Face,
};

const COOKIE: &str = "fanfare_theme";
const LIFETIME: Duration = Duration::from_secs(365 * 86_400);

/// What somebody chose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    Auto,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    pub(crate) const ALL: [Self; 3] = [Self::Auto, Self::Light, Self::Dark];

    /// What the browser's cookie says.
    pub(crate) fn of(headers: &HeaderMap, is_secure: bool) -> Self {
        let chosen = cookie::get(headers, COOKIE, is_secure);
        chosen.and_then(Self::named).unwrap_or(Self::Auto)
    }

    /// Its word in cookies and markup.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Auto => "auto",
            Self::Light => "light",
            Self::Dark => "dark",
        }
    }

    fn named(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|theme| theme.as_str() == text)
    }
}

/// `POST /theme`: keeps a choice and goes back to the page it was made on.
pub(crate) async fn choose(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    posted: Posted,
) -> Result<Response, Refusal> {
    let theme = Theme::named(posted.form.text("theme"));
    let theme = theme.ok_or_else(|| Refusal::BadForm("there is no such theme".to_owned()))?;
    let to = local(posted.form.text("to"));
    let reach = match Face::of(to) {
        Face::Console => Reach::own(console.is_secure),
        Face::Portal => console.reach(&console.framed_look(&headers).await),
    };
    let cookie = cookie::set(COOKIE, theme.as_str(), LIFETIME, reach);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}

/// A path of this server; the root where it is none.
pub(crate) fn local(path: &str) -> &str {
    let plain = path.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\');
    if plain && path.starts_with('/') && !path.starts_with("//") { path } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::local;

    #[test]
    fn only_paths_of_this_server_are_followed() {
        assert_eq!(local("/portal/endpoints?x=1"), "/portal/endpoints?x=1");
        for foreign in ["//evil.example/", "https://evil.example/", "/\\evil.example", "", "/a\r\nb"] {
            assert_eq!(local(foreign), "/", "{foreign:?}");
        }
    }
}
