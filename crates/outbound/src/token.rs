//! Access tokens by client credentials (RFC 6749 §4.4): the request that asks for one, and what an answer to it
//! says. Nothing here is sent or kept, and no message repeats what the server wrote: it knows the secret.

use std::time::Duration;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use fanfare_core::{
    auth::{ClientCredentials, CredentialsIn},
    delivery::Method,
    limits::{TOKEN_ANSWER_BYTES, TOKEN_BYTES, TOKEN_KEPT_MOST},
    ports::Response,
    render::{Header, Request, Target},
    secret::Secret,
};
use serde_json::{Map, Value};
use url::form_urlencoded::{Serializer, byte_serialize};

/// What a server granted.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Granted {
    pub(crate) token: Secret,
    /// How long the token is good for, if the server says so.
    pub(crate) lifetime: Option<Duration>,
}

/// The request for a token. `user_agent` is that of the request that needs it: one sender, one name.
pub(crate) fn request(client: &ClientCredentials, user_agent: Option<&Header>) -> Request {
    let mut headers = vec![
        public("Accept", "application/json"),
        public("Content-Type", "application/x-www-form-urlencoded"),
    ];
    headers.extend(user_agent.cloned());
    if client.credentials_in == CredentialsIn::Basic {
        headers.push(authorization(format!("Basic {}", basic(client))));
    }
    Request {
        method: Method::Post,
        target: Target::Http(client.token_url.as_url().clone()),
        headers,
        body: Bytes::from(form(client)),
        key_number: None,
    }
}

/// The header that carries a token (RFC 6750 §2.1).
pub(crate) fn bearer(token: &Secret) -> Header {
    authorization(format!("Bearer {}", token.reveal()))
}

fn public(name: &str, value: &str) -> Header {
    Header { name: name.to_owned(), value: Secret::new(value), sensitive: false }
}

fn authorization(value: String) -> Header {
    Header { name: "Authorization".to_owned(), value: Secret::new(value), sensitive: true }
}

/// Id and secret are form-encoded before they are joined (RFC 6749 §2.3.1), so that a colon in them is safe.
fn basic(client: &ClientCredentials) -> String {
    let encoded = |secret: &Secret| byte_serialize(secret.reveal().as_bytes()).collect::<String>();
    STANDARD.encode(format!("{}:{}", encoded(&client.client_id), encoded(&client.client_secret)))
}

fn form(client: &ClientCredentials) -> String {
    let mut form = Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    if client.credentials_in == CredentialsIn::Body {
        form.append_pair("client_id", client.client_id.reveal());
        form.append_pair("client_secret", client.client_secret.reveal());
    }
    let optional = [("scope", &client.scope), ("audience", &client.audience)];
    form.extend_pairs(optional.into_iter().filter_map(|(name, value)| Some((name, value.as_deref()?))));
    form.finish()
}

/// What an answer grants, or what is wrong with it; that reads on from the server's name.
pub(crate) fn granted(response: &Response) -> Result<Granted, String> {
    let body = &response.body[..];
    if response.status != 200 {
        return Err(refusal(response.status, body));
    }
    if body.len() > TOKEN_ANSWER_BYTES {
        return Err(format!("answered with more than {TOKEN_ANSWER_BYTES} bytes"));
    }
    let answer = object(body).ok_or("answered 200 with a body that is not a JSON object")?;
    Ok(Granted { token: access_token(&answer)?, lifetime: lifetime(answer.get("expires_in"))? })
}

fn refusal(status: u16, body: &[u8]) -> String {
    let error = object(body).and_then(|answer| registered_error(&answer));
    match error {
        Some(error) => format!("answered {status} ({error})"),
        None if (300..400).contains(&status) => format!("answered {status}; redirects are not followed"),
        None => format!("answered {status}"),
    }
}

fn object(body: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(body).ok()
}

/// The words of RFC 6749 §5.2; any other could be anything, a secret too.
fn registered_error(answer: &Map<String, Value>) -> Option<&'static str> {
    const REGISTERED: [&str; 6] = [
        "invalid_request",
        "invalid_client",
        "invalid_grant",
        "unauthorized_client",
        "unsupported_grant_type",
        "invalid_scope",
    ];
    let error = answer.get("error")?.as_str()?;
    REGISTERED.into_iter().find(|word| *word == error)
}

fn access_token(answer: &Map<String, Value>) -> Result<Secret, String> {
    let token = answer.get("access_token").and_then(Value::as_str).unwrap_or_default();
    if token.is_empty() {
        let error = registered_error(answer).map(|error| format!(" ({error})")).unwrap_or_default();
        return Err(format!("answered 200{error} without an access_token"));
    }
    check_type(answer.get("token_type"))?;
    if token.len() > TOKEN_BYTES {
        return Err(format!("gave an access token of more than {TOKEN_BYTES} bytes"));
    }
    if !token.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err("gave an access token with characters that a header cannot carry".to_owned());
    }
    Ok(Secret::new(token))
}

/// Letter case does not matter (RFC 6749 §5.1), and many servers leave the type out.
fn check_type(token_type: Option<&Value>) -> Result<(), String> {
    const OTHERS: [&str; 4] = ["DPoP", "PoP", "N_A", "mac"];
    let given = match token_type {
        None | Some(Value::Null) => return Ok(()),
        Some(value) => value.as_str().unwrap_or_default(),
    };
    if given.eq_ignore_ascii_case("bearer") {
        return Ok(());
    }
    let known = OTHERS.into_iter().find(|other| given.eq_ignore_ascii_case(other));
    let known = known.map(|known| format!(" ({known})")).unwrap_or_default();
    Err(format!("gave a token whose token_type is not Bearer{known}: only Bearer tokens can be sent"))
}

/// A number of seconds; some servers write it as a string.
fn lifetime(expires_in: Option<&Value>) -> Result<Option<Duration>, String> {
    let seconds = match expires_in {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(text)) => text.parse().ok(),
        Some(other) => other.as_f64(),
    };
    match seconds {
        Some(seconds) if seconds.is_finite() && seconds >= 0.0 => {
            Ok(Some(Duration::from_secs_f64(seconds.min(TOKEN_KEPT_MOST.as_secs_f64()))))
        }
        _ => Err("gave a token whose expires_in is not a number of seconds".to_owned()),
    }
}

#[cfg(test)]
mod tests;
