//! The inbox as a plain page. Everything on it came from outside: it is escaped, and the page may load nothing.

use std::fmt::Write as _;

use axum::response::{Html, IntoResponse as _, Response};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use fanfare_core::{id::EndpointId, limits::INBOX_REQUESTS};
use http::header;
use sha2::{Digest as _, Sha256};

use super::{Received, view::readable};

/// How often the page is loaded again.
const REFRESH_SECONDS: u32 = 2;

const STYLE: &str = "\
body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem;color:#1c1c1e;background:#fff}\
h1{font-size:1.3rem}h2{font-size:1rem;margin:2rem 0 .5rem}p,th{color:#636366;font-weight:400}\
table{border-spacing:0}th{text-align:left;padding:0 1rem 0 0;vertical-align:top;white-space:nowrap}\
td{padding:0}td,pre{font:13px/1.5 ui-monospace,monospace;overflow-wrap:anywhere;white-space:pre-wrap}\
pre{background:#f2f2f7;border-radius:6px;padding:.75rem;margin:.5rem 0}\
@media(prefers-color-scheme:dark){body{color:#f2f2f7;background:#1c1c1e}pre{background:#2c2c2e}p,th{color:#aeaeb2}}";

/// The page of one inbox.
pub(super) fn render(endpoint: EndpointId, received: &[Received]) -> Response {
    let mut html = format!(
        "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\">\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><meta http-equiv=\"refresh\" content=\"{REFRESH_SECONDS}\">\
         <title>Inbox {endpoint}</title><style>{STYLE}</style></head><body><h1>Inbox</h1>\
         <p>What arrived for {endpoint} since the server started, newest first, at most {INBOX_REQUESTS}. \
         This page looks again every {REFRESH_SECONDS} seconds.</p>"
    );
    if received.is_empty() {
        html.push_str("<p><b>Nothing has arrived yet.</b></p>");
    }
    for request in received {
        section(&mut html, request);
    }
    html.push_str("</body></html>\n");
    (
        [(header::CONTENT_SECURITY_POLICY, policy()), (header::CACHE_CONTROL, "no-store".to_owned())],
        Html(html),
    )
        .into_response()
}

fn section(html: &mut String, request: &Received) {
    let Received { number, at, method, headers, body } = request;
    let mut write = |args: std::fmt::Arguments<'_>| {
        html.write_fmt(args).expect("writing to a String cannot fail");
    };
    write(format_args!("<h2>{number} · {method} · {at}</h2><table>"));
    for (name, value) in headers {
        write(format_args!("<tr><th>{}</th><td>{}</td></tr>", escape(name), escape(value)));
    }
    write(format_args!("</table><pre>{}</pre>", escape(&readable(body))));
}

/// No script, no frame, no picture: only the style above, named by its hash.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    format!(
        "default-src 'none'; style-src 'sha256-{hash}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
}

/// Text that HTML takes as text, in elements and in attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ => escaped.push(c),
        }
    }
    escaped
}
