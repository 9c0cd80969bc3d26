//! Authentication of an endpoint's requests: which settings and credentials may be set, and keeping the
//! credentials sealed. No message repeats a credential.

use fanfare_core::{
    application::Application,
    auth::{Auth, AuthKind, AuthSettings},
    endpoint::Endpoint,
    limits::{AUTH_TEXT_BYTES, CREDENTIAL_BYTES},
    profile::{Https, Profile},
    secret::Secret,
};

use super::headers::{is_token, is_value};
use crate::{
    configure::{Configure, ConfigureError},
    context::field,
};

const FIELD: &str = "auth";

/// What is wished of an endpoint's authentication.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AuthDraft {
    /// Whatever the endpoint has now.
    Kept,
    /// These settings, with the credentials that the endpoint has for them: what reading it shows.
    Shown(AuthSettings),
    /// This.
    New(Auth),
}

impl Configure {
    /// Gives an endpoint the authentication that is wished, if the profile allows it; what it had `before` under
    /// this profile may stay.
    pub(super) fn set_auth(
        &self,
        application: &Application,
        endpoint: &mut Endpoint,
        draft: AuthDraft,
        before: Option<&Endpoint>,
        profile: &Profile,
    ) -> Result<(), ConfigureError> {
        match draft {
            AuthDraft::Kept => {}
            AuthDraft::Shown(settings) if settings == endpoint.auth => {}
            AuthDraft::Shown(_) => {
                let message =
                    "give its credentials too: they are kept only where nothing else of `auth` changes";
                return Err(ConfigureError::invalid(FIELD, message));
            }
            AuthDraft::New(auth) => {
                check(&auth)?;
                endpoint.auth = auth.settings();
                let seal = |secret: &Secret| {
                    self.context.seal(secret, application.environment, endpoint.id.0, field::AUTH)
                };
                endpoint.auth_credentials = auth.credentials().as_ref().map(seal);
            }
        }
        if before.is_none_or(|before| before.auth != endpoint.auth) {
            check_settings(&endpoint.auth, profile)?;
        }
        if endpoint.userinfo.is_some() && before.is_none_or(|before| before.userinfo.is_none()) {
            check_userinfo(profile)?;
        }
        self.check_conflict(application, endpoint, FIELD)
    }

    /// No header may be written twice: by the authentication, and by a custom header or the URL's user name.
    /// `changed` is the field that is at fault.
    pub(super) fn check_conflict(
        &self,
        application: &Application,
        endpoint: &Endpoint,
        changed: &'static str,
    ) -> Result<(), ConfigureError> {
        let Some(own) = header_of(&endpoint.auth) else { return Ok(()) };
        if endpoint.userinfo.is_some() && own.eq_ignore_ascii_case(AUTHORIZATION) {
            let message = "the user name in `url` and `auth` both write the header authorization: choose one";
            return Err(ConfigureError::invalid(changed, message));
        }
        let headers = self.endpoint_headers(application, endpoint)?;
        if headers.iter().any(|(name, _)| name.eq_ignore_ascii_case(own)) {
            let message = format!("a custom header and `auth` both write the header {own}: choose one");
            return Err(ConfigureError::invalid(changed, message));
        }
        Ok(())
    }
}

const AUTHORIZATION: &str = "authorization";

/// The header that an authentication writes.
fn header_of(settings: &AuthSettings) -> Option<&str> {
    match settings {
        AuthSettings::None => None,
        AuthSettings::Basic | AuthSettings::Bearer | AuthSettings::OAuth2 { .. } => Some(AUTHORIZATION),
        AuthSettings::Header { name } => Some(name),
    }
}

/// What the profile says of the settings; they hold nothing secret.
fn check_settings(settings: &AuthSettings, profile: &Profile) -> Result<(), ConfigureError> {
    let Profile { name: own, auth, .. } = profile;
    if !auth.kinds.contains(&settings.kind()) {
        let allowed: Vec<_> = auth.kinds.iter().copied().map(word).collect();
        let message = format!("must be one that profile {own} allows: {}", allowed.join(", "));
        return Err(ConfigureError::invalid("auth.type", message));
    }
    match settings {
        AuthSettings::Header { name } if profile.reserves_header(name) => {
            let message = format!("{name} is written by profile {own} or by HTTP itself: choose another");
            Err(ConfigureError::invalid("auth.name", message))
        }
        AuthSettings::OAuth2 { token_url, .. }
            if profile.endpoints.https == Https::Required && token_url.as_url().scheme() != "https" =>
        {
            let message = format!("must start with https://: profile {own} takes no others");
            Err(ConfigureError::invalid("auth.tokenUrl", message))
        }
        _ => Ok(()),
    }
}

/// A user name in the URL authenticates as `basic` does: where endpoints may choose that, and it says nothing
/// else on the wire how a request authenticates.
fn check_userinfo(profile: &Profile) -> Result<(), ConfigureError> {
    let Profile { name: own, auth, .. } = profile;
    let message = match auth.kinds.contains(&AuthKind::Basic) {
        false => format!("profile {own} lets no endpoint authenticate by name and password: leave them out"),
        true if auth.words.is_empty() => return Ok(()),
        true => format!(
            "profile {own} tells receivers how requests authenticate: give name and password in `auth`, of type basic"
        ),
    };
    Err(ConfigureError::invalid("url", message))
}

/// The kind as the API names it.
fn word(kind: AuthKind) -> &'static str {
    match kind {
        AuthKind::None => "none",
        AuthKind::Basic => "basic",
        AuthKind::Bearer => "bearer",
        AuthKind::Header => "header",
        AuthKind::OAuth2 => "oauth2",
    }
}

/// What RFC 7617 §2, RFC 6750 §2.1, RFC 9110 §5.5 and RFC 6749 §3.3, appendix A say of the parts.
fn check(auth: &Auth) -> Result<(), ConfigureError> {
    match auth {
        Auth::None => Ok(()),
        Auth::Basic { username, password } => {
            let sound = |text: &str| !text.contains(':') && is_printable(text);
            credential("auth.username", username, sound, "may hold no colon and no control characters")?;
            let empty = password.reveal().is_empty();
            let sound = |text: &str| is_printable(text);
            if empty {
                Ok(())
            } else {
                credential("auth.password", password, sound, "may hold no control characters")
            }
        }
        Auth::Bearer { token } => {
            let sound = |text: &str| text.bytes().all(|byte| byte.is_ascii_graphic());
            credential("auth.token", token, sound, "may hold only visible ASCII characters, no spaces")
        }
        Auth::Header { name, value } => {
            if name.len() > AUTH_TEXT_BYTES || !is_token(name) {
                let message = format!("must be a header name of at most {AUTH_TEXT_BYTES} characters");
                return Err(ConfigureError::invalid("auth.name", message));
            }
            let rule = "may hold only visible ASCII characters, and spaces and tabs inside";
            credential("auth.value", value, is_value, rule)
        }
        Auth::OAuth2(client) => {
            let visible = |text: &str| text.bytes().all(|byte| (b' '..=b'~').contains(&byte));
            let rule = "may hold only printable ASCII characters";
            credential("auth.clientId", &client.client_id, visible, rule)?;
            credential("auth.clientSecret", &client.client_secret, visible, rule)?;
            let scope = |text: &str| visible(text) && !text.contains(['"', '\\']);
            let rule =
                "must be names with spaces between them, in printable ASCII without quotes and backslashes";
            text("auth.scope", client.scope.as_deref(), scope, rule)?;
            text("auth.audience", client.audience.as_deref(), is_printable, "may hold no control characters")
        }
    }
}

fn is_printable(text: &str) -> bool {
    !text.chars().any(char::is_control)
}

fn credential(
    field: &'static str,
    secret: &Secret,
    is_sound: impl Fn(&str) -> bool,
    rule: &str,
) -> Result<(), ConfigureError> {
    limited(field, secret.reveal(), CREDENTIAL_BYTES, is_sound, rule)
}

fn text(
    field: &'static str,
    text: Option<&str>,
    is_sound: impl Fn(&str) -> bool,
    rule: &str,
) -> Result<(), ConfigureError> {
    text.map_or(Ok(()), |text| limited(field, text, AUTH_TEXT_BYTES, is_sound, rule))
}

fn limited(
    field: &'static str,
    text: &str,
    most: usize,
    is_sound: impl Fn(&str) -> bool,
    rule: &str,
) -> Result<(), ConfigureError> {
    if text.is_empty() || text.len() > most {
        return Err(ConfigureError::invalid(field, format!("must have 1 to {most} bytes")));
    }
    if is_sound(text) { Ok(()) } else { Err(ConfigureError::invalid(field, rule)) }
}
