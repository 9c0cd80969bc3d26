//! Cookies: read by name, set for this host alone, out of reach of scripts and of other sites' forms.

use std::time::Duration;

use http::{HeaderMap, HeaderValue, header};

/// The value of the cookie of that name, with the prefix that [`set`] gives it.
pub(crate) fn get<'h>(headers: &'h HeaderMap, name: &str, is_secure: bool) -> Option<&'h str> {
    let wanted = full_name(name, is_secure);
    let lines = headers.get_all(header::COOKIE).into_iter().filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.filter(|(name, _)| *name == wanted).map(|(_, value)| value).next()
}

/// Where a cookie is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To pages of this site, over http too.
    Plain,
    /// To pages of this site, over https.
    OwnSite,
    /// Also to pages in frames of other sites; a browser keeps a cookie of its own for each of them (CHIPS), so that
    /// none can use what was set in another's.
    Frames,
}

impl Reach {
    /// Nobody frames these pages.
    pub(crate) fn own(is_secure: bool) -> Self {
        if is_secure { Self::OwnSite } else { Self::Plain }
    }

    fn attributes(self) -> &'static str {
        match self {
            Self::Plain => "SameSite=Lax",
            Self::OwnSite => "SameSite=Lax; Secure",
            Self::Frames => "SameSite=None; Secure; Partitioned",
        }
    }
}

/// Sets a cookie for `lifetime`. `value` must be plain (letters, digits, `-`, `_`).
pub(crate) fn set(name: &str, value: &str, lifetime: Duration, reach: Reach) -> HeaderValue {
    let (name, seconds) = (full_name(name, reach != Reach::Plain), lifetime.as_secs());
    let text = format!("{name}={value}; Path=/; HttpOnly; Max-Age={seconds}; {}", reach.attributes());
    HeaderValue::from_str(&text).expect("names and values are plain")
}

/// Removes a cookie that was set with the same reach.
pub(crate) fn remove(name: &str, reach: Reach) -> HeaderValue {
    set(name, "", Duration::ZERO, reach)
}

/// Browsers take a `__Host-` cookie over https only, and from this very host only.
fn full_name(name: &str, is_secure: bool) -> String {
    if is_secure { format!("__Host-{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
