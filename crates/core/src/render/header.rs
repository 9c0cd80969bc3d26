//! The headers of a request: the profile's and its signatures in the order of its text, then the endpoint's
//! own.

use super::{
    Header, RenderError, Rendering,
    signature::SignatureHeader,
    template::Template,
    value::{Value, Values},
};
use crate::{auth::basic, endpoint::Credentials, secret::Secret};

/// A header that a profile writes.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct HeaderTemplate {
    pub(crate) name: String,
    pub(crate) value: Template,
}

/// The headers of one request, and the number of the newest key that signed.
pub(crate) fn headers(values: &Values<'_>, body: &[u8]) -> Result<(Vec<Header>, Option<u32>), RenderError> {
    let rendering = values.rendering();
    let wire = &rendering.profile.wire;
    let mut headers = Vec::with_capacity(wire.headers.len() + wire.signatures.len() + 2);
    let (first, last) = wire.signatures.split_at(wire.signatures_first);
    let before = signatures(first, values, body, &mut headers)?;
    for header in &wire.headers {
        // An absent value leaves its header out.
        if let Some(value) = header.value.render(values, "") {
            let sensitive = header.value.names(Value::Secret);
            headers.push(line(&header.name, Secret::new(value), sensitive)?);
        }
    }
    let after = signatures(last, values, body, &mut headers)?;
    endpoint_headers(rendering, &mut headers)?;
    Ok((headers, before.max(after)))
}

/// Adds the headers of signatures, and tells the number of the newest key that signed.
fn signatures(
    signatures: &[SignatureHeader],
    values: &Values<'_>,
    body: &[u8],
    headers: &mut Vec<Header>,
) -> Result<Option<u32>, RenderError> {
    let mut key_number = None;
    for signature in signatures {
        if let Some(signed) = signature.sign(values, body)? {
            headers.push(line(&signature.name, Secret::new(signed.value), false)?);
            key_number = key_number.max(Some(signed.key_number));
        }
    }
    Ok(key_number)
}

/// What the customer added, and how the request authenticates. All of it counts as sensitive: it is kept
/// sealed, and mostly is a credential.
fn endpoint_headers(rendering: &Rendering<'_>, headers: &mut Vec<Header>) -> Result<(), RenderError> {
    let Credentials { headers: custom, userinfo, auth, .. } = rendering.credentials;
    for (name, value) in custom {
        if auth.header_name().is_some_and(|own| own.eq_ignore_ascii_case(name)) {
            return Err(RenderError::Invalid(format!("the authentication writes the custom header {name}")));
        }
        allowed(rendering, name)?;
        headers.push(line(name, value.clone(), true)?);
    }
    if let Some(name) = auth.header_name() {
        allowed(rendering, name)?;
        headers.extend(auth.header_value().map(|value| line(name, value, true)).transpose()?);
    }
    let is_authorization = |name: &str| name.eq_ignore_ascii_case("authorization");
    let taken = auth.header_name().is_some_and(is_authorization);
    if let Some(userinfo) = userinfo.as_ref().filter(|_| !taken)
        && !headers.iter().any(|header| is_authorization(&header.name))
    {
        headers.push(line("authorization", basic(userinfo.reveal()), true)?);
    }
    Ok(())
}

/// A header of the endpoint's own may not name what the profile or HTTP writes.
fn allowed(rendering: &Rendering<'_>, name: &str) -> Result<(), RenderError> {
    if rendering.profile.reserves_header(name) {
        let profile = &rendering.profile.name;
        return Err(RenderError::Invalid(format!("profile {profile} reserves the header {name}")));
    }
    Ok(())
}

/// Names and values that could end the header line are refused, whoever they come from.
fn line(name: &str, value: Secret, sensitive: bool) -> Result<Header, RenderError> {
    if !is_token(name) {
        return Err(RenderError::Invalid(format!("{name:?} is not a header name")));
    }
    if value.reveal().chars().any(char::is_control) {
        return Err(RenderError::Invalid(format!("the value of header {name} has control characters")));
    }
    Ok(Header { name: name.to_owned(), value, sensitive })
}

/// Whether a text can be the name of a header (RFC 9110 §5.6.2).
pub(crate) fn is_token(name: &str) -> bool {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    !name.is_empty() && name.bytes().all(allowed)
}
