//! How an endpoint's requests authenticate: a kind, and the fields of that kind.

use fanfare_core::{
    auth::{Auth, AuthKind, AuthSettings, ClientCredentials, CredentialsIn},
    secret::Secret,
};
use fanfare_engine::configure::endpoint::AuthDraft;
use maud::{Markup, html};
use std::sync::Arc;

use super::Fields;
use crate::form::Form;

/// The word, title and explanation of a kind.
fn words(kind: AuthKind) -> (&'static str, &'static str, &'static str) {
    match kind {
        AuthKind::None => ("none", "None", "Only what every request carries."),
        AuthKind::Basic => ("basic", "Basic", "A user name and a password in the header Authorization."),
        AuthKind::Bearer => ("bearer", "Bearer token", "A fixed token in the header Authorization."),
        AuthKind::Header => ("header", "Own header", "One header with a fixed value."),
        AuthKind::OAuth2 => {
            ("oauth2", "OAuth 2", "A token is fetched from your authorization server by client credentials.")
        }
    }
}

/// What a form shows of an endpoint's settings: never a credential.
pub(super) fn values(settings: &AuthSettings) -> Vec<(String, String)> {
    let mut fields = vec![("auth.type", words(settings.kind()).0.to_owned())];
    match settings {
        AuthSettings::None | AuthSettings::Basic | AuthSettings::Bearer => {}
        AuthSettings::Header { name } => fields.push(("auth.name", name.clone())),
        AuthSettings::OAuth2 { token_url, scope, audience, credentials_in } => {
            fields.push(("auth.tokenUrl", token_url.to_string()));
            fields.push(("auth.scope", scope.clone().unwrap_or_default()));
            fields.push(("auth.audience", audience.clone().unwrap_or_default()));
            let body = *credentials_in == CredentialsIn::Body;
            fields.push(("auth.credentialsIn", if body { "body" } else { "basic" }.to_owned()));
        }
    }
    fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

pub(super) fn render(fields: &Fields<'_>, form: &Form) -> Markup {
    let kinds = &fields.profile.auth.kinds;
    if kinds.as_slice() == [AuthKind::None] {
        return html! {};
    }
    let kept = fields.endpoint.map_or(AuthKind::None, |endpoint| endpoint.auth.kind());
    let chosen = form.given("auth.type").unwrap_or("none");
    html! {
        fieldset.field.authentication {
            legend { "Authentication" }
            p.help { "How your server recognises the sender, beside a signature." }
            @for name in ["auth", "auth.type"] { @if let Some(mistake) = form.mistake_of(name) { p.mistake.small { (mistake) } } }
            div.choices { @for kind in kinds {
                @let (word, title, about) = words(*kind);
                div.choice {
                    input type="radio" id=(format!("auth-{word}")) name="auth.type" value=(word) checked[chosen == word];
                    div.option {
                        label for=(format!("auth-{word}")) { span.title { (title) } span.about { (about) } }
                        @if *kind != AuthKind::None { div.only-if-chosen { (of_kind(form, *kind, kept == *kind)) } }
                    }
                }
            } }
        }
    }
}

fn of_kind(form: &Form, kind: AuthKind, is_kept: bool) -> Markup {
    html! {
        div.pair { @match kind {
            AuthKind::None => {},
            AuthKind::Basic => {
                (input(form, "auth.username", "User name", false, is_kept))
                (input(form, "auth.password", "Password", true, is_kept))
            },
            AuthKind::Bearer => (input(form, "auth.token", "Token", true, is_kept)),
            AuthKind::Header => {
                (input(form, "auth.name", "Header name", false, false))
                (input(form, "auth.value", "Header value", true, is_kept))
            },
            AuthKind::OAuth2 => {
                (input(form, "auth.tokenUrl", "Token URL", false, false))
                (input(form, "auth.clientId", "Client id", false, is_kept))
                (input(form, "auth.clientSecret", "Client secret", true, is_kept))
                (input(form, "auth.scope", "Scope (optional)", false, false))
                (input(form, "auth.audience", "Audience (optional)", false, false))
                div.field {
                    label for="auth.credentialsIn" { "Credentials go" }
                    select id="auth.credentialsIn" name="auth.credentialsIn" {
                        option value="basic" selected[form.text("auth.credentialsIn") != "body"] { "in a Basic header" }
                        option value="body" selected[form.text("auth.credentialsIn") == "body"] { "in the form" }
                    }
                }
            },
        } }
    }
}

fn input(form: &Form, name: &str, label: &str, is_secret: bool, is_kept: bool) -> Markup {
    let help = format!("{name}-help");
    // What was typed as a secret is not sent back.
    let value = if is_secret { "" } else { form.text(name) };
    html! {
        div.field.wrong[form.mistake_of(name).is_some()] {
            label for=(name) { (label) }
            input type=(if is_secret { "password" } else { "text" }) id=(name) name=(name) value=(value)
                autocomplete=(if is_secret { "new-password" } else { "off" }) spellcheck="false" aria-describedby=(help)
                aria-invalid=[form.mistake_of(name).map(|_| "true")];
            div.help id=(help) {
                @if let Some(mistake) = form.mistake_of(name) { p.mistake { (mistake) } }
                @if is_kept { p { "Empty keeps what is set." } }
            }
        }
    }
}

/// What is wished; mistakes are noted in the form.
pub(super) fn read(form: &mut Form, before: &AuthSettings) -> Option<AuthDraft> {
    let text = |name: &str| form.given(name).unwrap_or_default().to_owned();
    let kind = text("auth.type");
    let (settings, credentials): (AuthSettings, Vec<(&str, String)>) = match kind.as_str() {
        "" => return Some(AuthDraft::Kept),
        "none" => return Some(AuthDraft::New(Auth::None)),
        "basic" => (
            AuthSettings::Basic,
            vec![("auth.username", text("auth.username")), ("auth.password", text("auth.password"))],
        ),
        "bearer" => (AuthSettings::Bearer, vec![("auth.token", text("auth.token"))]),
        "header" => {
            (AuthSettings::Header { name: text("auth.name") }, vec![("auth.value", text("auth.value"))])
        }
        "oauth2" => {
            let token_url = match text("auth.tokenUrl").parse() {
                Ok(url) => url,
                Err(error) => {
                    form.mistake("auth.tokenUrl", format!("the token URL {error}"));
                    return None;
                }
            };
            let settings = AuthSettings::OAuth2 {
                token_url,
                scope: form.given("auth.scope").map(str::to_owned),
                audience: form.given("auth.audience").map(str::to_owned),
                credentials_in: match text("auth.credentialsIn").as_str() {
                    "body" => CredentialsIn::Body,
                    _ => CredentialsIn::Basic,
                },
            };
            (
                settings,
                vec![
                    ("auth.clientId", text("auth.clientId")),
                    ("auth.clientSecret", text("auth.clientSecret")),
                ],
            )
        }
        _ => {
            form.mistake("auth.type", "choose one of these");
            return None;
        }
    };
    let all_empty = credentials.iter().all(|(_, value)| value.is_empty());
    if all_empty && *before == settings {
        return Some(AuthDraft::Kept);
    }
    for (name, value) in &credentials {
        if value.is_empty() {
            let why = if before.kind() == settings.kind() {
                "type the credentials again to change this"
            } else {
                "must not be empty"
            };
            form.mistake(name, why);
        }
    }
    (!form.has_mistakes()).then(|| AuthDraft::New(with(settings, credentials)))
}

fn with(settings: AuthSettings, credentials: Vec<(&str, String)>) -> Auth {
    let mut credentials = credentials.into_iter().map(|(_, value)| Secret::new(value));
    let mut next = || credentials.next().unwrap_or_else(|| Secret::new(""));
    match settings {
        AuthSettings::None => Auth::None,
        AuthSettings::Basic => Auth::Basic { username: next(), password: next() },
        AuthSettings::Bearer => Auth::Bearer { token: next() },
        AuthSettings::Header { name } => Auth::Header { name, value: next() },
        AuthSettings::OAuth2 { token_url, scope, audience, credentials_in } => {
            Auth::OAuth2(Arc::new(ClientCredentials {
                token_url,
                client_id: next(),
                client_secret: next(),
                scope,
                audience,
                credentials_in,
            }))
        }
    }
}
