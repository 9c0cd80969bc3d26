//! Coming and going: one-time links, login with an API key, logout.

use std::{net::SocketAddr, sync::Arc};

use axum::{
    Extension,
    extract::{ConnectInfo, Query, State},
    response::{IntoResponse as _, Redirect, Response},
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use fanfare_core::limits::OPERATOR_SESSION;
use fanfare_engine::session::{Opened, Visitor};
use http::{HeaderMap, Uri, header};
use maud::{Markup, html};

use crate::{
    Console,
    cookie::{self, Reach},
    form::{Form, Posted},
    listing::{Parameters, given},
    page,
    refusal::Refusal,
    theme::local,
    view::field,
    visit::{Chrome, Face},
};

/// The cookie that ties a login form to a browser which has no session yet.
pub(crate) const GUEST: &str = "fanfare_guest";

type Peer = Option<Extension<ConnectInfo<SocketAddr>>>;

/// `GET /portal/enter?link=…` and `GET /console/enter?link=…`: exchanges a one-time link for a session. The link
/// leaves the address bar at once. `to` is where it leads, of the same face.
pub(crate) async fn follow(
    State(console): State<Arc<Console>>,
    uri: Uri,
    peer: Peer,
    Query(parameters): Parameters,
) -> Result<Response, Refusal> {
    let address = address(&peer);
    let now = console.engine.now();
    let link = given(&parameters, "link").unwrap_or_default();
    let Some(opened) = console.sessions.follow(link).await? else {
        // Whoever has a good one comes in, also from behind a proxy where somebody else tries bad ones.
        let too_many = !console.logins.may_try(address, now);
        console.logins.failed(address, now);
        return Err(if too_many { Refusal::TooMany } else { Refusal::DeadLink });
    };
    let face = Face::of(uri.path());
    let to = given(&parameters, "to").map(local).filter(|to| Face::of(to) == face).unwrap_or(face.root());
    let visitor = match face {
        Face::Portal => console.sessions.visitor(opened.token.reveal()).await?,
        Face::Console => None,
    };
    let Some(Visitor::Key(key)) = visitor else {
        return Ok(entered(&console, face, &opened, to, Reach::own(console.is_secure)));
    };
    let look = console.look(key.environment).await?;
    let mut response = entered(&console, face, &opened, to, console.reach(&look));
    if let Some(frame) = console.frame_cookie(key.environment, &look) {
        response.headers_mut().append(header::SET_COOKIE, frame);
    }
    Ok(response)
}

/// `GET /console/login`.
pub(crate) async fn ask(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    uri: Uri,
    Query(parameters): Parameters,
) -> Response {
    let to = given(&parameters, "to").unwrap_or_default();
    let form = Form::of([("to", to.to_owned())]);
    match cookie::get(&headers, GUEST, console.is_secure) {
        Some(guest) => login_page(&Chrome::new(&headers, &uri, guest, console.is_secure), &form),
        None => {
            let guest = random_token(&console);
            let chrome = Chrome::new(&headers, &uri, &guest, console.is_secure);
            let cookie = cookie::set(GUEST, &guest, OPERATOR_SESSION, Reach::own(console.is_secure));
            ([(header::SET_COOKIE, cookie)], login_page(&chrome, &form)).into_response()
        }
    }
}

/// `POST /console/login`.
pub(crate) async fn log_in(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    uri: Uri,
    peer: Peer,
    Posted { mut form }: Posted,
) -> Result<Response, Refusal> {
    let (address, now) = (address(&peer), console.engine.now());
    if !console.logins.may_try(address, now) {
        return Err(Refusal::TooMany);
    }
    let key = form.given("key").unwrap_or_default().to_owned();
    if let Some(opened) = console.sessions.log_in(&key).await? {
        let to = Some(local(form.text("to"))).filter(|to| to.starts_with("/console"));
        let reach = Reach::own(console.is_secure);
        return Ok(entered(&console, Face::Console, &opened, to.unwrap_or("/console"), reach));
    }
    console.logins.failed(address, now);
    let mistake = match key.as_str() {
        "" => "Paste an API key.",
        key if key.starts_with("appsk_") => "This is the token of a customer's portal: it opens no console.",
        _ => "This is no valid key of this server.",
    };
    form.mistake("key", mistake);
    let guest = cookie::get(&headers, GUEST, console.is_secure).unwrap_or_default();
    Ok(login_page(&Chrome::new(&headers, &uri, guest, console.is_secure), &form))
}

/// `POST /console/logout` and `POST /portal/logout`: ends the session on the server too.
pub(crate) async fn log_out(
    State(console): State<Arc<Console>>,
    headers: HeaderMap,
    uri: Uri,
    _: Posted,
) -> Result<Response, Refusal> {
    let face = Face::of(uri.path());
    if let Some(token) = cookie::get(&headers, face.cookie(), console.is_secure) {
        console.sessions.end(token).await?;
    }
    let to = match face {
        Face::Console => "/console/login",
        Face::Portal => "/portal/goodbye",
    };
    let reach = match face {
        Face::Console => Reach::own(console.is_secure),
        Face::Portal => console.reach(&console.framed_look(&headers).await),
    };
    let cookie = cookie::remove(face.cookie(), reach);
    Ok(([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response())
}

/// `GET /portal/goodbye`.
pub(crate) async fn goodbye(State(console): State<Arc<Console>>, headers: HeaderMap, uri: Uri) -> Response {
    let mut chrome = Chrome::new(&headers, &uri, "", console.is_secure);
    chrome.look = console.framed_look(&headers).await;
    let content = html! { p { "To come back, open your webhooks from your account with your provider." } };
    page::card(&chrome, "You are logged out", &content)
}

fn entered(console: &Console, face: Face, opened: &Opened, to: &str, reach: Reach) -> Response {
    let lifetime = opened.expires_at.since(console.engine.now());
    let cookie = cookie::set(face.cookie(), opened.token.reveal(), lifetime, reach);
    ([(header::SET_COOKIE, cookie)], Redirect::to(to)).into_response()
}

fn login_page(chrome: &Chrome, form: &Form) -> Response {
    let content: Markup = html! {
        form method="post" action="/console/login" {
            (page::csrf(chrome))
            input type="hidden" name="to" value=(form.text("to"));
            (field(form, "key", "API key", html! {
                "An admin, publisher or viewer key. " code { "fanfare key create" } " makes one; the server also prints a one-time link at its start."
            }, html! {
                input type="password" id="key" name="key" required autocomplete="current-password" autofocus
                    aria-describedby="key-help" aria-invalid[form.mistake_of("key").is_some()];
            }))
            div.actions { button.primary type="submit" { "Log in" } }
        }
    };
    page::card(chrome, "Fanfare console", &content)
}

fn random_token(console: &Console) -> String {
    let mut bytes = [0; 32];
    console.engine.context().ports.entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Whose failures count; all together where the server does not say who connects.
fn address(peer: &Peer) -> std::net::IpAddr {
    peer.as_ref()
        .map_or(std::net::Ipv4Addr::UNSPECIFIED.into(), |Extension(ConnectInfo(address))| address.ip())
}
