//! Authentication that an endpoint was set up with, beside what its profile writes.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

use super::{
    Check,
    reading::{Line, Reading},
};
use crate::auth::Auth;

const AUTHORIZATION: &str = "authorization";

impl Reading<'_> {
    pub(super) fn auth(&mut self) {
        let check = match &self.verifier.auth {
            Auth::None => return,
            Auth::Basic { username, password } => {
                let pair = Zeroizing::new(format!("{}:{}", username.reveal(), password.reveal()));
                let expected = Zeroizing::new(format!("Basic {}", STANDARD.encode(pair.as_bytes())));
                self.credential(AUTHORIZATION, Some("Basic"), &expected, "user name or password")
            }
            Auth::Bearer { token } => {
                let expected = Zeroizing::new(format!("Bearer {}", token.reveal()));
                self.credential(AUTHORIZATION, Some("Bearer"), &expected, "token")
            }
            Auth::Header { name, value } => self.credential(name, None, value.reveal(), "value"),
            Auth::OAuth2(_) => self.access_token(),
        };
        self.checks.push(check);
    }

    fn credential(&self, name: &str, scheme: Option<&str>, expected: &str, what: &str) -> Check {
        let part = format!("authentication {name}");
        match self.header(name) {
            Line::Missing => Check::wrong(part, "the header is missing"),
            Line::Several(times) => Check::wrong(part, format!("the header comes {times} times")),
            Line::Once(text) if text.as_bytes().ct_eq(expected.as_bytes()).into() => Check::right(
                part,
                scheme.map_or_else(|| "matches".into(), |scheme| format!("{scheme} matches")),
            ),
            Line::Once(text) => match scheme.filter(|scheme| !has_scheme(text, scheme)) {
                Some(scheme) => Check::wrong(part, format!("is not of the form `{scheme} …`")),
                None => Check::wrong(part, format!("another {what} than expected")),
            },
        }
    }

    /// Only who issued it can tell whether a token is good.
    fn access_token(&self) -> Check {
        let part = format!("authentication {AUTHORIZATION}");
        match self.header(AUTHORIZATION) {
            Line::Once(text) if has_scheme(text, "Bearer") => {
                Check::unchecked(part, "holds an access token; its issuer can tell whether it is good")
            }
            _ => Check::wrong(part, "no access token of the form `Bearer …`"),
        }
    }
}

fn has_scheme(text: &str, scheme: &str) -> bool {
    text.split_once(' ').is_some_and(|(theirs, _)| theirs.eq_ignore_ascii_case(scheme))
}
