//! The headers of a request: the profile's in their order, its signatures, then the endpoint's own.

use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::{
    Header, RenderError, Rendering,
    template::Template,
    value::{Value, Values},
};
use crate::secret::Secret;

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
    for header in &wire.headers {
        // An absent value leaves its header out.
        if let Some(value) = header.value.render(values, "") {
            let sensitive = header.value.names(Value::Secret);
            headers.push(line(&header.name, Secret::new(value), sensitive)?);
        }
    }
    let mut key_number = None;
    for signature in &wire.signatures {
        if let Some(signed) = signature.sign(values, body)? {
            headers.push(line(&signature.name, Secret::new(signed.value), false)?);
            key_number = key_number.max(Some(signed.key_number));
        }
    }
    endpoint_headers(rendering, &mut headers)?;
    Ok((headers, key_number))
}

/// What the customer added. All of it counts as sensitive: it is kept sealed, and mostly is a credential.
fn endpoint_headers(rendering: &Rendering<'_>, headers: &mut Vec<Header>) -> Result<(), RenderError> {
    for (name, value) in &rendering.credentials.headers {
        if rendering.profile.reserves_header(name) {
            let profile = &rendering.profile.name;
            return Err(RenderError::Invalid(format!("profile {profile} reserves the custom header {name}")));
        }
        headers.push(line(name, value.clone(), true)?);
    }
    if let Some(userinfo) = &rendering.credentials.userinfo
        && !headers.iter().any(|header| header.name.eq_ignore_ascii_case("authorization"))
    {
        let value = format!("Basic {}", STANDARD.encode(userinfo.reveal()));
        headers.push(line("authorization", Secret::new(value), true)?);
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
