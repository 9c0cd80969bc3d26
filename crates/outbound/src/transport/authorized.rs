//! Sending with an access token: fetch it or take the kept one, send, and where a kept one turns out to be
//! stale, fetch and send once more.

use std::{sync::Arc, time::Duration};

use fanfare_core::{
    limits::TOKEN_TIME,
    ports::{Failure, FailureKind, Response, SendOptions, TokenSource},
    render::{Header, Request},
};
use url::Url;

use super::{HttpTransport, refused};
use crate::{
    progress::Progress,
    token,
    tokens::{Handed, Token},
};

/// The status of an answer to a token that is not, or no longer, good (RFC 6750 §3.1).
const UNAUTHORIZED: u16 = 401;

/// A call for a token, as it may be made for one request.
struct Call<'a> {
    source: &'a TokenSource,
    /// Those of the request, but for the token and the time.
    options: SendOptions,
    user_agent: Option<Header>,
}

impl HttpTransport {
    pub(super) async fn send_authorized(
        &self,
        url: &Url,
        request: &Request,
        options: &SendOptions,
        source: &TokenSource,
        progress: &mut Progress,
    ) -> Result<Response, Failure> {
        let call = Call::new(request, options, source)?;
        let first = self.token(&call, None).await?;
        let mut request = request.clone();
        request.headers.push(token::bearer(&first.token.value));
        let begun = self.clock.monotonic();
        let response = self.timed(options.timeout, url, &request, options, progress).await?;
        if response.status != UNAUTHORIZED || first.fresh {
            return Ok(response);
        }
        let left = options.timeout.saturating_sub(self.clock.monotonic().since(begun));
        let second =
            self.token(&call, Some(&first.token)).await.map_err(|failure| after_unauthorized(&failure))?;
        request.headers.pop();
        request.headers.push(token::bearer(&second.token.value));
        self.timed(left, url, &request, options, progress).await
    }

    /// A token that is not `stale`.
    async fn token(&self, call: &Call<'_>, stale: Option<&Arc<Token>>) -> Result<Handed, Failure> {
        let limit = call.options.timeout;
        if call.source.cached {
            let slot = self.tokens.slot(call.source);
            return slot.token(stale, &*self.clock, limit, |left| self.fetch(call, left)).await;
        }
        let token = self.fetch(call, limit).await?;
        Ok(Handed { token: Arc::new(token), fresh: true })
    }

    async fn fetch(&self, call: &Call<'_>, left: Duration) -> Result<Token, Failure> {
        let url = call.source.client.token_url.as_url();
        let host = url.host_str().unwrap_or_default();
        let request = token::request(&call.source.client, call.user_agent.as_ref());
        let mut progress = Progress::default();
        let asked = self.clock.monotonic();
        let answer = self.timed(left, url, &request, &call.options, &mut progress).await;
        let response = answer.map_err(|failure| unreached(host, &failure))?;
        let granted = token::granted(&response).map_err(|what| no_token(&format!("{host} {what}")))?;
        Ok(Token::new(granted, asked))
    }
}

impl<'a> Call<'a> {
    fn new(request: &Request, options: &SendOptions, source: &'a TokenSource) -> Result<Self, Failure> {
        if find(request, "authorization").is_some() {
            return Err(refused(
                "the request has an Authorization header already and cannot carry an access token too: \
                 remove that header, or choose another authentication than oauth2",
            ));
        }
        let timeout = options.timeout.min(TOKEN_TIME);
        let options = SendOptions { timeout, token: None, ..options.clone() };
        Ok(Self { source, options, user_agent: find(request, "user-agent").cloned() })
    }
}

fn find<'a>(request: &'a Request, name: &str) -> Option<&'a Header> {
    request.headers.iter().find(|header| header.name.eq_ignore_ascii_case(name))
}

/// A broken answer is quoted by its message, and may repeat the secret.
fn unreached(host: &str, failure: &Failure) -> Failure {
    match failure.kind {
        FailureKind::Protocol => no_token(&format!("{host} gave an answer that is not HTTP, or too long")),
        _ => no_token(&failure.message),
    }
}

fn no_token(why: &str) -> Failure {
    Failure::new(FailureKind::Token, format!("no access token: {why}"))
}

fn after_unauthorized(failure: &Failure) -> Failure {
    let message =
        format!("the endpoint answered {UNAUTHORIZED} to a kept access token; then {}", failure.message);
    Failure::new(failure.kind, message)
}
