use base64::{Engine as _, engine::general_purpose::STANDARD};

use super::*;
use crate::rules::DeliveryRules;

fn standard() -> Profile {
    built_in().swap_remove(0)
}

#[test]
fn is_the_first_and_has_the_default_rules() {
    let standard = standard();
    assert_eq!(standard.name.as_str(), "standard");
    assert_eq!(standard.rules, DeliveryRules::default());
    assert!(standard.secrets.on_create && standard.secrets.chosen);
    assert!(standard.endpoints.https == Https::Free && !standard.events.strict);
}

#[test]
fn makes_secrets_that_standard_webhooks_knows() {
    let (standard, entropy) = (standard(), Counting::default());
    let secret = standard.generate_secret(&entropy);
    let text = secret.reveal().strip_prefix("whsec_").unwrap();
    assert_eq!(STANDARD.decode(text).unwrap().len(), 32);
    assert_eq!(standard.check_secret(secret.reveal()), Ok(secret.clone()));
    assert_eq!(standard.verification_key(&secret), secret);
}

#[test]
fn takes_secrets_as_svix_does() {
    let standard = standard();
    let base64 = |bytes| STANDARD.encode(vec![7; bytes]);
    for bytes in [24, 32, 75] {
        let canonical = format!("whsec_{}", base64(bytes));
        assert_eq!(standard.check_secret(&canonical).unwrap().reveal(), canonical);
        assert_eq!(standard.check_secret(&base64(bytes)).unwrap().reveal(), canonical);
    }
    for wrong in [
        String::new(),
        "whsec_".into(),
        base64(23),
        base64(76),
        format!("whsec_{}", base64(23)),
        format!("whsec_{}!", base64(24)),
        format!("whsec_whsec_{}", base64(24)),
        format!(" whsec_{}", base64(24)),
        format!("WHSEC_{}", base64(24)),
        format!("whsk_{}", base64(64)),
        format!("whsk_{}", base64(32)),
        "a".repeat(33),
    ] {
        let error = standard.check_secret(&wrong).unwrap_err().0;
        assert!(error.contains("24 to 75 bytes in base64") && error.contains("whsk_"), "{error}");
        assert!(wrong.len() < 20 || !error.contains(&wrong), "an error shows the secret: {error}");
    }
}

#[test]
fn shows_the_public_half_of_a_private_key() {
    let standard = standard();
    let pair = standard.secret_formats[1].generate(&Counting::default());
    assert_eq!(standard.check_secret(pair.reveal()), Ok(pair.clone()));
    let shown = standard.verification_key(&pair);
    let public = STANDARD.decode(shown.reveal().strip_prefix("whpk_").unwrap()).unwrap();
    let whole = STANDARD.decode(pair.reveal().strip_prefix("whsk_").unwrap()).unwrap();
    assert_eq!(public, whole[32..]);
}

#[test]
fn keeps_the_names_that_svix_keeps() {
    let standard = standard();
    for name in [
        "user-agent",
        "keep-alive",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
        "age",
        "cache-control",
        "clear-site-data",
        "expires",
        "pragma",
        "warning",
        "content-length",
        "content-type",
        "content-encoding",
        "content-language",
        "content-location",
        "proxy-authenticate",
        "proxy-authorization",
        "x-amz-date",
        "x-amzn-trace-id",
        "x-google-x",
        "x-goog-hash",
        "x-gfe-y",
        "x-azure-ref",
        "x-fd-healthprobe",
        "Webhook-Id",
        "webhook-anything",
        "svix-id",
        "X-Svix-Y",
        "Connection",
        "Host",
    ] {
        assert!(standard.reserves_header(name), "{name}");
    }
    for name in ["authorization", "x-api-key", "x-auth-token", "webhook", "x-team"] {
        assert!(!standard.reserves_header(name), "{name}");
    }
}
