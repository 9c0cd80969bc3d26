use super::*;
use crate::sample::Counting;

fn key() -> MasterKey {
    MasterKey::generate(&Counting::default())
}

fn context(environment: u8, owner: u8, field: &str) -> SealContext<'_> {
    SealContext { environment: EnvironmentId([environment; 20]), owner: [owner; 20], field }
}

fn seal(text: &str) -> Sealed {
    key().seal(&Secret::new(text), context(1, 2, "secret"), &Counting::default())
}

#[test]
fn what_was_sealed_opens_in_its_place() {
    for text in ["", "whsec_abc", "é 🃏"] {
        assert_eq!(key().open(&seal(text), context(1, 2, "secret")), Ok(Secret::new(text)));
    }
}

#[test]
fn it_opens_in_no_other_place() {
    for elsewhere in [context(9, 2, "secret"), context(1, 9, "secret"), context(1, 2, "headers")] {
        assert_eq!(key().open(&seal("a"), elsewhere), Err(OpenError::Damaged));
    }
}

#[test]
fn another_key_number_is_told_apart_from_damage() {
    let mut sealed = seal("a");
    sealed.0[3] = 2;
    assert_eq!(key().open(&sealed, context(1, 2, "secret")), Err(OpenError::UnknownKey(2)));
    let other: MasterKey = STANDARD.encode([9; 32]).parse().unwrap();
    assert_eq!(other.open(&seal("a"), context(1, 2, "secret")), Err(OpenError::Damaged));
}

#[test]
fn every_damaged_byte_is_noticed() {
    let whole = seal("whsec_abc");
    for at in 0..whole.0.len() {
        let mut damaged = whole.clone();
        damaged.0[at] ^= 1;
        assert!(key().open(&damaged, context(1, 2, "secret")).is_err(), "byte {at}");
        let cut = Sealed(whole.0[..at].to_vec());
        assert_eq!(key().open(&cut, context(1, 2, "secret")), Err(OpenError::Damaged), "cut at {at}");
    }
}

#[test]
fn the_same_secret_is_sealed_differently_each_time() {
    let (entropy, secret) = (Counting::default(), Secret::new("a"));
    let seal = || key().seal(&secret, context(1, 2, "secret"), &entropy);
    assert_ne!(seal(), seal());
}

#[test]
fn master_keys_are_32_bytes_in_base64() {
    let key = key();
    let again: MasterKey = format!(" {}\n", key.to_base64().reveal()).parse().unwrap();
    assert_eq!(again.check_value(), key.check_value());
    let other: MasterKey = STANDARD.encode([9; 32]).parse().unwrap();
    assert_ne!(other.check_value(), key.check_value());
    for wrong in [String::new(), "x".into(), STANDARD.encode([0; 31]), STANDARD.encode([0; 33])] {
        assert_eq!(wrong.parse::<MasterKey>().unwrap_err(), InvalidMasterKey);
    }
}

#[test]
fn nothing_secret_is_printed() {
    let key: MasterKey = STANDARD.encode(*b"a master key that must not show!").parse().unwrap();
    let sealed = seal("whsec_abc");
    let printed = format!("{key:?} {:?} {:?} {sealed:?}", Secret::new("whsec_abc"), key.to_base64());
    assert_eq!(
        printed,
        format!("MasterKey 1 [redacted] [redacted] [redacted] [sealed, {} bytes]", sealed.0.len())
    );
}

#[test]
fn sealed_secrets_travel_as_base64() {
    let sealed = seal("a");
    let json = serde_json::to_string(&sealed).unwrap();
    assert_eq!(json, format!("\"{}\"", STANDARD.encode(&sealed.0)));
    assert_eq!(serde_json::from_str::<Sealed>(&json).unwrap(), sealed);
    assert!(serde_json::from_str::<Sealed>("\"!\"").is_err());
}
