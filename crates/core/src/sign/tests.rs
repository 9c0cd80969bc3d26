use super::*;
use crate::{sample::Counting, secret::Secret};

fn unhex(text: &str) -> Vec<u8> {
    hex::decode(text).unwrap()
}

/// RFC 2202 §3 and RFC 4231 §4.3, both test case 2: key "Jefe".
#[test]
fn hmac_known_answers() {
    let key = SigningMaterial::Symmetric(b"Jefe".to_vec().into());
    for (algorithm, expected) in [
        (Algorithm::HmacSha1, "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79"),
        (Algorithm::HmacSha256, "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"),
        (
            Algorithm::HmacSha512,
            "164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea2505549758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737",
        ),
    ] {
        let signature = algorithm.sign(&key, &["what do ya want ", "", "for nothing?"]).unwrap();
        assert_eq!(hex::encode(signature), expected, "{algorithm:?}");
    }
}

/// RFC 8032 §7.1, test 3.
#[test]
fn ed25519_known_answer() {
    let seed = "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7";
    let public = "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025";
    let key = ed25519::from_pair(&unhex(&format!("{seed}{public}"))).unwrap();
    let signature =
        Algorithm::Ed25519.sign(&SigningMaterial::Ed25519(Box::new(key)), &[[0xaf], [0x82]]).unwrap();
    assert_eq!(
        hex::encode(signature),
        "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
    );
}

#[test]
fn halves_of_different_pairs_are_no_key() {
    let pair = |byte| ed25519::pair_of(&[byte; 32]);
    let mixed = [&pair(1)[..32], &pair(2)[32..]].concat();
    assert!(ed25519::from_pair(&mixed).is_none());
    assert!(ed25519::from_pair(&pair(1)[..63]).is_none());
}

#[test]
fn algorithms_refuse_keys_of_the_other_sort() {
    let symmetric = SigningMaterial::Symmetric(vec![0; 64].into());
    let pair = SigningMaterial::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&[1; 32])));
    assert_eq!(Algorithm::Ed25519.sign(&symmetric, &["a"]), None);
    assert_eq!(Algorithm::HmacSha256.sign(&pair, &["a"]), None);
    assert_eq!(format!("{symmetric:?} {pair:?}"), "[redacted] [redacted]");
}

#[test]
fn encodings() {
    for (encoding, text) in
        [(Encoding::Hex, "fbff00"), (Encoding::Base64, "+/8A"), (Encoding::Base64Url, "-_8A")]
    {
        assert_eq!(encoding.encode(&[0xfb, 0xff, 0]), text);
        assert_eq!(encoding.decode(text), Some(vec![0xfb, 0xff, 0]));
        assert_eq!(encoding.decode("§"), None);
    }
    assert_eq!(Encoding::Base64.encode(&[1]), "AQ==");
    assert_eq!(Encoding::Base64.decode("AQ"), None, "receivers in other languages need the padding");
    assert_eq!(Encoding::Base64.decode("AR=="), Some(vec![1]), "spare bits stand for nothing");
    assert_eq!(Encoding::Base64Url.encode(&[1]), "AQ");
}

fn format(spelling: Spelling, key: KeyText) -> SecretFormat {
    SecretFormat { prefix: "s_".into(), spelling, key, bytes: 2..=4, generate: 3, ..SecretFormat::plain() }
}

fn key_of(format: &SecretFormat, secret: &str) -> Option<Vec<u8>> {
    match format.material(&Secret::new(secret))? {
        SigningMaterial::Symmetric(bytes) => Some(bytes.to_vec()),
        SigningMaterial::Ed25519(_) => panic!("not asked for"),
    }
}

#[test]
fn the_key_is_what_the_text_stands_for_or_the_text() {
    let hex = Spelling::Encoded(Encoding::Hex);
    assert_eq!(key_of(&format(hex, KeyText::Decoded), "s_0a0b"), Some(vec![10, 11]));
    assert_eq!(key_of(&format(hex, KeyText::Text), "s_0a0b"), Some(b"s_0a0b".to_vec()));
    assert_eq!(key_of(&format(Spelling::Text, KeyText::Decoded), "s_0a0b"), Some(b"0a0b".to_vec()));
    for wrong in ["0a0b", "s_0a", "s_0a0b0c0d0e", "s_0a0", "s_zzzz", ""] {
        assert_eq!(key_of(&format(hex, KeyText::Text), wrong), None, "{wrong}");
    }
    for wrong in ["s_a\n", "s_ ab", "s_ab ", "s_a\0b"] {
        assert_eq!(key_of(&format(Spelling::Text, KeyText::Text), wrong), None, "{wrong:?}");
    }
}

#[test]
fn what_is_generated_is_accepted_and_differs() {
    let entropy = Counting::default();
    let ed25519 = SecretFormat {
        shape: SecretShape::Ed25519 { public_prefix: "p_".into() },
        bytes: 64..=64,
        ..format(Spelling::Encoded(Encoding::Base64), KeyText::Decoded)
    };
    for format in [
        format(Spelling::Encoded(Encoding::Hex), KeyText::Decoded),
        format(Spelling::Encoded(Encoding::Base64Url), KeyText::Text),
        format(Spelling::Text, KeyText::Text),
        SecretFormat::plain(),
        ed25519,
    ] {
        let (one, other) = (format.generate(&entropy), format.generate(&entropy));
        assert_ne!(one, other);
        assert_eq!(format.canonical(one.reveal()), Some(one.clone()), "{format:?}");
    }
}

#[test]
fn only_the_public_half_of_a_pair_is_shown() {
    let format = SecretFormat {
        shape: SecretShape::Ed25519 { public_prefix: "p_".into() },
        bytes: 64..=64,
        ..format(Spelling::Encoded(Encoding::Hex), KeyText::Decoded)
    };
    let pair = ed25519::pair_of(&[9; 32]);
    let secret = Secret::new(format!("s_{}", hex::encode(&*pair)));
    let shown = format.verification_key(&secret).unwrap();
    assert_eq!(shown.reveal(), format!("p_{}", hex::encode(&pair[32..])));
}
