//! Why an attempt failed, in words, and what its owner can do about it.

use fanfare_core::delivery::{Attempt, Delivery, DeliveryState, EndReason};

/// What happened, and what to do.
pub(crate) struct Explanation {
    pub(crate) what: String,
    pub(crate) advice: &'static str,
}

/// Explains a failed attempt; none for a success.
pub(crate) fn attempt(attempt: &Attempt) -> Option<Explanation> {
    if attempt.success {
        return None;
    }
    Some(match (&attempt.failure, attempt.status) {
        (Some((kind, text)), _) => Explanation { what: text.clone(), advice: of_kind(kind) },
        (None, status) => {
            Explanation { what: format!("Your server answered {status}."), advice: of_status(status) }
        }
    })
}

fn of_kind(kind: &str) -> &'static str {
    match kind {
        "dns" => {
            "The host name could not be resolved. Check its spelling in the URL, and that its DNS record is public."
        }
        "address_refused" => {
            "The name leads to a private or reserved address, which is never called. Use a host that the internet can reach."
        }
        "connect" => {
            "Nothing accepted the connection. Check that your server runs, listens on this port, and that its firewall lets it in."
        }
        "tls" => {
            "No secure connection came about. Check that the certificate is valid, not expired, made for this host name, and sent with its intermediates."
        }
        "timeout" => "Your server did not answer in time. Answer first with 200, then do the work.",
        "broken" => {
            "The connection ended before the answer was complete. Look for a crash, a proxy or a size limit in between."
        }
        "protocol" => {
            "What came back was no HTTP answer. Check that the port is that of your web server, and https:// or http:// as it speaks."
        }
        "token" => {
            "No access token could be fetched, so your server was not called. Check the token URL, client id and client secret."
        }
        "request" => "The request could not be made as it stands. Ask your provider.",
        _ => "No answer came. Try again.",
    }
}

fn of_status(status: u16) -> &'static str {
    match status {
        300..=399 => "Redirects are not followed: enter the final URL.",
        400 | 422 => {
            "Your server did not like the request. Its log should say why; compare with the payload."
        }
        401 | 403 => {
            "Your server refused the caller. Check the credentials set here, and that signatures are checked with the current secret over the unchanged body."
        }
        404 => "There is nothing at this path. Check the URL.",
        405 => "This method is not allowed there. Check the path, and the method in the endpoint's settings.",
        410 => "Your server says that this address is gone for good. Change the URL or delete the endpoint.",
        413 => "The request is too large for your server. Raise its body limit.",
        429 => "Your server wants fewer requests. Set “Requests per second” in the endpoint's settings.",
        500..=599 => "Your server failed. Look into its log at this time.",
        200..=299 => "This status does not count as a success here.",
        _ => "This status does not count as a success.",
    }
}

/// Why a delivery ended without an attempt that tells.
pub(crate) fn end(delivery: &Delivery) -> Option<&'static str> {
    if delivery.state == DeliveryState::Blocked {
        return Some("All retries failed: it is blocked and not sent again by itself.");
    }
    Some(match delivery.reason? {
        EndReason::EndpointDeleted => "Its endpoint was deleted.",
        EndReason::Expired => "Its time had passed before it could be delivered.",
        EndReason::Superseded => "A newer message took its place.",
        EndReason::ByHand => "Somebody cancelled it.",
        EndReason::TooLarge => "It is larger than may be sent.",
        EndReason::PayloadGone => "Its payload was erased before it could be sent.",
        EndReason::TestEndpoint => {
            "Its endpoint became a test endpoint, which gets only what somebody sends it."
        }
    })
}
