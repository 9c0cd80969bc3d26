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

/// Sets a cookie for `lifetime`. `value` must be plain (letters, digits, `-`, `_`).
pub(crate) fn set(name: &str, value: &str, lifetime: Duration, is_secure: bool) -> HeaderValue {
    let (name, secure) = (full_name(name, is_secure), if is_secure { "; Secure" } else { "" });
    let text =
        format!("{name}={value}; Path=/; HttpOnly; SameSite=Lax; Max-Age={}{secure}", lifetime.as_secs());
    HeaderValue::from_str(&text).expect("names and values are plain")
}

/// Removes a cookie.
pub(crate) fn remove(name: &str, is_secure: bool) -> HeaderValue {
    set(name, "", Duration::ZERO, is_secure)
}

/// Browsers take a `__Host-` cookie over https only, and from this very host only.
fn full_name(name: &str, is_secure: bool) -> String {
    if is_secure { format!("__Host-{name}") } else { name.to_owned() }
}

#[cfg(test)]
mod tests;
